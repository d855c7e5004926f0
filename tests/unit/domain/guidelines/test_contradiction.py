"""Laws of the comparison: its order does not matter, what it rests on is stamped, and who has died has none."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import Contradiction, contradictions
from dashboard.domain.guidelines.evaluate import Outcome, evaluate
from dashboard.domain.guidelines.matter import KnownEffects
from dashboard.domain.guidelines.pull import PullerKind
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.record.goal import Goal
from dashboard.fhir.guidelines.case_files import AS_OF, read_words, resources_of
from dashboard.fhir.guidelines.contradiction_cases import goals_of
from dashboard.fhir.guidelines.library import FOLDER
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CONTRADICTION_CASES, RULES, library

WORDS = read_words(FOLDER)
HEART_AND_KIDNEYS = {
    "age": "78",
    "conditions": "HF NYHA II; CKD; T2DM",
    "medicines": "spironolactone since 2026-10-01; ramipril since 2024-01-01; bisoprolol",
    "results": "LVEF 35; eGFR 38; uACR 10; HbA1c 47; potassium 5.8; systolic 130; diastolic 80",
}
SINCE_THEN = 30


def found_in(cells, days: int = 0, goals: list[Goal] | None = None) -> dict[str, Contradiction]:
    record = read_record(list(resources_of(cells, WORDS)), load_terminology(), AS_OF)
    facts = compute_facts(record, library().facts_used(), load_terminology(), AS_OF + timedelta(days))
    return {each.target: each for each in contradictions(evaluate(RULES, facts), facts, library().effects, goals or [])}


def changed(**cells: str) -> dict[str, str]:
    return {**HEART_AND_KIDNEYS, **cells}


def test_heart_and_kidneys() -> None:
    found = found_in(HEART_AND_KIDNEYS)
    assert list(found) == ["potassium", "potassium_intake", "systolic"]
    potassium = found["potassium"]
    assert potassium.outcome is Outcome.APPLIES and potassium.words == "potassium in the blood"
    assert potassium.indicator is Indicator.WARNING and found["systolic"].indicator is Indicator.INFO
    kinds = {each.key: each.kind for each in potassium.pullers}
    assert kinds["08-hfref-treatment/mra"] is PullerKind.FOLLOWED
    assert kinds["medicine/mra"] is PullerKind.MEDICINE
    assert kinds["34-mra-potassium/reduce"] is PullerKind.CARD
    [followed] = [each for each in potassium.pullers if each.key == "08-hfref-treatment/mra"]
    # What is shown of one that is followed are the facts as they are: it is taken.
    assert {each.fact.name: each.value for each in followed.facts}["mra"] is True
    [ckd] = [each for each in found["systolic"].pullers if each.key == "18-blood-pressure/ckd"]
    assert ckd.kind is PullerKind.AIM


def test_the_order_of_what_is_compared_changes_nothing() -> None:
    for case in CONTRADICTION_CASES:
        record = read_record(case.resources, load_terminology(), AS_OF)
        facts = compute_facts(record, library().facts_used(), load_terminology(), AS_OF, case.unread)
        goals = goals_of(case, load_terminology())
        one = contradictions(evaluate(RULES, facts), facts, library().effects, goals)
        other = contradictions(evaluate(RULES[::-1], facts), facts, library().effects, goals[::-1])
        assert {(each.target, each.outcome, each.stamp) for each in one} == {
            (each.target, each.outcome, each.stamp) for each in other
        }, case.line


def test_it_is_the_same_on_another_day_and_another_one_for_another_result() -> None:
    before = found_in(HEART_AND_KIDNEYS)["potassium"].stamp
    assert found_in(HEART_AND_KIDNEYS, SINCE_THEN)["potassium"].stamp == before
    higher = changed(results=HEART_AND_KIDNEYS["results"].replace("potassium 5.8", "potassium 5.9"))
    assert found_in(higher)["potassium"].stamp != before
    more = changed(medicines=HEART_AND_KIDNEYS["medicines"].replace("ramipril", "losartan"))
    assert found_in(more)["potassium"].stamp != before
    # A blood pressure is nothing that it rests on.
    other = changed(results=HEART_AND_KIDNEYS["results"].replace("systolic 130", "systolic 128"))
    assert found_in(other)["potassium"].stamp == before


def test_it_is_another_one_for_another_version_of_a_rule_or_another_target_of_a_goal() -> None:
    found = found_in(HEART_AND_KIDNEYS)["potassium"]
    [card] = [each for each in found.down if each.key == "34-mra-potassium/reduce"]
    assert card.finding is not None
    newer = replace(card, finding=replace(card.finding, rule=replace(card.finding.rule, version="9.9.9")))
    assert replace(found, down=(newer,)).stamp != replace(found, down=(card,)).stamp
    [case] = [each for each in CONTRADICTION_CASES if each.cells.get("goals") == "HbA1c at most 53"]
    [goal] = goals_of(case, load_terminology())
    [target] = goal.targets
    assert target.high is not None
    stamps = {
        found_in(case.cells, goals=[replace(goal, targets=(replace(target, high=replace(target.high, value=value)),))])[
            "hba1c"
        ].stamp
        for value in (Decimal(53), Decimal("53.0"), Decimal(51))
    }
    assert len(stamps) == 2


def test_what_nobody_can_say_comes_last_and_says_which_fact_is_missing() -> None:
    cells = changed(results="LVEF 35; eGFR 38; uACR 10; HbA1c 47; systolic 130; diastolic 80")
    found = found_in(cells)
    assert [each.outcome for each in found.values()] == [Outcome.APPLIES, Outcome.CANNOT_SAY, Outcome.CANNOT_SAY]
    assert {each.fact.name for each in found["potassium"].missing} == {"potassium"}
    assert found["potassium"].half_sure


@pytest.mark.parametrize(
    ("result", "sides"),
    [
        ("systolic >140", None),
        ("systolic <120", None),
        ("systolic >=140", None),
        ("systolic <=119", None),
        ("systolic >130", Outcome.CANNOT_SAY),
        ("systolic <130", Outcome.CANNOT_SAY),
    ],
)
def test_a_value_between_two_ends_is_beyond_an_aim_only_where_all_of_it_is(result: str, sides: Outcome | None) -> None:
    cells = {"age": "70", "conditions": "CKD", "results": f"uACR 10; {result}; diastolic 80"}
    found = found_in(cells).get("systolic")
    assert (found.outcome if found else None) is sides


def test_a_goal_counts_while_it_is_worked_towards_and_says_which_side_is_meant() -> None:
    [case] = [
        each for each in CONTRADICTION_CASES if each.target == "hba1c" and each.cells["goals"] == "HbA1c at most 53"
    ]
    [goal] = goals_of(case, load_terminology())

    def pulls(other: Goal) -> bool:
        return "hba1c" in found_in(case.cells, goals=[other])

    assert pulls(goal)
    assert pulls(replace(goal, lifecycle_status="accepted"))
    assert not pulls(replace(goal, lifecycle_status="completed"))
    [target] = goal.targets
    assert target.high is not None
    number = replace(target.high, comparator="")
    bare = replace(target, low=number, high=number)
    assert not pulls(replace(goal, targets=(bare,)))
    least = replace(target, low=replace(target.high, value=Decimal(40)), high=None)
    assert not pulls(replace(goal, targets=(least,)))


def test_a_goal_to_keep_something_up_is_a_side_too() -> None:
    cells = {"age": "70", "conditions": "CKD", "results": "uACR 10; systolic 145; diastolic 80"}
    record = {**cells, "goals": "systolic at least 150"}
    case = replace(CONTRADICTION_CASES[0], cells=record)
    [goal] = goals_of(replace(case, goals=(_keep_up(150),)), load_terminology())
    found = found_in(cells, goals=[goal])["systolic"]
    assert [each.key for each in found.up] == [str(goal.origin)]
    [lower] = goals_of(replace(case, goals=(_keep_up(125),)), load_terminology())
    # It is reached, and leaves no room for an aim under 120.
    assert str(lower.origin) in {each.key for each in found_in(cells, goals=[lower])["systolic"].up}
    [low] = goals_of(replace(case, goals=(_keep_up(100),)), load_terminology())
    assert "systolic" not in found_in(cells, goals=[low])


def _keep_up(least: int) -> dict:
    quantity = {"value": least, "unit": "mm[Hg]", "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}
    measure = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
    return {
        "resourceType": "Goal",
        "id": "g9",
        "lifecycleStatus": "active",
        "description": {"text": "x"},
        "target": [{"measure": measure, "detailRange": {"low": quantity}}],
    }


def test_two_boxes_of_one_tablet_are_not_two_medicines_against_each_other() -> None:
    one_tablet = {"conditions": "HF", "medicines": "sacubitril with valsartan; sacubitril with valsartan"}
    assert "raas_blockade" not in found_in(one_tablet)


def test_without_what_is_known_of_effects_only_medicines_are_compared() -> None:
    record = read_record(list(resources_of(HEART_AND_KIDNEYS, WORDS)), load_terminology(), AS_OF)
    facts = compute_facts(record, library().facts_used(), load_terminology(), AS_OF)
    assert [each.target for each in contradictions(evaluate(RULES, facts), facts, KnownEffects())] == ["mra"]
