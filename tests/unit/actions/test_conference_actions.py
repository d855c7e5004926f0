"""A conference from plan to signed minutes, on the fake: what is written, who may, and what happens at once."""

import base64
import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import fhirkit
import pytest

from dashboard.access.request_context import RequestContext
from dashboard.actions.answer_conference import answer_conference
from dashboard.actions.cancel_conference import cancel_conference
from dashboard.actions.change_agenda import change_agenda
from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.discuss_patient import discuss_patient
from dashboard.actions.end_conference import end_conference
from dashboard.actions.file_minutes import file_minutes
from dashboard.actions.leave_discussion import leave_discussion
from dashboard.actions.move_conference import move_conference
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.postpone_patients import postpone_patients
from dashboard.actions.record_attendance import record_attendance
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_number, new_reference
from dashboard.actions.send_minutes_back import send_minutes_back
from dashboard.actions.sign_minutes import sign_minutes
from dashboard.actions.start_conference import start_conference
from dashboard.actions.withdraw_decision import withdraw_decision
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.cache.conference_records import read_patients
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import Agenda
from dashboard.domain.conference.agenda_change import Add, Ask, Give, Move
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision import is_withdrawn
from dashboard.domain.conference.document import MOST_BYTES
from dashboard.domain.conference.minutes import How
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import (
    NotFound,
    NotPermitted,
    ServerUnavailable,
    UnexpectedAnswer,
    UserFacingError,
    VersionConflict,
)
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.terminology_files import load_terminology
from tests.conftest import Trail
from tests.fakes import FakeFhirServer, capabilities
from tests.unit import people_and_teams as make

AT = make.AS_OF
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DURING = START + timedelta(minutes=5)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
COORDINATOR = replace(GP, name="Jane Okafor", roles=(Role.COORDINATOR,))
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ONE, TWO, THREE, FOUR = (Reference("Patient", f"p{n}") for n in range(1, 5))
ASKED = [NamedReference(GP.practitioner, "Dr Jane Okafor"), NamedReference(NURSE.practitioner, "Anna Lind")]


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    """Whatever a test has written there is valid R4."""
    made = FakeFhirServer(make.cohort())
    yield made
    for rows in made.rows.values():
        for ident, row in rows.items():
            if ident.startswith("made-"):
                assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []


def plan(server: FakeFhirServer, actor: User = COORDINATOR, **other: Any) -> list[Any]:
    asked: dict[str, Any] = {
        "team": TEAM,
        "title": "Case conference, Team 1",
        "start": START,
        "minutes": 60,
        "place": "Room 2",
        "attendees": ASKED,
        "patients": [ONE, TWO],
        "reason": "Plan",
        "at": AT,
    }
    return list(plan_conference(server, actor, **asked | other).values)


@pytest.fixture
def planned(server: FakeFhirServer) -> str:
    return conferences(plan(server))[0].origin.id


@pytest.fixture
def running(server: FakeFhirServer, planned: str) -> str:
    start_conference(server, COORDINATOR, planned, reason="Start", at=START)
    return planned


def conferences(values: list[Any]) -> list[Conference]:
    return [each for each in values if isinstance(each, Conference)]


def the(server: FakeFhirServer, kind: str, code: str = "") -> dict[str, Any]:
    """The one record of this type whose text mentions the code."""
    [found] = [row for row in server.rows.get(kind, {}).values() if code in json_text.written(row).decode()]
    return found


def decide(server: FakeFhirServer, conference: str, actor: User = GP, **other: Any) -> list[Any]:
    asked: dict[str, Any] = {
        "patient_id": "p1",
        "text": "Repeat potassium",
        "owner": NamedReference(GP.practitioner, "Dr Jane Okafor"),
        "due": date(2026, 11, 26),
        "number": new_reference("Task"),
        "reason": "Potassium 5.9",
        "at": DURING,
    }
    return list(record_decision(server, actor, conference, **asked | other).values)


# --- before ----------------------------------------------------------------------------------------------------------


def test_a_plan_is_an_appointment_with_its_agenda_and_says_who_planned_it(server: FakeFhirServer) -> None:
    agenda, conference = plan(server)
    stored = server.rows["Appointment"][conference.origin.id]
    assert (stored["status"], stored["description"], stored["minutesDuration"]) == (
        "booked", "Case conference, Team 1", 60,
    )  # fmt: skip
    assert conference.patients == agenda.patients == (ONE, TWO)
    assert conference.agenda == agenda.origin and agenda.conference == conference.number
    record = the(server, "Provenance", "plan a conference")
    assert record["agent"][0]["who"]["reference"] == "Practitioner/gp"
    assert {each["reference"].partition("/")[0] for each in record["target"]} == {"List", "Appointment"}


def test_a_series_is_several_and_the_patients_are_on_the_first(server: FakeFhirServer) -> None:
    values = plan(server, weeks_apart=2, count=3)
    made = conferences(values)
    assert [each.start.text for each in made if each.start] == [
        "2026-11-24T13:00:00+00:00", "2026-12-08T13:00:00+00:00", "2026-12-22T13:00:00+00:00",
    ]  # fmt: skip
    assert len({each.series for each in made}) == 1 and made[0].series
    assert len({each.number for each in made}) == 3
    assert [each.patients for each in made] == [(ONE, TWO), (), ()]
    assert not conferences(plan(server))[0].series


def test_only_a_coordinator_of_the_team_plans(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted, match="plan-not-permitted"):
        plan(server, actor=GP)
    with pytest.raises(NotPermitted, match="another-team"):
        plan(server, team=NamedReference(Reference("Organization", "team-2"), "Team 2"))
    with pytest.raises(NotPermitted, match="not-in-a-care-team"):
        plan(server, actor=replace(COORDINATOR, practitioner=None))
    assert set(server.rows["Appointment"]) == {"a1"}


