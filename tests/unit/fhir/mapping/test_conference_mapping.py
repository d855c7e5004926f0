"""What belongs to a conference is read as it was written, is valid FHIR, and keeps what others have put into it."""

import base64
import copy
import hashlib
from dataclasses import replace
from typing import Any

import fhirkit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.conference.agenda import DISCUSSED, POSTPONED, Agenda, AgendaItem
from dashboard.domain.conference.conference import Attendee, Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.document import ConferenceDocument
from dashboard.domain.conference.minutes import How, Minutes, Present, Remark, Signature
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.record.appointment import CONFERENCE
from dashboard.domain.record.contact import contact_of_encounter
from dashboard.domain.record.document_reference import DocumentReference
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping import (
    appointment,
    conference,
    conference_document,
    discussion,
    document_reference,
    encounter,
)
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.sections import div_of, words_of
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples

Json = dict[str, Any]
GP = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Tom Hadley")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ONE, TWO = Reference("Patient", "p1"), Reference("Patient", "p2")
APPOINTMENT = Reference("Appointment", "c1")
START, END = PartialDate("2026-11-24T13:00:00+00:00"), PartialDate("2026-11-24T14:00:00+00:00")
ODD = "<b>İş</b> & \u202eright to left\u202c 30%\n\n  indented\n\tand \U0001f600 'so' \"on\""

MADE = {
    "conference": Conference(
        APPOINTMENT,
        "",
        "booked",
        "Case conference, Team 1",
        START,
        END,
        "Room 2",
        TEAM,
        (Attendee(GP, "accepted"), Attendee(NURSE)),
        (ONE, TWO),
        Reference("List", "l1"),
        "n1",
        "series-1",
        source={},
    ),
    "agenda": Agenda(
        Reference("List", "l1"),
        "",
        "n1",
        "Agenda",
        (AgendaItem(ONE, 12, NURSE, DISCUSSED), AgendaItem(TWO, outcome=POSTPONED, carried=True)),
        source={},
    ),
    "discussion": Discussion(
        Reference("Encounter", "e1"), "", ONE, APPOINTMENT, "n1", "finished", START, END, (GP, NURSE), TEAM, source={}
    ),
    "note": ConferenceNote(
        Reference("Composition", "k1"),
        "",
        ONE,
        APPOINTMENT,
        "n1",
        "Note",
        START,
        GP,
        discussion=Reference("Encounter", "e1"),
        entries=(
            NoteEntry(EntryKind.WHY, GP, START, ODD),
            NoteEntry(EntryKind.DECISION, NURSE, END, "Repeat potassium", (Reference("Task", "t1"),)),
        ),
        source={},
    ),
    "minutes": Minutes(
        Reference("Composition", "m1"),
        "",
        APPOINTMENT,
        "n1",
        "Minutes",
        START,
        GP,
        present=(Present(GP, How.ROOM, START), Present(NamedReference(None, "A guest"), How.REMOTE, END)),
        notes=(Reference("Composition", "k1"), Reference("Composition", "k2")),
        remarks=(Remark(NURSE, END, ODD),),
        source={},
    ),
    "document": ConferenceDocument(
        Reference("DocumentReference", "d1"),
        "",
        ONE,
        APPOINTMENT,
        "n1",
        "Note of a conference",
        "final",
        PartialDate("2026-11-24T14:05:00.250+00:00"),
        GP,
        Reference("Composition", "k1"),
        Reference("Encounter", "e1"),
        START,
        END,
        b"%PDF-1.7 a sheet",
        source={},
    ),
}


def stored(value: Any) -> Json:
    """The resource of a new value as a server would hold it; it is valid R4."""
    text = json_text.written(to_fhir(value))
    assert [str(issue) for issue in fhirkit.validate(text)] == []
    resource: Json = json_text.parse(text)
    return resource | {"id": value.origin.id, "meta": {"versionId": "1"}}


def read(value: Any, resource: Json) -> Any:
    return from_fhir(type(value), resource)


