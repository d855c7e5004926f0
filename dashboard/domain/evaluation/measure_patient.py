"""Measures one patient: what each measure comes to before and after enrolment, or why there is nothing.

A value that is not certain counts as missing: one measured on an unknown day, one with "<" or ">", one in an unknown
unit. Nothing after the death, after leaving the study or after the moment of the evaluation counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from dashboard.domain.evaluation.facts import MeasuredValue, Participant, PatientFacts
from dashboard.domain.evaluation.measure import BEFORE, DAYS_A_YEAR, ON_A_DAY, EvaluationMeasure, Statistic, Window


class Missing(StrEnum):
    """Why there is no value."""

    NONE = ""
    NO_RECORD = "no-record"
    TOO_FEW = "too-few"
    NOT_YET = "not-yet"
    DIED = "died"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PatientMeasure:
    """One measure of one patient in one period: `value` in the measure's unit, None where `missing` says why.

    Of a rate `events` happened in `years`; of other statistics `events` is how many records the value rests on.
    """

    measure: str
    period: str
    value: float | None
    missing: Missing = Missing.NONE
    events: int = 0
    years: float = 0.0


@dataclass(frozen=True, slots=True)
class _Period:
    """The days of a window that count for somebody, and what is to be said where nothing is in them."""

    window: Window
    first: date
    last: date
    whole: date
    reason: Missing


def measure_patient(
    who: Participant, facts: PatientFacts, measures: Iterable[EvaluationMeasure], today: date
) -> list[PatientMeasure]:
    """Every measure in every period, in their order. `today` is the last day that counts."""
    return [_measured(who, facts, each, window, today) for each in measures for window in each.windows]


def _measured(
    who: Participant, facts: PatientFacts, measure: EvaluationMeasure, window: Window, today: date
) -> PatientMeasure:
    first, whole = window.days(who.enrolled)
    last = min(whole, today, *([who.until] if who.until is not None else []))
    reason = Missing.NO_RECORD
    if who.until is not None and who.until < whole and who.until <= today:
        reason = Missing.DIED if who.died else Missing.LEFT
    elif today < whole:
        reason = Missing.NOT_YET
    period = _Period(window, first, last, whole, reason)
    name = window.name
    over = last < (whole if measure.statistic in ON_A_DAY else first)
    unknown_end = who.died and who.until is None and name != BEFORE and measure.statistic not in _DATED
    if over or unknown_end:
        return PatientMeasure(measure.key, name, None, Missing.DIED if unknown_end else reason)
    return _STATISTICS[measure.statistic](facts, measure, period)


def _nothing(measure: EvaluationMeasure, period: _Period, why: Missing | None = None) -> PatientMeasure:
    reason = period.reason if why is None or period.reason is not Missing.NO_RECORD else why
    return PatientMeasure(measure.key, period.window.name, None, reason)


def _found(
    measure: EvaluationMeasure, period: _Period, value: float, events: int, years: float = 0.0
) -> PatientMeasure:
    return PatientMeasure(measure.key, period.window.name, value, Missing.NONE, events, years)


def _values(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> list[MeasuredValue]:
    """The results in the period, the earliest first: one a moment, a final one before a preliminary one."""
    assert measure.of is not None
    in_it = [each for each in facts.values.get(measure.of, ()) if period.first <= each.day <= period.last]
    # Of two at one moment the record with the greater id counts, so that the order of reading decides nothing.
    in_it.sort(key=lambda each: (each.moment, not each.preliminary, each.record, each.number))
    return list({each.moment: each for each in in_it}.values())


def _value(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    found = _values(facts, measure, period)
    if not found:
        return _nothing(measure, period)
    chosen = found[-1]
    if period.window.nearest is not None:
        aim = period.first + timedelta(period.window.nearest - period.window.first)
        chosen = min(reversed(found), key=lambda each: abs((each.day - aim).days))
    return _found(measure, period, chosen.number, len(found))


def _slope(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    found = _values(facts, measure, period)
    if len(found) < measure.values or (found[-1].day - found[0].day).days < measure.span:
        return _nothing(measure, period, Missing.TOO_FEW if found else None)
    points = [((each.day - found[0].day).days / DAYS_A_YEAR, each.number) for each in found]
    return _found(measure, period, slope_of(points), len(found))


def slope_of(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the straight line with the least squares. Raises ZeroDivisionError where all are at one place."""
    middle = sum(x for x, _ in points) / len(points)
    mean = sum(y for _, y in points) / len(points)
    return sum((x - middle) * (y - mean) for x, y in points) / sum((x - middle) ** 2 for x, _ in points)


def _rate(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    years = ((period.last - period.first).days + 1) / DAYS_A_YEAR
    days = [each for each in facts.admissions if period.first <= each.day <= period.last]
    events = sum(each.code in measure.classes for each in days)
    return _found(measure, period, events / years, events, years)


def medicines_on(facts: PatientFacts, day: date) -> int:
    """How many substances are in force on a day; one that is recorded twice counts once."""
    return len(
        {
            each.name
            for each in facts.medicines
            if each.since is not None and each.since <= day and (each.until is None or each.until >= day)
        }
    )


def _number(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    if not facts.medicines:
        return _nothing(measure, period)  # "takes none" and "nothing is recorded" are two things
    number = medicines_on(facts, period.whole)
    return _found(measure, period, float(number), number)


def _at_least(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    if not facts.medicines:
        return _nothing(measure, period)
    number = medicines_on(facts, period.whole)
    return _found(measure, period, 100.0 if number >= measure.least else 0.0, number)


def _share(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    running = [
        each
        for each in facts.goals
        if each.since <= period.last and (each.ended is None or each.ended >= period.first)
        and (each.achieved is None or each.achieved >= period.first)
    ]  # fmt: skip
    if not running:
        return _nothing(measure, period)
    reached = sum(each.achieved is not None and each.achieved <= period.last for each in running)
    return _found(measure, period, 100.0 * reached / len(running), reached)


def _days(facts: PatientFacts, measure: EvaluationMeasure, period: _Period) -> PatientMeasure:
    took = [
        (each.done - each.decided).days
        for each in facts.tasks
        if each.encounter in facts.discussions
        and period.first <= each.decided <= period.last
        and each.done is not None
        and each.decided <= each.done <= period.last
    ]
    return _found(measure, period, float(median(took)), len(took)) if took else _nothing(measure, period)


_DATED: Final = frozenset({Statistic.VALUE, Statistic.SLOPE, Statistic.DAYS})
"""Statistics that need no end of the period: each record has its own day."""
_STATISTICS: Final[dict[Statistic, Callable[[PatientFacts, EvaluationMeasure, _Period], PatientMeasure]]] = {
    Statistic.VALUE: _value,
    Statistic.SLOPE: _slope,
    Statistic.RATE: _rate,
    Statistic.NUMBER: _number,
    Statistic.AT_LEAST: _at_least,
    Statistic.SHARE: _share,
    Statistic.DAYS: _days,
}
