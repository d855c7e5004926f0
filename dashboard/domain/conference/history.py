"""History of conferences: which patients were discussed when, what was decided, and how much of it was done in time.

Counts by week are computed here alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision import is_withdrawn
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.note import IN_THE_MEETING, ConferenceNote, NoteEntry
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.site_time import site_day


@dataclass(frozen=True, slots=True)
class PastDiscussion:
    """That a patient was discussed, and what was decided then. `conference` and `note` are None where they could not be
    found: another program may have written the discussion alone.
    """

    discussion: Discussion
    decided: tuple[Task | Order, ...] = ()
    conference: Conference | None = None
    note: ConferenceNote | None = None

    @property
    def counted(self) -> tuple[Task | Order, ...]:
        """What was decided and not taken back."""
        return tuple(each for each in self.decided if not is_withdrawn(each))

    @property
    def entries(self) -> tuple[NoteEntry, ...]:
        """What the note says of the meeting."""
        return self.note.of_kind(*IN_THE_MEETING) if self.note is not None else ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many patients were discussed and decisions made, how many of these were due by now, and done until then."""

    discussed: int = 0
    decisions: int = 0
    due: int = 0
    in_time: int = 0


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """The counts of the week that begins on this Monday, at the sites; `conferences` is at how many people met."""

    week: date
    conferences: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class PastConference:
    """A conference with its counts, of the patients whom the reader may see."""

    conference: Conference
    counts: Counts


@dataclass(frozen=True, slots=True)
class ConferenceHistory:
    """The past conferences of the reader's teams, the latest first, with counts by week. `team` is the one that was
    asked for, "" for all of `teams`. `patients` are the ids of those who are counted.
    """

    conferences: tuple[PastConference, ...]
    weeks: tuple[WeekCounts, ...]
    fetched: datetime
    teams: tuple[Team, ...] = ()
    team: str = ""
    patients: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientConferences:
    """All conferences at which a patient was discussed, the latest first. `readable` are those whose minutes the reader
    may read.
    """

    patient: Reference
    discussions: tuple[PastDiscussion, ...]
    fetched: datetime
    readable: frozenset[Reference] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()


def done_in_time(decided: Task | Order, today: date) -> bool | None:
    """Whether it was done until its day; None while that day is not past, and where there is none. What is done without
    a day on record counts as done in time.
    """
    if decided.due is None or decided.due.end >= today:
        return None
    ended: PartialDate | None = (decided.ended or decided.modified) if isinstance(decided, Task) else None
    return decided.status == "completed" and (ended is None or ended.start <= decided.due.end)


def counts_of(discussions: Iterable[PastDiscussion], today: date) -> Counts:
    """The counts of these discussions; a patient who was discussed twice at one conference counts once."""
    found = list(discussions)
    pairs = {(each.discussion.conference, each.discussion.patient) for each in found}
    decided = {record.origin: record for each in found for record in each.counted}
    due = [done for record in decided.values() if (done := done_in_time(record, today)) is not None]
    return Counts(len(pairs), len(decided), len(due), sum(due))


def by_week(discussions: Iterable[PastDiscussion], today: date) -> tuple[WeekCounts, ...]:
    """The counts of each week in which anybody was discussed, the latest first. What has no day is in none."""
    weeks: dict[date, list[PastDiscussion]] = {}
    for each in discussions:
        if each.discussion.start is not None:
            weeks.setdefault(week_of(each.discussion.start), []).append(each)
    return tuple(
        WeekCounts(week, len({each.discussion.conference for each in weeks[week]}), counts_of(weeks[week], today))
        for week in sorted(weeks, reverse=True)
    )


def week_of(when: PartialDate) -> date:
    """The Monday of the week in which something was, at the sites."""
    day = site_day(when.moment)
    return day - timedelta(days=day.weekday())
