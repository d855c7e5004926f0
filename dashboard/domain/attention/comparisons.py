"""Comparisons with a limit that are true only where they are certain: "<6" is not 6 or more, "<15" is under 15."""

from datetime import timedelta
from decimal import Decimal

from dashboard.domain.record.observation import KeyResult, Result

YEAR, HALF_YEAR, QUARTER = timedelta(days=366), timedelta(days=183), timedelta(days=92)


def at_least(result: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly the limit or more; "<6" is not."""
    if result is None or result.latest.value.comparator.startswith("<"):
        return False
    return result.latest.value.value >= Decimal(limit)


def above(result: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly over the limit; ">10" is where the limit is 10."""
    if not at_least(result, limit) or result is None:
        return False
    return result.latest.value.value > Decimal(limit) or result.latest.value.comparator == ">"


def below(result: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly under the limit; ">10" is not, "<15" is where the limit is 15."""
    if result is None or result.latest.value.comparator.startswith(">"):
        return False
    value = result.latest.value
    return value.value < Decimal(limit) or (value.comparator == "<" and value.value == Decimal(limit))


def a_year_before(result: KeyResult) -> Result | None:
    """The baseline where it is a plain number of the twelve months before the latest value, which is one too."""
    before = result.baseline
    if before is None or before.value.comparator or result.latest.value.comparator:
        return None
    return before if result.latest.when.start - before.when.start <= YEAR else None
