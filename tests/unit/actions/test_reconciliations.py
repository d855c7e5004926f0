"""What a team decides about a contradiction: who may, what is written, the goals, and that no decision is lost."""

from dataclasses import replace
from typing import Any

import fhirkit
import pytest

from dashboard.actions.reconcile_contradiction import reconcile_contradiction
from dashboard.actions.take_back_reconciliation import take_back_reconciliation
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.guidelines.reconciliation import Reconciliation, Way, in_force
from dashboard.domain.record.goal import CONFLICTS_WITH, Goal, RelatedGoal
from dashboard.domain.values.code_systems import CONTRADICTION_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError, VersionConflict
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.detected_issue import listed
from dashboard.fhir.mapping.writable import from_fhir
from tests.conftest import Trail
from tests.contradictions import NOW, heart_and_kidneys, shown
from tests.fakes import FakeFhirServer
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, OTHER, view

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = User(Reference("Practitioner", "nurse"), "Ms Anna Lind")
GOALS = (GOAL, OTHER)


@pytest.fixture
def server() -> Any:
    """Whatever a test has written there is valid R4."""
    made = make.fake()
    yield made
    for kind in ("DetectedIssue", "Provenance", "Goal"):
        for row in made.rows.get(kind, {}).values():
            assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []


def decide(server: FakeFhirServer, issue: Reconciliation | None = None, way: Way = Way.MORE, **more: Any) -> Any:
    asked: dict[str, Any] = {"actor": GP, "words": "Keep it", "goals": (), "reason": "Heart first", "at": NOW} | more
    actor, words, goals = (asked.pop(name) for name in ("actor", "words", "goals"))
    return reconcile_contradiction(server, actor, "p1", issue or shown(), way, words, goals, **asked)


def take_back(server: FakeFhirServer, issue: Reconciliation, actor: User = GP, reason: str = "Thought again") -> Any:
    return take_back_reconciliation(server, actor, "p1", issue, reason=reason, at=NOW)


def known(server: FakeFhirServer) -> list[Reconciliation]:
    """As a page reads them."""
    rows = server.rows.get("DetectedIssue", {}).values()
    return [read for row in rows if isinstance(read := listed(row), Reconciliation)]


def goal(server: FakeFhirServer, origin: Reference) -> Goal:
    return from_fhir(Goal, server.rows["Goal"][origin.id])


def test_a_decision_is_kept_with_reason_provenance_and_audit(server: FakeFhirServer, trail: Trail) -> None:
    stored = decide(server).value
    [decision] = stored.decisions
    assert (decision.way, decision.words, decision.reason, decision.by.name) == (
        Way.MORE, "Keep it", "Heart first", "Dr Jane Okafor",
    )  # fmt: skip
    row = server.rows["DetectedIssue"][stored.origin.id]
    assert row["status"] == "final"
    assert stored.number in [each["value"] for each in row["identifier"] if each["system"] == CONTRADICTION_NUMBER]
    made = list(server.rows["Provenance"].values())[-1]
    assert made["reason"] == [{"text": "Heart first"}] and str(stored.origin) in str(made["target"])
    assert in_force(heart_and_kidneys(), known(server)) is not None
    assert in_force(heart_and_kidneys("5.9"), known(server)) is None
    assert (trail.records[-1].kind, trail.records[-1].entities) == (AuditKind.UPDATE, (stored.origin,))


def test_two_goals_are_marked_and_the_care_plan_shows_it(server: FakeFhirServer) -> None:
    stored = decide(server, way=Way.THIRD_WAY, words="A potassium binder", goals=GOALS)
    assert [str(each.origin) for each in stored.values[1:]] == ["Goal/g1", "Goal/g2"]
    assert goal(server, GOAL).related == (RelatedGoal(CONFLICTS_WITH, OTHER),)
    assert goal(server, OTHER).related == (RelatedGoal(CONFLICTS_WITH, GOAL),)
    ours = view(server).ours
    assert ours is not None
    assert {each.related for each in ours.goals} == {
        (RelatedGoal(CONFLICTS_WITH, OTHER),), (RelatedGoal(CONFLICTS_WITH, GOAL),),
    }  # fmt: skip
    [record] = known(server)
    assert record.decision is not None and record.decision.goals == GOALS
    take_back(server, record, NURSE)
    assert goal(server, GOAL).related == goal(server, OTHER).related == ()
    [record] = known(server)
    assert record.decision is None and server.rows["DetectedIssue"][record.origin.id]["status"] == "preliminary"
    with pytest.raises(UserFacingError):
        take_back(server, record)
    decide(server, record, Way.LESS)
    assert [each.way for each in known(server)[0].decisions] == [Way.THIRD_WAY, Way.TAKEN_BACK, Way.LESS]


