"""One unit per measure, and the way there: by unit and per substance, never by code. An unknown unit is refused.

A value already in the canonical unit, or in one that is the same by another name (mEq/L of potassium is mmol/L, pg/mL
is ng/L), keeps its number and its decimals as recorded. Any other value is computed in decimals and rounded half up
to `DECIMALS`, which is what laboratories report; rounding twice moves a value by at most one step of the coarser unit.

`to_canonical(Measure.HBA1C, Quantity(Decimal("7.0"), "%"))` is `Quantity(Decimal("53"), "mmol/mol")`.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.unit_aliases import unit_meant


class UnknownUnit(ValueError):
    """A result in a unit that is not known for its measure: it must be shown as recorded and never compared."""


SCORE = "{score}"
"""The unit of what is counted in points: a number without a unit is in it."""
CANONICAL_UNIT: dict[Measure, str] = {
    Measure.HBA1C: "mmol/mol",
    Measure.EGFR: "mL/min/{1.73_m2}",
    Measure.UACR: "mg/mmol",
    Measure.POTASSIUM: "mmol/L",
    Measure.SODIUM: "mmol/L",
    Measure.CREATININE: "umol/L",
    Measure.SYSTOLIC: "mm[Hg]",
    Measure.DIASTOLIC: "mm[Hg]",
    Measure.WEIGHT: "kg",
    Measure.HEIGHT: "cm",
    Measure.BMI: "kg/m2",
    Measure.LVEF: "%",
    Measure.NTPROBNP: "ng/L",
    Measure.PHQ9: SCORE,
    Measure.LDL: "mmol/L",
    Measure.CHOLESTEROL: "mmol/L",
    Measure.HDL: "mmol/L",
    Measure.HAEMOGLOBIN: "g/L",
}

DECIMALS: dict[str, int] = {
    "mmol/mol": 0,
    "mL/min/{1.73_m2}": 0,
    "mL/s/{1.73_m2}": 2,
    "mg/mmol": 1,
    "mg/g": 0,
    "mmol/L": 1,
    "mg/dL": 1,
    "umol/L": 0,
    "mm[Hg]": 0,
    "kPa": 1,
    "kg": 1,
    "g": 0,
    "[lb_av]": 1,
    "cm": 0,
    "m": 2,
    "[in_i]": 1,
    "kg/m2": 1,
    "%": 1,
    "ng/L": 0,
    "pmol/L": 0,
    "{score}": 0,
    "g/L": 0,
    "g/dL": 1,
}
"""Decimals of a computed value, by unit. Creatinine in mg/dL has two (see `_decimals`)."""


@dataclass(frozen=True, slots=True)
class Line:
    """canonical = slope * value + intercept; and back by its own published pair, where one is published."""

    slope: Decimal
    intercept: Decimal = Decimal(0)
    back_slope: Decimal | None = None
    back_intercept: Decimal = Decimal(0)

    @property
    def same(self) -> bool:
        return self.slope == 1 and self.intercept == 0

    def to(self, value: Decimal) -> Decimal:
        return self.slope * value + self.intercept

    def back(self, value: Decimal) -> Decimal:
        if self.back_slope is None:
            return (value - self.intercept) / self.slope
        return self.back_slope * value + self.back_intercept


def _by(factor: str) -> Line:
    return Line(Decimal(factor))


_SAME = _by("1")
# The IFCC-NGSP master equation in its two published directions: http://www.ngsp.org/ifccngsp.asp
_NGSP = Line(Decimal("10.93"), Decimal("-23.50"), Decimal("0.09148"), Decimal("2.152"))

CONVERSIONS: dict[Measure, dict[str, Line]] = {
    Measure.HBA1C: {"%": _NGSP},
    # "mL/min" alone is refused: it is an absolute clearance, and nobody can tell whether the area was left out.
    Measure.EGFR: {"mL/s/{1.73_m2}": _by("60")},
    # 1 g of creatinine is 8.84 mmol (113.12 g/mol).
    Measure.UACR: {"g/mol": _SAME, "mg/g": _by("0.11312"), "ug/mg": _by("0.11312")},
    Measure.POTASSIUM: {"meq/L": _SAME},  # one charge a molecule
    Measure.SODIUM: {"meq/L": _SAME},
    Measure.CREATININE: {"mg/dL": _by("88.40"), "mmol/L": _by("1000")},  # 113.12 g/mol
    Measure.SYSTOLIC: {"kPa": _by("7.50062")},
    Measure.DIASTOLIC: {"kPa": _by("7.50062")},
    Measure.WEIGHT: {"g": _by("0.001"), "[lb_av]": _by("0.45359237")},
    Measure.HEIGHT: {"m": _by("100"), "[in_i]": _by("2.54")},
    Measure.BMI: {},
    Measure.LVEF: {},
    Measure.NTPROBNP: {"pg/mL": _SAME, "pmol/L": _by("8.457")},  # 8,457 g/mol, 76 amino acids
    Measure.PHQ9: {"1": _SAME},
    Measure.LDL: {"mg/dL": _by("0.02586")},  # cholesterol: 386.65 g/mol
    Measure.CHOLESTEROL: {"mg/dL": _by("0.02586")},
    Measure.HDL: {"mg/dL": _by("0.02586")},
    Measure.HAEMOGLOBIN: {"g/dL": _by("10"), "mmol/L": _by("16.114")},  # the monomer: 16,114 g/mol
}
"""Other units than the canonical one, by UCUM code."""

_LITRE = re.compile(r"(?<![A-Za-z])([dmu]?)l(?![A-Za-z])")
_NOTE = re.compile(r"(?<=[A-Za-z%\]])\{[^}]*\}")
_ONLY_NOTE = re.compile(r"\{[^}]*\}\Z")


@lru_cache(maxsize=1024)
def ucum(unit: str) -> str:
    """A sender's unit as it is compared with UCUM's codes: l and L, Greek and micro mu, and notes are one.

    A note is UCUM's braces: `mg/g{creat}` is `mg/g`, but the area in `mL/min/{1.73_m2}` stays, since it is another
    unit.
    """
    plain = unit.strip().replace("µ", "u").replace("μ", "u").replace("²", "2").replace(" ", "")
    return _LITRE.sub(r"\1L", _NOTE.sub("", plain))


def _line(measure: Measure, unit: str) -> tuple[str, Line]:
    code = ucum(unit)
    if measure is Measure.PHQ9 and _ONLY_NOTE.match(code):
        code = CANONICAL_UNIT[measure]  # a score has no dimension, and braces alone mean just that
    if code == CANONICAL_UNIT[measure]:
        return code, _SAME
    line = CONVERSIONS[measure].get(code)
    if line is not None:
        return code, line
    meant = unit_meant(measure, code, (CANONICAL_UNIT[measure], *CONVERSIONS[measure]))
    if meant is None:
        raise UnknownUnit(f"the unit of a {measure.value} result is not one that can be converted")
    return meant, _SAME if meant == CANONICAL_UNIT[measure] else CONVERSIONS[measure][meant]


def _decimals(measure: Measure, unit: str) -> int:
    return 2 if measure is Measure.CREATININE and unit == "mg/dL" else DECIMALS.get(unit, DECIMALS[_alike(unit)])


def _alike(unit: str) -> str:
    """The unit whose decimals a unit without its own has: the same size by another name."""
    return {"g/mol": "mg/mmol", "ug/mg": "mg/g", "meq/L": "mmol/L", "pg/mL": "ng/L", "1": "{score}"}.get(
        unit, "mL/min/{1.73_m2}"
    )


def convert(measure: Measure, quantity: Quantity, unit: str) -> Quantity:
    """The quantity in another unit of the same measure, with its comparator. UnknownUnit for either unit unknown."""
    source, there = _line(measure, quantity.unit)
    target, back = _line(measure, unit)
    if source == target or (there.same and back.same):
        return quantity if quantity.unit == target else Quantity(quantity.value, target, quantity.comparator)
    value = back.back(there.to(quantity.value))
    step = Decimal(1).scaleb(-_decimals(measure, target))
    try:
        return Quantity(value.quantize(step, ROUND_HALF_UP), target, quantity.comparator)
    except InvalidOperation:
        raise UnknownUnit(f"a {measure.value} result is too large to be converted") from None


def to_canonical(measure: Measure, quantity: Quantity) -> Quantity:
    """The quantity in `CANONICAL_UNIT[measure]`; its number as recorded where the unit is the same by another name.

    Raises UnknownUnit, whose text holds neither the value nor the unit.
    """
    return convert(measure, quantity, CANONICAL_UNIT[measure])
