"""Units: published equivalents, laws of every conversion, and the refusal of unknown units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.unit_aliases import spellings, unit_meant
from dashboard.domain.values.units import (
    CANONICAL_UNIT,
    CONVERSIONS,
    UnknownUnit,
    _decimals,
    convert,
    to_canonical,
    ucum,
)

PAIRS = [(measure, unit) for measure in Measure for unit in (CANONICAL_UNIT[measure], *CONVERSIONS[measure])]
# Measure -> plausible numbers of patients, in the canonical unit.
PEOPLE = {
    Measure.HBA1C: (20, 200), Measure.EGFR: (2, 150), Measure.UACR: (0, 1000), Measure.POTASSIUM: (2, 9),
    Measure.SODIUM: (100, 180), Measure.CREATININE: (20, 1500), Measure.SYSTOLIC: (50, 260),
    Measure.DIASTOLIC: (20, 160), Measure.WEIGHT: (25, 300), Measure.HEIGHT: (100, 220), Measure.BMI: (10, 80),
    Measure.LVEF: (5, 85), Measure.NTPROBNP: (5, 70000), Measure.PHQ9: (0, 27), Measure.LDL: (0, 12),
    Measure.CHOLESTEROL: (1, 20), Measure.HDL: (0, 6), Measure.HAEMOGLOBIN: (30, 230),
}  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "value", "unit", "canonical"),
    [
        # NGSP's own table of equivalents: http://www.ngsp.org/docs/IFCCstd.pdf
        (Measure.HBA1C, "5.0", "%", "31"),
        (Measure.HBA1C, "6.0", "%", "42"),
        (Measure.HBA1C, "6.5", "%", "48"),
        (Measure.HBA1C, "7.0", "%", "53"),
        (Measure.HBA1C, "7.5", "%", "58"),
        (Measure.HBA1C, "8.0", "%", "64"),
        (Measure.HBA1C, "10.0", "%", "86"),
        (Measure.CREATININE, "1.0", "mg/dL", "88"),
        (Measure.CREATININE, "1.20", "mg/dl", "106"),
        (Measure.UACR, "30", "mg/g", "3.4"),
        (Measure.UACR, "300", "mg/g", "33.9"),
        (Measure.UACR, "3.4", "g/mol", "3.4"),
        (Measure.CHOLESTEROL, "200", "mg/dL", "5.2"),
        (Measure.LDL, "70", "mg/dL", "1.8"),
        (Measure.HAEMOGLOBIN, "13.2", "g/dL", "132"),
        (Measure.NTPROBNP, "450", "pg/mL", "450"),
        (Measure.NTPROBNP, "100", "pmol/L", "846"),
        (Measure.WEIGHT, "180", "[lb_av]", "81.6"),
        (Measure.WEIGHT, "81400", "g", "81.4"),
        (Measure.HEIGHT, "1.72", "m", "172"),
        (Measure.SYSTOLIC, "18.7", "kPa", "140"),
        (Measure.POTASSIUM, "5.1", "mEq/L", "5.1"),
        (Measure.PHQ9, "12", "{#}", "12"),
    ],
)
def test_published_equivalents_are_converted(measure: Measure, value: str, unit: str, canonical: str) -> None:
    converted = to_canonical(measure, Quantity(Decimal(value), unit))
    assert converted == Quantity(Decimal(canonical), CANONICAL_UNIT[measure])


BACK = [("31", "5.0"), ("42", "6.0"), ("48", "6.5"), ("53", "7.0"), ("86", "10.0")]


@pytest.mark.parametrize(("mmol_mol", "percent"), BACK)
def test_haemoglobin_a1c_is_converted_back_by_the_published_equation(mmol_mol: str, percent: str) -> None:
    back = convert(Measure.HBA1C, Quantity(Decimal(mmol_mol), "mmol/mol"), "%")
    assert (str(back.value), back.unit) == (percent, "%")


def test_no_two_units_of_a_measure_are_spelled_alike() -> None:
    """Else a report in capitals, or an alias, would have two meanings."""
    for measure in Measure:
        owners: dict[str, set[str]] = {}
        for code in (CANONICAL_UNIT[measure], *CONVERSIONS[measure]):
            for each in spellings(code):
                owners.setdefault(each.casefold().replace(" ", ""), set()).add(code)
        alike = {each: codes for each, codes in owners.items() if len(codes) > 1}
        assert alike in ({}, {"1": {"1", "{score}"}}), measure  # UCUM's 1 is a score's unit by another name


@pytest.mark.parametrize("measure", Measure)
def test_a_value_in_the_canonical_unit_does_not_change(measure: Measure) -> None:
    converted = to_canonical(measure, Quantity(Decimal("42.500"), CANONICAL_UNIT[measure], "<"))
    assert (str(converted.value), converted.unit, converted.comparator) == ("42.500", CANONICAL_UNIT[measure], "<")


@st.composite
def measured(draw: st.DrawFn) -> tuple[Measure, str, Decimal]:
    """Draws a measure, one of its units, and a plausible value in that unit with its usual decimals."""
    measure, unit = draw(st.sampled_from(PAIRS))
    ends = (Quantity(Decimal(end), CANONICAL_UNIT[measure]) for end in PEOPLE[measure])
    low, high = (convert(measure, end, unit).value for end in ends)
    return measure, unit, draw(st.decimals(low, high, places=_decimals(measure, unit), allow_nan=False))


@given(measured(), st.data())
def test_converting_there_and_back_only_rounds(case: tuple[Measure, str, Decimal], data: st.DataObject) -> None:
    measure, unit, value = case
    other = data.draw(st.sampled_from([unit for each, unit in PAIRS if each is measure]))
    there = convert(measure, Quantity(value, unit), other)
    back = convert(measure, there, unit)
    half = Decimal(1).scaleb(-_decimals(measure, other)) / 2
    low, high = (exactly(measure, end, other, unit) for end in (there.value, there.value + half))
    wide = abs(high - low)
    step = Decimal(1).scaleb(-_decimals(measure, unit))
    slack = value * Decimal("0.0003") + Decimal("0.04")  # NGSP publishes both directions, each rounded to four digits
    assert abs(back.value - value) <= wide + step + (slack if measure is Measure.HBA1C else 0)


def exactly(measure: Measure, value: Decimal, source: str, target: str) -> Decimal:
    """Converts in the obvious way, without rounding: by a straight line through two distant points of the table."""
    canonical = CANONICAL_UNIT[measure]
    lines = {canonical: (Decimal(1), Decimal(0))} | {u: (c.slope, c.intercept) for u, c in CONVERSIONS[measure].items()}
    slope, intercept = lines[source]
    to_slope, to_intercept = lines[target]
    return (slope * value + intercept - to_intercept) / to_slope


@given(measured(), st.data())
def test_conversion_preserves_the_order_of_two_values(case: tuple[Measure, str, Decimal], data: st.DataObject) -> None:
    measure, unit, value = case
    other = data.draw(st.decimals(value, value * 2 + 1, places=2, allow_nan=False))
    smaller, larger = (to_canonical(measure, Quantity(each, unit)).value for each in (value, other))
    assert smaller <= larger


@given(st.sampled_from(list(Measure)), st.text(max_size=12), st.decimals(0, 500, places=1, allow_nan=False))
def test_an_unknown_unit_is_refused_without_the_value(measure: Measure, unit: str, value: Decimal) -> None:
    known = (CANONICAL_UNIT[measure], *CONVERSIONS[measure])
    understood = unit_meant(measure, ucum(unit), known) is not None
    if ucum(unit) in known or understood or (measure is Measure.PHQ9 and unit.startswith("{")):
        return
    with pytest.raises(UnknownUnit) as refused:
        to_canonical(measure, Quantity(value, unit))
    with pytest.raises(UnknownUnit) as other:
        to_canonical(measure, Quantity(Decimal("123.4"), "no-such-unit"))
    assert str(refused.value) == str(other.value)


@pytest.mark.parametrize(
    ("measure", "unit"),
    [
        (Measure.HBA1C, "mmol/L"), (Measure.HBA1C, ""), (Measure.POTASSIUM, "mg/dL"), (Measure.WEIGHT, "stone"),
        (Measure.CREATININE, "mL/min"), (Measure.LVEF, "1"), (Measure.EGFR, "mL"), (Measure.EGFR, "mL/min"),
        (Measure.HBA1C, "% IFCC"), (Measure.HBA1C, "% Mono-S"), (Measure.WEIGHT, "Mg"), (Measure.PHQ9, "mmol/L"),
        (Measure.UACR, "mg/L"),
    ],
)  # fmt: skip
def test_a_unit_of_another_quantity_is_refused(measure: Measure, unit: str) -> None:
    with pytest.raises(UnknownUnit):
        to_canonical(measure, Quantity(Decimal(5), unit))


def test_a_number_too_large_to_convert_is_refused_like_an_unknown_unit() -> None:
    with pytest.raises(UnknownUnit):
        to_canonical(Measure.HBA1C, Quantity(Decimal("1e40"), "%"))
