"""Ticking an own task: by the patient, by a carer with consent, never of anybody else's; with its Provenance."""

from typing import Any

import pytest

from dashboard.actions.tick_own_task import tick_own_task
from dashboard.actions.untick_own_task import untick_own_task
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable, UserFacingError, VersionConflict
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.queries.test_own_record import agreed, carer, carer_user, patient_user
from tests.unit.queries.test_private_items import RESTRICTED, denied

PATIENT, CARER, OTHER = patient_user("p1"), carer_user(), patient_user("p2")


@pytest.fixture
def fhir() -> FakeFhirServer:
    rows = [
        make.task("own", "p1", "Patient/p1", description="Weigh yourself"),
        make.task("susans", "p1", "RelatedPerson/susan", description="Fetch the tablets"),
        make.task("gps", "p1", "Practitioner/gp"),
        make.task("others", "p2", "Patient/p2"),
        make.task("about-other", "p2", "Patient/p1"),
        make.task("private", "p1", "Patient/p1", meta=RESTRICTED),
        make.task("hers", "p1", "RelatedPerson/john"),
    ]
    return FakeFhirServer([*make.cohort(), carer("susan", "p1"), agreed(), *rows])


def tick(fhir: FakeFhirServer, who: User, task_id: str, **more: Any) -> str:
    version = more.get("version", fhir.rows["Task"].get(task_id, {}).get("meta", {}).get("versionId", "1"))
    saved = more.get("do", tick_own_task)(fhir, who, task_id, version, reason="Ticked", at=AS_OF)
    return str(saved.value.status)


@pytest.mark.parametrize(
    ("who", "task_id"), [(PATIENT, "own"), (PATIENT, "private"), (CARER, "own"), (CARER, "susans")]
)
def test_an_own_task_is_ticked_and_unticked_with_its_provenance(
    fhir: FakeFhirServer, trail: Trail, who: User, task_id: str
) -> None:
    before = set(fhir.rows.get("Provenance", {}))
    assert tick(fhir, who, task_id) == "completed"
    [made] = set(fhir.rows["Provenance"]) - before
    provenance = fhir.rows["Provenance"][made]
    assert provenance["agent"][0]["who"]["reference"] == str(who.fhir_user)
    assert provenance["reason"] == [{"text": "Ticked"}]
    assert provenance["target"][0]["reference"].startswith(f"Task/{task_id}")
    assert tick(fhir, who, task_id, do=untick_own_task) == "in-progress"
    assert "end" not in fhir.rows["Task"][task_id].get("executionPeriod", {})
    assert [(each.kind, each.outcome) for each in trail.records] == [(AuditKind.UPDATE, AuditOutcome.SUCCESS)] * 2


@pytest.mark.parametrize(
    ("who", "task_id"),
    [
        *[(PATIENT, each) for each in ("gps", "others", "about-other", "susans", "hers", "nothing", "../x", "")],
        *[(CARER, each) for each in ("gps", "others", "about-other", "private", "hers", "nothing")],
        (OTHER, "own"),
    ],
)
def test_any_other_task_is_not_found_whether_it_exists_or_not(fhir: FakeFhirServer, who: User, task_id: str) -> None:
    kept = {ident: dict(row) for ident, row in fhir.rows["Task"].items()}
    for do in (tick_own_task, untick_own_task):
        with pytest.raises(NotFound, match=r"^task-not-found$"):
            tick(fhir, who, task_id, do=do)
    assert fhir.rows["Task"] == kept


def test_a_carer_without_consent_ticks_nothing(fhir: FakeFhirServer) -> None:
    fhir.put(agreed(status="inactive"))
    with pytest.raises(NotFound, match=r"^record-not-found$"):
        tick(fhir, CARER, "own")
    assert tick(fhir, PATIENT, "own") == "completed", "the patient needs none"


def test_a_task_that_the_consent_denies_is_not_the_carers_to_tick(fhir: FakeFhirServer) -> None:
    fhir.put(denied("Task/own"))
    with pytest.raises(NotFound, match=r"^task-not-found$"):
        tick(fhir, CARER, "own")


@pytest.mark.parametrize("who", [make.user("gp"), User(None, "Manager")])
def test_professionals_have_their_own_way(fhir: FakeFhirServer, who: User) -> None:
    with pytest.raises(NotPermitted, match=r"^own-record-not-permitted$"):
        tick(fhir, who, "own")


def test_a_newer_version_and_a_task_that_has_ended_are_said(fhir: FakeFhirServer) -> None:
    with pytest.raises(VersionConflict, match=r"^task-changed$"):
        tick(fhir, PATIENT, "own", version="99")
    tick(fhir, PATIENT, "own")
    with pytest.raises(UserFacingError, match=r"^task-cannot-be-completed$"):
        tick(fhir, PATIENT, "own")


def test_a_server_that_does_not_answer_is_said(fhir: FakeFhirServer) -> None:
    fhir.failing = {"Task": ServerUnavailable("server-timeout", reference="r1")}
    with pytest.raises(ServerUnavailable):
        tick(fhir, PATIENT, "own")


def test_what_is_written_back_has_what_the_carer_does_not_see(fhir: FakeFhirServer) -> None:
    private = make.goal("secret", "p1") | {"meta": RESTRICTED}
    fhir.put(private)
    note = [{"text": "see the goal", "authorReference": {"reference": "Practitioner/gp"}}]
    extension = [{"url": "http://example.org/for", "valueReference": {"reference": "Goal/secret"}}]
    fhir.put(make.task("linked", "p1", "Patient/p1", note=note, extension=extension))
    assert tick(fhir, CARER, "linked") == "completed"
    assert fhir.rows["Task"]["linked"]["extension"] == extension


def test_an_own_task_is_about_the_patient() -> None:
    assert Reference("Patient", "p1") == PATIENT.fhir_user
