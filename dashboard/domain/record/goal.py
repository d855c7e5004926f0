"""Goal: what is aimed at, with its targets."""

from dataclasses import dataclass

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference


@dataclass(frozen=True, slots=True)
class Target:
    """What a Goal aims at for one measure, in the canonical unit; one of the ends may be open."""

    measure: Measure
    low: Quantity | None
    high: Quantity | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A Goal as the plan lists it; `by_patient` from expressedBy."""

    origin: Reference
    text: str
    lifecycle_status: str
    achievement_status: str
    by_patient: bool
    measure: Measure | None
    target_low: Quantity | None
    target_high: Quantity | None
    due: PartialDate | None
    addresses: tuple[ConditionKey, ...] = ()
    targets: tuple[Target, ...] = ()