def test_it_moves_with_agenda_and_notes_and_everybody_is_asked_again(server: FakeFhirServer, planned: str) -> None:
    answer_conference(server, NURSE, planned, "accepted", reason="Answer", at=AT)
    version = server.rows["Appointment"][planned]["meta"]["versionId"]
    later = START + timedelta(days=1)
    asked = (version, "Moved", later, 45, "Room 9", ASKED)
    moved = move_conference(server, COORDINATOR, planned, *asked, reason="Room is taken", at=AT).value
    assert moved.minutes == 45 and moved.place == "Room 9" and moved.patients == (ONE, TWO)
    assert {each.answer for each in moved.attendees} == {"needs-action"}
    with pytest.raises(VersionConflict, match="conference-changed"):
        move_conference(server, COORDINATOR, planned, *asked, reason="Again", at=AT)


def test_it_is_called_off_and_planned_again(server: FakeFhirServer, planned: str) -> None:
    off = cancel_conference(server, COORDINATOR, planned, reason="Everybody is ill", at=AT).value
    assert off.status == "cancelled" and off.cancelled_because == "Everybody is ill"
    for change in (
        lambda: start_conference(server, COORDINATOR, planned, reason="Start", at=START),
        lambda: change_agenda(server, COORDINATOR, planned, [Add(THREE)], reason="Add", at=AT),
        lambda: answer_conference(server, NURSE, planned, "accepted", reason="Answer", at=AT),
    ):
        with pytest.raises(UserFacingError):
            change()
    again = cancel_conference(server, COORDINATOR, planned, reason="All are well", at=AT, undo=True).value
    assert again.to_come and not again.cancelled_because


def test_changes_of_the_agenda_are_made_on_what_others_saved(server: FakeFhirServer, planned: str) -> None:
    change_agenda(server, COORDINATOR, planned, [Add(THREE), Move(THREE, ONE)], reason="Urgent", at=AT)
    agenda = change_agenda(server, GP, planned, [Give(TWO, 12)], reason="Needs time", at=AT).value
    assert isinstance(agenda, Agenda)
    assert agenda.patients == (THREE, ONE, TWO) and agenda.minutes == 7 + 7 + 12
    stored = from_fhir(Conference, server.rows["Appointment"][planned])
    assert set(stored.patients) == {ONE, TWO, THREE}  # so that it stands on the worklist of whoever cares for p3
    before = len(server.rows["Provenance"])
    assert change_agenda(server, GP, planned, [Give(TWO, 12)], reason="Again", at=AT).value == agenda
    assert len(server.rows["Provenance"]) == before


def test_thirty_people_change_one_agenda_at_once_and_no_change_is_lost(server: FakeFhirServer, planned: str) -> None:
    def give(minutes: int) -> None:
        change_agenda(server, GP, planned, [Give(ONE, minutes), Add(THREE)], reason=f"To {minutes}", at=AT)

    def ask(number: int) -> None:
        change_agenda(server, GP, planned, [Give(TWO, 30)], reason=f"Ask {number}", at=AT)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: (give if n % 2 else ask)(n + 1), range(12)))
    agenda = from_fhir(Agenda, the(server, "List"))
    assert agenda.patients == (ONE, TWO, THREE) and agenda.items[1].minutes == 30


def test_who_is_asked_to_prepare_gets_a_task_for_the_day(server: FakeFhirServer, planned: str) -> None:
    change_agenda(server, COORDINATOR, planned, [Ask(ONE, ASKED[0])], reason="Ask", at=AT)
    task = the(server, "Task", "Prepare for the case conference")
    assert task["owner"]["reference"] == "Practitioner/gp" and task["restriction"]["period"]["end"] == "2026-11-24"
    assert task["reasonCode"]["text"] == "Case conference, Team 1"
    change_agenda(server, COORDINATOR, planned, [Ask(ONE, NOBODY)], reason="No need", at=AT)
    assert from_fhir(Agenda, the(server, "List")).items[0].preparer == NOBODY
    the(server, "Task", "Prepare for the case conference")  # still one


def test_a_conference_without_a_list_gets_one_with_the_patients_that_it_names(server: FakeFhirServer) -> None:
    server.rows["Appointment"]["a1"]["participant"].append(
        {"actor": {"reference": "Practitioner/gp"}, "status": "accepted"}
    )
    agenda = change_agenda(server, GP, "a1", [Add(THREE)], reason="Add", at=AT).value
    assert isinstance(agenda, Agenda) and agenda.patients == (ONE, FOUR, THREE)
    assert from_fhir(Conference, server.rows["Appointment"]["a1"]).agenda == agenda.origin


# --- in the meeting --------------------------------------------------------------------------------------------------


def test_starting_puts_the_one_who_starts_down_as_present_and_starting_again_changes_nothing(
    server: FakeFhirServer, planned: str
) -> None:
    start_conference(server, COORDINATOR, planned, reason="Start", at=START)
    assert server.rows["Appointment"][planned]["status"] == "arrived"
    minutes = the(server, "Composition", "conference-minutes")
    assert [part["title"] for part in minutes["section"]] == ["Present"]
    before = len(server.rows["Provenance"])
    start_conference(server, COORDINATOR, planned, reason="Start", at=DURING)
    assert len(server.rows["Provenance"]) == before


def test_attendance_is_put_down_once_and_taken_back(server: FakeFhirServer, running: str) -> None:
    guest = NamedReference(None, "A guest")
    record_attendance(server, GP, running, [ASKED[1], guest], How.REMOTE, reason="Came", at=DURING)
    before = len(server.rows["Provenance"])
    minutes = record_attendance(server, GP, running, [ASKED[1]], How.ROOM, reason="Came", at=DURING).value
    assert [(each.who.name, each.how) for each in minutes.present] == [
        ("Jane Okafor", How.ROOM), ("Anna Lind", How.REMOTE), ("A guest", How.REMOTE),
    ]  # fmt: skip
    assert len(server.rows["Provenance"]) == before
    left = record_attendance(server, GP, running, [guest], How.ROOM, reason="Mistake", at=DURING, undo=True).value
    assert [each.who.name for each in left.present] == ["Jane Okafor", "Anna Lind"]


