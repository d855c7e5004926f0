"""The records of a conference: the Appointment, its agenda, the notes and discussions of its patients, its minutes.

Pages and every change read them here, so that what is compared with what was read is the same. Each is found by the
conference's number (`CONFERENCE_NUMBER`); what is about a patient is asked for those patients alone whom the reader may
see. All is asked past the server's own cache of answers: somebody else may have saved a second ago.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.domain.conference.agenda import Agenda, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision import MESSAGE
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.minutes import Minutes
from dashboard.domain.conference.note import ConferenceNote
from dashboard.domain.record.appointment import CONFERENCE
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE, CONFERENCE_NUMBER, RECORD_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, UnexpectedAnswer
from dashboard.fhir.mapping import agenda as agenda_mapping
from dashboard.fhir.mapping import conference as conference_mapping
from dashboard.fhir.mapping import conference_minutes, conference_note, discussion, order, task
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each, read_one
from dashboard.fhir.search.request import SearchRequest, SearchResult, escape

T = TypeVar("T")
D = TypeVar("D", Task, Order)
MOST_CONFERENCES: Final = 400
"""Conferences of a team that are read at once: several years of weekly ones."""


@dataclass(frozen=True, slots=True)
class PatientsOfConference:
    """What a conference has of some patients, by Patient. `unreadable` names records that could not be read."""

    notes: dict[Reference, ConferenceNote] = field(default_factory=dict)
    discussions: dict[Reference, Discussion] = field(default_factory=dict)
    tasks: dict[Reference, tuple[Task, ...]] = field(default_factory=dict)
    messages: dict[Reference, tuple[Order, ...]] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()


def conferences_search(name: str, value: str, first: date, last: date | None = None) -> SearchRequest:
    """The search for conferences of an attendee (`practitioner`) or of teams (`supporting-info`), from a day on."""
    params = [
        (name, value),
        ("appointment-type", f"{APPOINTMENT_TYPE}|{CONFERENCE.code}"),
        ("date", f"ge{first.isoformat()}"),
    ]
    if last is not None:
        params.append(("date", f"le{last.isoformat()}"))
    return SearchRequest("Appointment", tuple(params), sort="date", max_rows=MOST_CONFERENCES, fresh=True)


def read_conference(context: RequestContext, conference_id: str) -> Conference:
    """The conference with its resource. Raises NotFound for an id that names none, and what the client raises."""
    try:
        Reference("Appointment", conference_id)
        row = context.fhir.read("Appointment", conference_id)
    except (ValueError, NotFound):
        raise NotFound("conference-not-found") from None
    found = read_one(row, conference_mapping.from_fhir)
    if not isinstance(found, Conference):
        raise NotFound("conference-not-found")
    return found


def read_own_conference(context: RequestContext, conference_id: str, teams: Iterable[Team]) -> tuple[Conference, bool]:
    """The conference, for whoever is asked to come or belongs to its team, and whether it is one of these teams'.
    Raises NotFound for every other one, whether it exists or not.
    """
    conference = read_conference(context, conference_id)
    team = conference.team.to
    mine = team is not None and any(each.id == team.id for each in teams)
    if not conference.attends(context.me) and not mine:
        raise NotFound("conference-not-found")
    return conference, mine


def read_agenda(context: RequestContext, conference: Conference) -> Agenda | None:
    """The agenda that somebody wrote; None where nobody has. Raises DashboardError."""
    return _of_number(context, "List", conference.number, agenda_mapping.from_fhir)


def agenda_of(conference: Conference, written: Agenda | None) -> Agenda:
    """The agenda that was written, else one of the patients whom the Appointment names: other programs plan so."""
    if written is not None:
        return written
    items = tuple(AgendaItem(each) for each in conference.patients)
    return Agenda(Reference("List", f"agenda-{conference.origin.id}"[:64]), "", conference.number, "", items)


def read_minutes(context: RequestContext, conference: Conference) -> Minutes | None:
    """The minutes; None where nothing was written yet. Raises DashboardError."""
    return _of_number(context, "Composition", conference.number, conference_minutes.from_fhir)


def read_note(context: RequestContext, conference: Conference, patient: Reference) -> ConferenceNote | None:
    """The note of one patient; None where nothing was written yet. Raises DashboardError."""
    request = _search("Composition", [number_of(conference, patient)], (patient.id,))
    return _first(context, request, conference_note.from_fhir)


def read_notes(
    context: RequestContext, conference: Conference, patients: Sequence[Reference]
) -> dict[Reference, ConferenceNote]:
    """The notes of these patients, by patient, in their order: one search. Raises DashboardError."""
    if not patients:
        return {}
    request = _search("Composition", [number_of(conference, each) for each in patients], tuple(p.id for p in patients))
    found = {each.patient: each for each in _read(context.fhir.try_all([request])[0], conference_note.from_fhir, [])}
    return {patient: found[patient] for patient in patients if patient in found}


def read_discussion(context: RequestContext, conference: Conference, patient: Reference) -> Discussion | None:
    """The discussion of one patient; None before it began. Raises DashboardError."""
    request = _search("Encounter", [number_of(conference, patient)], (patient.id,))
    return _first(context, request, discussion.from_fhir)


def read_meetings(
    context: RequestContext, conferences: Sequence[Reference], patients: Sequence[Reference]
) -> tuple[Discussion, ...]:
    """The discussions of these patients at these conferences, whichever program wrote them, the earliest first: one
    search. Raises DashboardError.
    """
    if not conferences or not patients:
        return ()
    ids = tuple(each.id for each in patients)
    of = ("appointment", ",".join(map(str, conferences)))
    [answer] = context.fhir.try_all([SearchRequest("Encounter", (of,), ids, fresh=True, in_parts=True)])
    found = [each for each in _read(answer, discussion.from_fhir, []) if each.conference in set(conferences)]
    return tuple(sorted(found, key=lambda each: (each.start.text if each.start else "", each.origin)))


def read_patients(
    context: RequestContext, conference: Conference, patients: Sequence[Reference]
) -> PatientsOfConference:
    """What the conference has of these patients: four searches. Raises DashboardError."""
    if not patients:
        return PatientsOfConference()
    ids = tuple(each.id for each in patients)
    numbers = [number_of(conference, each) for each in patients]
    notes, discussions = context.fhir.try_all(
        [_search("Composition", numbers, ids), _search("Encounter", numbers, ids)]
    )
    unreadable: list[Unreadable] = []
    read_notes = _read(notes, conference_note.from_fhir, unreadable)
    read_discussions = _read(discussions, discussion.from_fhir, unreadable)
    tasks, messages = _decided(context, read_discussions, ids, unreadable)
    return PatientsOfConference(
        notes={each.patient: each for each in read_notes},
        discussions={each.patient: each for each in read_discussions},
        tasks=tasks,
        messages=messages,
        unreadable=tuple(unreadable),
    )


def read_decision(context: RequestContext, patient: Reference, number: Reference) -> Task | Order | None:
    """What was decided about the patient and saved under this number of ours, a Task or a message; None where nothing
    was. Raises UnexpectedAnswer for one that cannot be read: it is there, and must not be made again.
    """
    request = SearchRequest(number.type, (("identifier", f"{RECORD_NUMBER}|{number.id}"),), (patient.id,), fresh=True)
    rows = result_or_raise(context.fhir.try_all([request])[0]).rows
    found = [each for each in read_each(rows, _mapping(number)).values if isinstance(each, Task | Order)]
    if rows and not found:
        raise UnexpectedAnswer("save-answer-unreadable")
    return min(found, key=lambda each: each.origin, default=None)


def read_decided(context: RequestContext, patient: Reference, decided: Reference) -> Task | Order:
    """The patient's Task or message with its resource. Raises NotFound for any other record, and what the client
    raises.
    """
    found = None
    if decided.type in ("Task", MESSAGE):
        found = read_one(context.fhir.read(decided.type, decided.id), _mapping(decided))
    if not isinstance(found, Task | Order) or found.patient != patient:
        raise NotFound("decision-not-found")
    return found


def _mapping(decided: Reference) -> Callable[[Json], Task | Order]:
    return order.from_fhir if decided.type == MESSAGE else task.from_fhir


def _decided(
    context: RequestContext, discussions: Iterable[Discussion], ids: tuple[str, ...], unreadable: list[Unreadable]
) -> tuple[dict[Reference, tuple[Task, ...]], dict[Reference, tuple[Order, ...]]]:
    """The tasks and the messages that were decided in these discussions, by patient, the oldest first."""
    encounters = ",".join(str(each.origin) for each in discussions)
    if not encounters:
        return {}, {}
    kinds = ("Task", MESSAGE)
    tasks, messages = context.fhir.try_all(
        [SearchRequest(kind, (("encounter", encounters),), ids, fresh=True) for kind in kinds]
    )
    return (
        _by_patient(_read(tasks, task.listed, unreadable)),
        _by_patient(_read(messages, order.listed, unreadable)),
    )


def _by_patient(values: Iterable[D]) -> dict[Reference, tuple[D, ...]]:
    found: dict[Reference, list[D]] = {}
    for each in values:
        if each.patient is not None:
            found.setdefault(each.patient, []).append(each)
    return {
        patient: tuple(sorted(made, key=lambda each: (each.authored.text if each.authored else "", each.origin)))
        for patient, made in found.items()
    }


def number_of(conference: Conference, patient: Reference) -> str:
    """The value of the identifier under which what a conference has of a patient is found."""
    return f"{conference.number}.{patient.id}"


def _of_number(context: RequestContext, kind: str, number: str, read: Callable[[Json], T]) -> T | None:
    return _first(context, _search(kind, [number]), read)


def _search(kind: str, numbers: Iterable[str], patients: tuple[str, ...] | None = None) -> SearchRequest:
    value = ",".join(f"{CONFERENCE_NUMBER}|{escape(number)}" for number in numbers)
    return SearchRequest(kind, (("identifier", value),), patients, fresh=True)


def _first(context: RequestContext, request: SearchRequest, read: Callable[[Json], T]) -> T | None:
    """The first that was made, where two people made one at the same moment on a server that let them."""
    rows = result_or_raise(context.fhir.try_all([request])[0]).rows
    found = read_each(sorted(rows, key=lambda row: str(row.get("id"))), read).values
    return found[0] if found else None


def _read(
    answer: SearchResult | DashboardError, read: Callable[[Json], T | Exclusion | None], unreadable: list[Unreadable]
) -> list[T]:
    found = read_each(result_or_raise(answer).rows, read)
    unreadable += found.unreadable
    return found.values
