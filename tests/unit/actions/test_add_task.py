"""Adding a Task about a patient and taking it back: what is written, for whom, and who is refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dashboard.actions.add_task import add_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.actions.withdraw_task import withdraw_task
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import checked_comment, new_task
from dashboard.domain.values.datatypes import CodeableConcept, NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError
from dashboard.fhir.mapping.task import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = Reference("Practitioner", "nurse")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), make.care_team("p1", ["gp", "nurse"])])


def added(server: FakeFhirServer, patient_id: str = "p1", actor: User = GP, **other: Any) -> Task:
    asked: dict[str, Any] = {
        "text": "Repeat potassium",
        "owner": NURSE,
        "owner_name": "Tom Hadley",
        "due": date(2026, 11, 24),
        "about": Reference("Observation", "k1"),
        "reason": "Potassium 5.9 mmol/L",
        "at": AS_OF,
    }
    return add_task(server, actor, patient_id, **asked | other).value


def test_what_is_written_is_a_whole_task_and_its_provenance(server: FakeFhirServer) -> None:
    task = added(server)
    stored = server.rows["Task"][task.origin.id]
    expected = {
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "description": "Repeat potassium",
        "for": {"reference": "Patient/p1"},
        "owner": {"reference": "Practitioner/nurse", "display": "Tom Hadley"},
        "requester": {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"},
        "authoredOn": "2026-11-20T14:00:00+00:00",
        "restriction": {"period": {"end": "2026-11-24"}},
        "reasonCode": {"text": "Potassium 5.9 mmol/L"},
        "reasonReference": {"reference": "Observation/k1"},
    }
    assert {name: stored.get(name) for name in expected} == expected
    (record,) = [row for row in server.rows["Provenance"].values() if row["id"] != "pv1"]
    assert record["activity"]["text"] == "add" and record["reason"] == [{"text": "Potassium 5.9 mmol/L"}]
    assert record["target"][0]["reference"].startswith(f"Task/{task.origin.id}")
    assert record["agent"][0]["who"]["reference"] == "Practitioner/gp"


def test_a_task_added_in_error_is_taken_back_and_can_come_again(server: FakeFhirServer) -> None:
    task = added(server)
    gone = withdraw_task(server, GP, task.origin.id, task.version, reason="wrong patient", at=AS_OF).value
    stored = server.rows["Task"][task.origin.id]
    assert not gone.open and stored["status"] == "cancelled"
    assert stored["statusReason"] == {"text": "entered in error: wrong patient"}
    again = reopen_task(server, GP, task.origin.id, gone.version, reason="it was right", at=AS_OF).value
    assert again.open and "statusReason" not in server.rows["Task"][task.origin.id]


def test_what_was_begun_or_ended_is_not_taken_back(server: FakeFhirServer) -> None:
    task = added(server)
    done = complete_task(server, GP, task.origin.id, task.version, reason="done", at=AS_OF).value
    with pytest.raises(UserFacingError, match="task-cannot-be-withdrawn"):
        withdraw_task(server, GP, task.origin.id, done.version, reason="wrong", at=AS_OF)


def test_a_colleague_does_not_take_back_what_another_asked_for(server: FakeFhirServer) -> None:
    task = added(server)
    with pytest.raises(UserFacingError, match="task-not-asked-by-you"):
        withdraw_task(server, User(NURSE, "Tom"), task.origin.id, task.version, reason="wrong", at=AS_OF)
    assert server.rows["Task"][task.origin.id]["status"] == "requested"


@pytest.mark.parametrize("patient_id", ["p4", "nobody", "../p1", "", "a b"])
def test_a_patient_of_others_and_one_who_does_not_exist_are_not_found(server: FakeFhirServer, patient_id: str) -> None:
    before = len(server.rows["Task"])
    with pytest.raises(NotFound, match="patient-not-found"):
        added(server, patient_id)
    assert len(server.rows["Task"]) == before


@pytest.mark.parametrize("owner", ["Practitioner/stranger", "Organization/team-2", "Patient/p2"])
def test_nobody_gets_a_task_who_could_not_open_the_patient(server: FakeFhirServer, owner: str) -> None:
    before = len(server.rows["Task"])
    with pytest.raises(UserFacingError, match="task-owner-cannot-open"):
        added(server, owner=Reference.parse(owner))
    assert len(server.rows["Task"]) == before


@pytest.mark.parametrize("role", [Role.PILOT_MANAGER, Role.PATIENT, Role.CARER, Role.ADMINISTRATOR])
def test_other_roles_add_nothing(server: FakeFhirServer, role: Role) -> None:
    with pytest.raises(NotPermitted, match="task-add-not-permitted"):
        added(server, actor=replace(GP, roles=(role,)))


def test_nobody_adds_without_a_clinical_identity(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted):
        added(server, actor=User(None, "Manager", roles=(Role.CLINICIAN,)))


def test_a_bad_request_asks_the_server_nothing(server: FakeFhirServer) -> None:
    server.asked.clear()
    with pytest.raises(UserFacingError, match="task-text-empty"):
        added(server, text=" ")
    assert server.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"reason_codes": (CodeableConcept((), "a"), CodeableConcept((), "b"))},
        {"reason_references": (NamedReference(NURSE, "a"), NamedReference(NURSE, "b"))},
    ],
)
def test_what_r4_has_no_place_for_is_not_written(server: FakeFhirServer, change: dict[str, Any]) -> None:
    task = from_fhir(server.rows["Task"][added(server).origin.id])
    with pytest.raises(NotWritable):
        to_fhir(replace(task, **change))


def test_the_requester_can_be_left_out_of_what_is_written(server: FakeFhirServer) -> None:
    task = from_fhir(server.rows["Task"][added(server).origin.id])
    assert "requester" not in to_fhir(replace(task, requester=None, requester_name=""))


@pytest.mark.parametrize(
    ("text", "why", "code"), [("\x00", "w", "task-text-empty"), ("t", "\x00 \x1f", "reason-empty")]
)
def test_control_characters_alone_are_no_words(text: str, why: str, code: str) -> None:
    gp = NamedReference(Reference("Practitioner", "gp"), "GP")
    patient = Reference("Patient", "p1")
    with pytest.raises(UserFacingError, match=f"^{code}$"):
        new_task(Reference("Task", "t"), patient, text, gp, AS_OF.date(), by=gp, why=why, about=None, at=AS_OF)


def test_a_comment_of_control_characters_alone_is_empty() -> None:
    with pytest.raises(UserFacingError, match=r"^comment-empty$"):
        checked_comment("\x00\x07 ")
    assert checked_comment(" two\nlines\x00 ") == "two\nlines"
