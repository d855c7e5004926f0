"""Which measurements matter now, for a room that looks at three or four of them.

An urgent one comes before one that misses the patient's goal, that before one outside the usual range, that before one
that has changed beyond noise: the marks and the trend of every page (`attention.severity`, `attention.trend`). What is
more than a year old says little of today, and comes after what is newer.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dashboard.domain.record.observation import Direction, KeyResult, Measure

MOST_CURVES: Final = 4
"""Curves that ten people can read four metres away. Own choice."""
LEAST_CURVES: Final = 3
"""So many are shown although fewer have a mark: that a value is steady is worth knowing too. Own choice."""
PAIR: Final = (Measure.SYSTOLIC, Measure.DIASTOLIC)
NOT_BY_ITSELF: Final = frozenset({Measure.HEIGHT, Measure.CREATININE})
"""Height hardly changes in an adult, and eGFR conveys what creatinine does: they come last unless they have a mark."""


class Weight(IntEnum):
    """Why a measurement matters, the weightiest first."""

    URGENT = 0
    MISSES_GOAL = 1
    OUTSIDE = 2
    CHANGED = 3
    STEADY = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A measure, or systolic and diastolic pressure of one reading as a pair; it is named after the first."""

    results: tuple[KeyResult, ...]
    weight: Weight

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(result.measure for result in self.results)

    @property
    def old(self) -> bool:
        """Whether its latest value is more than a year old."""
        return self.results[0].old


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves to show, the weightiest first, and the others that are known, in the same order."""

    shown: tuple[Curve, ...]
    others: tuple[Curve, ...]


def curves_that_matter(results: Mapping[Measure, KeyResult], urgent: Set[Measure]) -> Curves:
    """Chooses from the latest results: at most `MOST_CURVES` of those that matter, and where fewer than `LEAST_CURVES`
    do, the rest of the newest. Of equal weight the newer comes first, then the order of `Measure`.
    """
    made = sorted((Curve(together, _weight(together, urgent)) for together in _together(results)), key=_order)
    matter = sum(1 for curve in made if curve.weight < Weight.STEADY and not curve.old and not _comes_last(curve))
    most = max(LEAST_CURVES, min(MOST_CURVES, matter))
    return Curves(tuple(made[:most]), tuple(made[most:]))


def _together(results: Mapping[Measure, KeyResult]) -> list[tuple[KeyResult, ...]]:
    """The results, the two pressures of one reading as a pair; a diastolic one of another day stands alone."""
    known = [results[measure] for measure in Measure if measure in results]
    pair = tuple(results[measure] for measure in PAIR if measure in results)
    if len(pair) < len(PAIR) or pair[0].latest.when != pair[1].latest.when:
        return [(each,) for each in known]
    return [pair if each.measure is PAIR[0] else (each,) for each in known if each.measure is not PAIR[1]]


def _weight(together: Sequence[KeyResult], urgent: Set[Measure]) -> Weight:
    if any(each.measure in urgent for each in together):
        return Weight.URGENT
    if any(each.misses_goal for each in together):
        return Weight.MISSES_GOAL
    if any(each.abnormal for each in together):
        return Weight.OUTSIDE
    changed = any(each.direction in (Direction.UP, Direction.DOWN) for each in together)
    return Weight.CHANGED if changed else Weight.STEADY


def _comes_last(curve: Curve) -> bool:
    return curve.results[0].measure in NOT_BY_ITSELF and curve.weight >= Weight.CHANGED


def _order(curve: Curve) -> tuple[bool, bool, Weight, int]:
    newest = max(each.latest.when.start.toordinal() for each in curve.results)
    return _comes_last(curve), curve.old, curve.weight, -newest