@pytest.mark.parametrize("name", MADE)
def test_what_was_written_is_read(name: str) -> None:
    value = MADE[name]
    assert read(value, stored(value)) == replace(value, version="1")


@pytest.mark.parametrize("name", MADE)
def test_without_a_change_the_resource_is_the_same_with_all_that_others_put_there(name: str) -> None:
    value = MADE[name]
    resource = stored(value) | {"language": "en", "extension": [{"url": "http://other.example", "valueCode": "x"}]}
    for part in resource.get("entry", resource.get("participant", resource.get("section", []))):
        part.setdefault("extension", []).append({"url": "http://other.example", "valueString": "stays"})
    before = copy.deepcopy(resource)
    assert to_fhir(read(value, resource)) == before


CHANGES: dict[str, Json] = {
    "conference": {
        "status": "arrived",
        "title": "Another",
        "start": END,
        "end": PartialDate("2026-11-24T15:30:00+00:00"),
        "place": "Room 9",
        "attendees": (Attendee(NURSE, "declined"),),
        "patients": (TWO,),
        "cancelled_because": "holiday",
        "agenda": Reference("List", "l2"),
    },
    "agenda": {"items": (AgendaItem(TWO, 3), AgendaItem(ONE, 12, NOBODY, "", carried=True)), "status": "retired"},
    "discussion": {"status": "in-progress", "end": None, "present": (GP, NURSE, NamedReference(None, "A guest"))},
    "note": {
        "status": "final",
        "discussion": Reference("Encounter", "e2"),
        "entries": (*MADE["note"].entries, NoteEntry(EntryKind.NO_CHANGE, GP, END, "No change")),  # type: ignore[attr-defined]
    },
    "minutes": {
        "status": "final",
        "present": (Present(NURSE, How.ROOM, END),),
        "notes": (Reference("Composition", "k1"),),
        "remarks": (*MADE["minutes"].remarks, Remark(GP, END, "Done")),  # type: ignore[attr-defined]
        "signature": Signature(GP, END),
    },
    "document": {
        "title": "Another",
        "status": "amended",
        "filed": PartialDate("2026-11-25T09:00:00.000+00:00"),
        "author": NURSE,
        "note": Reference("Composition", "k2"),
        "discussion": None,
        "start": END,
        "end": None,
        "pdf": b"%PDF-1.7 corrected",
    },
}


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in CHANGES.items() for field in fields])
def test_a_change_of_one_field_is_read_and_leaves_all_others_as_they_were(name: str, field: str) -> None:
    value = read(MADE[name], stored(MADE[name]) | {"language": "en"})
    changed = replace(value, **{field: CHANGES[name][field]})
    written = to_fhir(changed)
    assert [str(issue) for issue in fhirkit.validate(json_text.written(written))] == []
    again = read(changed, written)
    assert again == changed and written["language"] == "en"


def test_a_conference_is_what_the_worklist_and_the_timeline_take_for_one() -> None:
    resource = stored(MADE["conference"])
    assert appointment.from_fhir(resource).conference
    assert {each.to for each in appointment.from_fhir(resource).actors} == {GP.to, NURSE.to, ONE, TWO, None}


def test_a_discussion_is_an_encounter_of_the_patient_in_place_of_the_appointment() -> None:
    resource = stored(MADE["discussion"])
    as_encounter = encounter.from_fhir(resource)
    assert CONFERENCE in as_encounter.type.codings and as_encounter.appointments == (APPOINTMENT,)
    line = contact_of_encounter(as_encounter)
    assert line is not None and line.kind == "VR" and line.with_whom == "Dr Jane Okafor, Tom Hadley"


def test_a_place_that_is_a_record_stays_one_while_its_name_stays() -> None:
    resource = stored(MADE["conference"])
    place = next(part for part in resource["participant"] if part["actor"].get("display") == "Room 2")
    place["actor"]["reference"] = "Location/room-2"
    value = conference.from_fhir(resource)
    assert value.place == "Room 2"
    written = to_fhir(replace(value, patients=(TWO,)))
    assert {"reference": "Location/room-2", "display": "Room 2"} in [part["actor"] for part in written["participant"]]
    moved = to_fhir(replace(value, place="Room 9"))
    actors = [part["actor"] for part in moved["participant"]]
    assert {"display": "Room 9"} in actors and not any(each.get("reference") == "Location/room-2" for each in actors)
    assert to_fhir(replace(value, place=""))["participant"] == [
        part for part in resource["participant"] if part is not place
    ]


