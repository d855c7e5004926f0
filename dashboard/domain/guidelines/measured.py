"""Facts from Observations: the latest value, its change, an answer, and how long ago something was done.

A value with a comparator ("<15") lies between two ends; what is in an unknown unit, and newer than what is known, makes
the fact unknown. What lies after the day of view does not count.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from dashboard.domain.attention.trend import TREND_DAYS
from dashboard.domain.guidelines.fact import Between, Fact, FactKind, FactValue, Value, Why
from dashboard.domain.record.observation import Observation, ObservedValue, Result, time_order, without_replaced
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import UnknownUnit, convert

CHECK: Final = "check-"
"""How the names of the value sets of checks begin that leave no value."""
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?=\s|\Z)")


def measured(fact: Fact, observations: Iterable[Observation], on: date) -> FactValue:
    """The latest value of a key measure in the unit of the fact."""
    found = _latest(fact, observations, on)
    if isinstance(found, FactValue):
        return found
    _, latest = found
    try:
        value = convert(latest.measure, latest.value, fact.unit)
    except UnknownUnit:
        return FactValue(fact, None, latest.when, (latest.origin,), Why.UNREADABLE)
    return FactValue(fact, _ends(value), latest.when, (latest.origin,))


def _latest(fact: Fact, observations: Iterable[Observation], on: date) -> tuple[list[Result], Result] | FactValue:
    """The course of a measure, oldest first, and its latest value; or why there is none that counts."""
    course: list[Result] = []
    failed: list[Observation] = []
    for each in observations:
        for value in each.values:
            if value.measure in fact.measures:
                if value.result is None:
                    failed += [each] if value.unreadable else []
                elif value.result.when.start <= on:
                    course.append(value.result)
    course = sorted(without_replaced(sorted(course, key=time_order)), key=time_order)
    latest = course[-1] if course else None
    newer = [each for each in failed if latest is None or each.when is None or _is_later(each.when, latest.when, on)]
    if newer:
        return FactValue(fact, None, newer[-1].when, tuple(each.origin for each in newer), Why.UNREADABLE)
    if latest is None:
        return FactValue(fact, None, why=Why.NOT_RECORDED)
    if fact.most_days and (on - latest.when.end).days > fact.most_days:
        return FactValue(fact, None, latest.when, (latest.origin,), Why.TOO_OLD)
    return course, latest


def _is_later(when: PartialDate, than: PartialDate, on: date) -> bool:
    return when.start <= on and when.moment > than.moment


def _ends(quantity: Quantity) -> Value:
    """The number, or the ends between which it lies."""
    number, comparator = quantity.value, quantity.comparator
    if not comparator:
        return number
    if comparator.startswith("<"):
        return Between(None, number, high_out=comparator == "<")
    return Between(number, None, low_out=comparator == ">")


def change(fact: Fact, observations: Iterable[Observation], on: date) -> FactValue:
    """How far the latest value is under the highest, or above the lowest, of the `most_days` before its own day.

    0 where it went the other way. A value with a comparator tells of no change.
    """
    found = _latest(fact, observations, on)
    if isinstance(found, FactValue):
        return found
    course, latest = found
    day = latest.when.start
    earlier = [each for each in course if each.when.end < day and (day - each.when.start).days <= fact.most_days]
    if not earlier or any(each.value.comparator for each in (*earlier, latest)):
        return FactValue(fact, None, latest.when, (latest.origin,), Why.NOT_RECORDED)
    falls = fact.kind is FactKind.FALL
    before = (max if falls else min)(earlier, key=lambda each: each.value.value)
    unit = latest.value.unit if fact.percent else fact.unit
    try:
        start, end = (convert(each.measure, each.value, unit).value for each in (before, latest))
    except UnknownUnit:
        return FactValue(fact, None, latest.when, (latest.origin,), Why.UNREADABLE)
    moved = max(Decimal(0), start - end if falls else end - start)
    if fact.percent:
        if not start:
            return FactValue(fact, None, latest.when, (latest.origin,), Why.NOT_RECORDED)
        moved = moved * 100 / start
    return FactValue(fact, moved, latest.when, (before.origin, latest.origin))


def score(fact: Fact, answers: Sequence[tuple[Observation, ObservedValue]], on: date) -> FactValue:
    """The latest number that was recorded under a code of the fact, as an answer to a questionnaire is."""
    dated = [
        (each.when, each, value) for each, value in answers if each.when is not None and each.when.start <= on
    ]  # fmt: skip
    if not dated:
        return FactValue(fact, None, why=Why.UNREADABLE if answers else Why.NOT_RECORDED)
    when, latest, value = max(dated, key=lambda each: (each[0], each[1].origin))
    if fact.most_days and (on - when.end).days > fact.most_days:
        return FactValue(fact, None, when, (latest.origin,), Why.TOO_OLD)
    number = _NUMBER.match(value.text)
    if number is None:
        return FactValue(fact, None, when, (latest.origin,), Why.UNREADABLE)
    return FactValue(fact, Decimal(number[0]), when, (latest.origin,))


def done(
    fact: Fact,
    observations: Iterable[Observation],
    on: date,
    broken: Sequence[Reference] = (),
    examined: Iterable[tuple[PartialDate | None, Reference]] = (),
    all_read: bool = True,
) -> FactValue | None:
    """Days since one of the fact's measures was taken, in whatever unit, or one of its checks done.

    `examined` are the Procedures that fulfil a check. None where nothing is known and not all was read (`all_read`).
    """
    checks = {name.removeprefix(CHECK) for name in fact.value_sets if name.startswith(CHECK)}
    observed = [
        (each.when, each.origin)
        for each in observations
        if each.check in checks or any(value.measure in fact.measures for value in each.values)
    ]
    dates = [*observed, *examined]
    doubtful = [*broken, *(origin for when, origin in dates if when is None)]
    found = max(((when, origin) for when, origin in dates if when is not None and when.start <= on), default=None)
    if found is None and not all_read:
        return None
    return none_or_later(fact, found, on, doubtful, all_read)


def none_or_later(
    fact: Fact,
    found: tuple[PartialDate, Reference] | None,
    on: date,
    doubtful: Sequence[Reference],
    all_read: bool = True,
) -> FactValue:
    """Days since the last one; where there is none, more than the two years that are read.

    A record that could not be read or understood may be a later one: then it is so many days at the most.
    """
    if found is None:
        if doubtful:
            return FactValue(fact, None, records=tuple(doubtful), why=Why.UNREADABLE)
        return FactValue(fact, Between(Decimal(TREND_DAYS), None))
    when, origin = found
    value = since(when, on)
    if doubtful or not all_read:
        value = Between(Decimal(0), value.high if isinstance(value, Between) else value)
    return FactValue(fact, value, when, (origin, *doubtful))


def since(when: PartialDate, on: date) -> Between | Decimal:
    """Days since a date; a month or a year leaves several. None since a date to come: what is ordered for tomorrow."""
    least, most = Decimal(max(0, (on - when.end).days)), Decimal(max(0, (on - when.start).days))
    return least if least == most else Between(least, most)