def test_a_decision_is_a_task_with_its_owner_its_day_its_plan_and_its_discussion(
    server: FakeFhirServer, running: str
) -> None:
    task, *_ = decide(server, running, based_on=[Reference("CarePlan", "cp1")])
    stored = server.rows["Task"][task.origin.id]
    encounter = the(server, "Encounter", "Multidisciplinary")
    assert stored["description"] == "Repeat potassium"
    assert stored["encounter"]["reference"] == f"Encounter/{encounter['id']}"
    assert stored["basedOn"] == [{"reference": "CarePlan/cp1"}]
    assert stored["restriction"]["period"]["end"] == "2026-11-26"
    assert encounter["status"] == "in-progress" and encounter["appointment"] == [
        {"reference": f"Appointment/{running}"}
    ]
    note = the(server, "Composition", "conference-note")
    assert note["encounter"]["reference"] == f"Encounter/{encounter['id']}"
    [section] = note["section"]
    assert (
        section["entry"] == [{"reference": f"Task/{task.origin.id}"}] and "Repeat potassium" in section["text"]["div"]
    )
    record = the(server, "Provenance", "decide at a conference")
    assert f"Appointment/{running}" in json_text.written(record).decode()


def test_a_decision_that_is_sent_again_is_not_made_twice(server: FakeFhirServer, running: str) -> None:
    number = new_reference("Task")
    first, *_ = decide(server, running, number=number)
    again, *_ = decide(server, running, number=number)
    assert again.origin == first.origin
    assert len(the(server, "Composition", "conference-note")["section"]) == 1


def test_a_decision_while_the_server_is_away_is_not_saved_and_goes_through_later(
    server: FakeFhirServer, running: str
) -> None:
    number = new_reference("Task")
    server.down = True
    with pytest.raises(ServerUnavailable):
        decide(server, running, number=number)
    server.down = False
    end_conference(server, GP, running, reason="Over", at=DURING)
    task, discussion, note = decide(server, running, number=number)
    assert task.open and len(note.entries) == 1 and discussion.status == "in-progress"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"text": " "}, "task-text-empty"),
        ({"due": None}, "task-due-missing"),
        ({"owner": NOBODY}, "task-owner-missing"),
        ({"owner": ASKED[1]}, "task-owner-cannot-open"),
        ({"reason": ""}, "reason-empty"),
    ],
)
def test_what_is_missing_of_a_decision_is_said_and_nothing_is_written(
    server: FakeFhirServer, running: str, wrong: dict[str, Any], code: str
) -> None:
    before = {kind: set(rows) for kind, rows in server.rows.items()}
    with pytest.raises(UserFacingError) as refused:
        decide(server, running, **wrong)
    assert refused.value.code == code
    assert {kind: set(rows) for kind, rows in server.rows.items()} == before


def test_no_change_is_one_action_that_writes_note_encounter_agenda_and_minutes(
    server: FakeFhirServer, running: str
) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    encounter = the(server, "Encounter", "Multidisciplinary")
    assert encounter["status"] == "finished" and encounter["period"]["end"]
    assert [each["individual"]["display"] for each in encounter["participant"]] == ["Jane Okafor"]
    [section] = the(server, "Composition", "conference-note")["section"]
    assert section["title"] == "No change"
    agenda = from_fhir(Agenda, the(server, "List"))
    assert [item.outcome for item in agenda.items] == ["discussed", ""]
    assert agenda.open_items()[0].patient == TWO
    assert len(the(server, "Composition", "conference-minutes")["section"]) == 2
    before = the(server, "Composition", "conference-minutes")["meta"]["versionId"]
    conclude_patient(server, GP, running, "p1", reason="Once more", at=DURING + timedelta(minutes=1))
    assert the(server, "Composition", "conference-minutes")["meta"]["versionId"] == before


def test_a_discussion_begins_once_and_is_taken_up_again(server: FakeFhirServer, running: str) -> None:
    first = discuss_patient(server, GP, running, "p1", reason="Next", at=DURING).value
    assert first.status == "in-progress" and first.start and first.start.moment == DURING
    same = discuss_patient(server, GP, running, "p1", reason="Next", at=DURING + timedelta(minutes=2)).value
    assert same == first
    conclude_patient(server, GP, running, "p1", reason="Done", at=DURING + timedelta(minutes=3))
    again = discuss_patient(server, GP, running, "p1", reason="Back", at=DURING + timedelta(minutes=9)).value
    assert (again.status, again.start, again.end) == ("in-progress", first.start, None)
    assert len([row for row in server.rows["Encounter"].values() if row["id"] != "e1"]) == 1


def test_who_was_on_the_screen_and_not_spoken_of_was_not_discussed(server: FakeFhirServer, running: str) -> None:
    assert leave_discussion(server, GP, running, "p1", reason="Over", at=DURING).values == ()  # it never began
    discuss_patient(server, GP, running, "p1", reason="Next", at=DURING)
    left = leave_discussion(server, GP, running, "p1", reason="Over", at=DURING).value
    assert left.status == "cancelled" and the(server, "Encounter", "Multidisciplinary")["status"] == "cancelled"
    again = DURING + timedelta(minutes=3)
    taken_up = discuss_patient(server, GP, running, "p1", reason="After all", at=again).value
    assert taken_up.status == "in-progress" and taken_up.start and taken_up.start.moment == again
    conclude_patient(server, GP, running, "p1", reason="Done", at=again)
    assert leave_discussion(server, GP, running, "p1", reason="Over", at=DURING).values == ()  # it has ended


def test_twelve_people_decide_at_once_and_no_decision_is_lost(server: FakeFhirServer, running: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: decide(server, running, text=f"Decision {n}"), range(12)))
    note = the(server, "Composition", "conference-note")
    said = {section["text"]["div"] for section in note["section"]}
    assert all(any(f"Decision {n}<" in words for words in said) for n in range(12))
    tasks = [row for row in server.rows["Task"].values() if row.get("encounter")]
    assert len(tasks) == 12 and len({row["encounter"]["reference"] for row in tasks}) == 1


