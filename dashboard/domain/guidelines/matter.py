"""What can be raised or lowered, and by which medicines: data/guidelines/effects.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.domain.guidelines.effect import Direction
from dashboard.domain.guidelines.rule import Citation


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that cards and medicines change. `fact` names the fact that has its present value, in the unit
    of the targets of goals; "" without one.
    """

    name: str
    words: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class MedicineEffect:
    """That the medicines of a fact raise or lower a matter, and who says so."""

    fact: str
    direction: Direction
    matter: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class KnownEffects:
    """Every matter by its name, in the order in which they are shown, and what medicines do."""

    matters: Mapping[str, Matter] = field(default_factory=dict)
    medicines: tuple[MedicineEffect, ...] = ()
