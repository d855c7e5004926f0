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

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from dashboard.domain.pilot.disclosure import FEW, FEWEST, HELD_BACK, WITHHELD, Count

Cell = tuple[str, str]
"""An area and a column."""
_MOST: Final = FEWEST - 1
_NEAR: Final = 24
"""So many of the smallest areas are tried to make a move good. Own choice: of 600 it takes a twentieth of the time."""
_UNEVEN: Final = 6
"""So many moves that leave a difference are evened out elsewhere. Own choice."""
_STEEP: Final = 100
"""So many counts of the smallest areas are held back before one of the area above."""


class Columns:
    """The columns, the most important first, each with the column that it is a part of, "" for none. `apart`: two
    columns that nobody is in both of, with the column that both are parts of.
    """

    def __init__(self, above: Mapping[str, str], apart: Sequence[tuple[str, str, str]] = ()) -> None:
        self.above = dict(above)
        self.apart = tuple(apart)
        self.rank = {column: number for number, column in enumerate(self.above)}
        self.parts: dict[str, list[str]] = {column: [] for column in self.above}
        for column, whole in self.above.items():
            if whole:
                self.parts[whole].append(column)
        self.wholes = {column: tuple(self._wholes(column)) for column in self.above}

    def _wholes(self, column: str) -> Iterator[str]:
        while whole := self.above[column]:
            yield whole
            column = whole


class _Need(NamedTuple):
    """Something small: the count of `column`, or how many of it are not in its part `less`; and what it must be able to
    be.
    """

    area: str
    column: str
    less: str
    value: int
    goal: int


class _Part(NamedTuple):
    """One person more (`by` 1) or fewer in these columns of a smallest area. A move is several of these."""

    leaf: str
    columns: frozenset[str]
    by: int


_Move = tuple[_Part, ...]


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
    return _Table(above, columns, counts, frozenset(closed), said or {}, unsaid).shown()


