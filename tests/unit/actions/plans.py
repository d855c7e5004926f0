"""A shared plan on a fake server, as tests of its actions read and change it."""

from typing import Any

from dashboard.cache.patient_cache import PlanCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

PLAN, GOAL, OTHER = Reference("CarePlan", "cp1"), Reference("Goal", "g1"), Reference("Goal", "g2")
TASK, SERVICE = Reference("Task", "t1"), Reference("ServiceRequest", "s1")
TEAM = Reference("CareTeam", "ct-p1-team-1")
PATIENT = Reference("Patient", "p1")


def ref(kind: str, ident: str) -> Json:
    return {"reference": f"{kind}/{ident}"}


def service(ident: str, patient_id: str, **more: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": ident,
        "status": "active",
        "intent": "order",
        "code": {"text": "Cardiac rehabilitation"},
        "subject": ref("Patient", patient_id),
    } | more


def rows() -> list[Json]:
    """A cohort whose patient p1 has a plan with two goals, a task, a service request and a care team of two."""
    second = make.goal("g2", "p1") | {"description": {"text": "Walk to the market again"}}
    plan = make.plan("cp1", "p1", ("g1", "g2"), careTeam=[ref("CareTeam", TEAM.id)])
    plan["activity"] = [{"reference": ref("Task", "t1")}, {"reference": ref("ServiceRequest", "s1")}]
    other = {("CareTeam", TEAM.id), ("CarePlan", "cp1")}
    cohort = [row for row in make.cohort() if (row["resourceType"], row["id"]) not in other]
    return [*cohort, make.care_team("p1", ["gp", "nurse"]), second, service("s1", "p1"), plan]


def fake() -> FakeFhirServer:
    return FakeFhirServer(rows())


def view(server: FhirServer, who: str = "gp", patient_id: str = "p1") -> CarePlanView:
    return get_care_plan(
        server,
        make.user(who),
        make.scope(who, server.base_url),
        load_terminology(),
        patient_id,
        AS_OF,
        team_cache=TeamCache(),
        patient_cache=PlanCache(),
    )


def plan_on(server: FhirServer, who: str = "gp", patient_id: str = "p1") -> SharedPlan:
    ours = view(server, who, patient_id).ours
    assert ours is not None
    return ours


def edited(shared: SharedPlan, origin: Reference = GOAL, **fields: FieldValue) -> dict[Reference, PlanItem]:
    items = items_of(shared)
    return {**items, origin: items[origin].with_fields(fields)}
