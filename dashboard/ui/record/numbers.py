"""Measured numbers as a laboratory prints them, with their unit."""

from decimal import ROUND_HALF_UP, Decimal

from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.ui.record.names import show_unit

# Decimals a laboratory prints. A converted value is rounded to them; a recorded one keeps its own, up to one more
# (Synthea records fifteen); the full number is in the element's title.
USUAL_DECIMALS = {
    Measure.UACR: 1,
    Measure.POTASSIUM: 1,
    Measure.WEIGHT: 1,
    Measure.BMI: 1,
    Measure.LDL: 1,
    Measure.CHOLESTEROL: 1,
    Measure.HDL: 1,
}


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
