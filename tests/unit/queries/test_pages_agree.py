"""A law: for random records Worklist, Patient, Timeline, Care plan and My record agree on current problems, on latest
results with their trend and target, on the marks (outside usual range, misses goal, urgent, old, preliminary), and on
the plan that counts with its goals.
"""

from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.cache.team_resources import WINDOW_DAYS
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.attention.patient_facts import conditions_of
from dashboard.domain.attention.reason import Reason
from dashboard.domain.attention.severity import any_urgent, urgency, urgent_measures
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Certainty, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.care_plan.page import plan_page, problem_tags
from dashboard.ui.record.results import result_words
from dashboard.ui.shared.view_time import ViewTime
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

T = load_terminology()
Json = dict[str, Any]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
MEASURED = {
    "59261-8": ("mmol/mol", st.integers(30, 110)),
    "33914-3": ("mL/min/{1.73_m2}", st.integers(8, 100)),
    "2823-3": ("mmol/L", st.sampled_from([2.8, 3.6, 4.4, 5.4, 5.6, 5.9, 6.2])),
    "8480-6": ("mm[Hg]", st.integers(80, 190)),
    "8462-4": ("mm[Hg]", st.integers(40, 125)),
    "29463-7": ("kg", st.integers(60, 90)),
    "44261-6": ("{score}", st.integers(0, 27)),
    "14682-9": ("umol/L", st.integers(50, 300)),
}
PROBLEMS = ("44054006", "84114007", "709044004", "35489007", "38341003")
MEDICINES = ("C03DA01", "C09AA05", "C03DA01", "A10BA02", "M01AE02", "C03CA01", "A10AE04")
# Mostly of late, when much is urgent.
DAYS = (st.integers(0, 60) | st.integers(0, 400) | st.integers(0, WINDOW_DAYS + 900)).map(
    lambda ago: AS_OF.date() - timedelta(days=ago)
)


@st.composite
def moment(draw: st.DrawFn, days: st.SearchStrategy[date] = DAYS) -> str:
    """A day, a month, a year, or a moment in some zone; also of later today and of tomorrow."""
    day = draw(days | st.sampled_from([AS_OF.date(), AS_OF.date() + timedelta(days=1)]))
    time = draw(st.sampled_from(["", "", "T00:30:00+01:00", "T23:30:00Z", "T14:00:00Z", "T16:00:00-05:00"]))
    return draw(st.sampled_from([f"{day}{time}"] * 4 + [f"{day:%Y-%m}", f"{day:%Y}"]))


def few(resources: st.SearchStrategy[Json], most: int) -> st.SearchStrategy[list[Json]]:
    return st.lists(resources, max_size=most)


@st.composite
def problem(draw: st.DrawFn) -> Json:
    row = make.condition("", "p1", draw(st.sampled_from(PROBLEMS)))
    status = draw(st.sampled_from(["active", "active", "recurrence", "resolved", "inactive", "remission", ""]))
    known = draw(st.sampled_from(["confirmed", "confirmed", "provisional", "differential", "refuted", ""]))
    row["clinicalStatus"] = (
        make.concept(CLINICAL, status) if status else {"text": draw(st.sampled_from(["", "resolved"]))}
    )
    row["verificationStatus"] = make.concept(VERIFIED, known) if known else {}
    ended = draw(st.sampled_from([{}, {}, {"abatementDateTime": "2021-03-01"}, {"abatementString": "in spring"}]))
    return {**row, **ended, "onsetDateTime": draw(st.sampled_from(["1962", "2015", "2019-04-02"]))}


@st.composite
def result(draw: st.DrawFn) -> Json:
    code = draw(st.sampled_from(["2823-3", "2823-3", *sorted(MEASURED)]))
    unit, values = MEASURED[code]
    row = make.observation("", "p1", code, draw(values), unit, draw(moment()))
    row["valueQuantity"] |= draw(st.sampled_from([{}, {}, {}, {"comparator": "<"}, {"comparator": ">"}]))
    flag = draw(st.sampled_from(["", "", "H", "N"]))
    row["status"] = draw(st.sampled_from(["final", "final", "amended", "preliminary", "registered", "cancelled"]))
    interpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return row | ({"interpretation": [make.concept(interpretation, flag)]} if flag else {})


