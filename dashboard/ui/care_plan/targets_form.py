"""Targets as two numbers that somebody types, and back: what was not touched stays as it was recorded."""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.errors import UserFacingError
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.numbers import show_number
from dashboard.ui.shared.wording import t

LONGEST_NUMBER: Final = 12
MOST: Final = 100_000
"""No target of a key measure is higher, in whatever unit."""
MOST_TARGETS: Final = 6
_SIDES: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class TypedTarget:
    """A line of the form: the target as recorded (None for a new one), its measure, and what is typed for its ends."""

    recorded: Target | None
    measure: Measure
    low: str = ""
    high: str = ""


def number_of(end: Quantity | None, measure: Measure) -> str:
    """An end as one types it: `7.5`."""
    return show_number(end.value, measure) if end is not None else ""


def label_of(measure: Measure, end: Quantity | None, *, low: bool) -> str:
    """`HbA1c below (mmol/mol)`: what a number in this field means; an end that is recorded keeps its meaning."""
    unit = show_unit(CANONICAL_UNIT[measure])
    side = _SIDES.get(end.comparator if end is not None else "", ">=" if low else "<")
    words = {
        "<": t("{measure} below", measure=measure_name(measure)),
        "<=": t("{measure} at most", measure=measure_name(measure)),
        ">": t("{measure} above", measure=measure_name(measure)),
        ">=": t("{measure} at least", measure=measure_name(measure)),
    }[side]
    return f"{words} ({unit})" if unit else words


def read_target(typed: TypedTarget) -> Target | None:
    """The target of a line; None where both ends are empty. FHIR's range includes both of its ends: so does a target
    with two. Raises UserFacingError for what is no number.
    """
    was = typed.recorded
    low = _end(typed.low, typed.measure, was.low if was else None, ">=")
    high = _end(typed.high, typed.measure, was.high if was else None, "<")
    if was is not None and (low, high) == (was.low, was.high):
        return was
    if low is None and high is None:
        return None
    if low is not None and high is not None:
        if low.value > high.value:
            raise UserFacingError("plan-target-reversed", what=measure_name(typed.measure))
        return Target(typed.measure, replace(low, comparator=">="), replace(high, comparator="<="))
    if low is not None:
        low = replace(low, comparator=low.comparator or ">=")
    if high is not None:
        high = replace(high, comparator=high.comparator or "<")
    return Target(typed.measure, low, high)


def _end(typed: str, measure: Measure, was: Quantity | None, side: str) -> Quantity | None:
    """One end; one that was not touched is as it was recorded, to the last digit."""
    if was is not None and typed.strip() == number_of(was, measure):
        return was
    number = read_number(typed, measure)
    if number is None:
        return None
    return Quantity(number, CANONICAL_UNIT[measure], (was.comparator if was is not None else "") or side)


def read_number(typed: str, measure: Measure) -> Decimal | None:
    """The number that somebody typed for a measure, None for nothing. Raises UserFacingError."""
    words = typed.strip().replace(",", ".")
    if not words:
        return None
    try:
        number = Decimal(words)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= MOST or len(words) > LONGEST_NUMBER:
        raise UserFacingError("plan-target-no-number", what=measure_name(measure))
    return number


def targets_of(value: object) -> tuple[tuple[Target, ...], tuple[OtherTarget, ...]]:
    """The targets of key measures and the others that a field holds."""
    found = value if isinstance(value, tuple) else ()
    return (
        tuple(each for each in found if isinstance(each, Target)),
        tuple(each for each in found if isinstance(each, OtherTarget)),
    )