def test_a_conference_of_another_program_is_found_by_its_id() -> None:
    resource = stored(MADE["conference"])
    del resource["identifier"], resource["supportingInformation"]
    value = conference.from_fhir(resource)
    assert value.number == "c1" and value.agenda is None and value.team == NOBODY


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("conference", {"appointmentType": {"text": "Visit"}}),
        ("conference", {"start": "soon"}),
        ("agenda", {"code": {"text": "Shopping"}}),
        ("discussion", {"subject": {"reference": "Group/g1"}}),
        ("discussion", {"appointment": []}),
        ("discussion", {"period": {"start": "soon"}}),
        ("note", {"type": {"text": "Letter"}}),
        ("note", {"subject": {"display": "somebody"}}),
        ("note", {"event": []}),
        ("note", {"date": "soon"}),
        ("minutes", {"type": {"text": "Letter"}}),
        ("minutes", {"event": []}),
        ("minutes", {"date": None}),
        ("document", {"type": {"text": "Letter"}}),
        ("document", {"subject": {"display": "somebody"}}),
        ("document", {"context": {"related": [{"reference": "Appointment?x"}]}}),
    ],
)
def test_what_is_something_else_or_has_an_odd_date_is_not_read(name: str, wrong: Json) -> None:
    with pytest.raises(CannotRead):
        read(MADE[name], stored(MADE[name]) | wrong)


def test_a_sheet_is_filed_with_its_size_and_hash_and_is_an_event_of_the_timeline() -> None:
    resource = stored(MADE["document"])
    [content] = resource["content"]
    assert content["attachment"] == {
        "contentType": "application/pdf",
        "data": "JVBERi0xLjcgYSBzaGVldA==",
        "size": 16,
        "hash": base64.b64encode(hashlib.sha1(b"%PDF-1.7 a sheet").digest()).decode(),
        "title": "Note of a conference",
        "creation": "2026-11-24T14:05:00.250+00:00",
    }
    as_document = document_reference.from_fhir(resource, load_terminology())
    assert isinstance(as_document, DocumentReference) and as_document.start == START
    assert as_document.type.text == "Note of a case conference" and as_document.author == GP


def test_a_document_of_a_list_has_no_sheet_and_one_whose_sheet_is_odd_has_none() -> None:
    resource = stored(MADE["document"])
    expected = replace(MADE["document"], version="1", pdf=b"")  # type: ignore[type-var]
    assert conference_document.listed(resource) == expected
    without = {name: part for name, part in resource.items() if name != "content"}
    assert conference_document.listed(without) == expected
    resource["content"][0]["attachment"]["data"] = "no base64!"
    assert from_fhir(ConferenceDocument, resource) == expected


def test_a_document_that_is_about_more_keeps_it() -> None:
    resource = stored(MADE["document"])
    other = {"reference": "Observation/o1"}
    resource["context"]["related"].append(other)
    written = to_fhir(replace(from_fhir(ConferenceDocument, resource), note=None))
    assert written["context"]["related"] == [{"reference": "Appointment/c1"}, other]


def test_entered_in_error_is_no_conference_of_a_list() -> None:
    resource = stored(MADE["conference"])
    assert conference.listed(resource) == replace(MADE["conference"], version="1")  # type: ignore[arg-type]
    assert conference.listed(resource | {"status": "entered-in-error"}) is None
    with pytest.raises(NotWritable):
        to_fhir(conference.listed(resource))  # type: ignore[arg-type]


