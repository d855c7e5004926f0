"""Looks for another table that reads like what is shown, in which a small number is another one (`nested_disclosure`).

It is made of single moves: one person more up to a step in one place, one fewer in another.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from dashboard.domain.pilot.nested_table import Cell, Move, Moved, Need, NestedTable, Part

NEAR: Final = 24
"""So many of the smallest areas are tried to make a move good. Own choice: of 600 it takes a twentieth of the time."""
UNEVEN: Final = 6
"""So many moves that leave a difference are evened out elsewhere. Own choice."""
PARTS: Final = 8
"""So many parts a move has where it is balanced. Own choice: those of a cube."""


class NestedMoves(NestedTable):
    """The moves of a table."""

    def can_be_made_again(self, move: Move, moved: Moved) -> bool:
        """Whether a move that changed the number as it should does so once more, and nothing reads differently."""
        same = all(self.taken_along(leaf, columns, by, moved) == columns for leaf, columns, by in move)
        return same and not self.blocking(move, moved)

    def best_move(self, need: Need, moved: Moved, allowed: set[Cell]) -> tuple[Move, set[Cell]] | None:
        """The move of one person that brings the number nearer to its goal and changes the least of what is shown."""
        best: tuple[Move, set[Cell]] | None = None
        lowest = 0
        inside = set(self.below[need.area])
        for part in self.parts(need, moved):
            for move in self.moves(part, inside, moved):
                blocking = self.blocking(move, moved) - allowed
                # What nothing is said of reads differently only below nought.
                if not (blocking.isdisjoint(self.said) and blocking.isdisjoint(self.withheld)):
                    continue
                if not blocking:
                    return move, blocking
                cost = sum(map(self.cost, blocking))
                if best is None or cost < lowest:
                    best, lowest = (move, blocking), cost
        return best

    def parts(self, need: Need, moved: Moved) -> Iterator[Part]:
        """One person more or fewer, by which the number is one nearer to its goal."""
        for here in self.below[need.area]:
            for columns, by in self.ways(need, here, moved):
                yield Part(here, columns, by)

    def plain(self, need: Need, moved: Moved) -> Iterator[Move]:
        inside = set(self.below[need.area])
        for part in self.parts(need, moved):
            for other in self.others(part, inside, moved):
                yield part, other

    def others(self, part: Part, inside: set[str], moved: Moved) -> Iterator[Part]:
        """What makes a part good in one place near it, as far as it can."""
        for there in islice((leaf for leaf in self.near(part.leaf) if leaf not in inside), NEAR):
            if taken := self.taken_along(there, part.columns, -part.by, moved):
                yield Part(there, taken, -part.by)

    def moves(self, part: Part, inside: set[str], moved: Moved) -> Iterator[Move]:
        """A part with what makes it good elsewhere: in one place, column by column in several, or nowhere."""
        near = list(islice((leaf for leaf in self.near(part.leaf) if leaf not in inside), NEAR))
        uneven = []
        for other in self.others(part, inside, moved):
            yield part, other
            if other.columns != part.columns and set(self.above[other.leaf]) & set(self.above[part.leaf]):
                uneven.append(other)
        for giver in uneven[:UNEVEN]:
            yield from self.evened((part, giver), near, moved)
        if len(part.columns) > 1:
            yield from self.evened((part,), near, moved)
        yield from self.squares(part, inside, moved)
        if len(self.columns.above) == 1:
            yield from self.balanced(part, inside, moved)
        yield (part,)

    def squares(self, part: Part, inside: set[str], moved: Moved) -> Iterator[Move]:
        """Of an area that is part of two others: moves by which neither of these, nor two more, change."""
        if len(self.above[part.leaf]) < 2:
            return
        one, other = self.above[part.leaf][:2]
        for beside in self.beside[one]:
            for below in self.beside[other]:
                corner = self.corners.get((self.second(below, other), self.second(beside, one)))
                if corner is None or not inside.isdisjoint((beside, below, corner)):
                    continue
                taken = [
                    Part(leaf, columns, by)
                    for leaf, by in ((beside, -part.by), (below, -part.by), (corner, part.by))
                    if (columns := self.taken_along(leaf, part.columns, by, moved))
                ]
                if len(taken) == 3:
                    yield part, *taken

    def balanced(self, part: Part, inside: set[str], moved: Moved) -> Iterator[Move]:
        """A move in which what reads differently is made good one after the other, each where that costs least."""
        move: Move = (part,)
        after, changed = Moved(moved), self.changed(move)
        self.make((part,), after)
        # What is a part of the move already would only be taken back.
        closed = set(inside)
        while len(move) < PARTS:
            wrong = [cell for cell, by in changed.items() if self.differs(cell, moved.get(cell, 0), by)]
            if not wrong:
                return
            worst = max(wrong, key=lambda cell: (cell in self.said, self.cost(cell)))
            by = -1 if changed[worst] > 0 else 1
            found = [
                Part(there, taken, by)
                for there in self.below[worst[0]]
                if there not in closed and (taken := self.taken_along(there, part.columns, by, after))
            ]
            if not found:
                return
            best = min(found, key=lambda each: (self._fixed(changed, each, moved), self.lost(changed, each, moved)))
            move = (*move, best)
            closed.add(best.leaf)
            self.make((best,), after)
            self.make((best,), changed)
            yield move

    def _fixed(self, changed: Moved, part: Part, moved: Moved) -> int:
        """How many more of the counts that stay in any case read differently when a part is added to a move."""
        found = 0
        for cell in self.cells_of(part.leaf, part.columns):
            if cell in self.said:
                before, now = changed.get(cell, 0), moved.get(cell, 0)
                found += self.differs(cell, now, before + part.by) - self.differs(cell, now, before)
        return found

    def evened(self, move: Move, near: Sequence[str], moved: Moved) -> Iterator[Move]:
        """A move with what makes it good column by column, in several places."""
        after = Moved(moved)
        self.make(move, after)
        changed = self.changed(move)
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
            alone = frozenset((column,))
            found = [Part(there, taken, -by) for there in near if (taken := self.taken_along(there, alone, -by, after))]
            if not found:
                return
            part = min(found, key=lambda each: self.lost(changed, each, moved))
            move = (*move, part)
            self.make((part,), after)
            self.make((part,), changed)
