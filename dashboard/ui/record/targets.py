"""The targets of goals in words, from the range as FHIR has it: `< 53` is "below 53", `<= 4` is "4 or less"."""

from collections.abc import Iterable

from dashboard.domain.attention.trend import ABNORMAL
from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.datatypes import UNITY, Quantity
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.numbers import show_number
from dashboard.ui.shared.wording import t

PRESSURES = (Measure.SYSTOLIC, Measure.DIASTOLIC)


def range_words(target: Target, unit: str = "") -> str:
    """`below 53`, `4 or less`, `above 30`, `30 mmol/L or more`, `70 to 75 kg`; a number that names no side alone.

    The unit is left out where a value stands beside the target.
    """
    return _range(target.low, target.high, target.measure, unit)


def show_other_target(target: OtherTarget) -> str:
    """`Fasting glucose 4 to 7 mmol/L`, `Smoking: none`: as the record has it."""
    measured = measure_name(target.measure) if target.measure else target.measured
    end = target.high or target.low
    if end is None:
        return f"{measured}: {target.text}" if measured else target.text
    unit = "" if end.unit == UNITY else show_unit(end.unit)
    return f"{measured} {_range(target.low, target.high, None, unit)}".strip()


def _range(low_end: Quantity | None, high_end: Quantity | None, measure: Measure | None, unit: str) -> str:
    low, high = _number(low_end, measure), _number(high_end, measure)
    if low_end and low_end == high_end and not low_end.comparator:
        return _with_unit(low, unit)
    if low_end and high_end:
        if (low_end.comparator, high_end.comparator) == (">=", "<="):
            return t("{low} to {high}", low=low, high=_with_unit(high, unit))
        return t(
            "{low} and {high}",
            low=_side(low, low_end.comparator),
            high=_side(_with_unit(high, unit), high_end.comparator),
        )
    end = low_end or high_end
    return _side(_with_unit(low or high, unit), end.comparator) if end else ""


def pair_range_words(systolic: Target, diastolic: Target, unit: str = "") -> str:
    """`below 140/90`; of ends that are not alike each by itself."""
    ends = (systolic.high, diastolic.high)
    alike = (systolic.low is None and diastolic.low is None) or (systolic.bare and diastolic.bare)
    if alike and ends[0] and ends[1] and ends[0].comparator == ends[1].comparator:
        number = f"{_number(ends[0], Measure.SYSTOLIC)}/{_number(ends[1], Measure.DIASTOLIC)}"
        return _side(_with_unit(number, unit), ends[0].comparator)
    return t(
        "systolic {systolic}, diastolic {diastolic}",
        systolic=range_words(systolic),
        diastolic=range_words(diastolic, unit),
    )


def show_targets(targets: dict[Measure, Target]) -> str:
    """`target below 53` of one measure, `target below 140/90` of a pair; "" without one. The unit is the value's."""
    systolic, diastolic = targets.get(Measure.SYSTOLIC), targets.get(Measure.DIASTOLIC)
    if systolic and diastolic:
        return t("target {range}", range=pair_range_words(systolic, diastolic))
    return next((t("target {range}", range=range_words(target)) for target in targets.values()), "")


def goal_words(targets: dict[Measure, Target]) -> str:
    """`below 53` of one measure, `below 140/90` of a pair: the target, where its heading says that it is one."""
    systolic, diastolic = targets.get(Measure.SYSTOLIC), targets.get(Measure.DIASTOLIC)
    if systolic and diastolic:
        return pair_range_words(systolic, diastolic)
    return next((range_words(target) for target in targets.values()), "")


def usual_range(measure: Measure) -> str:
    """`3.5 to below 5.4`, `60 or more`, `below 58`: what is not called outside the usual range; "" without limits that
    fit everybody. The unit is the value's.
    """
    limits = ABNORMAL[measure]
    low = show_number(limits.low, measure) if limits.low is not None else ""
    high = show_number(limits.high, measure) if limits.high is not None else ""
    if low and high:
        return t("{low} to below {high}", low=low, high=high)
    if high:
        return _side(high, "<")
    return _side(low, ">=") if low else ""


def aims(targets: Iterable[Target]) -> list[tuple[Target, ...]]:
    """The targets of a goal, each alone, and of systolic and diastolic pressure the pair."""
    by_measure: dict[Measure, Target] = {}
    for target in targets:
        by_measure.setdefault(target.measure, target)
    pair = tuple(by_measure[measure] for measure in PRESSURES if measure in by_measure)
    if len(pair) < len(PRESSURES):
        return [(target,) for target in by_measure.values()]
    return [pair, *((target,) for measure, target in by_measure.items() if measure not in PRESSURES)]


def show_aim(aim: tuple[Target, ...]) -> str:
    """`HbA1c below 53 mmol/mol`, `BP below 140/90 mmHg`: with measure and unit, where no value stands beside it."""
    first = aim[0]
    end = first.high or first.low
    unit = show_unit(end.unit) if end else ""
    if len(aim) > 1:
        return f"{t('BP')} {pair_range_words(aim[0], aim[1], unit)}"
    return f"{measure_name(first.measure)} {range_words(first, unit)}"


def _with_unit(number: str, unit: str) -> str:
    return f"{number}{'' if unit == '%' else ' '}{unit}" if unit else number


def _side(number: str, comparator: str) -> str:
    if comparator == "<":
        return t("below {number}", number=number)
    if comparator == "<=":
        return t("{number} or less", number=number)
    if comparator == ">":
        return t("above {number}", number=number)
    return t("{number} or more", number=number) if comparator == ">=" else number


def _number(end: Quantity | None, measure: Measure | None) -> str:
    return show_number(end.value, measure) if end else ""