@st.composite
def medicine(draw: st.DrawFn) -> Json:
    """A prescription, a statement of what is taken, or something that is not to be given."""
    status = draw(st.sampled_from(["active", "active", "active", "on-hold", "stopped", "completed"]))
    row = make.medicine("", "p1", draw(st.sampled_from(MEDICINES)), status)
    kind = draw(st.sampled_from(["MedicationRequest", "MedicationStatement"]))
    return row | {"resourceType": kind} | draw(st.sampled_from([{}, {}, {"doNotPerform": True}]))


@st.composite
def aim(draw: st.DrawFn) -> Json:
    code = draw(st.sampled_from(sorted(MEASURED)))
    unit, values = MEASURED[code]
    row = make.goal("", "p1", code, draw(values), unit)
    comparator = draw(st.sampled_from(["<", "<=", ">", ">=", ""]))
    quantity = row["target"][0]["detailQuantity"]
    del quantity["comparator"]
    row["target"][0]["detailQuantity"] = quantity | ({"comparator": comparator} if comparator else {})
    start = draw(st.sampled_from(["", "1965-01-01", "2025-01-01", "2026-03-01", "2026"]))
    status = draw(st.sampled_from(["active", "active", "accepted", "on-hold", "completed", "cancelled", "proposed"]))
    return row | {"lifecycleStatus": status} | ({"startDate": start} if start else {})


@st.composite
def records(draw: st.DrawFn) -> list[Json]:
    goals = draw(few(aim(), 4))
    rows = [*draw(few(problem(), 4)), *draw(few(result(), 12)), *draw(few(medicine(), 4)), *goals]
    for number, row in enumerate(rows):
        row["id"] = f"r{number}"
    # A goal may belong to no plan, and there may be none.
    in_plan = tuple(goal["id"] for goal in goals if draw(st.booleans()))
    contacts = [
        make.encounter(f"e{n}", "p1", day.isoformat()) for n, day in enumerate(draw(st.lists(DAYS, max_size=2)))
    ]
    plans = [make.plan("cp1", "p1", in_plan)] if draw(st.booleans()) else []
    return draw(st.permutations([*rows, *plans, *contacts]))


def pages(rows: list[Json]) -> tuple[dict[str, Any], PatientSummary, Timeline, PatientSummary, CarePlanView]:
    """The patient's row of the worklist, the summary, the timeline, the own record, and the care plan."""
    fhir = FakeFhirServer([*make.cohort()[:4], make.patient("p1", "Aldous"), make.care_team("p1", ["gp"]), *rows])
    asked = (fhir, make.user(), make.scope(), T)
    team: dict[str, Any] = {"team_cache": TeamCache()}
    frame = get_worklist(*asked, AS_OF, **team).rows
    summary = get_patient(*asked, "p1", AS_OF, **team, patient_cache=PatientCache())
    timeline = get_timeline(*asked, "p1", AS_OF, **team, patient_cache=PatientCache())
    patient = Reference("Patient", "p1")
    own = get_own_record(
        fhir,
        User(None, "Mary", roles=(Role.PATIENT,), subject="id|mary", fhir_user=patient),
        AccessScope(fhir.base_url, str(patient)),
        T,
        AS_OF,
    )
    plan = get_care_plan(*asked, "p1", AS_OF, **team, patient_cache=PatientCache())
    return frame.iloc[0].to_dict(), summary, timeline, own, plan


def marks(key: KeyResult, urgent: bool) -> tuple[Any, ...]:
    """All that pages say of a result, without the older part of its course, of which the worklist reads two years."""
    trend = key.baseline, key.direction, key.target
    return key.latest, trend, key.abnormal, key.misses_goal, key.old, key.latest.preliminary, urgent


