"""What the demo's plans say of their goals agrees with the results that stand beside them, for every patient."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dashboard.demo.achievements import achievement
from dashboard.demo.cohort import generate
from dashboard.demo.files import stories
from dashboard.domain.attention.trend import direction, key_results
from dashboard.domain.record.goal import PURSUED, Goal
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Observation, Result, Target
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.fhir.mapping import goal as goals
from dashboard.fhir.mapping import observation as observations
from dashboard.fhir.terminology_files import load_terminology

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

Json = dict[str, Any]
AS_OF = date(2026, 11, 23)
MET = {"achieved", "sustaining"}
MISSED = {"improving", "worsening", "no-change", "not-attainable"}


@pytest.fixture(scope="module")
def records() -> list[list[Json]]:
    return list(generate(240, 7, AS_OF))[:240]


def goals_and_results(record: list[Json]) -> tuple[list[Goal], dict[Measure, KeyResult]]:
    """As the pages read them."""
    terminology = load_terminology()
    read = [observations.from_fhir(one, terminology) for one in record if one["resourceType"] == "Observation"]
    results = [result for one in read if isinstance(one, Observation) for result in one.results]
    plan = [goals.from_fhir(one, terminology) for one in record if one["resourceType"] == "Goal"]
    return plan, key_results(results, AS_OF)


def disagreements(record: list[Json]) -> Iterator[str]:
    plan, latest = goals_and_results(record)
    for goal in plan:
        pairs = [(target, latest[target.measure]) for target in goal.targets if target.measure in latest]
        said = f"{goal.origin}: {goal.text}: {goal.achievement_status}"
        if goal.lifecycle_status not in PURSUED or not goal.targets:
            continue
        if not pairs or any(result.old for _, result in pairs):
            if goal.achievement_status != "in-progress":
                yield f"{said}, of which there is no result"
            continue
        missed = [(target, result) for target, result in pairs if target.missed_by(result.latest.value)]
        known = any(result.baseline is not None for _, result in missed)
        if goal.achievement_status not in ((MISSED if known else {"in-progress"}) if missed else MET):
            yield f"{said}, with {[str(result.latest.value.value) for _, result in pairs]}"
        ways = {result.direction for _, result in missed}
        if goal.achievement_status in ("improving", "worsening") and ways <= {Direction.STEADY, Direction.UNKNOWN}:
            yield f"{said}, and its results are steady"
        if goal.status_date is None or goal.status_date.start != max(result.latest.when.start for _, result in pairs):
            yield f"{said}, noted on another day than that of its latest result"


def test_no_goal_of_the_cohort_contradicts_its_results(records: list[list[Json]]) -> None:
    assert [each for record in records for each in disagreements(record)] == []


def test_the_cohort_has_goals_of_every_course(records: list[list[Json]]) -> None:
    said = {goal.achievement_status for record in records for goal in goals_and_results(record)[0]}
    assert said == {"in-progress", *MET, *MISSED, "not-achieved"}


def test_nobody_noted_a_goal_after_the_last_contact_or_result(records: list[list[Json]]) -> None:
    for record in records:
        days = [one["period"]["start"][:10] for one in record if one["resourceType"] == "Encounter"]
        days += [one["effectiveDateTime"][:10] for one in record if one["resourceType"] == "Observation"]
        noted = [one["statusDate"] for one in record if one["resourceType"] == "Goal"]
        assert all(day <= max(days) for day in noted), record[0]["id"]


STORIES = {
    ("mary-aldous", "HbA1c at or below 53 mmol/mol"): "not-attainable",
    ("mary-aldous", "Blood pressure below 140/90"): "no-change",
    ("mary-aldous", "PHQ-9 below 5 by the summer"): "in-progress",
    ("derek-thorne", "Keep kidney function: eGFR 30 or more"): "worsening",
    ("surinder-sandhu", "PHQ-9 below 5 by the summer"): "no-change",
    ("ronald-pickering", "Stay within 2 kg of dry weight"): "worsening",
    ("begona-etxeberria", "HbA1c at or below 53 mmol/mol"): "sustaining",
    ("begona-etxeberria", "Not to fall again"): "worsening",
    ("jose-antonio-ibarra", "HbA1c at or below 53 mmol/mol"): "achieved",
    ("jose-antonio-ibarra", "PHQ-9 below 5 by the summer"): "achieved",
    ("gunilla-aberg", "Stay within 2 kg of dry weight"): "sustaining",
    ("sture-jonsson", "Blood pressure below 140/90"): "in-progress",
}


def test_the_goals_of_the_eight_stories_go_as_their_results_say(records: list[list[Json]]) -> None:
    said = {
        (record[0]["id"].removeprefix("pat-"), one["description"]["text"]): one["achievementStatus"]["coding"][0][
            "code"
        ]
        for record in records
        for one in record
        if one["resourceType"] == "Goal"
    }
    assert {key: said.get(key) for key in STORIES} == STORIES
    assert {f"pat-{who}" for who, _ in STORIES} == {story["id"] for story in stories()}


def test_the_same_seed_gives_the_same_goals(records: list[list[Json]]) -> None:
    again = list(generate(60, 7, AS_OF))[:60]
    for before, after in zip(records, again, strict=False):
        assert [each for each in before if each["resourceType"] == "Goal"] == [
            each for each in after if each["resourceType"] == "Goal"
        ]


def quantity(value: str, comparator: str = "") -> Quantity:
    return Quantity(Decimal(value), "mmol/mol", comparator)


def course(*values: str, old: bool = False) -> KeyResult:
    made = [
        Result(
            Measure.HBA1C,
            quantity(value),
            PartialDate(f"2026-0{number + 1}-01"),
            quantity(value),
            False,
            Reference("Observation", f"o{number}"),
        )
        for number, value in enumerate(values)
    ]
    way = direction(Measure.HBA1C, made[0].value, made[-1].value) if len(made) > 1 else Direction.UNKNOWN
    before = made[0] if len(made) > 1 else None
    return KeyResult(Measure.HBA1C, made[-1], before, way, tuple(made), False, old=old)


@pytest.mark.parametrize(
    ("values", "low", "high", "expected"),
    [
        (["60", "50"], None, "53", "achieved"),
        (["50"], None, "53", "achieved"),
        (["52", "50"], None, "53", "sustaining"),
        (["50", "53"], None, "53", "sustaining"),
        (["80", "60"], None, "53", "improving"),
        (["60", "80"], None, "53", "worsening"),
        (["60", "62"], None, "53", "no-change"),
        (["60"], None, "53", "in-progress"),
        (["40", "20"], "48", None, "worsening"),
        (["20", "40"], "48", None, "improving"),
        (["70", "80"], "48", "58", "worsening"),
        (["30", "40"], "48", "58", "improving"),
        (["40", "50"], "48", "58", "achieved"),
    ],
)
def test_how_a_goal_goes(values: list[str], low: str | None, high: str | None, expected: str) -> None:
    target = Target(Measure.HBA1C, low and quantity(low, ">="), high and quantity(high, "<="))
    assert achievement([(target, course(*values))]) == expected


def test_of_two_targets_the_one_that_goes_worse_counts() -> None:
    target = Target(Measure.HBA1C, None, quantity("53", "<="))
    assert achievement([(target, course("80", "60")), (target, course("60", "80"))]) == "worsening"
    assert achievement([(target, course("60", "50")), (target, course("80", "60"))]) == "improving"
    assert achievement([(target, course("50", "50", old=True))]) == "in-progress"
    assert achievement([]) == "in-progress"
