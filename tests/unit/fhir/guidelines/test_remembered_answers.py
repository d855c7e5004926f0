"""A remembered answer is the library's own, whatever was asked before."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.guidelines.fact import YES_OR_NO, FactKind
from dashboard.fhir.guidelines import fhirpath
from dashboard.fhir.guidelines.fhirpath import FhirPathCondition, compile_condition
from tests.guidelines import EVERY_RULE, library
from tests.laws import examples

CONDITIONS = [advice.condition for rule in EVERY_RULE for advice in rule.advice]


def some_values(condition: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Values of its facts: numbers at, beside and far from its limits."""
    steps = ("0", "0.001", "-0.001", "0.0000001", "-0.0000001", "0.5", "7")
    numbers = [number + Decimal(step) for number in (*condition.numbers, Decimal(0)) for step in steps]

    def of(name: str) -> st.SearchStrategy[Any]:
        kind = library().facts[name].kind
        if kind in YES_OR_NO:
            return st.sampled_from([True, False, None])
        return st.sampled_from(["", *condition.words, None] if kind is FactKind.STAGE else [*numbers, None])

    return st.fixed_dictionaries({name: of(name) for name in condition.facts})


@settings(max_examples=examples(1500), deadline=None)
@given(st.data())
def test_a_remembered_answer_is_that_of_the_library(data: st.DataObject) -> None:
    condition = data.draw(st.sampled_from(CONDITIONS))
    assert isinstance(condition, FhirPathCondition)
    values = data.draw(some_values(condition))
    assert condition.holds(values) is condition._ask(values)
    assert condition.holds(values) is condition._ask(values)


def number(value: str) -> dict[str, Any]:
    return {"egfr": Decimal(value)}


def test_numbers_between_two_limits_have_one_answer_and_those_beside_them_their_own() -> None:
    condition = compile_condition("%egfr.value >= 30 and %egfr.value < 45")
    condition._answers.clear()
    said = [condition.holds(number(each)) for each in ("12", "29.999", "30", "30.0", "31", "44.999", "45", "90")]
    assert said == [False, False, True, True, True, True, False, False]
    assert len(condition._answers) == 5  # under, at, between, at, over
    assert condition.holds(number("29.99999999")) is False
    assert condition.holds({"egfr": None}) is None


@pytest.mark.parametrize(
    "expression",
    ["%a.value >= %b.value", "%a.value > 3 and %a.value < %b.value", "3 - %a.value > %b.value", "%a.value mod 2 = 1"],
)
def test_numbers_that_are_compared_with_each_other_are_told_apart(expression: str) -> None:
    condition = compile_condition(expression)
    for one in range(1, 9):
        for other in range(1, 9):
            values = {name: Decimal(number) for name, number in (("a", one), ("b", other)) if name in condition.facts}
            assert condition.holds(values) is condition._ask(values)


def test_true_is_not_one() -> None:
    condition = compile_condition("%a.value = 1")
    values: dict[str, Any]
    for values in ({"a": Decimal(1)}, {"a": True}, {"a": "1"}, {"a": None}):
        assert condition.holds(values) is condition._ask(values)


def test_no_more_is_remembered_than_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhirpath, "_MOST_ANSWERS", 10)
    condition = compile_condition("%a.value > %b.value")
    for each in range(50):
        assert condition.holds({"a": Decimal(each), "b": Decimal(25)}) is (each > 25)
        assert len(condition._answers) <= 10
