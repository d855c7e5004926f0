"""Results in words: "HbA1c 71 mmol/mol, up from 62 (12-Sep-2026)". Value, unit, date and direction are never apart."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result
from dashboard.domain.values.datatypes import Quantity
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.shared.dates import show_date, show_near
from dashboard.ui.shared.wording import mark, t

# Decimals a laboratory prints. A converted value is rounded to them; a recorded one keeps its own, up to one more
# (Synthea records fifteen); the full number is in the element's title.
USUAL_DECIMALS = {
    Measure.UACR: 1,
    Measure.POTASSIUM: 1,
    Measure.WEIGHT: 1,
    Measure.BMI: 1,
    Measure.LDL: 1,
    Measure.CHOLESTEROL: 1,
}

DIRECTIONS = {
    Direction.UP: ("↑", mark("up")),
    Direction.DOWN: ("↓", mark("down")),
    Direction.STEADY: ("→", mark("steady")),
    Direction.UNKNOWN: ("", ""),
}

# What a glance at each condition needs, most telling first; the worklist shows the first of each that exist.
KEY_MEASURES = {
    ConditionKey.T2DM: (Measure.HBA1C, Measure.BMI, Measure.LDL),
    ConditionKey.HF: (Measure.NTPROBNP, Measure.LVEF, Measure.WEIGHT),
    ConditionKey.CKD: (Measure.EGFR, Measure.POTASSIUM, Measure.UACR),
    ConditionKey.DEPRESSION: (Measure.PHQ9,),
}


# A row of the worklist shows so many, one for each condition if these are more, and blood pressure: longer rows leave
# few patients in sight.
ROW_MEASURES = 3


@dataclass(frozen=True, slots=True)
class ResultWords:
    """One measure, ready to show. `text` is the full sentence, the other fields are its parts."""

    name: str
    value: str
    unit: str
    when: str
    arrow: str
    direction: str
    previous: str
    abnormal: bool
    note: str
    text: str
    urgent: bool = False


def show_number(value: Decimal, measure: Measure | None, *, converted: bool = False) -> str:
    """`5.9`: the decimals as recorded, within what is usual for the measure."""
    usual = USUAL_DECIMALS.get(measure, 0) if measure else 2
    exponent = value.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    most = usual if converted else usual + 1
    if decimals > most:
        value = value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
    return format(value, "f")


def show_quantity(quantity: Quantity, measure: Measure | None, *, converted: bool = False) -> str:
    """`<5 mmol/mol`, without a space where the unit is a percent sign."""
    unit = show_unit(quantity.unit)
    gap = "" if unit in ("%", "") else " "
    return f"{quantity.comparator}{show_number(quantity.value, measure, converted=converted)}{gap}{unit}"


def show_result(result: Result) -> str:
    """`HbA1c 71 mmol/mol`."""
    return f"{measure_name(result.measure)} {show_quantity(result.value, result.measure, converted=result.converted)}"


def show_target(key: KeyResult) -> str:
    """`target under 53`, "" without one. The unit is the value's, which is shown with it."""
    low, high = key.target_low, key.target_high
    if low and high:
        return t("target {low} to {high}", low=_bound(low, key.measure), high=_bound(high, key.measure))
    if high:
        return t("target under {high}", high=_bound(high, key.measure))
    return t("target over {low}", low=_bound(low, key.measure)) if low else ""


