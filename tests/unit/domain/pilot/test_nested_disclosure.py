"""Small counts of steps, and small differences between them, cannot be worked out: against somebody who tries every
table that reads like what is shown.
"""

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.disclosure import FEW, FEWEST, HELD_BACK, WITHHELD, Count
from dashboard.domain.pilot.nested_disclosure import show_nested
from dashboard.domain.pilot.nested_table import Cell, Columns
from tests.laws import examples

# Enrolled matters most; whoever is active is enrolled, and has been screened.
CHAIN = Columns({"enrolled": "screened", "screened": "", "active": "enrolled"})
FORK = Columns(
    {"enrolled": "", "completed": "enrolled", "withdrawn": "enrolled"}, [("completed", "withdrawn", "enrolled")]
)
ONE = {"a": "", "b": "a"}
FLAT = {"all": "", "a": "all", "b": "all", "c": "all"}
DEEP = {"all": "", "south": "all", "north": "all", "a": "south", "b": "south", "c": "north"}
SMALL = st.integers(0, 11)
MOST = 15
"""Of a smallest area, in the tables that are tried."""
# Trying every table takes long; a failing case tells all it needs.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

Line = tuple[int, ...]
"""What an area has in each column."""


def leaves(above: dict[str, str]) -> list[str]:
    return [area for area in above if area not in above.values()]


def parts(above: dict[str, str], area: str) -> list[str]:
    return [part for part, whole in above.items() if whole == area]


def attack(above: dict[str, str], columns: Columns, shown: dict[Cell, Count], most: int) -> dict[str, Any]:
    """Every line that each area may have in some table that reads as what is shown: an array with a place for each line
    that says whether it may be. Open ends go up to `most` in the smallest areas.
    """
    size = most * len(leaves(above)) + 1
    shape = (size,) * len(columns.above)
    values = np.indices(shape)

    def reads(area: str) -> Any:
        ranges = [shown[area, column].range for column in columns.above]
        return np.all(
            [(low <= each) & (each <= high) for (low, high), each in zip(ranges, values, strict=True)], axis=0
        )

    def added(one: Any, other: Any) -> Any:
        """The sums of a line of one and a line of the other. No sum is beyond the array: it has room for all leaves."""
        double = tuple(2 * each for each in shape)
        axes = tuple(range(len(shape)))
        made = np.fft.rfftn(one, double, axes) * np.fft.rfftn(other, double, axes)
        product = np.fft.irfftn(made, double, axes)
        return product[tuple(slice(each) for each in shape)] > 0.5

    def left_of(whole: Any, other: Any) -> Any:
        """The lines that make one of `whole` with a line of the other."""
        flipped = np.flip(whole)
        return np.flip(added(flipped, other))

    # Each column is a part of the one above, and nobody is in two that are apart.
    by_name = dict(zip(columns.above, values, strict=True))
    possible = np.all(values <= most, axis=0)
    for part, whole in columns.above.items():
        possible &= by_name[part] <= by_name[whole] if whole else True
    for one, other, whole in columns.apart:
        possible &= by_name[one] + by_name[other] <= by_name[whole]

    upwards: dict[str, Any] = {}
    for area in sorted(above, key=lambda each: -len(list(path(above, each)))):
        lines = possible
        if under := parts(above, area):
            lines = reduce(added, (upwards[part] for part in under))
        upwards[area] = lines & reads(area)
    found: dict[str, Any] = {}
    for area in above:
        found[area] = upwards[area]
        if above[area]:
            others = [upwards[part] for part in parts(above, above[area]) if part != area]
            rest = reduce(added, others) if others else None
            found[area] = upwards[area] & (found[above[area]] if rest is None else left_of(found[above[area]], rest))
    return found


def path(above: dict[str, str], area: str) -> Iterator[str]:
    while area:
        yield area
        area = above[area]


def table(above: dict[str, str], columns: Columns, lines: dict[str, Line]) -> dict[Cell, int]:
    counts = {}
    for area in above:
        under = [leaf for leaf in lines if area in path(above, leaf)]
        for number, column in enumerate(columns.above):
            counts[area, column] = sum(lines[leaf][number] for leaf in under)
    return counts


def lines_of(columns: Columns) -> st.SearchStrategy[Line]:
    """A line in which each column is a part of the one above."""

    def made(numbers: list[int]) -> Line:
        found: dict[str, int] = {}
        drawn = dict(zip(columns.above, numbers, strict=True))
        for column in sorted(columns.above, key=lambda each: len(columns.wholes[each])):
            whole = columns.above[column]
            found[column] = min(drawn[column], found[whole]) if whole else drawn[column]
        for one, other, whole in columns.apart:
            found[other] = min(found[other], found[whole] - found[one])
        return tuple(found[column] for column in columns.above)

    return st.lists(SMALL, min_size=len(columns.above), max_size=len(columns.above)).map(made)


