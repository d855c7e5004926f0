"""Evaluates guideline rules over the facts of one person: applies, does not apply, or cannot say for lack of a fact."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import Final

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.fact import YES_OR_NO, Between, Fact, FactKind, FactValue, Value
from dashboard.domain.guidelines.rule import Advice, Condition, Rule
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.values.terminology import Terminology

_STEP: Final = Decimal("0.001")
"""How near to a limit of a rule a number is tried that lies between two ends: finer than any result is reported."""
_MOST_TRIED: Final = 2000
"""Combinations of such numbers that are tried of one rule; with more of them nobody can say."""


class Outcome(StrEnum):
    APPLIES = "applies"
    DOES_NOT_APPLY = "does-not-apply"
    CANNOT_SAY = "cannot-say"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one card of a rule comes to: `used` are all its facts, `missing` those that would have to be known."""

    rule: Rule
    advice: Advice
    outcome: Outcome
    used: tuple[FactValue, ...]
    missing: tuple[FactValue, ...] = ()


def evaluate_record(
    record: PatientRecord,
    rules: Iterable[Rule],
    facts: Iterable[Fact],
    terminology: Terminology,
    on: date,
    unread: Set[str] = frozenset(),
    screened: Screened | None = None,
) -> tuple[Finding, ...]:
    """Returns a finding for each card of each rule for one person on one day; none of somebody who has died.

    `unread` and `screened` are those of `compute_facts`.
    """
    if record.person.deceased:
        return ()
    return evaluate(rules, compute_facts(record, facts, terminology, on, unread, screened))


def evaluate(rules: Iterable[Rule], facts: Mapping[str, FactValue]) -> tuple[Finding, ...]:
    """Returns a finding for each card of each rule, the most urgent first, in the order of the rules within that."""
    found = [finding(rule, advice, facts) for rule in rules for advice in rule.advice]
    return tuple(sorted(found, key=lambda each: each.advice.rank))


def finding(rule: Rule, advice: Advice, facts: Mapping[str, FactValue]) -> Finding:
    """Returns what one card comes to. Raises KeyError for a fact that was not computed."""
    used = tuple(facts[name] for name in advice.condition.facts)
    answer = holds(advice.condition, used)
    if answer is None:
        return Finding(rule, advice, Outcome.CANNOT_SAY, used, _missing(advice.condition, used))
    return Finding(rule, advice, Outcome.APPLIES if answer else Outcome.DOES_NOT_APPLY, used)


def holds(condition: Condition, used: Iterable[FactValue]) -> bool | None:
    """Whether a condition holds whatever the facts are that lie between two ends; None where it depends on them."""
    used = tuple(used)
    # Without them first: where the others decide, nothing is tried.
    without = {each.fact.name: None if isinstance(each.value, Between) else each.value for each in used}
    if (answer := condition.holds(without)) is not None or without == {each.fact.name: each.value for each in used}:
        return answer
    tried = {each.fact.name: _tried(each.value, condition.numbers) for each in used}
    combinations = 1
    for values in tried.values():
        combinations *= len(values)
    if combinations > _MOST_TRIED:
        return None
    answers = {condition.holds(dict(zip(tried, values, strict=True))) for values in product(*tried.values())}
    return answers.pop() if len(answers) == 1 else None


def _tried(value: Value | None, limits: Iterable[Decimal]) -> tuple[bool | str | Decimal | None, ...]:
    """The value; of one between two ends every number at which a rule's answer could change, and one to each side."""
    if not isinstance(value, Between):
        return (value,)
    ends = [end for end in (value.low, value.high) if end is not None]
    near = {number + step for number in (*limits, *ends) for step in (-_STEP, Decimal(0), _STEP)}
    return tuple(sorted(number for number in near if value.holds(number)))


def _missing(condition: Condition, used: tuple[FactValue, ...]) -> tuple[FactValue, ...]:
    """The facts that are not known, or not exactly, and that could change the answer by themselves; all of them where
    none could.
    """
    open_ = [each for each in used if not each.exact]
    known = {each.fact.name: None if isinstance(each.value, Between) else each.value for each in used}
    decides = [
        each
        for each in open_
        if any(condition.holds({**known, each.fact.name: guess}) is not None for guess in _guesses(each, condition))
    ]
    return tuple(decides or open_)


def _guesses(value: FactValue, condition: Condition) -> tuple[bool | str | Decimal, ...]:
    """Values that the fact could have, one for each answer that it could lead to."""
    if value.fact.kind in YES_OR_NO:
        return (True, False)
    if value.fact.kind is FactKind.STAGE:
        return (*condition.words, "")
    between = value.value if isinstance(value.value, Between) else Between(None, None)
    return tuple(each for each in _tried(between, (*condition.numbers, Decimal(0))) if isinstance(each, Decimal))
