"""What a rule answers from facts that are known, lie between two ends, or are missing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboard.domain.guidelines.evaluate import Outcome, evaluate, evaluate_record, finding, holds
from dashboard.domain.guidelines.fact import Between, FactKind, FactValue, Why
from dashboard.domain.guidelines.rule import Citation
from dashboard.fhir.guidelines.fhirpath import compile_condition
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import RULES, library

FACTS = library().facts
RULE = RULES[0]


def known(**values) -> dict[str, FactValue]:
    return {
        name: FactValue(FACTS[name], value, why=None if value is not None else Why.NOT_RECORDED)
        for name, value in values.items()
    }


def answer(expression: str, **values):
    advice = replace(RULE.advice[0], condition=compile_condition(expression), expression=expression)
    found = finding(RULE, advice, known(**values))
    return found.outcome, sorted(each.fact.name for each in found.missing)


APPLIES, DOES_NOT, CANNOT = Outcome.APPLIES, Outcome.DOES_NOT_APPLY, Outcome.CANNOT_SAY


@pytest.mark.parametrize(
    ("egfr", "outcome"),
    [
        (Decimal(29), APPLIES),
        (Decimal(30), DOES_NOT),
        (Between(None, Decimal(30), high_out=True), APPLIES),
        (Between(None, Decimal(30)), CANNOT),
        (Between(Decimal(30), None), DOES_NOT),
        (Between(Decimal(29), None), CANNOT),
        (Between(Decimal(29), None, low_out=True), CANNOT),
        (Between(Decimal(20), Decimal(29)), APPLIES),
        (Between(Decimal(20), Decimal(40)), CANNOT),
        (None, CANNOT),
    ],
)
def test_a_number_between_two_ends_counts_where_every_number_between_them_would(egfr, outcome: Outcome) -> None:
    assert answer("%egfr.value < 30", egfr=egfr)[0] is outcome


def test_a_range_is_seen_between_two_ends_that_are_both_outside_of_it() -> None:
    assert answer("%egfr.value >= 30 and %egfr.value < 45", egfr=Between(Decimal(0), Decimal(90)))[0] is CANNOT


def test_only_the_facts_that_could_change_the_answer_are_missing() -> None:
    expression = "(%metformin.value or %insulin.value) and %egfr.value < 30"
    assert answer(expression, metformin=True, insulin=None, egfr=None) == (CANNOT, ["egfr"])
    assert answer(expression, metformin=None, insulin=False, egfr=Decimal(20)) == (CANNOT, ["metformin"])
    assert answer(expression, metformin=None, insulin=None, egfr=Decimal(50)) == (DOES_NOT, [])
    staged = "%nyha_class.value = 'NYHA II' and %egfr.value < 30"
    assert answer(staged, nyha_class=None, egfr=Decimal(20)) == (CANNOT, ["nyha_class"])


def test_all_missing_facts_are_named_where_none_decides_by_itself() -> None:
    assert answer("%metformin.value = %insulin.value", metformin=None, insulin=None) == (
        CANNOT,
        ["insulin", "metformin"],
    )


def test_too_many_facts_between_two_ends_cannot_be_tried() -> None:
    always = "(%{0}.value < 10 or %{0}.value >= 10 or %{0}.value = 20 or %{0}.value = 30)"
    wide = Between(Decimal(0), Decimal(50))
    few, many = ("egfr",), ("egfr", "uacr", "potassium", "systolic")
    for names, expected in ((few, True), (many, None)):
        condition = compile_condition(" and ".join(always.format(name) for name in names))
        assert holds(condition, known(**dict.fromkeys(names, wide)).values()) is expected


def test_what_others_decide_is_said_however_many_facts_lie_between_two_ends() -> None:
    wide = Between(Decimal(0), Decimal(50))
    names = ("egfr", "uacr", "potassium", "systolic")
    many = " or ".join(f"%{name}.value = {limit}" for name in names for limit in (10, 20, 30, 40))
    condition = compile_condition(f"%frailty.value and ({many})")
    assert holds(condition, known(frailty=False, **dict.fromkeys(names, wide)).values()) is False


def test_the_most_urgent_comes_first_and_the_dead_get_no_advice() -> None:
    terminology = load_terminology()
    rows = [{"resourceType": "Patient", "id": "p1"}]
    record = read_record(rows, terminology, date(2026, 11, 23))
    asked = library().facts_used()
    found = evaluate_record(record, RULES, asked, terminology, date(2026, 11, 23))
    order = [each.advice.indicator for each in found]
    assert order == sorted(order, key=["critical", "warning", "info"].index) and len(found) > 20
    # Among warnings, what harms now before what is to be considered, whatever the number of its rule.
    keys = [f"{each.rule.id}/{each.advice.key}" for each in found]
    soonest = [n for n, each in enumerate(found) if each.advice.rank == 1]
    assert soonest and max(soonest) < min(n for n, each in enumerate(found) if each.advice.rank == 2)
    assert any(keys[n].startswith("34-mra-potassium/") for n in soonest)
    dead = read_record([{**rows[0], "deceasedBoolean": True}], terminology, date(2026, 11, 23))
    assert evaluate_record(dead, RULES, asked, terminology, date(2026, 11, 23)) == ()
    assert evaluate([], {}) == ()


def test_a_rule_is_past_its_review_the_day_after() -> None:
    assert RULE.is_past_review(date(2028, 1, 1)) and not RULE.is_past_review(RULE.review_by)
    assert Citation("a", "b", "c", "S/M").from_memory and not Citation("a", "b", "c", "S").from_memory


def test_every_kind_of_fact_is_used_by_a_fact() -> None:
    assert {fact.kind for fact in FACTS.values()} == set(FactKind)