def test_an_agenda_leaves_out_what_names_no_patient_and_keeps_it_when_saved() -> None:
    resource = stored(MADE["agenda"])
    other = {"item": {"reference": "Group/g1"}}
    gone = {"item": {"reference": "Patient/p9"}, "deleted": True}
    resource["entry"] = [other, *resource["entry"], gone]
    value = from_fhir(Agenda, resource)
    assert value.patients == (ONE, TWO)
    written = to_fhir(replace(value, items=value.items[:1]))
    assert other in written["entry"] and gone in written["entry"] and len(written["entry"]) == 3


@pytest.mark.parametrize("minutes", [0, -3, 1000, "7", None])
def test_odd_minutes_of_an_agenda_are_the_usual_ones(minutes: Any) -> None:
    resource = stored(MADE["agenda"])
    resource["entry"][0]["extension"][0]["valuePositiveInt"] = minutes
    assert from_fhir(Agenda, resource).items[0].minutes == 7


@pytest.mark.parametrize("name", ["note", "minutes"])
def test_what_was_written_is_never_taken_out(name: str) -> None:
    field = {"note": "entries", "minutes": "remarks"}[name]
    value = read(MADE[name], stored(MADE[name]))
    with pytest.raises(NotWritable):
        to_fhir(replace(value, **{field: ()}))


@pytest.mark.parametrize("name", ["note", "minutes"])
def test_a_section_with_another_title_is_the_same_section(name: str) -> None:
    """What another program has entitled otherwise was written once more with each change."""
    resource = stored(MADE[name])
    for part in resource["section"]:
        part["title"] = "Anything"
    value = read(MADE[name], resource)
    field = {"note": "entries", "minutes": "present"}[name]
    more = {"note": NoteEntry(EntryKind.DISCUSSION, GP, END, "More"), "minutes": Present(NURSE, How.ROOM, END)}[name]
    written = to_fhir(replace(value, **{field: (*getattr(value, field), more)}))["section"]
    assert len(written) == len(resource["section"]) + 1 and all(part in written for part in resource["section"])


def test_sections_of_others_stay_and_are_no_entries() -> None:
    for name in ("note", "minutes"):
        resource = stored(MADE[name])
        other = {"title": "Findings", "text": {"status": "generated", "div": div_of("x")}}
        resource["section"].append(other)
        value = read(MADE[name], resource)
        assert value == replace(MADE[name], version="1")
        field = {"note": "entries", "minutes": "present"}[name]
        more = {"note": NoteEntry(EntryKind.DISCUSSION, GP, END, "More"), "minutes": Present(NURSE, How.ROOM, END)}[
            name
        ]
        assert other in to_fhir(replace(value, **{field: (*getattr(value, field), more)}))["section"]


def test_a_signature_of_another_program_may_have_no_moment() -> None:
    resource = stored(MADE["minutes"]) | {"attester": [{"mode": "legal", "party": {"display": "Somebody"}}]}
    value = read(MADE["minutes"], resource)
    assert value.signature == Signature(NamedReference(None, "Somebody"), None)
    assert "attester" not in to_fhir(replace(value, signature=None))
    again = to_fhir(replace(value, signature=Signature(GP, None)))
    assert again["attester"] == [
        {"mode": "professional", "party": {"reference": "Practitioner/gp", "display": GP.name}}
    ]


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=60)


@given(TEXTS)
@settings(max_examples=examples(300))
def test_words_become_xhtml_and_the_same_words_again(words: str) -> None:
    plain = without_control_characters(words).replace("\r\n", "\n").replace("\r", "\n")
    assert words_of(div_of(words)) == without_control_characters(plain)


@pytest.mark.parametrize(
    ("div", "words"),
    [
        ("<div><p>One</p><p>Two &amp; <b>three</b></p></div>", "One\nTwo & three"),
        ("<div>a<br>b<BR/>c</div>", "a\nb\nc"),
        ("no markup", "no markup"),
        ("", ""),
    ],
)
def test_words_of_other_programs_are_read_without_their_tags(div: str, words: str) -> None:
    assert words_of(div) == words


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert words_of(div_of("a\ufffeb\ud800c")) == "abc"


def test_the_number_of_a_discussion_is_that_of_its_conference() -> None:
    assert discussion.from_fhir(stored(MADE["discussion"])).number == "n1"