def test_a_note_grows_entry_by_entry(server: FakeFhirServer, planned: str) -> None:
    for kind, text in (
        (EntryKind.WHY, "Her daughter called"),
        (EntryKind.PREPARATION, "<b>Weight</b> diary: up 3 kg"),
        (EntryKind.DISCUSSION, "Agreed to call her"),
    ):
        note = write_conference_note(server, GP, planned, "p1", kind, text, reason="Note", at=AT).value
    assert [(each.kind, each.text) for each in note.entries][1] == (
        EntryKind.PREPARATION, "<b>Weight</b> diary: up 3 kg",
    )  # fmt: skip
    assert len(note.entries) == 3 and note.discussion is None


def test_who_was_not_reached_moves_to_the_front_of_the_next_agenda(server: FakeFhirServer) -> None:
    first, second = conferences(plan(server, count=2))
    change_agenda(server, COORDINATOR, second.origin.id, [Add(THREE)], reason="Add", at=AT)
    start_conference(server, COORDINATOR, first.origin.id, reason="Start", at=START)
    asked = (first.origin.id, second.origin.id, [TWO])
    postpone_patients(server, GP, *asked, reason="No time left", at=DURING)
    later = from_fhir(Conference, server.rows["Appointment"][second.origin.id])
    assert set(later.patients) == {TWO, THREE}
    agendas = [from_fhir(Agenda, row) for row in server.rows["List"].values()]
    assert {agenda.conference: [(item.patient, item.outcome) for item in agenda.items] for agenda in agendas} == {
        first.number: [(ONE, ""), (TWO, "postponed")],
        second.number: [(TWO, ""), (THREE, "")],
    }
    postpone_patients(server, GP, *asked, reason="Again", at=DURING)  # once more: nothing stands twice
    assert [len(from_fhir(Agenda, row).items) for row in server.rows["List"].values()] == [2, 2]
    cancel_conference(server, COORDINATOR, second.origin.id, reason="Off", at=DURING)
    with pytest.raises(UserFacingError, match="next-has-begun"):
        postpone_patients(server, GP, *asked, reason="No time left", at=DURING)


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_minutes_are_sent_back_and_signed_once_as_they_were_seen(server: FakeFhirServer, running: str) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    version = the(server, "Composition", "conference-minutes")["meta"]["versionId"]
    with pytest.raises(UserFacingError, match="not-over"):
        sign_minutes(server, GP, running, version, reason="Sign", at=DURING)
    end_conference(server, GP, running, reason="Over", at=DURING)
    back = send_minutes_back(server, NURSE, running, "I was there too", reason="Correct", at=DURING).value
    with pytest.raises(VersionConflict, match="minutes-changed"):
        sign_minutes(server, GP, running, version, reason="Sign", at=DURING)
    signed, note = sign_minutes(server, GP, running, back.version, reason="Sign", at=DURING).values
    assert signed.status == note.status == "final"
    with pytest.raises(UserFacingError, match="minutes-signed"):
        send_minutes_back(server, NURSE, running, "Again", reason="Correct", at=DURING)
    with pytest.raises(UserFacingError, match="note-signed"):
        write_conference_note(server, GP, running, "p1", EntryKind.DISCUSSION, "Late", reason="Note", at=DURING)
    corrected = write_conference_note(
        server, GP, running, "p1", EntryKind.CORRECTION, "It was 5.8", reason="Correct", at=DURING
    ).value
    assert corrected.status == "amended"


def over(server: FakeFhirServer, running: str) -> str:
    """Ends the conference; the version of its minutes."""
    end_conference(server, GP, running, reason="Over", at=DURING)
    version: str = the(server, "Composition", "conference-minutes")["meta"]["versionId"]
    return version


def test_a_note_that_has_changed_since_it_was_seen_is_not_signed(server: FakeFhirServer, running: str) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    version = over(server, running)
    note = the(server, "Composition", "conference-note")
    seen = {Reference("Composition", note["id"]): note["meta"]["versionId"], Reference("Composition", "other"): "1"}
    write_conference_note(server, GP, running, "p1", EntryKind.CORRECTION, "It was 5.8", reason="Correct", at=DURING)
    with pytest.raises(VersionConflict, match="minutes-changed"):
        sign_minutes(server, GP, running, version, seen, reason="Sign", at=DURING)
    seen = {Reference("Composition", note["id"]): the(server, "Composition", "conference-note")["meta"]["versionId"]}
    minutes, signed = sign_minutes(server, GP, running, version, seen, reason="Sign", at=DURING).values
    assert minutes.status == signed.status == "final"


def test_a_note_whose_discussion_was_cut_off_is_signed_with_the_minutes(server: FakeFhirServer, running: str) -> None:
    decide(server, running)  # and then nobody concluded the patient
    write_conference_note(server, GP, running, "p2", EntryKind.PREPARATION, "Diary", reason="Note", at=DURING)
    minutes, *notes = sign_minutes(server, GP, running, over(server, running), reason="Sign", at=DURING).values
    assert [note.patient for note in notes] == [ONE] and minutes.notes == (notes[0].origin,)


def test_a_note_of_a_patient_who_is_on_the_appointment_no_more_is_signed_too(
    server: FakeFhirServer, running: str
) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    row = server.rows["Appointment"][running]
    row["participant"] = [part for part in row["participant"] if part["actor"].get("reference") != "Patient/p1"]
    _, note = sign_minutes(server, GP, running, over(server, running), reason="Sign", at=DURING).values
    assert note.status == "final"


def sheet() -> bytes:
    return b"%PDF-1.7 a sheet"


def file(server: FakeFhirServer, conference: str, actor: User = GP, patient: str = "p1", **other: Any) -> Any:
    found = [row for row in server.rows.get("Composition", {}).values() if "conference-note" in str(row)]
    version = found[0]["meta"]["versionId"] if found else "1"
    asked: dict[str, Any] = {"version": version, "make": sheet, "reason": "Signed", "at": DURING}
    return file_minutes(server, actor, conference, patient, **asked | other)


