"""What the query about the minutes of a conference answers with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.domain.conference.agenda import POSTPONED, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.document import ConferenceDocument, to_file
from dashboard.domain.conference.minutes import Minutes
from dashboard.domain.conference.note import IN_THE_MEETING, ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class PatientMinutes:
    """What the minutes say about one patient whom the reader may see. `next` is the conference to which the patient was
    postponed, `document` what is filed in the patient's record.
    """

    item: AgendaItem
    person: Person
    note: ConferenceNote | None = None
    discussion: Discussion | None = None
    tasks: tuple[Task, ...] = ()
    messages: tuple[Order, ...] = ()
    next: Conference | None = None
    document: ConferenceDocument | None = None

    @property
    def patient(self) -> Reference:
        return self.item.patient

    @property
    def entries(self) -> tuple[NoteEntry, ...]:
        """What was said and decided in the meeting; why the patient was on it and what was prepared are no minutes."""
        return self.note.of_kind(*IN_THE_MEETING) if self.note is not None else ()

    @property
    def to_file(self) -> bool:
        """Whether the patient's sheet is still to be filed."""
        return to_file(self.note, self.document)

    def decided_by(self, entry: NoteEntry) -> Task | Order | None:
        """The task or message that an entry decided; None where it decided something else, where it was taken back, and
        where it cannot be read.
        """
        if entry.kind is not EntryKind.DECISION:
            return None
        made: tuple[Task | Order, ...] = (*self.tasks, *self.messages)
        return next((each for each in made if each.origin in entry.about), None)


@dataclass(frozen=True, slots=True)
class MinutesView:
    """The minutes of one conference. `lines` are the patients whom the reader may see, in the order of the agenda;
    `others` is how many more were on it. `minutes` is None where nothing was written.
    """

    conference: Conference
    lines: tuple[PatientMinutes, ...]
    fetched: datetime
    minutes: Minutes | None = None
    others: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = field(default=())

    @property
    def patients(self) -> tuple[str, ...]:
        """The ids of all patients that are in it, for the audit record."""
        return tuple(each.patient.id for each in self.lines)

    @property
    def signed(self) -> bool:
        return self.minutes is not None and self.minutes.signed

    @property
    def to_file(self) -> tuple[PatientMinutes, ...]:
        """Those whose sheets are still to be filed."""
        return tuple(each for each in self.lines if each.to_file) if self.signed else ()

    def line(self, patient_id: str) -> PatientMinutes | None:
        """What concerns this patient; None for one whom the reader may not see, or who was not on the agenda."""
        return next((each for each in self.lines if each.patient.id == patient_id), None)

    @property
    def notes_seen(self) -> dict[Reference, str]:
        """The versions of the patients' notes, for whoever signs what is here."""
        return {each.note.origin: each.note.version for each in self.lines if each.note is not None}


def next_conferences(
    items: Iterable[AgendaItem], conference: Conference, later: Iterable[Conference]
) -> dict[Reference, Conference]:
    """For each patient who was postponed the next conference of the team that has the patient on its agenda."""
    begun = conference.start.moment if conference.start is not None else None
    following = sorted(
        (
            each
            for each in later
            if each.start is not None
            and (begun is None or each.start.moment > begun)
            and each.origin != conference.origin
            and (each.to_come or each.running or each.over)
        ),
        key=lambda each: each.start.moment,  # type: ignore[union-attr]
    )
    found: dict[Reference, Conference] = {}
    for item in items:
        if item.outcome == POSTPONED:
            first = next((each for each in following if item.patient in each.patients), None)
            if first is not None:
                found[item.patient] = first
    return found