class _Table:
    def __init__(
        self, above: Mapping[str, str | tuple[str, ...]], columns: Columns, counts: Mapping[Cell, int],
        closed: frozenset[Cell], said: Mapping[Cell, Count], unsaid: Collection[str],
    ) -> None:  # fmt: skip
        self.columns, self.counts = columns, counts
        self.above = {area: each if isinstance(each, tuple) else (each,) * bool(each) for area, each in above.items()}
        self.path = {area: tuple(self._path(area)) for area in above}
        whole_of = {whole for wholes in self.above.values() for whole in wholes}
        self.leaves = [area for area in above if area not in whole_of]
        self.below = {area: [leaf for leaf in self.leaves if area in self.path[leaf]] for area in above}
        self.near: dict[str, list[str]] = {}
        self.corners = {each: leaf for leaf in self.leaves if len(each := self.above[leaf]) == 2}
        self.beside = {area: [leaf for leaf in self.leaves if area in self.above[leaf]] for area in above}
        self.depth = max(map(len, self.path.values()))
        self.cells: dict[tuple[str, frozenset[str]], list[Cell]] = {}
        self.ranges: dict[Cell, tuple[int, int]] = {}
        self.said, self.unsaid = dict(said), frozenset(unsaid)
        self.visible = {cell for cell, count in said.items() if count.value is not None}
        # What nothing is said of, not even that it is small.
        self.withheld = set(closed)
        for area in above:
            for column in columns.above:
                if (area, column) not in closed and (area, column) not in said and self._may_stand(area, column):
                    self.visible.add((area, column))

    def _path(self, area: str) -> list[str]:
        """The area and those that it is a part of, each once."""
        found = [area]
        for each in found:
            found += [whole for whole in self.above[each] if whole not in found]
        return found

    def _may_stand(self, area: str, column: str) -> bool:
        """Whether the count is not small, nor its difference to one of the area that is shown already."""
        value = self.counts[area, column]
        near = [other for other in self.columns.above if (area, other) in self.visible]
        related = [each for each in near if each in self.columns.wholes[column] or column in self.columns.wholes[each]]
        return value >= FEWEST and all(abs(self.counts[area, each] - value) >= FEWEST for each in related)

    def shown(self) -> dict[Cell, Count]:
        self._withhold_what_is_close()
        # Once each: what reads the same as another table does so too when more of it is held back.
        for need in self._needs():
            while revealing := self._revealing(need):
                self._hold_back(revealing)
        return {cell: self._count(cell) for cell in self.counts}

    def _needs(self) -> Iterator[_Need]:
        for area in (each for each in self.above if each not in self.unsaid):
            for column in self.columns.above:
                value = self.counts[area, column]
                if value < FEWEST:
                    yield from (_Need(area, column, "", value, goal) for goal in (0, _MOST) if goal != value)
                    continue
                for part in self.columns.above:
                    if column in self.columns.wholes[part]:
                        apart = value - self.counts[area, part]
                        if 0 <= apart < FEWEST:
                            yield from (_Need(area, column, part, apart, goal) for goal in (0, _MOST) if goal != apart)

    def _count(self, cell: Cell) -> Count:
        if cell in self.said:
            return self.said[cell]
        if cell in self.visible:
            return Count(self.counts[cell])
        if cell in self.withheld:
            return WITHHELD
        return FEW if self.counts[cell] < FEWEST else HELD_BACK

    def _withhold_what_is_close(self) -> None:
        """Says nothing of a count under one so small that "fewer than 5" would say how many of those it lacks."""
        for area, column in self.counts:
            whole = next((each for each in self.columns.wholes[column] if (area, each) in self.visible), None)
            if whole is not None and self.counts[area, whole] < _MOST + FEWEST and (area, column) not in self.visible:
                self.withheld.add((area, column))
        # The least and the most that a count may be and read the same.
        self.ranges = {cell: self._count(cell).range for cell in self.counts}

    def _hold_back(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            if cell in self.visible:
                self.visible.remove(cell)
            else:
                self.withheld.add(cell)
        self._withhold_what_is_close()

    def _revealing(self, need: _Need) -> set[Cell]:
        """The counts that keep the number from being `goal`; none where another table reads the same."""
        moved: dict[Cell, int] = {}
        revealing: set[Cell] = set()
        for _ in range(abs(need.goal - need.value)):
            best = self._best_move(need, moved, revealing)
            if best is None:
                return revealing | self._all_of(need)
            move, blocking = best
            revealing |= blocking
            self._make(move, moved)
        return revealing

    def _all_of(self, need: _Need) -> set[Cell]:
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

    def _best_move(self, need: _Need, moved: Mapping[Cell, int], allowed: set[Cell]) -> tuple[_Move, set[Cell]] | None:
        """The move of one person that brings the number nearer to its goal and changes the least of what is shown."""
        best: tuple[_Move, set[Cell]] | None = None
        lowest = 0
        for here in self.below[need.area]:
            for columns, by in self._ways(need, here, moved):
                for move in self._moves(_Part(here, columns, by), need, moved):
                    blocking = self._blocking(move, moved) - allowed
                    # What nothing is said of reads differently only below nought.
                    if not (blocking.isdisjoint(self.said) and blocking.isdisjoint(self.withheld)):
                        continue
                    if not blocking:
                        return move, blocking
                    cost = sum(map(self._cost, blocking))
                    if best is None or cost < lowest:
                        best, lowest = (move, blocking), cost
        return best

    def _moves(self, part: _Part, need: _Need, moved: Mapping[Cell, int]) -> Iterator[_Move]:
        """A part with what makes it good elsewhere: in one place, column by column in several, or nowhere."""
        inside = set(self.below[need.area])
        near = [leaf for leaf in self._near(part.leaf) if leaf not in inside][:_NEAR]
        uneven = []
        for there in near:
            if taken := self._taken_along(there, part.columns, -part.by, moved):
                yield part, _Part(there, taken, -part.by)
                if taken != part.columns and set(self.above[there]) & set(self.above[part.leaf]):
                    uneven.append(_Part(there, taken, -part.by))
        for giver in uneven[:_UNEVEN]:
            yield from self._evened((part, giver), near, moved)
        if len(part.columns) > 1:
            yield from self._evened((part,), near, moved)
        yield from self._squares(part, inside, moved)
        yield (part,)

    def _squares(self, part: _Part, inside: set[str], moved: Mapping[Cell, int]) -> Iterator[_Move]:
        """Of an area that is part of two others: moves by which neither of these, nor two more, change."""
        if len(self.above[part.leaf]) != 2:
            return
        one, other = self.above[part.leaf]
        for beside in self.beside[one]:
            for below in self.beside[other]:
                corner = self.corners.get((self._second(below, other), self._second(beside, one)))
                if corner is None or not inside.isdisjoint((beside, below, corner)):
                    continue
                taken = [
                    _Part(leaf, columns, by)
                    for leaf, by in ((beside, -part.by), (below, -part.by), (corner, part.by))
                    if (columns := self._taken_along(leaf, part.columns, by, moved))
                ]
                if len(taken) == 3:
                    yield part, *taken

    def _second(self, leaf: str, first: str) -> str:
        """The other one that an area is part of."""
        return next((whole for whole in self.above[leaf] if whole != first), "")

    def _near(self, leaf: str) -> list[str]:
        """All of the smallest areas, near ones first: they have more areas in common, of which nothing changes."""
        found = self.near.get(leaf)
        if found is None:
            here = set(self.path[leaf])
            found = self.near[leaf] = sorted(self.leaves, key=lambda each: -len(here & set(self.path[each])))
        return found

    def _evened(self, move: _Move, near: Sequence[str], moved: Mapping[Cell, int]) -> Iterator[_Move]:
        """A move with what makes it good column by column, in several places."""
        after = dict(moved)
        self._make(move, after)
        changed = self._changed(move)
        for _ in self.columns.above:
            total: dict[str, int] = {}
            for part in move:
                for column in part.columns:
                    total[column] = total.get(column, 0) + part.by
            # From a column outwards when fewer are to be in it, inwards when more are.
            uneven = [(by * len(self.columns.wholes[column]), column, by) for column, by in total.items() if by]
            if not uneven:
                yield move
                return
            _, column, by = min(uneven)
            found = [
                _Part(there, taken, -by) for there in near if (taken := self._taken_along(there, [column], -by, after))
            ]
            if not found:
                return
            part = min(found, key=lambda each: self._lost(changed, each, moved))
            move = (*move, part)
            self._make((part,), after)
            self._make((part,), changed)

    def _lost(self, changed: Mapping[Cell, int], part: _Part, moved: Mapping[Cell, int]) -> int:
        """How much more is lost when a part is added to a move that changes these counts."""
        lost = 0
        for cell in self._cells(part.leaf, part.columns):
            before, now = changed.get(cell, 0), moved.get(cell, 0)
            if self._differs(cell, now, before + part.by):
                lost += self._cost(cell)
            if self._differs(cell, now, before):
                lost -= self._cost(cell)
        return lost

    def _ways(self, need: _Need, leaf: str, moved: Mapping[Cell, int]) -> Iterator[tuple[frozenset[str], int]]:
        """Which columns of a leaf change by one, so that the number of the need becomes one more or one less."""
        up = need.goal > need.value
        tries = [(need.column, 1 if up else -1)] + ([(need.less, -1 if up else 1)] if need.less else [])
        for column, by in tries:
            columns = self._taken_along(leaf, [column], by, moved, need.less)
            if columns and (not need.less or (need.column in columns) != (need.less in columns)):
                yield columns, by

    def _taken_along(
        self, leaf: str, columns: Iterable[str], by: int, moved: Mapping[Cell, int], without: str = ""
    ) -> frozenset[str]:
        """These columns and those that change with them, so that each stays a part of the one above; none where it
        cannot be. `without` is left alone where another will do.
        """
        taken = list(columns)
        for each in taken:
            value, whole = self._now(leaf, each, moved), self.columns.above[each]
            if by > 0:
                along = [whole] if whole and self._now(leaf, whole, moved) <= value else []
            elif value < 1:
                return frozenset()
            else:
                along = [part for part in self.columns.parts[each] if self._now(leaf, part, moved) >= value]
            if each == taken[-1] and not set(along) - set(taken):
                along = self._without_overlap(leaf, frozenset(taken), by, moved, without)
            taken += [other for other in along if other not in taken]
        return frozenset(taken)

    def _without_overlap(
        self, leaf: str, columns: frozenset[str], by: int, moved: Mapping[Cell, int], without: str
    ) -> list[str]:
        """What changes too, so that nobody is in two columns that are apart."""
        return [
            whole if by > 0 else max(one, other, key=lambda each: (each != without, self._now(leaf, each, moved)))
            for one, other, whole in self.columns.apart
            if self._overlap(leaf, columns, by, moved, (one, other, whole))
        ]

    def _overlap(
        self, leaf: str, columns: frozenset[str], by: int, moved: Mapping[Cell, int], apart: tuple[str, str, str]
    ) -> bool:
        """Whether a change makes more people than there are in two columns that are apart."""
        before = [self._now(leaf, each, moved) for each in apart]
        after = [value + (by if each in columns else 0) for value, each in zip(before, apart, strict=True)]
        return after[0] + after[1] > max(after[2], before[0] + before[1] - before[2] + after[2])

    def _now(self, area: str, column: str, moved: Mapping[Cell, int]) -> int:
        return self.counts[area, column] + moved.get((area, column), 0)

    def _make(self, move: _Move, moved: dict[Cell, int]) -> None:
        for cell, by in self._changed(move).items():
            moved[cell] = moved.get(cell, 0) + by

    def _changed(self, move: _Move) -> dict[Cell, int]:
        """The counts that change, and by how much."""
        changed: dict[Cell, int] = {}
        for leaf, columns, by in move:
            for cell in self._cells(leaf, columns):
                changed[cell] = changed.get(cell, 0) + by
        return {cell: by for cell, by in changed.items() if by}

    def _cells(self, leaf: str, columns: frozenset[str]) -> Sequence[Cell]:
        """The counts that somebody in these columns of a leaf is part of."""
        found = self.cells.get((leaf, columns))
        if found is None:
            found = self.cells[leaf, columns] = [(area, column) for area in self.path[leaf] for column in columns]
        return found

    def _differs(self, cell: Cell, moved: int, by: int) -> bool:
        """Whether a count would read differently after one more change."""
        least, most = self.ranges[cell]
        return bool(by) and not least <= self.counts[cell] + moved + by <= most

    def _blocking(self, move: _Move, moved: Mapping[Cell, int]) -> set[Cell]:
        """The counts that would read differently after the move."""
        changed = self._changed(move).items()
        return {cell for cell, by in changed if self._differs(cell, moved.get(cell, 0), by)}

    def _cost(self, cell: Cell) -> int:
        """How much is lost when a count is held back: of two alike, the larger is."""
        area, column = cell
        weight: int = _STEEP ** (self.depth - len(self.path[area]))
        weight *= len(self.columns.above) - self.columns.rank[column]
        return weight * (10**6 + self.counts[cell]) * (_STEEP if cell in self.visible else 1)