def test_signed_minutes_are_filed_once_and_anew_where_they_were_corrected(
    server: FakeFhirServer, running: str, trail: Trail
) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    with pytest.raises(UserFacingError, match="minutes-not-signed"):
        file(server, running)
    sign_minutes(server, GP, running, over(server, running), reason="Sign", at=DURING)
    first = file(server, running).value
    assert trail.records[-1].kind is AuditKind.CREATE and [each.id for each in trail.records[-1].patients] == ["p1"]
    row = the(server, "DocumentReference")
    assert (row["subject"], row["docStatus"], row["status"]) == ({"reference": "Patient/p1"}, "final", "current")
    assert base64.b64decode(row["content"][0]["attachment"]["data"]) == sheet()
    assert row["context"]["encounter"] == [{"reference": f"Encounter/{the(server, 'Encounter', 'appointment')['id']}"}]
    record = the(server, "Provenance", "file the minutes")
    assert [each["reference"] for each in record["target"]] == [f"DocumentReference/{row['id']}/_history/2"]
    again = file(server, running, make=lambda: b"another")
    assert again.value == first and again.notices == ()
    correct = {"reason": "Correct", "at": DURING + timedelta(minutes=1)}
    write_conference_note(server, GP, running, "p1", EntryKind.CORRECTION, "5.8", **correct)
    with pytest.raises(VersionConflict, match="minutes-changed"):
        file(server, running, version="1")
    later = file(server, running, make=lambda: b"%PDF corrected", at=DURING + timedelta(minutes=2)).value
    assert later.origin == first.origin and later.status == "amended" and later.pdf == b"%PDF corrected"


