"""Decides which counts may be shown: not small ones, nor others from which a small one could be worked out.

A draft, to be reviewed by a data protection officer. The threshold is that of the UK Office for National Statistics'
guidance on disclosure control of health statistics, by which counts of 1 and 2 are unsafe, and 3 and 4 too for small
areas and sensitive data (read in Cambridgeshire's "Maintaining confidentiality in disseminated data", May 2013). Zero
is held back like them. That a small count may not be worked out from its neighbours is secondary suppression, which NHS
Digital used for hospital statistics until 2018; its rule since (1 to 7 held back, the rest rounded to 5) is stricter.

`show_counts(Areas({"warwick": "south", "rugby": "south", "south": ""}), {"warwick": 20, "rugby": 3, "south": 23})`
holds back Rugby's 3, and Warwick's 20 with it, since 23 less 20 is 3.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

FEWEST: Final = 5
"""Smaller counts are not shown, and every row of the list is equal to at least so many others."""
_NO_END: Final = 10**9

T = TypeVar("T")
Range = tuple[int, int]
RangeOf = Callable[[str], Range]


@dataclass(frozen=True, slots=True)
class Count:
    """A count as it may be shown: `value`, or None with the range that is shown: `least` to `most` (None: no end)."""

    value: int | None
    least: int = 0
    most: int | None = None

    @classmethod
    def of(cls, value: int) -> "Count":
        """Returns a count that is part of no sum."""
        return cls(value) if value >= FEWEST else FEW

    @property
    def few(self) -> bool:
        """Whether it reads "fewer than five", which may be none at all."""
        return self.value is None and self.most is not None

    @property
    def range(self) -> Range:
        """The numbers that a reader must think possible."""
        if self.value is not None:
            return self.value, self.value
        return self.least, _NO_END if self.most is None else self.most


FEW: Final = Count(None, most=FEWEST - 1)
HELD_BACK: Final = Count(None, least=FEWEST)
"""Not small, and not shown, since another could be worked out from it."""
WITHHELD: Final = Count(None)
"""Nothing is shown, not even that the count is small."""


class Areas:
    """A tree of areas: each with the area above it, "" for the whole."""

    def __init__(self, above: Mapping[str, str], together: Mapping[str, int] | None = None) -> None:
        self.above = dict(above)
        # Areas joined only for the computation, with the most patients they may have.
        self.together = dict(together or {})
        self.parts: dict[str, list[str]] = defaultdict(list)
        for area, whole in self.above.items():
            if whole:
                self.parts[whole].append(area)
        # From the smallest up, as sums are made.
        self.upwards = sorted(self.above, key=self._depth, reverse=True)

    def _depth(self, area: str) -> int:
        return 0 if not self.above[area] else 1 + self._depth(self.above[area])

    def related(self, area: str) -> list[str]:
        """Returns the areas whose counts are in a sum with this one: its siblings, its parts, the area above."""
        whole = self.above[area]
        near = (whole, *self.parts.get(whole, ()), *self.parts.get(area, ()))
        return [other for other in near if other not in ("", area)]

    def ranges(self, known: Mapping[str, Range]) -> dict[str, Range]:
        """Returns the narrowest range that a reader can work out for each count. It is exact because areas are a tree:
        sums are carried up once and down once.
        """
        known = {**{area: (0, most) for area, most in self.together.items()}, **known}
        low = {area: known[area][0] for area in self.above}
        high = {area: known[area][1] for area in self.above}
        for area in self.upwards:
            if parts := self.parts.get(area):
                low[area] = max(low[area], sum(low[part] for part in parts))
                high[area] = min(high[area], sum(high[part] for part in parts))
        for area in reversed(self.upwards):
            parts = self.parts.get(area, [])
            lows, highs = sum(low[part] for part in parts), sum(high[part] for part in parts)
            narrowed = {
                part: (
                    max(low[part], low[area] - (highs - high[part])),
                    min(high[part], high[area] - (lows - low[part])),
                )
                for part in parts
            }
            for part, (least, most) in narrowed.items():
                low[part], high[part] = least, most
        return {area: (low[area], high[area]) for area in self.above}


def show_counts(areas: Areas, counts: Mapping[str, int]) -> dict[str, Count]:
    """The counts of everybody in each area (the sum of its parts), as they may be shown.

    Where at most one part of an area is not small, its parts are withheld: the sum says more than "few" for each.
    """
    shown = {area: Count.of(counts[area]) for area in areas.above}
    for whole, parts in areas.parts.items():
        if len(parts) > 1 and counts[whole] >= FEWEST and sum(counts[part] >= FEWEST for part in parts) <= 1:
            shown |= dict.fromkeys(parts, WITHHELD)
    needs = {area: (0, FEWEST - 1) for area in areas.above if counts[area] < FEWEST}
    return _protected(areas, counts, shown, needs, lambda area: shown[area].range)


def show_counts_of(
    areas: Areas, counts: Mapping[str, int], everybody: Mapping[str, int], shown_all: Mapping[str, Count]
) -> dict[str, Count]:
    """Returns the counts of patients with one thing in common, as they may be shown next to the counts of all patients.

    How many do not have it is protected like how many do. Areas with fewer than twice `FEWEST` patients, and those
    whose number of patients is not shown, are withheld.
    """
    known = areas.ranges({area: count.range for area, count in shown_all.items()})
    most = {area: high for area, (_, high) in known.items()}
    closed = {area for area, count in shown_all.items() if count.value is None}
    shown: dict[str, Count] = {}
    needs: dict[str, Range] = {}
    for area in areas.above:
        value, others = counts[area], everybody[area] - counts[area]
        least, greatest = _NO_END, 0
        if value < FEWEST:
            least, greatest = 0, min(FEWEST - 1, most[area])
        elif area in closed:
            # "At least five" of these would say the same of all patients of the area.
            least = greatest = FEWEST
        if others < FEWEST and area not in closed:
            least, greatest = min(least, max(0, everybody[area] - FEWEST + 1)), everybody[area]
        if area in closed or everybody[area] < 2 * FEWEST:
            shown[area] = WITHHELD
        else:
            shown[area] = HELD_BACK if value >= FEWEST and others < FEWEST else Count.of(value)
        if least <= greatest:
            needs[area] = (least, greatest)
    grown = _with_rest(areas, closed, most, shown_all)
    for rest, there in grown.together.items():
        if there - sum(counts[part] for part in grown.parts[rest]) < FEWEST:
            needs[rest] = (max(0, there - FEWEST + 1), there)

    def range_of(area: str) -> Range:
        low, high = shown[area].range
        return low, min(high, most[area])

    return _protected(grown, counts, shown, needs, range_of)


def _with_rest(areas: Areas, closed: set[str], most: Mapping[str, int], shown_all: Mapping[str, Count]) -> Areas:
    """Returns the areas with those withheld joined below the area above, since the sum of these may be known."""
    above, together = dict(areas.above), {}
    for whole, parts in areas.parts.items():
        quiet = [part for part in parts if part in closed]
        shown = sum(shown_all[part].value or 0 for part in parts)
        if quiet:
            rest = f"the rest of {whole}"
            above |= {rest: whole, **dict.fromkeys(quiet, rest)}
            together[rest] = min(sum(most[part] for part in quiet), most[whole] - shown)
    return Areas(above, together)


def _protected(
    areas: Areas, counts: Mapping[str, int], shown: dict[str, Count], needs: Mapping[str, Range], range_of: RangeOf
) -> dict[str, Count]:
    """`shown` with so many more held back that each of `needs` stays possible in its whole range; `range_of`
    gives what a reader sees.
    """
    while unsafe := _unsafe(areas, shown, needs, range_of):
        hidden = _next(areas, counts, shown, unsafe)
        if hidden is None:
            # Even holding back would reveal something: a sum of so many, made of parts of so few.
            return dict.fromkeys(shown, WITHHELD)
        shown[hidden] = HELD_BACK
    return shown


def _unsafe(areas: Areas, shown: Mapping[str, Count], needs: Mapping[str, Range], range_of: RangeOf) -> str:
    """Returns the first area whose count can be worked out more closely than it may be, "" for none."""
    known = areas.ranges({area: range_of(area) for area in shown})
    for area in areas.upwards:
        if area in needs and not (known[area][0] <= needs[area][0] and needs[area][1] <= known[area][1]):
            return area
    return ""


def _next(areas: Areas, counts: Mapping[str, int], shown: Mapping[str, Count], unsafe: str) -> str | None:
    """Returns the count to hold back next: the smallest of those that reveal the unsafe one, the whole last."""
    hidden, revealing = {unsafe}, set()
    waiting = [unsafe]
    while waiting:
        for area in areas.related(waiting.pop()):
            if area in shown and shown[area].value is not None:
                revealing.add(area)
            elif area not in hidden:
                hidden.add(area)
                waiting.append(area)
    return min(revealing, key=lambda area: (not areas.above[area], counts[area], area), default=None)


def coarsen(rows: Sequence[T], ways: Sequence[Callable[[T], Hashable]]) -> list[Hashable]:
    """Returns what may be shown of each row, in their order: the first of the `ways` (the finest first) by which at
    least `FEWEST` rows are equal. The last way must show nothing, since the rows left over get it however few they are.
    """
    chosen: dict[int, Hashable] = {}
    left = list(range(len(rows)))
    for number, way in enumerate(ways):
        alike: dict[Hashable, list[int]] = defaultdict(list)
        for index in left:
            alike[way(rows[index])].append(index)
        last = number == len(ways) - 1
        for key, same in alike.items():
            if len(same) >= FEWEST or last:
                chosen.update(dict.fromkeys(same, key))
        left = [index for index in left if index not in chosen]
    return [chosen[index] for index in range(len(rows))]