@settings(max_examples=examples(300))
@given(records())
def test_every_page_says_the_same_of_problems_and_results(rows: list[Json]) -> None:
    row, summary, timeline, own, plan = pages(rows)
    problems = [problem for problem in summary.problems.value or () if problem.active]
    assert (
        problems
        == [problem for problem in timeline.problems if problem.active]
        == [problem for problem in own.problems.value or () if problem.active]
    )
    assert row["conditions"] == conditions_of(problems)
    assert row["suspected"] == {key for key in row["conditions"] if all(p.suspected for p in problems if key in p.keys)}

    urgent = urgent_measures(summary.attention)
    assert urgent == urgent_measures(row["reasons"]) == timeline.urgent
    shown = by_measure(summary)
    assert shown == dict(timeline.results) == by_measure(own)
    first = AS_OF.date() - timedelta(days=WINDOW_DAYS)
    recent = {measure: key for measure, key in shown.items() if key.latest.when.start >= first}
    assert list(row["results"]) == [measure for measure in Measure if measure in recent]
    for measure, key in recent.items():
        assert marks(row["results"][measure], measure in urgent) == marks(key, measure in urgent)
    assert not any(shown[measure].old for measure in urgent), "an old result is never urgent"
    assert {event.origin for event in timeline.events if event.urgent} == {
        shown[measure].latest.origin for measure in urgent
    }

    unsure = {event.origin for event in timeline.events if event.certainty is Certainty.UNCONFIRMED}
    for key in shown.values():
        assert key.latest.preliminary == (key.latest.origin in unsure)
        words = result_words(key, AS_OF.date(), urgent)
        assert ("preliminary" in words.marks) == key.latest.preliminary

    assert known_to_both(row["reasons"], first) == known_to_both(summary.attention, first)
    late = [check.key for check in summary.checks if check.overdue(AS_OF.date())]
    assert [check.key for check in row["overdue"]] == late
    assert row["urgency"] == urgency(row["reasons"])
    assert (row["urgency"] >= 100) >= any_urgent(row["reasons"])

    ours = plan.ours
    assert [each and each.origin for each in (row["plan"], summary.plan.value, own.plan.value)] == (
        [ours.plan.origin] * 3 if ours is not None else [None] * 3
    )
    if ours is not None and summary.plan.value is not None:
        goals = [replace(goal, source=None, conditions=()) for goal in ours.goals]
        assert goals == [replace(goal, conditions=()) for goal in summary.plan.value.goals]
        page = plan_page(plan, ours, summary, ViewTime(AS_OF, UTC))
        for line in (*page.order.own, *page.order.team, *page.order.ended_goals):
            assert list(line.results) == [shown[each] for each in measures_of(line.goal) if each in shown]
            assert line.missed == any(
                t.missed_by(shown[t.measure].latest.value) for t in line.goal.targets if t.measure in shown
            )
        active = {problem.origin for problem in problems}
        for problem in summary.problems.value or ():
            doubt = "suspected" if problem.suspected else ""
            tag = problem_tags(summary)[problem.origin]
            assert tag.endswith(("past", "refuted")) != (problem.origin in active)
            assert problem.origin not in active or tag.endswith(doubt)


def measures_of(goal: Goal) -> list[Measure]:
    """What a goal aims at, each once."""
    others = (each.measure for each in goal.other_targets if each.measure is not None)
    return list(dict.fromkeys((*(target.measure for target in goal.targets), *others)))


def known_to_both(reasons: tuple[Reason, ...], first: date) -> list[Reason]:
    """The reasons without those that need results from before the two years of the worklist: what an older result means
    for a medicine the patient's page alone can say.
    """
    return [each for each in reasons if not each.result or each.result.when.start >= first]


def by_measure(summary: PatientSummary) -> dict[Measure, KeyResult]:
    """Every result on the patient's page, the other results among them, each once or under several conditions alike."""
    found: dict[Measure, KeyResult] = {}
    for group in (summary.results.value or {}).values():
        for key in group:
            assert found.setdefault(key.measure, key) == key
    return {measure: found[measure] for measure in Measure if measure in found}