def test_a_filing_that_was_cut_off_is_taken_up(
    server: FakeFhirServer, running: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    sign_minutes(server, GP, running, over(server, running), reason="Sign", at=DURING)

    def away(entries: Any) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    with monkeypatch.context() as patch:
        patch.setattr(server, "transaction", away)
        with pytest.raises(ServerUnavailable):
            file(server, running)
    empty = the(server, "DocumentReference")
    assert empty["docStatus"] == "preliminary" and "data" not in empty["content"][0]["attachment"]
    assert file(server, running).value.origin.id == empty["id"]


def test_nothing_is_filed_of_what_was_not_written_or_is_no_sheet(server: FakeFhirServer, running: str) -> None:
    with pytest.raises(NotFound, match="minutes-not-found"):
        file(server, running)
    conclude_patient(server, GP, running, "p1", "No change", reason="Discussed", at=DURING)
    sign_minutes(server, GP, running, over(server, running), reason="Sign", at=DURING)
    for pdf in (b"", b"x" * (MOST_BYTES + 1)):
        with pytest.raises(UserFacingError, match="print-too-long"):
            file(server, running, make=lambda pdf=pdf: pdf)


def test_a_conference_that_was_ended_too_early_goes_on(server: FakeFhirServer, running: str) -> None:
    end_conference(server, GP, running, reason="Over", at=DURING)
    with pytest.raises(UserFacingError, match="cannot-be-ended"):
        end_conference(server, GP, running, reason="Over", at=DURING)
    start_conference(server, GP, running, reason="Not yet", at=DURING)
    assert server.rows["Appointment"][running]["status"] == "arrived"


def test_without_minutes_there_is_nothing_to_sign_or_send_back(server: FakeFhirServer, planned: str) -> None:
    server.rows["Appointment"][planned]["status"] = "fulfilled"
    with pytest.raises(NotFound, match="minutes-not-found"):
        sign_minutes(server, GP, planned, "1", reason="Sign", at=DURING)
    with pytest.raises(NotFound, match="minutes-not-found"):
        send_minutes_back(server, GP, planned, "Where?", reason="Correct", at=DURING)


# --- who may ---------------------------------------------------------------------------------------------------------

ACTIONS: dict[str, Callable[[FakeFhirServer, User, str, str], Any]] = {
    "agenda": lambda s, who, c, p: change_agenda(s, who, c, [Add(Reference("Patient", p))], reason="r", at=AT),
    "note": lambda s, who, c, p: write_conference_note(s, who, c, p, EntryKind.WHY, "x", reason="r", at=AT),
    "discuss": lambda s, who, c, p: discuss_patient(s, who, c, p, reason="r", at=DURING),
    "decide": lambda s, who, c, p: decide(s, c, who, patient_id=p),
    "leave": lambda s, who, c, p: leave_discussion(s, who, c, p, reason="r", at=DURING),
    "conclude": lambda s, who, c, p: conclude_patient(s, who, c, p, reason="r", at=DURING),
    "file": lambda s, who, c, p: file_minutes(s, who, c, p, "1", sheet, reason="r", at=DURING),
    "postpone": lambda s, who, c, p: postpone_patients(s, who, c, c, [Reference("Patient", p)], reason="r", at=DURING),
}
OF_THE_MEETING: dict[str, Callable[[FakeFhirServer, User, str], Any]] = {
    "start": lambda s, who, c: start_conference(s, who, c, reason="r", at=DURING),
    "end": lambda s, who, c: end_conference(s, who, c, reason="r", at=DURING),
    "attendance": lambda s, who, c: record_attendance(s, who, c, ASKED, How.ROOM, reason="r", at=DURING),
    "answer": lambda s, who, c: answer_conference(s, who, c, "accepted", reason="r", at=DURING),
    "send back": lambda s, who, c: send_minutes_back(s, who, c, "x", reason="r", at=DURING),
    "sign": lambda s, who, c: sign_minutes(s, who, c, "1", reason="r", at=DURING),
    "cancel": lambda s, who, c: cancel_conference(s, replace(who, roles=(Role.COORDINATOR,)), c, reason="r", at=AT),
}


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("patient", ["p4", "nobody", "not an id", "p2-withdrawn"])
def test_a_patient_in_nobody_s_care_here_is_not_found_whatever_the_agenda_says(
    server: FakeFhirServer, running: str, name: str, patient: str
) -> None:
    if patient == "p2-withdrawn":  # between agenda and meeting
        patient = "p2"
        server.put(make.consent("p2", {"type": "deny"}))
    stored = from_fhir(Conference, server.rows["Appointment"][running])
    if patient == "p4":
        row = server.rows["Appointment"][running]
        row["participant"].append({"actor": {"reference": "Patient/p4"}, "status": "accepted"})
    before = {kind: dict(rows) for kind, rows in server.rows.items()}
    if patient == "not an id" and name in ("agenda", "postpone"):
        return  # no Reference can hold it
    with pytest.raises(NotFound):
        ACTIONS[name](server, GP, running, patient)
    assert server.rows == before and stored.running


@pytest.mark.parametrize("name", [name for name in ACTIONS if name != "agenda"])
def test_a_patient_who_is_not_on_the_agenda_is_not_found(server: FakeFhirServer, running: str, name: str) -> None:
    with pytest.raises(NotFound, match="not-on-agenda"):
        ACTIONS[name](server, GP, running, "p3")


@pytest.mark.parametrize("name", OF_THE_MEETING)
@pytest.mark.parametrize("conference", ["theirs", "nothing", "visit", "not an id"])
def test_a_conference_of_others_is_not_found(server: FakeFhirServer, running: str, name: str, conference: str) -> None:
    server.put(
        server.rows["Appointment"][running]
        | {"id": "theirs", "participant": [], "supportingInformation": [{"reference": "Organization/team-2"}]}
    )
    server.put({"resourceType": "Appointment", "id": "visit", "status": "booked", "participant": []})
    with pytest.raises(NotFound, match="conference-not-found"):
        OF_THE_MEETING[name](server, GP, conference)


@pytest.mark.parametrize("role", [Role.PILOT_MANAGER, Role.PATIENT, Role.CARER, Role.ADMINISTRATOR])
def test_other_roles_are_refused_before_the_server_is_asked(server: FakeFhirServer, running: str, role: Role) -> None:
    server.asked.clear()
    for name, action in OF_THE_MEETING.items():
        if name != "cancel":
            with pytest.raises(NotPermitted):
                action(server, replace(GP, roles=(role,)), running)
    assert not server.asked


@pytest.mark.parametrize("name", ["discuss", "decide", "conclude"])
def test_before_it_begins_nothing_is_discussed_or_decided(server: FakeFhirServer, planned: str, name: str) -> None:
    with pytest.raises(UserFacingError, match="not-running"):
        ACTIONS[name](server, GP, planned, "p1")


def test_a_guest_who_is_asked_to_come_takes_part_and_decides_for_own_patients_alone(
    server: FakeFhirServer, running: str
) -> None:
    record_attendance(server, NURSE, running, [ASKED[1]], How.REMOTE, reason="Came", at=DURING)
    with pytest.raises(NotFound):
        write_conference_note(server, NURSE, running, "p1", EntryKind.DISCUSSION, "x", reason="r", at=DURING)
    change_agenda(server, GP, running, [Add(THREE)], reason="Add", at=DURING)
    write_conference_note(server, NURSE, running, "p3", EntryKind.DISCUSSION, "x", reason="r", at=DURING)


# --- servers that can do less ----------------------------------------------------------------------------------------


def test_on_a_server_without_transactions_the_same_is_written_step_by_step() -> None:
    server = FakeFhirServer(make.cohort())
    server.capabilities = capabilities(transactions=False)
    conference = conferences(plan(server))[0].origin.id
    start_conference(server, COORDINATOR, conference, reason="Start", at=START)
    decide(server, conference)
    conclude_patient(server, GP, conference, "p1", reason="Done", at=DURING)
    assert the(server, "Encounter", "Multidisciplinary")["status"] == "finished"
    assert len(the(server, "Composition", "conference-note")["section"]) == 1


def test_who_saves_again_and_again_at_the_same_moment_is_told(
    server: FakeFhirServer, running: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.actions.change_conference.LONGEST_WAIT", 0.0)
    transaction = server.transaction

    def busy(entries: Any) -> Any:
        raise VersionConflict("version-changed", what="List")

    monkeypatch.setattr(server, "transaction", busy)
    with pytest.raises(VersionConflict, match="conference-changed-again"):
        change_agenda(server, GP, running, [Add(THREE)], reason="Add", at=DURING)
    monkeypatch.setattr(server, "transaction", transaction)


def test_an_id_that_cannot_be_one_is_not_found_and_put_on_record_without_it(
    server: FakeFhirServer, running: str
) -> None:
    with pytest.raises(NotFound):
        change_agenda(server, GP, "not an id", [Add(ONE)], reason="Add", at=DURING)
    for pair in (("not an id", running), (running, "not an id")):
        with pytest.raises(NotFound):
            postpone_patients(server, GP, *pair, [ONE], reason="No time", at=DURING)


# --- nothing is written twice, and nothing is lost -----------------------------------------------------------------


def test_a_message_is_a_communication_request_to_its_recipient(server: FakeFhirServer, running: str) -> None:
    number = new_reference("CommunicationRequest")
    patient = NamedReference(ONE, "Mary Aldous")
    plan = [Reference("CarePlan", "cp1")]
    message, *_ = decide(server, running, number=number, owner=patient, text="Come for a test", based_on=plan)
    again, *_ = decide(server, running, number=number, owner=patient, text="Come for a test", based_on=plan)
    assert again.origin == message.origin
    stored = server.rows["CommunicationRequest"][message.origin.id]
    encounter = the(server, "Encounter", "Multidisciplinary")
    assert stored["status"] == "active" and stored["subject"]["reference"] == "Patient/p1"
    assert stored["payload"] == [{"contentString": "Come for a test"}]
    assert stored["recipient"] == [{"reference": "Patient/p1", "display": "Mary Aldous"}]
    assert stored["requester"]["reference"] == "Practitioner/gp" and stored["authoredOn"] == DURING.isoformat()
    assert stored["occurrencePeriod"]["end"] == "2026-11-26" and stored["basedOn"] == [{"reference": "CarePlan/cp1"}]
    assert stored["encounter"]["reference"] == f"Encounter/{encounter['id']}"
    [section] = the(server, "Composition", "conference-note")["section"]
    assert section["entry"] == [{"reference": str(message.origin)}]
    context = RequestContext(
        server, AccessScope(server.base_url, "Practitioner/gp"), ASKED[0].to, load_terminology(), DURING, ()
    )
    conference = from_fhir(Conference, server.rows["Appointment"][running])
    assert [each.text for each in read_patients(context, conference, [ONE]).messages[ONE]] == ["Come for a test"]


def test_what_was_decided_and_cannot_be_read_is_not_decided_again(server: FakeFhirServer, running: str) -> None:
    number = new_reference("Task")
    task, *_ = decide(server, running, number=number)
    stored = server.rows["Task"][task.origin.id]
    date_of_it, stored["authoredOn"] = stored["authoredOn"], "no date"
    with pytest.raises(UnexpectedAnswer, match="save-answer-unreadable"):
        decide(server, running, number=number)
    stored["authoredOn"] = date_of_it


def test_an_entry_and_no_change_that_are_sent_again_stand_once(server: FakeFhirServer, running: str) -> None:
    number, later = new_number(), DURING + timedelta(minutes=2)
    for at in (DURING, later):
        asked: dict[str, Any] = {"said": DURING, "number": number, "reason": "r", "at": at}
        write_conference_note(server, GP, running, "p1", EntryKind.DISCUSSION, "She is worried", **asked)
        concluded = conclude_patient(server, GP, running, "p1", "No change", **asked)
    note, discussion, *_ = concluded.values
    assert [entry.text for entry in note.entries] == ["She is worried", "No change"]  # type: ignore[union-attr]
    assert discussion.end.moment == DURING  # type: ignore[union-attr]


def test_no_change_that_is_pressed_twice_stands_once_until_something_else_is_written(
    server: FakeFhirServer, running: str
) -> None:
    def no_change(minute: int, actor: User = GP) -> list[str]:
        at = DURING + timedelta(minutes=minute)
        note, *_ = conclude_patient(server, actor, running, "p1", "No change", reason="r", at=at).values
        return [entry.text for entry in note.entries]  # type: ignore[union-attr]

    server.put(make.care_team("p1", ["gp", "nurse"]))
    assert no_change(0) == no_change(1) == ["No change"]
    assert no_change(2, NURSE) == ["No change", "No change"]
    write_conference_note(server, NURSE, running, "p1", EntryKind.CORRECTION, "Not yet", reason="r", at=DURING)
    assert no_change(3, NURSE) == ["No change", "No change", "Not yet", "No change"]


def test_what_waited_for_the_server_is_concluded_after_the_conference(server: FakeFhirServer, running: str) -> None:
    conclude_patient(server, GP, running, "p1", reason="Next", at=DURING)
    end_conference(server, GP, running, reason="Over", at=DURING)
    late = DURING + timedelta(hours=1)
    conclude_patient(server, GP, running, "p1", "No change", said=DURING, reason="r", at=late)
    conclude_patient(server, GP, running, "p2", "No change", said=DURING, reason="r", at=late)
    assert {row["period"]["end"] for row in server.rows["Encounter"].values() if "appointment" in row} == {
        DURING.isoformat()
    }


@pytest.fixture
def poor() -> tuple[FakeFhirServer, str]:
    """A running conference on a server without transactions."""
    server = FakeFhirServer(make.cohort())
    server.capabilities = capabilities(transactions=False)
    conference = conferences(plan(server))[0].origin.id
    start_conference(server, COORDINATOR, conference, reason="Start", at=START)
    return server, conference


def cut_after(server: FakeFhirServer, writes: int) -> Callable[[], None]:
    """The server takes so many writes of records and then is away; the function brings it back."""
    write, left = server.write, [writes]

    def until_cut(entry: Any) -> Any:
        if not left[0]:
            raise ServerUnavailable("server-unreachable")
        left[0] -= 1
        return write(entry)

    server.write = until_cut  # type: ignore[method-assign]

    def back() -> None:
        server.write = write  # type: ignore[method-assign]

    return back


CUT: dict[str, Callable[[FakeFhirServer, str, str], Any]] = {
    "decide": lambda s, c, number: decide(s, c, number=Reference("Task", number)),
    "conclude": lambda s, c, number: conclude_patient(
        s, GP, c, "p1", "No change", DURING, number, reason="r", at=DURING
    ),
    "note": lambda s, c, number: write_conference_note(
        s, GP, c, "p1", EntryKind.DISCUSSION, "Worried", DURING, number, reason="r", at=DURING
    ),
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("writes", range(6))
def test_what_was_cut_between_its_steps_is_finished_when_it_is_sent_again(
    poor: tuple[FakeFhirServer, str], monkeypatch: pytest.MonkeyPatch, name: str, writes: int
) -> None:
    monkeypatch.setattr("dashboard.actions.save.LONGEST_WRITE", 0.0)
    server, conference = poor
    number, back = new_number(), cut_after(server, writes)
    with suppress(ServerUnavailable, UnexpectedAnswer):
        CUT[name](server, conference, number)
    back()
    CUT[name](server, conference, number)
    before = copy.deepcopy(server.rows)
    CUT[name](server, conference, number)
    assert server.rows == before  # whole by now: nothing is written once more
    [section] = the(server, "Composition", "conference-note")["section"]
    about = {each["reference"] for each in server.rows["Provenance"][number]["target"]}
    tagged = {
        f"{kind}/{ident}"
        for kind, rows in server.rows.items()
        for ident, row in rows.items()
        if any(tag["code"] == number for tag in row["meta"].get("tag", ()))
    }
    assert tagged and {f"{each}" for each in tagged} <= {each.partition("/_history")[0] for each in about}
    if name == "decide":
        assert section["entry"] == [{"reference": f"Task/{number}"}]
    if name == "conclude":
        assert [item.outcome for item in from_fhir(Agenda, the(server, "List")).items] == ["discussed", ""]


@pytest.mark.parametrize("kind", ["Task", "CommunicationRequest"])
def test_a_decision_is_taken_back_by_who_made_it_and_the_note_says_so(
    server: FakeFhirServer, running: str, kind: str
) -> None:
    made, *_ = decide(server, running, number=new_reference(kind))

    def back(actor: User = GP, decided: Reference = made.origin, patient: str = "p1") -> Any:
        return withdraw_decision(server, actor, running, patient, decided, "Taken back", reason="Error", at=DURING)

    other = replace(GP, practitioner=Reference("Practitioner", "other"))
    server.put(make.care_team("p1", ["gp", "other"]))
    with pytest.raises(UserFacingError, match="by-you"):
        back(other)
    for decided in (Reference(kind, "none"), Reference("Patient", "p1"), Reference("Task", "t1")):
        with pytest.raises(NotFound):
            back(decided=decided)
    with pytest.raises(NotFound):
        back(patient="p2")
    record, note = back().values
    assert is_withdrawn(record) and record.status_reason == "entered in error: Error"
    assert [(each.kind, each.text, each.about) for each in note.entries][1:] == [
        (EntryKind.CORRECTION, "Taken back: Repeat potassium", (made.origin,))
    ]
    before = copy.deepcopy(server.rows)
    back()  # once more
    assert server.rows == before


def test_what_its_owner_has_begun_is_not_taken_back(server: FakeFhirServer, running: str) -> None:
    for kind, status in (("Task", "in-progress"), ("CommunicationRequest", "completed")):
        made, *_ = decide(server, running, number=new_reference(kind))
        server.rows[kind][made.origin.id]["status"] = status
        with pytest.raises(UserFacingError, match="cannot-be-withdrawn"):
            withdraw_decision(server, GP, running, "p1", made.origin, "Taken back", reason="Error", at=DURING)


def test_only_what_the_conference_says_that_it_decided_is_taken_back(server: FakeFhirServer, running: str) -> None:
    made, *_ = decide(server, running)
    server.rows["Task"][made.origin.id]["for"] = {"reference": "Patient/p4"}
    with pytest.raises(NotFound, match="decision-not-found"):
        withdraw_decision(server, GP, running, "p1", made.origin, "Taken back", reason="Error", at=DURING)


# --- what goes on elsewhere meanwhile --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["end", "postpone", "agenda"])
def test_a_conference_that_is_moved_at_the_same_moment_is_changed_as_it_is_then(
    server: FakeFhirServer, running: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = conferences(plan(server, patients=[]))[0].origin.id
    changes: dict[str, Callable[[], Any]] = {
        "end": lambda: end_conference(server, GP, running, reason="Over", at=DURING),
        "postpone": lambda: postpone_patients(server, GP, running, following, [TWO], reason="No time", at=DURING),
        "agenda": lambda: change_agenda(server, GP, running, [Add(THREE)], reason="Add", at=DURING),
    }
    moved = running if name != "postpone" else following
    transaction, tries = server.transaction, [0]

    def somebody_moves_it_first(entries: Any) -> Any:
        tries[0] += 1
        if tries[0] == 1:
            server.put(server.rows["Appointment"][moved] | {"comment": "Room 9"})
        return transaction(entries)

    monkeypatch.setattr(server, "transaction", somebody_moves_it_first)
    monkeypatch.setattr("dashboard.actions.change_conference.LONGEST_WAIT", 0.0)
    changes[name]()
    stored = server.rows["Appointment"][moved]
    assert tries[0] == 2 and stored["comment"] == "Room 9"
    assert stored["status"] == {"end": "fulfilled", "postpone": "booked", "agenda": "arrived"}[name]


def test_two_teams_that_discuss_one_patient_at_once_have_a_note_and_a_discussion_each(
    server: FakeFhirServer, running: str
) -> None:
    server.put(make.care_team("p1", ["gp", "nurse"], "team-2"))
    coordinator = replace(NURSE, roles=(Role.COORDINATOR,))
    other = NamedReference(Reference("Organization", "team-2"), "Team 2")
    theirs = conferences(plan(server, actor=coordinator, team=other, attendees=[ASKED[1]], patients=[ONE]))[0].origin.id
    start_conference(server, NURSE, theirs, reason="Start", at=START)
    for conference, actor, owner in ((running, GP, ASKED[0]), (theirs, NURSE, ASKED[1])):
        decide(server, conference, actor, text=f"By {actor.name}", owner=owner)
        conclude_patient(server, actor, conference, "p1", reason="Done", at=DURING)
    notes = [row for row in server.rows["Composition"].values() if row.get("subject")]
    talks = [row for row in server.rows["Encounter"].values() if "appointment" in row]
    assert {(row["event"][0]["detail"][0]["reference"], row["encounter"]["reference"]) for row in notes} == {
        (row["appointment"][0]["reference"], f"Encounter/{row['id']}") for row in talks
    }
    assert [len(row["section"]) for row in notes] == [1, 1]
    tasks = [row for row in server.rows["Task"].values() if row.get("encounter")]
    assert len(notes) == len({row["encounter"]["reference"] for row in tasks}) == 2
    agendas = {row["identifier"][0]["value"]: from_fhir(Agenda, row) for row in server.rows["List"].values()}
    assert sorted(len(agenda.open_items()) for agenda in agendas.values()) == [0, 1]


def test_a_colleague_who_loses_access_in_the_middle_is_told_and_nothing_is_written(
    server: FakeFhirServer, running: str
) -> None:
    server.put(make.care_team("p1", ["gp", "nurse"]))
    decide(server, running, NURSE)
    server.put(make.care_team("p1", ["gp"]))
    before = copy.deepcopy(server.rows)
    for name in ("decide", "conclude", "note", "discuss"):
        with pytest.raises(NotFound, match="patient-not-found"):
            ACTIONS[name](server, NURSE, running, "p1")
    assert server.rows == before
