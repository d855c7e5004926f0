"""On every server: a result just after the site's midnight is the latest on each page, and pages agree on marks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.attention.severity import urgent_measures
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import set_site_zone
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.care_plan.page import plan_page
from dashboard.ui.shared.view_time import ViewTime
from tests.contract.test_queries_contract import put
from tests.unit import people_and_teams as make

T = load_terminology()
Json = dict[str, Any]
# A quarter to one in the night in Bilbao; in UTC it is still the day before.
NIGHT = datetime(2026, 11, 24, 23, 45, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_bilbao() -> Iterator[None]:
    set_site_zone(ZoneInfo("Europe/Madrid"))
    yield
    set_site_zone(UTC)


def goal(ident: str, below: int, start: str, status: str = "active") -> Json:
    row = make.goal(ident, "p1", "33914-3", below, "mL/min/{1.73_m2}") | {"startDate": start, "lifecycleStatus": status}
    row["target"][0]["detailQuantity"]["comparator"] = ">="
    return row


def records() -> list[Json]:
    """Of somebody without any condition of the programme, on spironolactone as a statement only."""
    statement = make.medicine("s1", "p1", "C03DA01") | {"resourceType": "MedicationStatement"}
    statement.pop("intent")
    statement.pop("authoredOn")
    statement.pop("dosageInstruction")
    return [
        make.condition("c1", "p1", "38341003"),
        make.observation("o1", "p1", "2823-3", 4.5, "mmol/L", "2026-11-20T09:00:00+01:00"),
        make.observation("o2", "p1", "2823-3", 5.8, "mmol/L", "2026-11-25T00:30:00+01:00"),
        make.observation("o3", "p1", "33914-3", 38, "mL/min/{1.73_m2}", "2026-11-20"),
        statement,
        # Not in the order of their starts, and one alone in a plan.
        goal("g1", 30, "2025-01-10"),
        goal("g2", 45, "2026-03-01"),
        goal("g3", 20, "2026-09-01", "cancelled"),
        make.plan("cp1", "p1", ("g2",)),
    ]


def test_pages_agree_on_every_server(named_fhir: tuple[str, FhirServer]) -> None:
    _, fhir = named_fhir
    ids: dict[str, str] = {}
    team = make.organisation("team-1", "Team 1", "team", "org-1")
    people = [make.patient("p1", "Aldous"), make.care_team("p1", ["gp"]), make.consent("p1")]
    for resource in [*make.cohort()[:2], team, make.practitioner("gp"), *people, *records()]:
        put(fhir, ids, resource)
    me, pid = Reference("Practitioner", ids["Practitioner/gp"]), ids["Patient/p1"]
    asked = (fhir, User(me, "gp"), AccessScope(fhir.base_url, str(me)), T)
    team_cache = TeamCache()
    row = get_worklist(*asked, NIGHT, team_cache=team_cache).rows.iloc[0].to_dict()
    summary = get_patient(*asked, pid, NIGHT, team_cache=team_cache, patient_cache=PatientCache())
    timeline = get_timeline(*asked, pid, NIGHT, team_cache=team_cache, patient_cache=PatientCache())
    plan = get_care_plan(*asked, pid, NIGHT, team_cache=team_cache, patient_cache=PatientCache())

    assert summary.results.value is not None
    others = {key.measure: key for key in summary.results.value[ConditionKey.OTHER]}
    assert others == row["results"] == dict(timeline.results), "results without a condition are shown as other results"
    potassium, egfr = others[Measure.POTASSIUM], others[Measure.EGFR]
    assert str(potassium.latest.value.value) == "5.8" and potassium.abnormal
    assert egfr.target is not None and egfr.target.low is not None and egfr.misses_goal
    assert int(egfr.target.low.value) == 45, "of the goals pursued that with the latest start counts"
    urgent = frozenset({Measure.POTASSIUM})
    assert urgent == urgent_measures(row["reasons"]) == urgent_measures(summary.attention) == timeline.urgent
    assert [goal.origin.id for goal in summary.goals.value or ()] == [
        ids[f"Goal/{name}"] for name in ("g2", "g1", "g3")
    ]
    assert [goal.origin for goal in timeline.goals] == [goal.origin for goal in summary.goals.value or ()]
    assert plan.ours is not None and summary.plan.value is not None
    assert row["plan"].origin == summary.plan.value.origin == plan.ours.plan.origin
    [line] = plan_page(plan, plan.ours, summary, ViewTime(NIGHT, ZoneInfo("Europe/Madrid"))).order.own
    assert line.goal.origin.id == ids["Goal/g2"] and line.results == (egfr,) and line.missed
