"""What is decided about a contradiction is kept alike on every server, also on a poor one, with its mark on goals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.actions.reconcile_contradiction import reconcile_contradiction
from dashboard.actions.save import new_reference
from dashboard.actions.take_back_reconciliation import take_back_reconciliation
from dashboard.domain.guidelines.reconciliation import Reconciliation, Way, in_force, new_reconciliation, returned
from dashboard.domain.record.goal import CONFLICTS_WITH, Goal, RelatedGoal
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import VersionConflict
from dashboard.fhir.mapping.detected_issue import listed
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.contract.test_plan_contract import Team, team
from tests.contradictions import heart_and_kidneys
from tests.records import create, search
from tests.unit.people_and_teams import AS_OF

_ = team  # the fixture


def of_server(fhir: FhirServer, patient: str) -> list[Reconciliation]:
    """Every record of the person, as a page reads it."""
    rows = search(fhir, SearchRequest("DetectedIssue", (), (patient,), fresh=True)).rows
    return [read for row in rows if isinstance(read := listed(row), Reconciliation)]


def test_contradictions(team: Team) -> None:
    fhir, patient = team.fhir, Reference("Patient", team.patient)
    first, second = team.user(0), team.user(1)
    who = NamedReference(first.practitioner, first.name)
    # A server may refuse a reference to what it does not have.
    found = new_reconciliation(heart_and_kidneys(), patient, who, AS_OF, new_reference("DetectedIssue"))
    shown = replace(found, implicated=(), evidence=tuple(replace(each, records=()) for each in found.evidence))
    subject = {"reference": str(patient)}
    goals = tuple(
        Reference("Goal", create(fhir, {**GOAL, "description": {"text": words}, "subject": subject})["id"])
        for words in ("Dry weight", "Kidney function")
    )
    asked = (fhir, first, team.patient, shown, Way.THIRD_WAY, "A potassium binder", goals)
    reconcile_contradiction(*asked, reason="Heart and kidneys", at=AS_OF)
    with pytest.raises(VersionConflict):
        reconcile_contradiction(*asked, reason="again", at=AS_OF)
    [known] = of_server(fhir, team.patient)
    assert replace(known, origin=shown.origin, version="", decisions=()) == replace(shown, source=None)
    assert in_force(heart_and_kidneys(), [known]) == known
    assert returned(heart_and_kidneys("5.9"), [known]) == known
    marked = [from_fhir(Goal, fhir.read("Goal", each.id)) for each in goals]
    assert [each.related for each in marked] == [(RelatedGoal(CONFLICTS_WITH, each),) for each in goals[::-1]]
    later = AS_OF + timedelta(hours=1)
    take_back_reconciliation(fhir, second, team.patient, known, reason="Decided otherwise", at=later)
    [now] = of_server(fhir, team.patient)
    assert now.decision is None and [each.way for each in now.decisions] == [Way.THIRD_WAY, Way.TAKEN_BACK]
    assert not any(from_fhir(Goal, fhir.read("Goal", each.id)).related for each in goals)


GOAL = {"resourceType": "Goal", "lifecycleStatus": "active"}
