"""A table of counts whose areas and columns are parts of each other, and how it changes when people are moved.

`nested_disclosure` decides which counts are shown, `nested_moves` looks for another table that reads the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from dashboard.domain.pilot.disclosure import Count

Cell = tuple[str, str]
"""An area and a column."""
STEEP: Final = 100
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


class Need(NamedTuple):
    """Something small: the count of `column`, or how many of it are not in its part `less`; and what it must be able to
    be.
    """

    area: str
    column: str
    less: str
    value: int
    goal: int


class Part(NamedTuple):
    """One person more (`by` 1) or fewer in these columns of a smallest area. A move is several of these."""

    leaf: str
    columns: frozenset[str]
    by: int


Move = tuple[Part, ...]


class Moved(dict[Cell, int]):
    """By how many people each count is another one, and of which of the smallest areas these are."""

    def __init__(self, other: "Moved | None" = None) -> None:
        super().__init__(other or {})
        self.leaves: set[str] = set(other.leaves) if other is not None else set()


class NestedTable:
    """The counts, and what is shown of them."""

    def __init__(
        self, above: Mapping[str, str | tuple[str, ...]], columns: Columns, counts: Mapping[Cell, int],
        said: Mapping[Cell, Count],
    ) -> None:  # fmt: skip
        self.columns, self.counts = columns, counts
        self.above = {area: each if isinstance(each, tuple) else (each,) * bool(each) for area, each in above.items()}
        self.path = {area: tuple(self._path(area)) for area in above}
        whole_of = {whole for wholes in self.above.values() for whole in wholes}
        self.leaves = [area for area in above if area not in whole_of]
        self.below = {area: [leaf for leaf in self.leaves if area in self.path[leaf]] for area in above}
        self.nearest: dict[str, list[str]] = {}
        self.corners = {each: leaf for leaf in self.leaves if len(each := self.above[leaf][:2]) == 2}
        self.beside = {area: [leaf for leaf in self.leaves if area in self.above[leaf]] for area in above}
        self.depth = max(map(len, self.path.values()))
        self.cells: dict[tuple[str, frozenset[str]], list[Cell]] = {}
        self.along: dict[tuple[str, frozenset[str], int, str], frozenset[str]] = {}
        # How many fewer and how many more a count may be and read the same; what it costs to hold it back.
        self.room: dict[Cell, tuple[int, int]] = {}
        self.costs: dict[Cell, int] = {}
        self.said = dict(said)
        self.visible = {cell for cell, count in said.items() if count.value is not None}
        # What nothing is said of, not even that it is small.
        self.withheld: set[Cell] = set()

    def _path(self, area: str) -> list[str]:
        """The area and those that it is a part of, each once."""
        found = [area]
        for each in found:
            found += [whole for whole in self.above[each] if whole not in found]
        return found

    def second(self, leaf: str, first: str) -> str:
        """The other one that an area is part of."""
        return next((whole for whole in self.above[leaf][:2] if whole != first), "")

    def near(self, leaf: str) -> list[str]:
        """All of the smallest areas, near ones first: they have more areas in common, of which nothing changes."""
        found = self.nearest.get(leaf)
        if found is None:
            here = set(self.path[leaf])
            found = self.nearest[leaf] = sorted(self.leaves, key=lambda each: -len(here & set(self.path[each])))
        return found

    def lost(self, changed: Moved, part: Part, moved: Moved) -> int:
        """How much more is lost when a part is added to a move that changes these counts."""
        lost = 0
        # What is asked most often: a call for each count would take twice the time.
        room, by = self.room, part.by
        for cell in self.cells_of(part.leaf, part.columns):
            fewer, more = room[cell]
            before, now = changed.get(cell, 0), moved.get(cell, 0)
            if before + by and not fewer <= now + before + by <= more:
                lost += self.cost(cell)
            if before and not fewer <= now + before <= more:
                lost -= self.cost(cell)
        return lost

    def ways(self, need: Need, leaf: str, moved: Moved) -> Iterator[tuple[frozenset[str], int]]:
        """Which columns of a leaf change by one, so that the number of the need becomes one more or one less."""
        up = need.goal > need.value
        tries = [(need.column, 1 if up else -1)] + ([(need.less, -1 if up else 1)] if need.less else [])
        for column, by in tries:
            columns = self.taken_along(leaf, frozenset((column,)), by, moved, need.less)
            if columns and (not need.less or (need.column in columns) != (need.less in columns)):
                yield columns, by

    def taken_along(
        self, leaf: str, columns: frozenset[str], by: int, moved: Moved, without: str = ""
    ) -> frozenset[str]:
        """These columns and those that change with them, so that each stays a part of the one above; none where it
        cannot be. `without` is left alone where another will do.
        """
        if leaf in moved.leaves:
            return self._taken_along(leaf, columns, by, moved, without)
        found = self.along.get((leaf, columns, by, without))
        if found is None:
            found = self.along[leaf, columns, by, without] = self._taken_along(leaf, columns, by, moved, without)
        return found

    def _taken_along(self, leaf: str, columns: frozenset[str], by: int, moved: Moved, without: str) -> frozenset[str]:
        taken = list(columns)
        for each in taken:
            value, whole = self.now(leaf, each, moved), self.columns.above[each]
            if by > 0:
                along = [whole] if whole and self.now(leaf, whole, moved) <= value else []
            elif value < 1:
                return frozenset()
            else:
                along = [part for part in self.columns.parts[each] if self.now(leaf, part, moved) >= value]
            if each == taken[-1] and not set(along) - set(taken):
                along = self.without_overlap(leaf, frozenset(taken), by, moved, without)
            taken += [other for other in along if other not in taken]
        return frozenset(taken)

    def without_overlap(self, leaf: str, columns: frozenset[str], by: int, moved: Moved, without: str) -> list[str]:
        """What changes too, so that nobody is in two columns that are apart."""
        return [
            whole if by > 0 else max(one, other, key=lambda each: (each != without, self.now(leaf, each, moved)))
            for one, other, whole in self.columns.apart
            if self.overlap(leaf, columns, by, moved, (one, other, whole))
        ]

    def overlap(self, leaf: str, columns: frozenset[str], by: int, moved: Moved, apart: tuple[str, str, str]) -> bool:
        """Whether a change makes more people than there are in two columns that are apart."""
        before = [self.now(leaf, each, moved) for each in apart]
        after = [value + (by if each in columns else 0) for value, each in zip(before, apart, strict=True)]
        return after[0] + after[1] > max(after[2], before[0] + before[1] - before[2] + after[2])

    def now(self, area: str, column: str, moved: Moved) -> int:
        return self.counts[area, column] + moved.get((area, column), 0)

    def make(self, move: Move, moved: Moved) -> None:
        for leaf, columns, by in move:
            moved.leaves.add(leaf)
            for cell in self.cells_of(leaf, columns):
                moved[cell] = moved.get(cell, 0) + by

    def changed(self, move: Move) -> Moved:
        """The counts that change, and by how much."""
        changed = Moved()
        self.make(move, changed)
        return changed

    def cells_of(self, leaf: str, columns: frozenset[str]) -> Sequence[Cell]:
        """The counts that somebody in these columns of a leaf is part of."""
        found = self.cells.get((leaf, columns))
        if found is None:
            found = self.cells[leaf, columns] = [(area, column) for area in self.path[leaf] for column in columns]
        return found

    def differs(self, cell: Cell, moved: int, by: int) -> bool:
        """Whether a count would read differently after one more change."""
        fewer, more = self.room[cell]
        return bool(by) and not fewer <= moved + by <= more

    def blocking(self, move: Move, moved: Moved) -> set[Cell]:
        """The counts that would read differently after the move."""
        return {cell for cell, by in self.changed(move).items() if self.differs(cell, moved.get(cell, 0), by)}

    def cost(self, cell: Cell) -> int:
        """How much is lost when a count is held back: of two alike, the larger is."""
        found = self.costs.get(cell)
        if found is None:
            found = self.costs[cell] = self._cost(cell)
        return found

    def _cost(self, cell: Cell) -> int:
        area, column = cell
        weight: int = STEEP ** (self.depth - len(self.path[area]))
        weight *= len(self.columns.above) - self.columns.rank[column]
        return weight * (10**6 + self.counts[cell]) * (STEEP if cell in self.visible else 1)