@settings(max_examples=examples(12), deadline=None, phases=NO_SHRINKING, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from([ONE, FLAT, DEEP]), st.sampled_from([CHAIN, FORK]))
def test_nothing_small_can_be_worked_out(data: st.DataObject, above: dict[str, str], columns: Columns) -> None:
    """Neither a count nor how many are in one column and not in its part."""
    counts = table(above, columns, {leaf: data.draw(lines_of(columns)) for leaf in leaves(above)})
    shown = show_nested(above, columns, counts)
    possible = attack(above, columns, shown, MOST)
    names = list(columns.above)
    values = np.indices(next(iter(possible.values())).shape)
    for area in above:
        true = tuple(counts[area, column] for column in names)
        assert possible[area][true], (area, counts, shown)
        for number, column in enumerate(names):
            if counts[area, column] < FEWEST:
                might = set(values[number][possible[area]].tolist())
                assert set(range(FEWEST)) <= might, (area, column, counts, shown)
                continue
            for part in (each for each in names if column in columns.wholes[each]):
                if counts[area, column] - counts[area, part] < FEWEST:
                    less = set((values[number] - values[names.index(part)])[possible[area]].tolist())
                    assert set(range(FEWEST)) <= less, (area, column, part, counts, shown)


def one_area(**counts: int) -> dict[str, object]:
    columns = Columns({"enrolled": "screened", "screened": "", "active": "enrolled", "completed": "active"})
    found = show_nested({"all": ""}, columns, {("all", column): counts.get(column, 0) for column in columns.above})
    return {column: "few" if count.few else count.value for (_, column), count in found.items()}


def test_a_step_close_to_a_more_important_one_is_held_back() -> None:
    assert one_area(screened=60, enrolled=40, active=37, completed=20) == {
        "screened": 60, "enrolled": 40, "active": None, "completed": 20,
    }  # fmt: skip


def test_none_lost_between_two_steps_is_held_back_like_few() -> None:
    assert one_area(screened=40, enrolled=40, active=20, completed=2)["screened"] is None
    assert one_area(screened=40, enrolled=40, active=20, completed=2)["completed"] == "few"


def test_steps_that_are_apart_are_all_shown() -> None:
    assert one_area(screened=60, enrolled=40, active=30, completed=20) == {
        "screened": 60, "enrolled": 40, "active": 30, "completed": 20,
    }  # fmt: skip


def test_the_smallest_site_of_a_region_takes_another_with_it_and_not_the_region() -> None:
    columns = Columns({"enrolled": ""})
    counts = table(FLAT, columns, {"a": (30,), "b": (3,), "c": (12,)})
    shown = show_nested(FLAT, columns, counts)
    assert [shown[area, "enrolled"] for area in ("all", "a", "b", "c")] == [Count(45), Count(30), FEW, HELD_BACK]


def test_what_nobody_sees_in_any_case_is_protected_too() -> None:
    """Whoever is in no team of a site: the site less its teams."""
    columns = Columns({"enrolled": ""})
    counts = table(FLAT, columns, {"a": (30,), "b": (3,), "c": (12,)})
    shown = show_nested(FLAT, columns, counts, closed=[("b", "enrolled")])
    assert shown["b", "enrolled"] == WITHHELD and shown["c", "enrolled"].value is None


def test_a_place_with_more_in_a_part_than_in_the_whole_is_no_error() -> None:
    """Who moved has reached the earlier step elsewhere."""
    counts = table(FLAT, CHAIN, {"a": (20, 9, 6), "b": (3, 9, 2), "c": (12, 30, 0)})
    shown = show_nested(FLAT, CHAIN, counts)
    assert shown["all", "enrolled"] == Count(35)


def test_nobody_is_moved_into_two_columns_that_are_apart() -> None:
    """Everybody has completed or withdrawn: fewer enrolled means fewer of one of these."""
    counts = table(ONE, FORK, {"b": (7, 4, 3)})
    shown = show_nested(ONE, FORK, counts)
    possible = attack(ONE, FORK, shown, 15)
    assert {line[1] for line in np.argwhere(possible["a"])} >= set(range(FEWEST))


def test_what_is_open_in_any_case_stays() -> None:
    counts = table(ONE, CHAIN, {"b": (20, 22, 18)})
    shown = show_nested(ONE, CHAIN, counts, said={("a", "screened"): Count(22), ("b", "screened"): Count(22)})
    assert shown["a", "screened"] == Count(22) and shown["a", "enrolled"].value is None
