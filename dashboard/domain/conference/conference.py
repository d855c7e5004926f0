"""Conference: a meeting of a team about several patients (an NHS MDT meeting), planned, running, over or called off.

Its statuses are those of FHIR's Appointment (https://hl7.org/fhir/R4/valueset-appointmentstatus.html): `arrived` while
people meet, `fulfilled` afterwards. Which action is allowed in which is ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_TITLE: Final = 120
LONGEST_PLACE: Final = 200
SHORTEST: Final = 15
LONGEST: Final = 240
"""Minutes that a conference may last. Own choice: C3-Cloud's lasted an hour."""
MOST_ATTENDEES: Final = 60
MOST_IN_SERIES: Final = 26
"""Conferences that are planned at once: half a year of weekly ones."""
FARTHEST: Final = timedelta(days=2 * 366)
"""A conference planned later than this is taken for a slip of the hand. Own choice."""


class ConferenceAction(StrEnum):
    """What somebody can do with a conference."""

    CHANGE = "change"
    START = "start"
    END = "end"
    CANCEL = "cancel"
    RESUME = "resume"
    PLAN_AGAIN = "plan again"


def _to_come(status: str) -> dict[ConferenceAction, str]:
    return {
        ConferenceAction.CHANGE: status,
        ConferenceAction.START: "arrived",
        ConferenceAction.CANCEL: "cancelled",
    }


