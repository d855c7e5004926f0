"""Reads numbers and quantities, with the digits that were written."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from dashboard.domain.values.code_systems import UCUM
from dashboard.domain.values.datatypes import Quantity
from dashboard.fhir.mapping.elements import MOST_REMEMBERED, CannotRead, short_enough, text

_LARGEST_EXPONENT = 308  # what other programs can carry as a number; nothing measured comes near


def number(value: Any) -> Decimal:
    """A JSON number as a decimal, with the digits it was written with. Raises CannotRead."""
    return _decimal(_digits(value))


def _digits(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CannotRead("no-value" if value is None else "bad-value")
    return str(value)


def _decimal(digits: str) -> Decimal:
    number = Decimal(digits)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise CannotRead("bad-value")
    return number


def amount(value: Any) -> str:
    """A Quantity as its source wrote it, "7.1 %"; "" for what is none. Nothing is converted."""
    if not isinstance(value, dict):
        return ""
    measured = value.get("value")
    if isinstance(measured, bool) or not isinstance(measured, int | float | Decimal):
        return ""
    unit = text(value.get("unit")) or text(value.get("code"))
    return f"{text(value.get('comparator'))}{measured} {unit}".strip()


def plain_number(value: Any) -> str:
    """A number of times or of units of time: "4", "1.5"; "" for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return str(int(value)) if value == int(value) else str(value)


_AGES = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}


def age(value: Any) -> str:
    """An Age as `amount`, with UCUM's unit of time as a word: "60 years". The words are the record's, in English."""
    shown = amount(value)
    number, _, unit = shown.partition(" ")
    return f"{number} {_AGES.get(unit, unit)}".strip()


def quantity(value: Any, without: str = "") -> Quantity:
    """A Quantity with its unit: the UCUM code, else the code or the unit as written, else `without`.

    Raises CannotRead.
    """
    return quantity_of(*quantity_parts(value), without)


def quantity_parts(value: Any) -> tuple[str, Any, Any, Any, Any]:
    """The digits as written, system, code, unit and comparator of a Quantity: what `quantity_of` remembers it by."""
    if not isinstance(value, dict):
        raise CannotRead("no-value")
    get = value.get
    return _digits(get("value")), get("system"), get("code"), get("unit"), get("comparator")


@lru_cache(maxsize=MOST_REMEMBERED)
def quantity_of(digits: str, system: Any, code: Any, unit: Any, comparator: Any, without: str = "") -> Quantity:
    """Remembered by the digits, not by the number: 7 and 7.0 are equal, and not the same record. Raises CannotRead."""
    try:
        short_enough(digits, *(each for each in (system, code, unit) if isinstance(each, str)))
    except TypeError as error:
        raise CannotRead("bad-value") from error
    sign, ucum, written = text(comparator), text(code), text(unit)
    if sign not in ("", "<", "<=", ">=", ">"):
        raise CannotRead("bad-value")
    known = (ucum if ucum and system in (UCUM, None) else written or ucum) or without
    if not known:
        raise CannotRead("no-unit")
    return Quantity(_decimal(digits), known, sign)
