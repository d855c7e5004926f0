"""The course of each measure: its latest value, what that is compared with, and the direction beyond noise.

Sentence, tile, goal and file take the trend from here: one baseline with its date, and one direction.

A change counts only where it is larger than what the same person's value does by itself and what the method adds.
`NOISE` says how large, per measure and with its source; all are drafts that no clinician has signed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from dashboard.domain.attention.comparisons import YEAR
from dashboard.domain.record.goal import Goal, counting_targets
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result, time_order, without_replaced
from dashboard.domain.values.datatypes import PartialDate, Quantity
from dashboard.domain.values.site_time import site_day


@dataclass(frozen=True, slots=True)
class Noise:
    """A change smaller than `absolute` (canonical unit), or than the `ratio` up or down, is no change."""

    absolute: Decimal | None = None
    ratio: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Abnormal below `low` or at and above `high`, canonical unit; None: no limit that fits everybody."""

    low: Decimal | None = None
    high: Decimal | None = None
    source: str = ""


def _abs(value: str, source: str) -> Noise:
    return Noise(absolute=Decimal(value), source=source)


def _ratio(value: str, source: str) -> Noise:
    return Noise(ratio=Decimal(value), source=source)


# "Reference change value" is 2.77 times the combined within-person and analytical variation (EFLM database). [M]
NOISE: dict[Measure, Noise] = {
    Measure.HBA1C: _abs("5", "0.5 % NGSP, taken as a real change in trials and by NGSP [M]"),
    Measure.EGFR: _ratio("1.15", "reference change value of creatinine, 14-15 %; KDIGO 2024 asks for 20 % [M]"),
    Measure.UACR: _ratio("2", "KDIGO 2024: a doubling exceeds laboratory variability [M]"),
    Measure.POTASSIUM: _abs("0.5", "reference change value, about 12 % [M]"),
    Measure.SODIUM: _abs("4", "reference change value, about 2.5 % [M]"),
    Measure.CREATININE: _ratio("1.15", "reference change value, 14-15 % [M]"),
    Measure.SYSTOLIC: _abs("10", "visit-to-visit variation of office readings [M]"),
    Measure.DIASTOLIC: _abs("6", "visit-to-visit variation of office readings [M]"),
    Measure.WEIGHT: _abs("2", "ESC 2021 heart failure: a gain of over 2 kg in 3 days matters [M]"),
    Measure.HEIGHT: _abs("2", "error of measurement [M]"),
    Measure.BMI: _abs("1", "a change of 2 to 3 kg at usual height [M]"),
    Measure.LVEF: _abs("10", "variation between observers of 2D echocardiography [M]"),
    Measure.NTPROBNP: _ratio("1.3", "ESC 2021: a change of 30 % is beyond variation [M]"),
    Measure.PHQ9: _abs("5", "Kroenke: five points are a clinically significant change [M]"),
    Measure.LDL: _ratio("1.2", "reference change value, about 20 % [M]"),
    Measure.CHOLESTEROL: _ratio("1.15", "reference change value, about 15 % [M]"),
    Measure.HDL: _ratio("1.2", "reference change value, about 20 % [M]"),
    Measure.HAEMOGLOBIN: _abs("10", "reference change value, about 8 % [M]"),
}

ABNORMAL: dict[Measure, Limits] = {
    Measure.HBA1C: Limits(high=Decimal(58), source="NICE NG28: intensify at 58 mmol/mol [S]"),
    Measure.EGFR: Limits(low=Decimal(60), source="KDIGO 2012: G3a begins under 60 [M]"),
    Measure.UACR: Limits(high=Decimal(3), source="NICE NG203: A2 begins at 3 mg/mmol [S]"),
    Measure.POTASSIUM: Limits(Decimal("3.5"), Decimal("5.4"), "Pathology Harmony: 3.5 to 5.3 mmol/L [M]"),
    Measure.SODIUM: Limits(Decimal(133), Decimal(147), "Pathology Harmony: 133 to 146 mmol/L [M]"),
    Measure.CREATININE: Limits(source="depends on sex and muscle; see eGFR"),
    Measure.SYSTOLIC: Limits(Decimal(90), Decimal(140), "NICE NG136, clinic [M]"),
    Measure.DIASTOLIC: Limits(Decimal(50), Decimal(90), "NICE NG136, clinic; low: [M]"),
    Measure.WEIGHT: Limits(source="the change matters, not the value"),
    Measure.HEIGHT: Limits(),
    Measure.BMI: Limits(Decimal("18.5"), Decimal(30), "WHO classes [M]"),
    Measure.LVEF: Limits(low=Decimal(50), source="ESC 2021: preserved from 50 % [M]"),
    Measure.NTPROBNP: Limits(high=Decimal(400), source="NICE NG106: refer from 400 ng/L [M]"),
    Measure.PHQ9: Limits(high=Decimal(10), source="Kroenke 2001: moderate from 10 [M]"),
    Measure.LDL: Limits(source="the target depends on the person's risk"),
    Measure.CHOLESTEROL: Limits(source="the target depends on the person's risk"),
    Measure.HDL: Limits(source="counts within the person's risk, not by itself"),
    Measure.HAEMOGLOBIN: Limits(low=Decimal(110), source="NICE NG203: anaemia of CKD, 110 g/L or less [M]"),
}


