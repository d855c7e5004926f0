"""Decides which counts of a table may be shown whose columns are parts of each other: the steps of the pilot, by area.

A draft, to be reviewed by a data protection officer; threshold and sources are those of `disclosure`. Who is enrolled
has consented too, so that the difference of two counts of one area is a count of people as well, and small where the
counts are close. So a count is held back where it is small, where its difference to a count that is shown is small (no
difference included, as none is among the small), and where one of these could be worked out from the rest.

That it cannot be worked out is proven by example. For each small number there must be two other tables, one in which it
is 0 and one in which it is 4, that read exactly like what is shown. They are made of single moves: one person more up
to a step in one place, one fewer in another. Where such a table would read differently, the count that differs is held
back too: of small places before large ones, of the last columns before the first, the whole last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from dashboard.domain.pilot.disclosure import FEW, FEWEST, HELD_BACK, WITHHELD, Count
from dashboard.domain.pilot.nested_moves import NestedMoves
from dashboard.domain.pilot.nested_table import Cell, Columns, Move, Moved, Need

_MOST: Final = FEWEST - 1


def show_nested(
    above: Mapping[str, str | tuple[str, ...]],
    columns: Columns,
    counts: Mapping[Cell, int],
    closed: Iterable[Cell] = (),
    said: Mapping[Cell, Count] | None = None,
    unsaid: Collection[str] = (),
) -> dict[Cell, Count]:
    """What may be shown of the counts. `above` leads from an area to the one above it, "" for the whole; an area that
    has parts is their sum. One that is a part of two others, which divide the same people in two ways, has both.
    `closed` are counts that nobody sees in any case, `said` what is shown of some in any case. `unsaid` are areas whose
    counts are not protected themselves.
    """
    return _Decision(above, columns, counts, frozenset(closed), said or {}, unsaid).shown()


class _Decision(NestedMoves):
    def __init__(
        self, above: Mapping[str, str | tuple[str, ...]], columns: Columns, counts: Mapping[Cell, int],
        closed: frozenset[Cell], said: Mapping[Cell, Count], unsaid: Collection[str],
    ) -> None:  # fmt: skip
        super().__init__(above, columns, counts, said)
        self.unsaid = frozenset(unsaid)
        self.withheld |= closed
        for area in above:
            for column in columns.above:
                if (area, column) not in closed and (area, column) not in said and self._may_stand(area, column):
                    self.visible.add((area, column))

    def _may_stand(self, area: str, column: str) -> bool:
        """Whether the count is not small, nor its difference to one of the area that is shown already."""
        value = self.counts[area, column]
        near = [other for other in self.columns.above if (area, other) in self.visible]
        related = [each for each in near if each in self.columns.wholes[column] or column in self.columns.wholes[each]]
        return value >= FEWEST and all(abs(self.counts[area, each] - value) >= FEWEST for each in related)

    def shown(self) -> dict[Cell, Count]:
        self._withhold_what_is_close(self.above)
        # Once each: what reads the same as another table does so too when more of it is held back.
        for need in self._needs():
            while revealing := self._revealing(need):
                self._hold_back(revealing)
        return {cell: self._count(cell) for cell in self.counts}

    def _needs(self) -> Iterator[Need]:
        for area in (each for each in self.above if each not in self.unsaid):
            for column in self.columns.above:
                value = self.counts[area, column]
                if value < FEWEST:
                    yield from (Need(area, column, "", value, goal) for goal in (0, _MOST) if goal != value)
                    continue
                for part in self.columns.above:
                    if column in self.columns.wholes[part]:
                        apart = value - self.counts[area, part]
                        if 0 <= apart < FEWEST:
                            yield from (Need(area, column, part, apart, goal) for goal in (0, _MOST) if goal != apart)

    def _count(self, cell: Cell) -> Count:
        if cell in self.said:
            return self.said[cell]
        if cell in self.visible:
            return Count(self.counts[cell])
        if cell in self.withheld:
            return WITHHELD
        return FEW if self.counts[cell] < FEWEST else HELD_BACK

    def _withhold_what_is_close(self, areas: Iterable[str]) -> None:
        """Says nothing of a count under one so small that "fewer than 5" would say how many of those it lacks."""
        for area in areas:
            for column in self.columns.above:
                cell = area, column
                whole = next((each for each in self.columns.wholes[column] if (area, each) in self.visible), None)
                if whole is not None and self.counts[area, whole] < _MOST + FEWEST and cell not in self.visible:
                    self.withheld.add(cell)
            for column in self.columns.above:
                least, most = self._count((area, column)).range
                self.room[area, column] = least - self.counts[area, column], most - self.counts[area, column]
                self.costs.pop((area, column), None)

    def _hold_back(self, cells: Iterable[Cell]) -> None:
        areas = set()
        for cell in cells:
            areas.add(cell[0])
            if cell in self.visible:
                self.visible.remove(cell)
            else:
                self.withheld.add(cell)
        self._withhold_what_is_close(areas)

    def _revealing(self, need: Need) -> set[Cell]:
        """The counts that keep the number from being `goal`; none where another table reads the same."""
        if self._reads_the_same(need):
            return set()
        moved = Moved()
        revealing: set[Cell] = set()
        for _ in range(abs(need.goal - need.value)):
            best = self.best_move(need, moved, revealing)
            if best is None:
                return revealing | self._all_of(need)
            move, blocking = best
            revealing |= blocking
            self.make(move, moved)
        return revealing

    def _reads_the_same(self, need: Need) -> bool:
        """Whether plain moves are enough, of which most are: somebody more in one place and fewer in another."""
        moved = Moved()
        last: Move | None = None
        for _ in range(abs(need.goal - need.value)):
            if last is None or not self.can_be_made_again(last, moved):
                last = next((move for move in self.plain(need, moved) if not self.blocking(move, moved)), None)
            if last is None:
                return False
            self.make(last, moved)
        return True

    def _all_of(self, need: Need) -> set[Cell]:
        """What is held back where nothing can be moved: the lesser column of the area itself, then of those that have
        people in common with it, then of all.
        """
        columns = sorted(filter(None, (need.column, need.less)), key=lambda each: -self.columns.rank[each])
        inside = set(self.below[need.area])
        common = [area for area in self.above if not inside.isdisjoint(self.below[area])]
        for areas in ([need.area], common, [] if self.said else list(self.above)):
            for column in columns:
                cells = {(area, column) for area in areas} - self.withheld - set(self.said)
                if cells:
                    return cells
        return set()
