"""Goal: what is aimed at, with its targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a Goal aims at for one measure, in the canonical unit; one of the ends may be open."""

    measure: Measure
    low: Quantity | None
    high: Quantity | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A FHIR Goal. The first target that can be read gives `measure` and its ends, the first due date `due`; `targets`
    has all, `measured` the concepts they name.

    `conditions` are the programme conditions among what it `addresses`, once the Conditions are known
    (`with_conditions`). `unreadable` names targets and dates that could not be read although the goal is shown.
    `source` is the resource it was read from, None in lists and caches.
    """

    origin: Reference
    text: str
    lifecycle_status: str
    achievement_status: str
    by_patient: bool
    measure: Measure | None
    target_low: Quantity | None
    target_high: Quantity | None
    due: PartialDate | None
    conditions: tuple[ConditionKey, ...] = ()
    targets: tuple[Target, ...] = ()
    description: CodeableConcept = NO_CONCEPT
    achievement_text: str = ""
    start: PartialDate | None = None
    status_date: PartialDate | None = None
    status_reason: str = ""
    expressed_by: NamedReference = NOBODY
    addresses: tuple[Reference, ...] = ()
    measured: tuple[CodeableConcept, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def with_conditions(goal: Goal, keys: Mapping[Reference, tuple[ConditionKey, ...]]) -> Goal:
    """The goal with the programme conditions it addresses, in the order of `ConditionKey`."""
    addressed = {key for record in goal.addresses for key in keys.get(record, ())}
    return replace(goal, conditions=tuple(key for key in ConditionKey if key in addressed))
