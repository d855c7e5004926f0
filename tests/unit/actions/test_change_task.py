"""Whose tasks somebody may change, what a refusal reveals, and what goes on the audit record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.actions.complete_task import complete_task
from dashboard.actions.save import Saved
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditOutcome
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
LEEDS = Reference("Organization", "leeds")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), make.task("x", "p1", "Practitioner/gp")])


def completed(server: FakeFhirServer, task_id: str = "x", actor: User = GP) -> Saved[Task]:
    return complete_task(server, actor, task_id, "1", reason="done", at=AS_OF)


def assert_hidden(server: FakeFhirServer, task_id: str, actor: User = GP) -> None:
    with pytest.raises(NotFound, match=r"^task-not-found$"):
        completed(server, task_id, actor)
    assert server.rows["Task"][task_id]["status"] == "requested"


def task_about(subject: Json | None, owner: str) -> Json:
    row = make.task("z", "p1", owner)
    del row["for"]
    return row | ({"for": subject} if subject else {})


# Whose tasks


def test_a_task_of_another_teams_patient_is_not_found_even_for_its_owner(server: FakeFhirServer) -> None:
    assert server.rows["Task"]["t4"]["owner"]["reference"] == "Practitioner/gp"
    assert_hidden(server, "t4")


@pytest.mark.parametrize("subject", [{"reference": "Group/g1"}, {"identifier": {"value": "9990123401"}}])
def test_a_task_about_nobody_who_can_be_identified_is_not_found_even_for_its_owner(
    server: FakeFhirServer, subject: Json
) -> None:
    """It may be about a patient of another team."""
    server.put(task_about(subject, "Practitioner/gp"))
    assert_hidden(server, "z")


def test_a_patient_who_does_not_share_with_the_actors_organisation_has_no_tasks_to_change(
    server: FakeFhirServer,
) -> None:
    server.put(make.consent("p1", naming("deny", str(LEEDS))))
    assert_hidden(server, "x", replace(GP, organizations=(LEEDS,)))
    assert completed(server).value.status == "completed"


def test_a_task_that_cannot_be_read_is_not_found(server: FakeFhirServer) -> None:
    server.put({"resourceType": "Task", "id": "z", "status": "requested", "intent": 3, "for": "p1"})
    assert_hidden(server, "z")


def test_a_task_about_no_patient_may_be_owned_by_a_care_team(server: FakeFhirServer) -> None:
    server.put(task_about(None, "CareTeam/ct-p1-team-1"))
    assert completed(server, "z").value.status == "completed"


@pytest.mark.parametrize("more", [{"status": "inactive"}, {"period": {"end": "2026-11-19"}}])
def test_a_team_that_ended_gives_no_right_to_its_tasks(server: FakeFhirServer, more: Json) -> None:
    server.put(make.care_team("p9", ["gp"], "team-9", **more))
    server.put(task_about(None, "Organization/team-9"))
    assert_hidden(server, "z")


def test_a_task_that_nobody_owns_is_not_a_teams_that_names_no_organisation(server: FakeFhirServer) -> None:
    team = make.care_team("p1", ["gp"])
    del team["managingOrganization"]
    server.put(team)
    row = task_about(None, "Practitioner/gp")
    del row["owner"]
    server.put(row)
    assert_hidden(server, "z")


def test_what_it_costs_does_not_reveal_whether_a_task_exists(server: FakeFhirServer) -> None:
    costs = []
    for task_id in ("t4", "no-such-task"):
        server.asked.clear()
        with pytest.raises(NotFound):
            completed(server, task_id)
        costs.append(server.counts())
    assert costs[0] == costs[1]


# Who


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_other_roles_change_no_task_and_the_server_is_not_asked(server: FakeFhirServer, role: Role) -> None:
    with pytest.raises(NotPermitted, match=r"^task-change-not-permitted$"):
        completed(server, actor=replace(GP, roles=(role,)))
    assert server.asked == []


def test_a_clinician_without_a_practitioner_is_in_no_care_team(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted, match=r"^not-in-a-care-team$"):
        completed(server, actor=replace(GP, practitioner=None))
    assert server.asked == []


# The audit record


def test_the_task_is_on_record_before_the_change_and_its_patient_after_it(server: FakeFhirServer, trail: Trail) -> None:
    completed(server)
    [begun], [ended] = trail.begun, trail.records
    assert (begun.entities, begun.patients) == ((Reference("Task", "x"),), ())
    assert (ended.entities, ended.patients) == ((Reference("Task", "x"),), (Reference("Patient", "p1"),))
    assert (ended.id, ended.outcome) == (begun.id, AuditOutcome.SUCCESS)


def test_a_task_about_no_patient_is_on_record_without_one(server: FakeFhirServer, trail: Trail) -> None:
    server.put(task_about(None, "Practitioner/gp"))
    completed(server, "z")
    assert (trail.records[0].entities, trail.records[0].patients) == ((Reference("Task", "z"),), ())


def test_a_refusal_is_on_record_with_the_task_and_no_patient(server: FakeFhirServer, trail: Trail) -> None:
    assert_hidden(server, "t4")
    [refusal] = trail.records
    assert (refusal.outcome, refusal.entities, refusal.patients) == (
        AuditOutcome.REFUSED,
        (Reference("Task", "t4"),),
        (),
    )


def test_what_is_no_id_is_refused_on_record_without_a_task(server: FakeFhirServer, trail: Trail) -> None:
    with pytest.raises(NotFound, match=r"^task-not-found$"):
        completed(server, "../Patient/p1")
    assert [(record.outcome, record.entities) for record in trail.records] == [(AuditOutcome.REFUSED, ())]


def test_the_membership_of_the_day_of_the_change_decides(server: FakeFhirServer) -> None:
    server.put(make.care_team("p9", ["gp"], "team-9", period={"start": "2026-11-21"}))
    server.put(task_about(None, "Organization/team-9"))
    assert_hidden(server, "z")
    saved = complete_task(server, GP, "z", "1", reason="done", at=AS_OF + timedelta(days=1))
    assert saved.value.status == "completed"
