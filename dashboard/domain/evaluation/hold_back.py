"""Decides which counts and numbers of a summary may be shown, by the rules of `dashboard.domain.pilot.disclosure`.

What is protected, in every stratum and in what can be worked out from the others: how many people are in an arm, how
many of them have a value before and after and how many have not, and where the number says how many people something
happened to (an admission, five medicines), how many these are and how many the others. Each of them is few under 5.

* Means and changes of fewer than 5 people are not shown, nor those of another stratum from which, with the sum of all,
  these could be worked out.
* A mean that is shown is of 5 people or more: of a stratum of fewer than 10 it would say how few are missing.
* The number with a value is not shown where fewer than 5 are missing. The mean is shown all the same.
* How many have a value before, and how many after, is shown only where nobody is one of few: with both, with one of
  them, with none.
* The whole arm is shown once, and must be safe beside the sites and beside the pairs: else nothing is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.domain.pilot.disclosure import FEWEST, HELD_BACK, WITHHELD, Areas, Count, show_counts, show_counts_of
from dashboard.domain.pilot.enrolment import Arm

ROOT: Final = "the whole arm"


@dataclass(frozen=True, slots=True)
class People:
    """How many people are in each stratum of an arm, and the count as it may be shown."""

    counts: Mapping[str, int]
    shown: Mapping[str, Count]

    @property
    def areas(self) -> Areas:
        return _areas(self.counts)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Per stratum: all people, those with a value before, after, both, and of the latter those whose value is more
    than nothing before and after.
    """

    people: dict[str, int]
    before: dict[str, int]
    after: dict[str, int]
    both: dict[str, int]
    some_before: dict[str, int]
    some_after: dict[str, int]

    @classmethod
    def empty(cls, names: Iterable[str]) -> "Tallies":
        blank = dict.fromkeys(names, 0)
        return cls(*(dict(blank) for _ in range(6)))

    def add(self, name: str, before: float | None, after: float | None) -> None:
        """Counts one person."""
        self.people[name] += 1
        self.before[name] += before is not None
        self.after[name] += after is not None
        if before is not None and after is not None:
            self.both[name] += 1
            self.some_before[name] += before > 0
            self.some_after[name] += after > 0

    def classes(self, name: str) -> tuple[int, int, int, int]:
        """With both, with the one before alone, with the one after alone, with none."""
        both, before, after = self.both[name], self.before[name], self.after[name]
        return both, before - both, after - both, self.people[name] - before - after + both


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be shown of a stratum; `numbers`: its means and its change."""

    people: Count
    before: Count
    after: Count
    both: Count
    missing: Count
    numbers: bool


NOTHING: Final = Allowed(WITHHELD, WITHHELD, WITHHELD, WITHHELD, WITHHELD, False)


def visible_people(counts: Mapping[Arm, Mapping[str, int]]) -> dict[Arm, People]:
    """How many people are in each stratum of each arm, as may be shown beside the sum of both arms, which other pages
    show.
    """
    first, second = counts[Arm.INTERVENTION], counts[Arm.COMPARISON]
    areas = _areas(first)
    everybody = {name: first[name] + second[name] for name in areas.above}
    shown_all = show_counts(areas, everybody)
    if not second[ROOT] or not first[ROOT]:  # one arm: it is everybody
        nobody = dict.fromkeys(first, WITHHELD)
        return {arm: People(counts[arm], shown_all if counts[arm][ROOT] else nobody) for arm in counts}
    shown = show_counts_of(areas, first, everybody, shown_all)
    others = {
        name: Count(everybody[name] - count.value) if count.value is not None else WITHHELD
        for name, count in shown.items()
    }
    return {Arm.INTERVENTION: People(first, shown), Arm.COMPARISON: People(second, others)}


def hold_back(trees: Sequence[tuple[People, Tallies]], counting: bool) -> list[dict[str, Allowed]]:
    """What may be shown of each stratum of each tree (the arm by sites, and by pairs): all of which are one measure in
    one period. `counting`: its mean says how many people something happened to.
    """
    made = [_Tree(people, tallies, counting) for people, tallies in trees]
    if len({str(tree.people.shown[ROOT]) for tree in made}) > 1:
        return [dict.fromkeys(tree.people.counts, NOTHING) for tree in made]
    if any(tree.both[ROOT].value is None for tree in made):
        _hide_root(made)
    if not _safe(made):
        _hide_root(made)
        if not _safe(made):
            return [dict.fromkeys(tree.people.counts, NOTHING) for tree in made]
    numbers = all(tree.numbers[ROOT] for tree in made)
    for tree in made:
        tree.numbers[ROOT] = numbers
    return [tree.allowed() for tree in made]


class _Tree:
    """One division of an arm while it is decided: the number of both as it may be shown, and whether the means may."""

    def __init__(self, people: People, tallies: Tallies, counting: bool) -> None:
        self.people, self.tallies, self.areas = people, tallies, people.areas
        self.both = show_counts_of(self.areas, tallies.both, people.counts, people.shown)
        exact = show_counts(self.areas, tallies.both)
        self.numbers = {
            name: (people.shown[name].value or 0) >= 2 * FEWEST and exact[name].value is not None
            for name in self.areas.above
        }
        if counting:
            for some in (tallies.some_before, tallies.some_after):
                shown = show_counts_of(self.areas, some, tallies.both, exact)
                self.numbers = {name: may and shown[name].value is not None for name, may in self.numbers.items()}

    def known(self) -> dict[str, tuple[int, int]]:
        """What a reader knows of the number of both in each stratum: a mean that is shown is of `FEWEST` or more."""
        people, found = self._known_people(), {}
        for name, count in self.both.items():
            low, high = count.range
            found[name] = max(low, FEWEST if self.numbers[name] else 0), min(high, people[name][1])
        return found

    def is_safe(self, root: tuple[int, int]) -> bool:
        """Whether few with both, or without, could as well be none or four, for who knows the range of the whole."""
        ranges = self.areas.ranges({**self.known(), ROOT: root})
        everybody = self._known_people()
        for name, (low, high) in ranges.items():
            both, people, (fewest, most) = self.tallies.both[name], self.people.counts[name], everybody[name]
            if both < FEWEST and (low > 0 or high < min(FEWEST - 1, people)):
                return False
            if people - both < FEWEST and (fewest - high > 0 or most - low < min(FEWEST - 1, people)):
                return False
        return True

    def _known_people(self) -> dict[str, tuple[int, int]]:
        """What a reader knows of how many people are in each stratum, also where it is not shown."""
        return self.areas.ranges({name: count.range for name, count in self.people.shown.items()})

    def allowed(self) -> dict[str, Allowed]:
        each_shown = _may_show_each(self.people, self.tallies)
        made = {}
        for name, shown_both in self.both.items():
            inside = self.people.shown[name].value
            missing = WITHHELD
            if shown_both.value is not None and inside is not None:
                missing = Count(inside - shown_both.value)
            one = name in each_shown
            made[name] = Allowed(
                self.people.shown[name],
                Count(self.tallies.before[name]) if one else WITHHELD,
                Count(self.tallies.after[name]) if one else WITHHELD,
                HELD_BACK if shown_both.value is None and self.numbers[name] else shown_both,
                missing,
                self.numbers[name],
            )
        return made


def _hide_root(trees: Sequence[_Tree]) -> None:
    for tree in trees:
        tree.both[ROOT] = WITHHELD


def _safe(trees: Sequence[_Tree]) -> bool:
    """Whether every division is, for who has all of them: the whole is the same people in each."""
    roots = [tree.areas.ranges(tree.known())[ROOT] for tree in trees]
    root = max(low for low, _ in roots), min(high for _, high in roots)
    return all(tree.is_safe(root) for tree in trees)


def _may_show_each(people: People, tallies: Tallies) -> set[str]:
    """The strata of which it may be shown how many have each value: all or the whole alone."""
    safe = {
        name
        for name in people.counts
        if not people.counts[name] or (people.shown[name].value is not None and min(tallies.classes(name)) >= FEWEST)
    }
    if len(safe) == len(people.counts):
        return safe
    return {ROOT} & safe


def _areas(counts: Mapping[str, int]) -> Areas:
    return Areas({name: "" if name == ROOT else ROOT for name in counts})