_RUNNING: Final = {ConferenceAction.CHANGE: "arrived", ConferenceAction.END: "fulfilled"}
STATES: Final[dict[str, dict[ConferenceAction, str]]] = {
    "proposed": _to_come("proposed"),
    "pending": _to_come("pending"),
    "booked": _to_come("booked"),
    "waitlist": _to_come("waitlist"),
    "arrived": _RUNNING,
    "checked-in": _RUNNING,
    "fulfilled": {ConferenceAction.RESUME: "arrived"},
    "cancelled": {ConferenceAction.PLAN_AGAIN: "booked"},
    "noshow": {ConferenceAction.PLAN_AGAIN: "booked"},
    "entered-in-error": {},
}
"""status -> action -> status after it. An action that is not listed is not allowed."""
_REFUSED: Final = {
    ConferenceAction.CHANGE: "conference-cannot-be-changed",
    ConferenceAction.START: "conference-cannot-be-started",
    ConferenceAction.END: "conference-cannot-be-ended",
    ConferenceAction.CANCEL: "conference-cannot-be-cancelled",
    ConferenceAction.RESUME: "conference-cannot-be-resumed",
    ConferenceAction.PLAN_AGAIN: "conference-cannot-be-planned-again",
}


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is asked to come. `answer` is accepted, declined, tentative or needs-action."""

    who: NamedReference
    answer: str = "needs-action"


@dataclass(frozen=True, slots=True)
class Conference:
    """A FHIR Appointment of the type `mdt-conference`.

    `team` is the MDT (an Organization), `attendees` are professionals, `patients` those on the agenda, `agenda` is the
    List that orders them, None where nobody has written one. `number` is what agenda, notes and minutes are found by;
    `series` is the number that conferences planned together share. `cancelled_because` is why it was called off.
    `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    status: str
    title: str
    start: PartialDate | None
    end: PartialDate | None
    place: str = ""
    team: NamedReference = NOBODY
    attendees: tuple[Attendee, ...] = ()
    patients: tuple[Reference, ...] = ()
    agenda: Reference | None = None
    number: str = ""
    series: str = ""
    cancelled_because: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def running(self) -> bool:
        """Whether people meet now."""
        return ConferenceAction.END in STATES.get(self.status, {})

    @property
    def to_come(self) -> bool:
        """Whether it may still begin."""
        return ConferenceAction.START in STATES.get(self.status, {})

    @property
    def over(self) -> bool:
        """Whether it took place."""
        return self.status == "fulfilled"

    @property
    def minutes(self) -> int:
        """How long it is planned to last; 0 where that is not recorded."""
        if self.start is None or self.end is None:
            return 0
        return max(0, round((self.end.moment - self.start.moment).total_seconds() / 60))

    def attends(self, who: Reference) -> bool:
        """Whether this professional is asked to come."""
        return any(each.who.to == who for each in self.attendees)


def after(status: str, action: ConferenceAction) -> str:
    """Returns the status after the action. Raises UserFacingError where the status does not allow it."""
    allowed = STATES.get(status, {})
    if action not in allowed:
        raise UserFacingError(_REFUSED[action])
    return allowed[action]


def new_conference(
    origin: Reference,
    title: str,
    start: datetime,
    minutes: int,
    place: str,
    team: NamedReference,
    attendees: Sequence[NamedReference],
    *,
    agenda: Reference | None,
    series: str = "",
    at: datetime,
) -> Conference:
    """A conference that is booked. What is missing or cannot be is refused: title, start, length, place, attendees."""
    begin, end = _times(start, minutes, at)
    return Conference(
        origin=origin,
        version="",
        status="booked",
        title=_title(title),
        start=begin,
        end=end,
        place=_place(place),
        team=team,
        attendees=_attendees(attendees, ()),
        agenda=agenda,
        number=origin.id,
        series=series,
        source={},
    )


def series_starts(first: datetime, weeks_apart: int, count: int) -> tuple[datetime, ...]:
    """The moments of a series at the same time of the day at the sites (`first` carries their zone), also across a
    change of the clocks. Raises UserFacingError for what is no series.
    """
    if not 1 <= count <= MOST_IN_SERIES:
        raise UserFacingError("conference-series-impossible", most=MOST_IN_SERIES)
    if count > 1 and not 1 <= weeks_apart <= 13:
        raise UserFacingError("conference-series-impossible", most=MOST_IN_SERIES)
    return tuple(first + timedelta(weeks=weeks_apart * number) for number in range(count))


def changed_conference(
    conference: Conference,
    title: str,
    start: datetime,
    minutes: int,
    place: str,
    attendees: Sequence[NamedReference],
    at: datetime,
) -> Conference:
    """The conference with what somebody filled in. Who stays keeps the answer; all are asked again where it moves."""
    status = after(conference.status, ConferenceAction.CHANGE)
    begin, end = _times(start, minutes, at, conference)
    moved = conference.start is None or begin.moment != conference.start.moment
    known = tuple(replace(each, answer="needs-action") if moved else each for each in conference.attendees)
    return replace(
        conference,
        status=status,
        title=_title(title),
        start=begin,
        end=end,
        place=_place(place),
        attendees=_attendees(attendees, known),
    )


def started(conference: Conference) -> Conference:
    """The conference, running."""
    return replace(conference, status=after(conference.status, ConferenceAction.START))


def ended(conference: Conference) -> Conference:
    """The conference, over."""
    return replace(conference, status=after(conference.status, ConferenceAction.END))


def resumed(conference: Conference) -> Conference:
    """The conference, running again."""
    return replace(conference, status=after(conference.status, ConferenceAction.RESUME))


def cancelled(conference: Conference, why: str) -> Conference:
    """The conference, called off."""
    status = after(conference.status, ConferenceAction.CANCEL)
    return replace(conference, status=status, cancelled_because=without_control_characters(why))


def planned_again(conference: Conference) -> Conference:
    """The conference, booked again."""
    status = after(conference.status, ConferenceAction.PLAN_AGAIN)
    return replace(conference, status=status, cancelled_because="")


def answered(conference: Conference, who: Reference, answer: str) -> Conference:
    """The conference with the answer of an attendee: accepted, declined or tentative."""
    if answer not in ("accepted", "declined", "tentative"):
        raise UserFacingError("conference-answer-impossible")
    after(conference.status, ConferenceAction.CHANGE)
    if not conference.attends(who):
        raise UserFacingError("conference-not-asked")
    return replace(
        conference,
        attendees=tuple(replace(each, answer=answer) if each.who.to == who else each for each in conference.attendees),
    )


def with_patients(conference: Conference, patients: Sequence[Reference]) -> Conference:
    """The conference with these patients; who stays keeps the place, since their order is the agenda's."""
    stay = [each for each in conference.patients if each in set(patients)]
    return replace(conference, patients=tuple(dict.fromkeys((*stay, *patients))))


def _title(title: str) -> str:
    words = without_control_characters(title)
    if not words:
        raise UserFacingError("conference-title-empty")
    if len(words) > LONGEST_TITLE:
        raise UserFacingError("conference-title-too-long", most=LONGEST_TITLE)
    return words


def _place(place: str) -> str:
    words = without_control_characters(place)
    if len(words) > LONGEST_PLACE:
        raise UserFacingError("conference-place-too-long", most=LONGEST_PLACE)
    return words


def _times(
    start: datetime, minutes: int, at: datetime, before: Conference | None = None
) -> tuple[PartialDate, PartialDate]:
    """Start and end. A conference is not planned into the past; one that has begun keeps its start."""
    if start.tzinfo is None:
        raise ValueError("the start of a conference needs a time zone")
    if not SHORTEST <= minutes <= LONGEST:
        raise UserFacingError("conference-length-impossible", least=SHORTEST, most=LONGEST)
    same = before is not None and before.start is not None and before.start.moment == start
    if not same and not site_day(at) <= site_day(start) <= site_day(at + FARTHEST):
        raise UserFacingError("conference-start-impossible")
    end = start + timedelta(minutes=minutes)
    return PartialDate(start.isoformat(timespec="seconds")), PartialDate(end.isoformat(timespec="seconds"))


def _attendees(people: Sequence[NamedReference], known: Sequence[Attendee]) -> tuple[Attendee, ...]:
    answers = {each.who.to: each.answer for each in known if each.who.to is not None}
    wanted = {person.to: person for person in people if person.to is not None}
    if not wanted:
        raise UserFacingError("conference-nobody")
    if len(wanted) > MOST_ATTENDEES:
        raise UserFacingError("conference-too-many", most=MOST_ATTENDEES)
    return tuple(Attendee(person, answers.get(to, "needs-action")) for to, person in wanted.items())
