"""What a card would change if it was followed: start or stop a medicine, raise or lower something."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Direction(StrEnum):
    """Which way a card, or a medicine, changes something."""

    START = "start"
    STOP = "stop"
    REDUCE = "reduce"  # less of a medicine
    AVOID = "avoid"  # a contraindication: a medicine that is not to be started
    RAISE = "raise"
    LOWER = "lower"
    CHECK = "check"  # it is measured or looked at, and changed by nothing


UP: Final = frozenset({Direction.START, Direction.RAISE})
DOWN: Final = frozenset({Direction.STOP, Direction.REDUCE, Direction.AVOID, Direction.LOWER})
OF_MEDICINES: Final = frozenset({Direction.START, Direction.STOP, Direction.REDUCE, Direction.AVOID})


@dataclass(frozen=True, slots=True)
class Effect:
    """One change. `what` names a medicine fact (start, stop, reduce, avoid) or a matter (raise, lower, check).

    `aim` is how far: lowered to at most, or raised to at least, this number in the unit of the matter's fact; None
    where the card names none.
    """

    direction: Direction
    what: str
    aim: Decimal | None = None
