"""What a conference has decided in words: each line, what stands beside it, and another team that speaks at once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.conference.views import DiscussedPatient
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.message import new_message
from dashboard.domain.record.task_changes import new_task
from dashboard.domain.record.views import Section
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.ui.conference.decide_html import decided_html
from dashboard.ui.conference.decide_words import decided_lines, other_team_words, unsaved_words
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import samples
from tests.unit import people_and_teams as make

AT = ViewTime(make.AS_OF, make.AS_OF.tzinfo)  # type: ignore[arg-type]
ONE, MEET = Reference("Patient", "p1"), Reference("Appointment", "c1")
GP, NURSE = (NamedReference(Reference("Practitioner", who), who.title()) for who in ("gp", "nurse"))
CONFERENCE = Conference(MEET, "1", "arrived", "Case conference", None, None, team=NamedReference(None, "Team 1"))
NOW = PartialDate(make.AS_OF.isoformat())
ASKED: dict[str, Any] = {"by": GP, "why": "Potassium", "at": make.AS_OF}
DUE = date(2026, 11, 27)


def task(ident: str, text: str, **more: Any) -> Any:
    return replace(new_task(Reference("Task", ident), ONE, text, NURSE, DUE, **ASKED), **more)


def message(ident: str, text: str, **more: Any) -> Any:
    made = new_message(Reference("CommunicationRequest", ident), ONE, text, NamedReference(ONE, "Mary"), DUE, **ASKED)
    return replace(made, **more)


def entry(kind: EntryKind, text: str, *about: Reference, who: NamedReference = GP) -> NoteEntry:
    return NoteEntry(kind, who, NOW, text, about)


def found(*entries: NoteEntry, contacts: tuple[Contact, ...] = (), **more: Any) -> DiscussedPatient:
    note = ConferenceNote(Reference("Composition", "n1"), "1", ONE, MEET, "c1", "", NOW, GP, entries=entries)
    summary = replace(samples.summary(samples.PEOPLE[0]), contacts=Section(contacts))
    empty: Any = None
    return DiscussedPatient(ONE, summary, empty, empty, note=note, **more)


def test_a_line_says_what_by_whom_until_when_how_it_stands_and_who_took_it_back() -> None:
    first, second = task("t1", "Repeat potassium"), task("t2", "Refer", status="cancelled")
    sent = message("m1", "Come for a test")
    patient = found(
        entry(EntryKind.PREPARATION, "Not of the meeting"),
        entry(EntryKind.DECISION, "Repeat potassium", first.origin),
        entry(EntryKind.DECISION, "Refer", second.origin),
        entry(EntryKind.DECISION, "Come for a test", sent.origin),
        entry(EntryKind.CORRECTION, "Taken back: Refer", second.origin, who=NURSE),
        entry(EntryKind.CORRECTION, "It was 5.8"),
        entry(EntryKind.NO_CHANGE, "No change"),
        tasks=(first, second, task("t3", "Of a save that was cut")),
        messages=(sent,),
    )
    lines = decided_lines(patient, (), GP.to, AT)
    assert [(line.what, line.text) for line in lines] == [
        ("Task", "Repeat potassium"), ("Task", "Refer"), ("Message", "Come for a test"), ("Correction", "It was 5.8"),
        ("No change", "No change"), ("Task", "Of a save that was cut"),
    ]  # fmt: skip
    assert (lines[0].who, lines[0].stands, lines[0].by) == ("Nurse, until 27-Nov-2026", "Requested", "Gp, 14:00")
    assert lines[1].back == "Taken back by Nurse, 14:00" and lines[2].who == "The patient, until 27-Nov-2026"
    assert [line.item is not None for line in lines] == [True, False, True, False, True, True]
    assert not any(line.item for line in decided_lines(patient, (), NURSE.to, AT))  # each takes back the own ones
    assert not any(line.item for line in decided_lines(patient, (), None, AT))
    html = str(decided_html(lines, first.origin, True, 2, "Team 2 too"))
    assert "<s>Refer</s>" in html and html.count("Take back") == 4 and html.count("Saved.") == 1
    assert "2 entries of yours about other patients" in html and "Team 2 too" in html
    assert "Take back" not in str(decided_html(lines, None, False, 0, ""))


@pytest.mark.parametrize(
    ("kind", "number", "what", "who"),
    [
        (WaitingKind.DECISION, "Task", "Task", "Nurse, until 27-Nov-2026"),
        (WaitingKind.DECISION, "CommunicationRequest", "Message", "Nurse, until 27-Nov-2026"),
        (WaitingKind.NO_CHANGE, "Provenance", "No change", ""),
        (WaitingKind.DISCUSSION, "Provenance", "Discussed", ""),
        (WaitingKind.CONCLUSION, "Provenance", "Concluded", ""),
    ],
)
def test_what_waits_says_so_and_what_is_refused_why(kind: WaitingKind, number: str, what: str, who: str) -> None:
    waiting = Waiting(kind, MEET, ONE, Reference(number, "n1"), "Words", make.AS_OF, NURSE, DUE)
    [line] = decided_lines(found(), [waiting], GP.to, AT)
    assert (line.what, line.text, line.who, line.by) == (what, "Words", who, "14:00")
    assert "Not saved yet" in line.waits and "Throw away" in str(decided_html([line], None, True, 0, ""))
    [line] = decided_lines(found(), [replace(waiting, refused="Somebody ended it.")], GP.to, AT)
    assert line.waits == "Not saved: Somebody ended it."
    assert "Into the form" in str(decided_html([line], None, True, 0, ""))


def test_no_change_is_taken_back_by_who_wrote_it_while_nothing_was_written_after_it() -> None:
    said = entry(EntryKind.NO_CHANGE, "No change")
    for entries, me, expected in (
        ((said,), GP.to, Reference("Composition", "n1")),
        ((said,), NURSE.to, None),
        ((said, entry(EntryKind.CORRECTION, "Taken back: No change")), GP.to, None),
    ):
        assert decided_lines(found(*entries), (), me, AT)[0].item == expected


def contact(ident: str, team: str, minutes: int = 5, **more: Any) -> Contact:
    since = PartialDate((make.AS_OF - timedelta(minutes=minutes)).isoformat())
    made = Contact(Reference("Encounter", ident), since, "Case conference", "VR", "in-progress", "", team)
    return replace(made, **{"ongoing": True, "conference": True} | more)


def test_another_team_that_discusses_the_patient_now_is_named() -> None:
    said = "Another team discusses this patient too, since 13:55: Team 2"
    assert other_team_words(found(contacts=(contact("e2", "Team 2"),)), CONFERENCE, AT) == said
    said = "Another team discusses this patient too, since 13:55."
    assert other_team_words(found(contacts=(contact("e2", ""),)), CONFERENCE, AT) == said
    for other in (
        contact("e1", "Team 1"),
        contact("e2", "Team 2", ongoing=False),
        contact("e2", "Team 2", conference=False),
        contact("e2", "Team 2", minutes=300),  # nobody has concluded it
    ):
        assert not other_team_words(found(contacts=(other,)), CONFERENCE, AT)


def test_how_much_is_not_saved_is_counted() -> None:
    assert unsaved_words(0) == ""
    assert unsaved_words(1).startswith("1 entry of yours") and unsaved_words(3).startswith("3 entries of yours")
