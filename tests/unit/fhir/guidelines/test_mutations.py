"""A rule that is changed by a little fails its cases: every limit, comparison, word, negation, unit, code and age."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import finding
from dashboard.domain.guidelines.fact import Fact, FactKind
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.pilot import eligibility, screening_answer, screening_facts
from dashboard.domain.values.units import CONVERSIONS
from dashboard.fhir.guidelines.case_files import AS_OF
from dashboard.fhir.guidelines.fhirpath import comparisons, numbers
from dashboard.fhir.guidelines.read_record import read_record, read_screened
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CASES, EVERY_RULE, disagreement, library, with_expression

FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OTHER_SETS = {FactKind.CONDITION: ("fact-ketoacidosis", "condition-DEPRESSION"), FactKind.STAGE: ("condition-T2DM",)}


def mutated(expression: str) -> Iterator[str]:
    """The expression with one small change each."""
    for found in numbers(expression):
        step = Decimal("0.1") if "." in found[0] else Decimal(1)
        for moved in (Decimal(found[0]) - step, Decimal(found[0]) + step):
            yield expression[: found.start()] + str(moved) + expression[found.end() :]
    for found in comparisons(expression):
        if found[0] in FLIPPED:
            yield expression[: found.start()] + FLIPPED[found[0]] + expression[found.end() :]
    for found in re.finditer(r"'([^']*)'", expression):
        yield expression[: found.start()] + "'another word'" + expression[found.end() :]
    for found in re.finditer(r"\.not\(\)", expression):
        yield expression[: found.start()] + expression[found.end() :]
    for found in re.finditer(r" (and|or) ", expression):
        other = " or " if found[1] == "and" else " and "
        yield expression[: found.start()] + other + expression[found.end() :]


def changed(fact: Fact) -> Iterator[Fact]:
    """The fact with one of its codes or its unit changed."""
    if fact.value_sets and fact.kind in OTHER_SETS:
        other = next(name for name in OTHER_SETS[fact.kind] if name not in fact.value_sets)
        yield replace(fact, value_sets=(other,))
    if fact.criterion is not None:
        yield replace(fact, criterion=next(each for each in eligibility.CONDITIONS if each is not fact.criterion))
    if fact.atc:
        yield replace(fact, atc=("V99XX99",), without_atc=())
    if fact.kind is FactKind.SINCE_DONE:
        yield replace(fact, measures=(), value_sets=())
    if fact.kind is FactKind.SCORE:
        yield replace(fact, value_sets=("fact-frailty",))
    if fact.kind in (FactKind.MEASURED, FactKind.FALL, FactKind.RISE) and not fact.percent:
        yield from (replace(fact, unit=unit) for unit in other_units(fact))


def other_units(fact: Fact) -> list[str]:
    """The units of the measure in which a value is another number."""
    measure = fact.measures[0]
    return [unit for unit, line in CONVERSIONS[measure].items() if not line.same and unit != fact.unit]


def survives(rule: Rule, advice: Advice, *, as_advice: Advice | None = None, facts=None) -> bool:
    cases = [case for case in CASES[rule.id][0] if case.card == advice.key]
    return not any(disagreement(rule, case, as_advice or advice, facts) for case in cases)


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.id)
def test_a_changed_condition_fails_a_case(rule: Rule) -> None:
    alive = [
        f"{advice.key}: {expression}"
        for advice in rule.advice
        for expression in mutated(advice.expression)
        if survives(rule, advice, as_advice=with_expression(advice, expression))
    ]
    assert alive == []


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.id)
def test_a_changed_fact_fails_a_case(rule: Rule) -> None:
    known = library().facts
    alive = [
        f"{advice.key}: {other}"
        for advice in rule.advice
        for name in advice.condition.facts
        for other in changed(known[name])
        if survives(rule, advice, facts={**known, name: other})
    ]
    assert alive == []


def test_how_old_a_fact_may_be_and_over_how_many_days_it_is_counted_is_held_by_a_case() -> None:
    known = library().facts
    alive = []
    for fact in library().facts_used():
        for days in (fact.most_days - 1, fact.most_days + 1) if fact.most_days else ():
            facts = {**known, fact.name: replace(fact, most_days=days)}
            users = [(rule, each) for rule in EVERY_RULE for each in rule.advice if fact.name in each.condition.facts]
            if all(survives(rule, each, facts=facts) for rule, each in users):
                alive.append(f"{fact.name}: {days}")
    assert alive == []


LIMITS = ("LEAST_AGE", "EGFR_FROM", "EGFR_BELOW", "PHQ9_FROM", "PHQ9_BELOW")


@pytest.mark.parametrize("name", [*LIMITS, "OLDEST"])
@pytest.mark.parametrize("step", [-1, 1])
def test_a_changed_limit_of_the_pilot_fails_a_case(name: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot's limits are in the code that Screening uses; the cases hold them all the same."""
    one = timedelta(days=step) if name == "OLDEST" else step
    monkeypatch.setattr(screening_facts, name, getattr(screening_facts, name) + one)
    assert _a_case_of_the_pilot_fails()


@pytest.mark.parametrize("name", sorted(screening_answer.NYHA_CLASSES))
def test_another_class_of_the_pilot_fails_a_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(screening_answer.NYHA_CLASSES, name, not screening_answer.NYHA_CLASSES[name])
    assert _a_case_of_the_pilot_fails()


def _a_case_of_the_pilot_fails() -> bool:
    [rule] = library().of_programmes
    terminology, facts = load_terminology(), library().facts
    for case in CASES[rule.id][0]:
        record = read_record(case.resources, terminology, AS_OF)
        screened = read_screened(case.resources, terminology, AS_OF, case.unread)
        asked = [facts[name] for name in rule.advice[0].condition.facts]
        values = compute_facts(record, asked, terminology, AS_OF, case.unread, screened)
        found = finding(rule, rule.advice[0], values)
        if (found.outcome, {each.fact.name for each in found.missing}) != (case.answer, set(case.missing)):
            return True
    return False
