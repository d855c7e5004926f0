"""Which counts may be shown without telling about somebody: small ones are not, nor what would give them away.

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
"""Counts below are not shown, and no row is told apart from fewer than so many."""
_NO_END: Final = 10**9

T = TypeVar("T")
Range = tuple[int, int]
Said = Callable[[str], Range]


@dataclass(frozen=True, slots=True)
class Count:
    """A count as it may be shown: `value`, or None and what is told instead: `least` and `most` (None: no end)."""

    value: int | None
    least: int = 0
    most: int | None = None

    @classmethod
    def of(cls, value: int) -> "Count":
        """A count that stands alone."""
        return cls(value) if value >= FEWEST else FEW

    @property
    def few(self) -> bool:
        """Whether it reads "fewer than five", which may be none at all."""
        return self.value is None and self.most is not None

    @property
    def range(self) -> Range:
        """What a count that reads so may be."""
        if self.value is not None:
            return self.value, self.value
        return self.least, _NO_END if self.most is None else self.most


FEW: Final = Count(None, most=FEWEST - 1)
HELD_BACK: Final = Count(None, least=FEWEST)
"""Not small, and not shown, since another could be worked out from it."""
NOT_TOLD: Final = Count(None)
"""Nothing at all is said, not even that it is small."""


class Areas:
    """What is part of what: each area with the one above it, "" for the one that is the whole."""

    def __init__(self, above: Mapping[str, str], together: Mapping[str, int] | None = None) -> None:
        self.above = dict(above)
        # Areas put together only to be reasoned about, with the most that may be in them.
        self.together = dict(together or {})
        self.parts: dict[str, list[str]] = defaultdict(list)
        for area, whole in self.above.items():
            if whole:
                self.parts[whole].append(area)
        # From the smallest up, as sums are made.
        self.upwards = sorted(self.above, key=self._depth, reverse=True)

    def _depth(self, area: str) -> int:
        return 0 if not self.above[area] else 1 + self._depth(self.above[area])

    def beside(self, area: str) -> list[str]:
        """With which counts it stands in a sum: its neighbours, its parts, the area above."""
        whole = self.above[area]
        near = (whole, *self.parts.get(whole, ()), *self.parts.get(area, ()))
        return [each for each in near if each not in ("", area)]

    def ranges(self, known: Mapping[str, Range]) -> dict[str, Range]:
        """What anybody can work out of each count: the narrowest ranges that its sums leave. Exact, as areas are a
        tree: sums are carried up once, and down once.
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

    Where at most one part of an area is not small, nothing is told of its parts: rather the sum than "few" of each.
    """
    shown = {area: Count.of(counts[area]) for area in areas.above}
    for whole, parts in areas.parts.items():
        if len(parts) > 1 and counts[whole] >= FEWEST and sum(counts[part] >= FEWEST for part in parts) <= 1:
            shown |= dict.fromkeys(parts, NOT_TOLD)
    needs = {area: (0, FEWEST - 1) for area in areas.above if counts[area] < FEWEST}
    return _protected(areas, counts, shown, needs, lambda area: shown[area].range)


def show_counts_of(
    areas: Areas, counts: Mapping[str, int], everybody: Mapping[str, int], shown_all: Mapping[str, Count]
) -> dict[str, Count]:
    """The counts of those who have something in common, as they may be shown beside the counts of everybody.

    How many do not have it is protected like how many do. Nothing is told of areas where there are fewer than twice
    `FEWEST`, or where it is not told how many there are.
    """
    told = areas.ranges({area: count.range for area, count in shown_all.items()})
    most = {area: high for area, (_, high) in told.items()}
    closed = {area for area, count in shown_all.items() if count.value is None}
    shown: dict[str, Count] = {}
    needs: dict[str, Range] = {}
    for area in areas.above:
        value, others = counts[area], everybody[area] - counts[area]
        least, greatest = _NO_END, 0
        if value < FEWEST:
            least, greatest = 0, min(FEWEST - 1, most[area])
        elif area in closed:
            # "At least so many" would be told of everybody there too.
            least = greatest = FEWEST
        if others < FEWEST and area not in closed:
            least, greatest = min(least, max(0, everybody[area] - FEWEST + 1)), everybody[area]
        if area in closed or everybody[area] < 2 * FEWEST:
            shown[area] = NOT_TOLD
        else:
            shown[area] = HELD_BACK if value >= FEWEST and others < FEWEST else Count.of(value)
        if least <= greatest:
            needs[area] = (least, greatest)
    grown = _with_rest(areas, closed, most, shown_all)
    for rest, there in grown.together.items():
        if there - sum(counts[part] for part in grown.parts[rest]) < FEWEST:
            needs[rest] = (max(0, there - FEWEST + 1), there)

    def said(area: str) -> Range:
        low, high = shown[area].range
        return low, min(high, most[area])

    return _protected(grown, counts, shown, needs, said)


def _with_rest(areas: Areas, closed: set[str], most: Mapping[str, int], shown_all: Mapping[str, Count]) -> Areas:
    """The areas, with those of which nothing is told put together below the area above: how many they are together
    may well be known.
    """
    above, together = dict(areas.above), {}
    for whole, parts in areas.parts.items():
        quiet = [part for part in parts if part in closed]
        told = sum(shown_all[part].value or 0 for part in parts)
        if quiet:
            rest = f"the rest of {whole}"
            above |= {rest: whole, **dict.fromkeys(quiet, rest)}
            together[rest] = min(sum(most[part] for part in quiet), most[whole] - told)
    return Areas(above, together)


def _protected(
    areas: Areas, counts: Mapping[str, int], shown: dict[str, Count], needs: Mapping[str, Range], said: Said
) -> dict[str, Count]:
    """`shown` with so many more held back that each of `needs` stays possible in its whole range; `said` reads it."""
    while unsafe := _unsafe(areas, shown, needs, said):
        hidden = _next(areas, counts, shown, unsafe)
        if hidden is None:
            # Even what is held back would tell, by being held back: so many in all, of parts of so few.
            return dict.fromkeys(shown, NOT_TOLD)
        shown[hidden] = HELD_BACK
    return shown


def _unsafe(areas: Areas, shown: Mapping[str, Count], needs: Mapping[str, Range], said: Said) -> str:
    """The first area whose count can be told more closely than it may, "" for none."""
    told = areas.ranges({area: said(area) for area in shown})
    for area in areas.upwards:
        if area in needs and not (told[area][0] <= needs[area][0] and needs[area][1] <= told[area][1]):
            return area
    return ""


def _next(areas: Areas, counts: Mapping[str, int], shown: Mapping[str, Count], unsafe: str) -> str | None:
    """Which count to hold back too: of those from which it can be worked out the smallest, the whole last."""
    hidden, telling = {unsafe}, set()
    waiting = [unsafe]
    while waiting:
        for area in areas.beside(waiting.pop()):
            if area in shown and shown[area].value is not None:
                telling.add(area)
            elif area not in hidden:
                hidden.add(area)
                waiting.append(area)
    return min(telling, key=lambda area: (not areas.above[area], counts[area], area), default=None)


def coarsen(rows: Sequence[T], ways: Sequence[Callable[[T], Hashable]]) -> list[Hashable]:
    """What may be told of each row, in their order: by the first of the `ways` (the finest first) by which at least
    `FEWEST` rows look the same. The last way must tell nothing, since those left over get it however few they are.
    """
    told: dict[int, Hashable] = {}
    left = list(range(len(rows)))
    for number, way in enumerate(ways):
        alike: dict[Hashable, list[int]] = defaultdict(list)
        for index in left:
            alike[way(rows[index])].append(index)
        last = number == len(ways) - 1
        for key, same in alike.items():
            if len(same) >= FEWEST or last:
                told.update(dict.fromkeys(same, key))
        left = [index for index in left if index not in told]
    return [told[index] for index in range(len(rows))]