def test_a_mark_that_was_there_is_not_taken_off(server: FakeFhirServer) -> None:
    decide(server, goals=GOALS)
    later = shown(potassium="5.9")
    second = decide(server, later, goals=GOALS).value
    assert second.decisions[-1].goals == ()
    take_back(server, second)
    assert goal(server, GOAL).related == (RelatedGoal(CONFLICTS_WITH, OTHER),)


def test_a_decision_is_taken_back_although_a_goal_is_gone(server: FakeFhirServer) -> None:
    decide(server, goals=GOALS)
    del server.rows["Goal"][OTHER.id]
    [record] = known(server)
    assert take_back(server, record).value.decision is None


def test_what_cannot_be_writes_nothing(server: FakeFhirServer, trail: Trail) -> None:
    for more in (
        {"reason": " "},
        {"way": Way.THIRD_WAY, "words": ""},
        {"way": Way.TAKEN_BACK},
        {"goals": (GOAL,)},
        {"goals": (GOAL, GOAL)},
        {"goals": (GOAL, Reference("Task", "t1"))},
    ):
        with pytest.raises(UserFacingError):
            decide(server, **more)
    for row in ({"subject": {"reference": "Patient/p2"}}, {"description": {}}):
        server.rows["Goal"]["g9"] = {**server.rows["Goal"]["g2"], "id": "g9", **row}
        with pytest.raises(NotFound):
            decide(server, goals=(GOAL, Reference("Goal", "g9")))
        del server.rows["Goal"]["g9"]
    with pytest.raises(NotFound):
        decide(server, goals=(GOAL, Reference("Goal", "gone")))
    with pytest.raises(NotFound):
        decide(server, shown("p2"))
    assert "DetectedIssue" not in server.rows and not goal(server, GOAL).related
    assert {each.outcome for each in trail.records} == {AuditOutcome.FAILED, AuditOutcome.REFUSED}


def test_who_may_not_decides_nothing(server: FakeFhirServer) -> None:
    with pytest.raises(NotFound):
        decide(server, actor=User(Reference("Practitioner", "nobody"), "Dr No"))
    manager = replace(GP, roles=(Role.PILOT_MANAGER,))
    with pytest.raises(NotPermitted):
        decide(server, actor=manager)
    with pytest.raises(NotPermitted):
        take_back(server, shown(), manager)
    assert "DetectedIssue" not in server.rows


def test_who_decides_what_a_colleague_has_decided_meanwhile_looks_again(server: FakeFhirServer) -> None:
    mine = shown()
    decide(server, actor=NURSE, goals=GOALS)
    before = dict(server.rows["Goal"][GOAL.id])
    with pytest.raises(VersionConflict) as refused:
        decide(server, mine, Way.LESS)
    assert refused.value.code == "contradiction-decided"
    assert server.rows["Goal"][GOAL.id] == before
    [record] = known(server)
    again = decide(server, record, Way.LESS, words="Less").value
    assert [each.way for each in again.decisions] == [Way.MORE, Way.LESS]


def test_a_record_of_somebody_else_or_that_cannot_be_read_is_not_changed(server: FakeFhirServer) -> None:
    stored = decide(server).value
    row = server.rows["DetectedIssue"][stored.origin.id]
    for wrong in ({"patient": {"reference": "Patient/p2"}}, {"code": {}}):
        server.rows["DetectedIssue"][stored.origin.id] = {**row, **wrong}
        with pytest.raises(NotFound):
            take_back(server, stored)
    server.rows["DetectedIssue"][stored.origin.id] = row


def test_what_is_decided_at_a_conference_names_it(server: FakeFhirServer) -> None:
    meeting = Reference("Appointment", "meet1")
    decided = decide(server, during=meeting).value
    take_back_reconciliation(server, GP, "p1", decided, reason="Thought again", at=NOW, during=meeting)
    _, *signed = server.rows["Provenance"].values()
    assert len(signed) == 2 and all("Appointment/meet1" in str(each) for each in signed)
