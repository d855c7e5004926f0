"""What the minutes say of a patient: what was decided and how it stands, where it goes on, what is still to file."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.domain.conference.agenda import DISCUSSED, POSTPONED, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision_state import DecisionState, state_of_decision
from dashboard.domain.conference.document import holding, is_filed, new_document, to_file
from dashboard.domain.conference.minutes import Minutes
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes, next_conferences
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry, new_entry, signed, with_entry
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NO_CONCEPT, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

AT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
GP = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
ONE, TWO, THREE = (Reference("Patient", f"p{n}") for n in (1, 2, 3))
MEETING = Reference("Appointment", "m1")


def task(ident: str = "t1", status: str = "requested", due: str = "2026-11-26") -> Task:
    when = PartialDate(due) if due else None
    return Task(Reference("Task", ident), "1", "x", ONE, status, "routine", None, "", "", None, when)


def meeting(ident: str, start: str, *patients: Reference, status: str = "booked") -> Conference:
    begin = PartialDate(start) if start else None
    return Conference(Reference("Appointment", ident), "1", status, ident, begin, None, patients=patients)


def note(*entries: NoteEntry) -> ConferenceNote:
    return ConferenceNote(
        Reference("Composition", "n1"), "3", ONE, MEETING, "m1", "Note", PartialDate("2026-11-24"), GP, entries=entries
    )


def entry(kind: EntryKind, about: tuple[Reference, ...] = (), at: datetime = AT) -> NoteEntry:
    return new_entry(kind, GP, "words", at, about)


def line(item: AgendaItem, written: ConferenceNote | None = None, *tasks: Task) -> PatientMinutes:
    return PatientMinutes(item, Person(item.patient.id, HumanName("X"), None, ""), written, tasks=tasks)


@pytest.mark.parametrize(
    ("status", "due", "stands"),
    [
        ("requested", "2026-11-26", DecisionState.OPEN),
        ("in-progress", "2026-11-25", DecisionState.OVERDUE),
        ("requested", "2026-11", DecisionState.OPEN),
        ("requested", "", DecisionState.OPEN),
        ("completed", "2026-11-01", DecisionState.DONE),
        ("cancelled", "2026-11-01", DecisionState.DROPPED),
        ("rejected", "", DecisionState.DROPPED),
    ],
)
def test_how_a_decision_stands(status: str, due: str, stands: DecisionState) -> None:
    assert state_of_decision(task(status=status, due=due), date(2026, 11, 26)) is stands


def test_the_minutes_hold_what_was_said_in_the_meeting_with_the_tasks_that_came_of_it() -> None:
    decision = entry(EntryKind.DECISION, (Reference("Goal", "g1"), Reference("Task", "t1")))
    written = note(entry(EntryKind.WHY), entry(EntryKind.PREPARATION), decision, entry(EntryKind.NO_CHANGE))
    found = line(AgendaItem(ONE), written, task("t0"), task("t1"))
    sent = entry(EntryKind.DECISION, (Reference("CommunicationRequest", "c1"),))
    message = Order(
        Reference("CommunicationRequest", "c1"),
        "active",
        "",
        "Ring us",
        NO_CONCEPT,
        None,
        None,
        None,
        due=PartialDate("2026-11-25"),
    )
    assert replace(found, messages=(message,)).decided_by(sent) == message
    assert state_of_decision(message, date(2026, 11, 26)) is DecisionState.OVERDUE
    assert found.decided_by(replace(decision, kind=EntryKind.CORRECTION)) is None  # it takes the decision back
    assert [each.kind for each in found.entries] == [EntryKind.DECISION, EntryKind.NO_CHANGE]
    assert found.decided_by(decision) == task("t1") and found.decided_by(entry(EntryKind.DECISION)) is None
    assert line(AgendaItem(ONE)).entries == ()


def test_who_was_postponed_goes_to_the_next_conference_that_has_the_patient() -> None:
    items = [
        AgendaItem(ONE, outcome=POSTPONED),
        AgendaItem(TWO, outcome=POSTPONED),
        AgendaItem(THREE, outcome=DISCUSSED),
    ]
    this = meeting("this", "2026-11-24T13:00:00Z", ONE, TWO, THREE, status="fulfilled")
    before = meeting("before", "2026-11-17T13:00:00Z", ONE, TWO)
    off = meeting("off", "2026-11-30T13:00:00Z", ONE, status="cancelled")
    undated = meeting("undated", "", ONE)
    last, first = meeting("last", "2026-12-08T13:00:00Z", ONE, THREE), meeting("first", "2026-12-01T13:00:00Z", ONE)
    found = next_conferences(items, this, [last, before, off, undated, this, first])
    assert found == {ONE: first}
    assert next_conferences(items, replace(this, start=None), [before]) == {ONE: before, TWO: before}


def test_a_sheet_is_filed_while_nothing_was_added_since_it_was_made() -> None:
    written = note(entry(EntryKind.DECISION))
    blank = new_document(Reference("DocumentReference", "d1"), written, meeting("m1", "2026-11-24T13:00:00Z"))
    assert blank.number == "m1" and blank.patient == ONE and blank.status == "preliminary"
    with pytest.raises(UserFacingError, match="minutes-not-signed"):
        holding(blank, written, b"x", GP, AT)
    final = signed(written)
    assert to_file(final, None) and to_file(final, blank) and not to_file(written, None) and not to_file(None, None)
    filed = holding(blank, final, b"x", GP, AT)
    assert is_filed(final, filed) and not to_file(final, filed)
    corrected = with_entry(final, entry(EntryKind.CORRECTION, at=AT + timedelta(seconds=1)))
    assert not is_filed(corrected, filed) and to_file(corrected, filed)
    again = holding(filed, corrected, b"y", GP, AT + timedelta(seconds=2))
    assert is_filed(corrected, again)
    assert not is_filed(with_entry(corrected, entry(EntryKind.CORRECTION, at=AT + timedelta(seconds=3))), again)
    undated = replace(final, entries=(replace(final.entries[0], when=None),))
    assert is_filed(undated, filed)


def test_the_view_knows_its_patients_and_what_is_to_be_filed() -> None:
    written = signed(note(entry(EntryKind.DECISION)))
    lines = (line(AgendaItem(ONE), written), line(AgendaItem(TWO)))
    view = MinutesView(meeting("m1", "2026-11-24T13:00:00Z"), lines, AT)
    assert view.patients == ("p1", "p2") and view.line("p2") == lines[1] and view.line("p9") is None
    assert view.notes_seen == {written.origin: "3"} and not view.signed and view.to_file == ()
    minutes = Minutes(Reference("Composition", "m"), "1", MEETING, "m1", "M", PartialDate("2026-11-24"), GP, "final")
    assert replace(view, minutes=minutes).to_file == (lines[0],)