def direction(measure: Measure, before: Quantity, after: Quantity) -> Direction:
    """Up or down beyond noise, steady within it; unknown where a value is only "less than" or "more than"."""
    if before.comparator or after.comparator:
        return Direction.UNKNOWN
    noise = NOISE[measure]
    if noise.absolute is not None:
        change = after.value - before.value
        if abs(change) < noise.absolute:
            return Direction.STEADY
        return Direction.UP if change > 0 else Direction.DOWN
    ratio = noise.ratio or Decimal(1)
    if after.value >= before.value * ratio and after.value > before.value:
        return Direction.UP
    if after.value * ratio <= before.value and after.value < before.value:
        return Direction.DOWN
    return Direction.STEADY


def is_abnormal(measure: Measure, quantity: Quantity) -> bool:
    """Outside `ABNORMAL`. Of "<5" and the like only what is certain counts: "<5" is low where low is 5 or more."""
    limits, value = ABNORMAL[measure], quantity.value
    below = limits.low is not None and (value < limits.low or (quantity.comparator == "<" and value == limits.low))
    above = limits.high is not None and value >= limits.high
    if quantity.comparator.startswith("<"):
        return below
    if quantity.comparator.startswith(">"):
        return above
    return below or above


COMPARED_OVER_A_YEAR = frozenset({Measure.EGFR, Measure.HBA1C, Measure.HAEMOGLOBIN})
"""Measures whose slow change matters: the rules on them ask for the change of twelve months (NICE NG203 on eGFR; the
others are our own choice, as in `points`)."""
TREND_DAYS = 730
"""How far back from the day of view a value may lie that the latest is compared with: two years, which is what the
worklist reads, so that no page knows of a trend that another does not. Own choice, draft."""
DAYS_OF_WEIGHT = timedelta(days=3)
"""ESC 2021, heart failure: a gain within three days matters."""


def baseline(measure: Measure, course: Sequence[Result], on: date) -> Result | None:
    """What the latest value of a course (oldest first) is compared with on a day of view; None where there is no value
    of an earlier day within `TREND_DAYS`.

    Of eGFR, HbA1c and haemoglobin the oldest plain number of the twelve months before; of weight the lowest of the
    three days before; of everything else, and where there is no such value, the last of an earlier day. The day is
    another one, so that a sample reported twice (in two units, say) is not called a change.
    """
    latest = course[-1]
    day = latest.when.start
    first = on - timedelta(days=TREND_DAYS)
    earlier = [each for each in course if first <= each.when.start < day]
    if measure in COMPARED_OVER_A_YEAR and not latest.value.comparator:
        within = [each for each in earlier if day - each.when.start <= YEAR and not each.value.comparator]
        if within:
            return within[0]
    if measure is Measure.WEIGHT:
        near = [
            each for each in earlier if day - each.when.start <= DAYS_OF_WEIGHT and each.when.start == each.when.end
        ]
        if near:
            return min(near, key=lambda each: each.value.value)
    return earlier[-1] if earlier else None


def has_limits(result: Result) -> bool:
    """Whether there are limits for its measure that fit everybody."""
    limits = ABNORMAL[result.measure]
    return limits.low is not None or limits.high is not None


def is_outside(result: Result) -> bool:
    """Whether a result is outside the usual range; where a measure has no limits, whether its source says so."""
    return is_abnormal(result.measure, result.value) if has_limits(result) else result.flagged


def is_old(result: Result, on: date) -> bool:
    """Whether a result is more than a year old: then it says little of today."""
    return on - result.when.end > YEAR


def is_news(key: KeyResult, last_contact: PartialDate | None) -> bool:
    """Whether the latest value came after the last contact, so that nobody has spoken with the patient about it.

    Without a known contact nothing is called new: everything would be.
    """
    return last_contact is not None and key.latest.when.start > last_contact.end


def key_results(results: Iterable[Result], as_of: date | datetime) -> dict[Measure, KeyResult]:
    """Per measure, in the enum's order: the latest result known at `as_of`, and what it is compared with.

    A result of a later day than `as_of` is left out, and a preliminary one that a final one replaces.
    """
    last_day = site_day(as_of) if isinstance(as_of, datetime) else as_of
    series: dict[Measure, list[Result]] = {}
    for result in results:
        if result.when.start <= last_day:
            series.setdefault(result.measure, []).append(result)
    return {measure: _key_result(measure, series[measure], last_day) for measure in Measure if measure in series}


def _key_result(measure: Measure, results: list[Result], on: date) -> KeyResult:
    results = course = without_replaced(results)
    # A server tells most of a course in its order already.
    if any(earlier.when.moment >= later.when.moment for earlier, later in pairwise(results)):
        course = sorted(results, key=time_order)
    latest, before = course[-1], baseline(measure, course, on)
    return KeyResult(
        measure=measure,
        latest=latest,
        baseline=before,
        direction=direction(measure, before.value, latest.value) if before else Direction.UNKNOWN,
        series=tuple(course),
        abnormal=is_outside(latest),
        old=is_old(latest, on),
    )


def with_targets(known: Mapping[Measure, KeyResult], goals: Iterable[Goal]) -> dict[Measure, KeyResult]:
    """The results with the targets that count for their measures."""
    aims = counting_targets(goals)
    return {
        measure: replace(result, target=aims[measure][0]) if measure in aims else result
        for measure, result in known.items()
    }