def result_words(key: KeyResult, as_of: date) -> ResultWords:
    """The words of a key result. The latest value's note says when it was converted, and from what."""
    latest = key.latest
    arrow, direction = DIRECTIONS[key.direction]
    value = latest.value.comparator + show_number(latest.value.value, key.measure, converted=latest.converted)
    previous = (
        ""
        if key.previous is None
        else show_number(key.previous.value.value, key.measure, converted=key.previous.converted)
    )
    sentence = show_result(latest)
    if previous and key.direction in (Direction.UP, Direction.DOWN):
        came = (
            t("up from {previous}", previous=previous)
            if key.direction is Direction.UP
            else t("down from {previous}", previous=previous)
        )
        sentence = f"{sentence}, {came}"
    elif key.direction is Direction.STEADY:
        sentence = f"{sentence}, {t('steady')}"
    recorded = show_quantity(latest.recorded, key.measure)
    return ResultWords(
        name=measure_name(key.measure),
        value=value,
        unit=show_unit(latest.value.unit),
        when=show_date(latest.when),
        arrow=arrow,
        direction=t(direction) if direction else "",
        previous=previous,
        abnormal=key.abnormal,
        note=t("converted from {value}", value=recorded) if latest.converted else "",
        text=f"{sentence} ({show_near(latest.when, as_of)})",
    )


def pressure_words(systolic: KeyResult, diastolic: KeyResult | None, as_of: date) -> ResultWords:
    """Blood pressure as the joined pair, `148/82 mmHg`, when both come from one reading (GTAB-039 to 043)."""
    words = result_words(systolic, as_of)
    name = t("BP")
    if diastolic is None or diastolic.latest.when != systolic.latest.when:
        return words
    pair = f"{words.value}/{show_number(diastolic.latest.value.value, Measure.DIASTOLIC)}"
    return ResultWords(
        name=name,
        value=pair,
        unit=words.unit,
        when=words.when,
        arrow=words.arrow,
        direction=words.direction,
        previous=words.previous,
        abnormal=systolic.abnormal or diastolic.abnormal,
        note=words.note,
        text=words.text.replace(f"{words.name} {words.value}", f"{name} {pair}", 1),
    )


def row_results(
    results: dict[Measure, KeyResult],
    conditions: tuple[ConditionKey, ...],
    as_of: date,
    urgent: Collection[Measure | None] = (),
) -> list[ResultWords]:
    """What the worklist shows of a patient: urgent measures, the first of each condition, abnormal ones, and BP.

    `urgent` are the measures of dangerous results: only these are red.
    """
    chosen = [next((m for m in KEY_MEASURES.get(c, ()) if m in results), None) for c in conditions]
    measures = [m for m in results if m in urgent and not _is_pressure(m)]
    measures += [m for m in dict.fromkeys(chosen) if m is not None and m not in measures]
    measures += [m for m, key in results.items() if key.abnormal and m not in measures and not _is_pressure(m)]
    measures = measures[: max(ROW_MEASURES, len(conditions))]
    if not conditions:
        measures = [m for m in results if not _is_pressure(m)][:ROW_MEASURES]
    words = [result_words(results[m], as_of) for m in measures]
    words = [replace(each, urgent=measure in urgent) for each, measure in zip(words, measures, strict=True)]
    if Measure.SYSTOLIC in results:
        pair = pressure_words(results[Measure.SYSTOLIC], results.get(Measure.DIASTOLIC), as_of)
        words.append(replace(pair, urgent=bool({Measure.SYSTOLIC, Measure.DIASTOLIC} & set(urgent))))
    return words


def _is_pressure(measure: Measure) -> bool:
    return measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)


def _bound(quantity: Quantity, measure: Measure) -> str:
    return show_number(quantity.value, measure)


def show_date_range(key: KeyResult, words: ResultWords, target: str) -> str:
    """What the small picture shows: `HbA1c, 6 values from 58 (03-Jan-2025) to 71 mmol/mol (12-Sep-2026)`."""
    first = key.series[0] if key.series else key.latest
    sentence = t(
        "{name}, {n} values from {first} ({start}) to {value} {unit} ({end})",
        name=measure_name(key.measure),
        n=len(key.series),
        first=show_number(first.value.value, key.measure, converted=first.converted),
        start=show_date(first.when),
        value=show_number(key.latest.value.value, key.measure, converted=key.latest.converted),
        unit=words.unit,
        end=words.when,
    )
    return f"{sentence}, {target}" if target else sentence
