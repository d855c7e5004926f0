"""The facts that a recommendation stood on when somebody saw it, and whether they are still the same.

They are the same while every fact has its value and comes from the same records. What the calendar alone moves (days
since, an age) is no change: a recommendation that was declined does not come back because a day has passed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from dashboard.domain.guidelines.fact import DAYS, Between, FactKind, FactValue, Value, Why
from dashboard.domain.values.datatypes import PartialDate, Reference

_FINEST: Final = Decimal("0.001")
"""Finer than any result is reported; a converted unit has more digits than a server keeps."""
_LARGEST: Final = Decimal(10) ** 12
_BY_THE_CALENDAR: Final = DAYS | {FactKind.AGE}

VersionOf = Callable[[Reference], str]
"""The version id of a record as it was read, "" where the server gives none."""


class RecordSeen(NamedTuple):
    """A record in the version that was read ("" where the server gives none)."""

    reference: Reference
    version: str = ""


@dataclass(frozen=True, slots=True)
class FactSeen:
    """One fact as it was: its value (None: not known, `why`), in the unit of the fact; the date, and the records with
    the versions that were read.
    """

    name: str
    kind: FactKind
    value: Value | None
    unit: str = ""
    when: PartialDate | None = None
    records: tuple[RecordSeen, ...] = ()
    why: Why | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What of it is the same while nothing has changed. A new version of a record that says the same is no change;
        who is in hospital is "seen today" each day anew.
        """
        value = "" if self.kind in _BY_THE_CALENDAR and self.value is not None else _written(self.value)
        when = self.when.text if self.when is not None and self.kind is not FactKind.SINCE_CONTACT else ""
        records = sorted({str(each.reference) for each in self.records})
        return (self.name, str(self.kind), value, self.unit, when, str(self.why or ""), *records)


def seen(value: FactValue, version_of: VersionOf) -> FactSeen:
    """The fact as somebody sees it now; its numbers to three decimals."""
    return FactSeen(
        name=value.fact.name,
        kind=value.fact.kind,
        value=_rounded(value.value),
        unit=value.fact.unit,
        when=value.when,
        records=tuple(RecordSeen(each, version_of(each)) for each in sorted(set(value.records))),
        why=value.why,
    )


def changed_facts(before: Iterable[FactSeen], now: Iterable[FactSeen]) -> tuple[str, ...]:
    """The names of the facts that are not the same, or are asked for on one side only, in their order."""
    then, here = {each.name: each.key for each in before}, {each.name: each.key for each in now}
    return tuple(name for name in dict.fromkeys((*here, *then)) if then.get(name) != here.get(name))


def _rounded(value: Value | None) -> Value | None:
    if isinstance(value, Between):
        low, high = (None if end is None else _to_three(end) for end in (value.low, value.high))
        # Whether an open end is meant itself says nothing.
        return Between(low, high, value.low_out and low is not None, value.high_out and high is not None)
    return _to_three(value) if isinstance(value, Decimal) else value


def _to_three(number: Decimal) -> Decimal:
    return number.quantize(_FINEST).normalize() if abs(number) < _LARGEST else number


def _written(value: Value | None) -> str:
    """The same text for the same value, however many zeros it was written with."""
    if isinstance(value, Between):
        low, high = (_written(end) for end in (value.low, value.high))
        return f"{'(' if value.low_out else '['}{low},{high}{')' if value.high_out else ']'}"
    if isinstance(value, Decimal):
        return f"number {value.normalize()}"
    return "" if value is None else f"{type(value).__name__} {value}"
