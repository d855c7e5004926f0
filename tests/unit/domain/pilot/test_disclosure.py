"""Small counts are not shown and cannot be worked out: against somebody who tries every number that fits."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.disclosure import FEW, FEWEST, HELD_BACK, Areas, Count, coarsen, show_counts, show_counts_of
from tests.laws import examples

AREAS = Areas({"a": "south", "b": "south", "c": "north", "south": "all", "north": "all", "all": ""})
ONE = Areas({"a": "south", "b": "south", "c": "south", "south": ""})
SMALL = st.integers(0, 14)
# Trying every number takes long; a failing case tells all it needs.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def sums(areas: Areas, leaves: dict[str, int]) -> dict[str, int]:
    found = dict(leaves)
    for area in areas.upwards:
        if areas.parts.get(area):
            found[area] = sum(found[part] for part in areas.parts[area])
    return found


Row = tuple[str, str, int]
Fits = Callable[[str, int], bool]


def fits(shown: dict[str, Count]) -> Fits:
    """What a reader knows of counts that read so."""
    return lambda area, value: shown[area].range[0] <= value <= shown[area].range[1]


def everything_possible(areas: Areas, fit: Fits, most: int) -> Iterator[dict[str, int]]:
    """Every set of counts that reads as what is shown; those of open ends up to `most`."""
    leaves = [area for area in areas.above if not areas.parts.get(area)]
    choices = [[n for n in range(most + 1) if fit(leaf, n)] for leaf in leaves]
    for values in product(*choices):
        found = sums(areas, dict(zip(leaves, values, strict=True)))
        if all(fit(area, found[area]) for area in areas.above):
            yield found


def leaves_of(areas: Areas) -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({area: SMALL for area in areas.above if not areas.parts.get(area)})


@settings(max_examples=examples(60), phases=NO_SHRINKING)
@given(st.data(), st.sampled_from([AREAS, ONE]))
def test_a_small_count_cannot_be_worked_out(data: st.DataObject, areas: Areas) -> None:
    counts = sums(areas, data.draw(leaves_of(areas)))
    shown = show_counts(areas, counts)
    possible: dict[str, set[int]] = {area: set() for area in areas.above}
    for world in everything_possible(areas, fits(shown), 24):
        for area, value in world.items():
            possible[area].add(value)
    for area, value in counts.items():
        assert fits(shown)(area, value)
        if value < FEWEST:
            assert set(range(FEWEST)) <= possible[area], (area, counts, shown)


@pytest.mark.slow
@settings(max_examples=examples(25), phases=NO_SHRINKING, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from([AREAS, ONE]))
def test_nor_how_few_do_not_have_a_condition(data: st.DataObject, areas: Areas) -> None:
    """Whoever knows both columns: everybody there, and who of them has it."""
    leaves = {area: n % 11 for area, n in data.draw(leaves_of(areas)).items()}
    some = {area: data.draw(st.integers(0, n)) for area, n in leaves.items()}
    everybody, having = sums(areas, leaves), sums(areas, some)
    shown_all = show_counts(areas, everybody)
    shown = show_counts_of(areas, having, everybody, shown_all)
    most = sum(leaves.values()) + FEWEST
    worlds = list(everything_possible(areas, fits(shown_all), most))
    others = list(everything_possible(areas, fits(shown), most))
    assume(len(worlds) * len(others) < 60_000)
    have: dict[str, set[int]] = {area: set() for area in areas.above}
    lack: dict[str, set[int]] = {area: set() for area in areas.above}
    all_there: dict[str, set[int]] = {area: set() for area in areas.above}
    names = [area for area in areas.above if not areas.parts.get(area)]
    for whole in worlds:
        for part in others:
            if all(part[area] <= whole[area] for area in names):
                for area in areas.above:
                    have[area].add(part[area])
                    lack[area].add(whole[area] - part[area])
                    all_there[area].add(whole[area])
    told = (leaves, some, shown_all, shown)
    for area in areas.above:
        if everybody[area] < FEWEST:
            assert set(range(FEWEST)) <= all_there[area], (area, told)
        if having[area] < FEWEST:
            assert set(range(min(FEWEST, everybody[area] + 1))) <= have[area], (area, told)
        elif everybody[area] - having[area] < FEWEST and shown_all[area].value is None:
            assert len(lack[area]) >= FEWEST, (area, told)
        elif everybody[area] - having[area] < FEWEST:
            least = max(FEWEST, everybody[area] - FEWEST + 1)
            assert set(range(everybody[area] - least + 1)) <= lack[area], (area, told)


def test_one_small_part_of_three_is_few_and_another_is_held_back() -> None:
    shown = show_counts(ONE, sums(ONE, {"a": 20, "b": 3, "c": 30}))
    assert shown == {"a": HELD_BACK, "b": FEW, "c": Count(30), "south": Count(53)}


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        # nothing small: everything is told
        ({"a": 20, "b": 9, "c": 30}, {"a": 20, "b": 9, "c": 30, "south": 29, "north": 30, "all": 59}),
        # b is small, and a would give it away
        ({"a": 20, "b": 3, "c": 30}, {"a": None, "b": None, "c": 30, "south": 23, "north": 30, "all": 53}),
        # north is small, so nothing is told of either
        ({"a": 20, "b": 9, "c": 2}, {"a": 20, "b": None, "c": "few", "south": None, "north": None, "all": 31}),
        ({"a": 0, "b": 0, "c": 0}, dict.fromkeys(AREAS.above, "few")),
    ],
)
def test_what_is_shown_of(leaves: dict[str, int], expected: dict[str, object]) -> None:
    shown = show_counts(AREAS, sums(AREAS, leaves))
    assert {area: "few" if count.few else count.value for area, count in shown.items()} == expected


def test_a_condition_that_all_but_few_have_is_held_back_too() -> None:
    alone = Areas({"all": ""})
    assert show_counts_of(alone, {"all": 18}, {"all": 20}, {"all": Count(20)}) == {"all": HELD_BACK}
    assert show_counts_of(alone, {"all": 15}, {"all": 20}, {"all": Count(20)}) == {"all": Count(15)}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 2))))
def test_every_row_looks_like_at_least_five(rows: list[Row]) -> None:
    ways: list[Callable[[Row], Hashable]] = [
        lambda row: row,
        lambda row: (row[0], row[1]),
        lambda row: row[0],
        lambda row: None,
    ]
    told = coarsen(rows, ways)
    assert len(told) == len(rows)
    assert all(count >= FEWEST for what, count in Counter(told).items() if what is not None)
    for row, what in zip(rows, told, strict=True):
        assert what in [way(row) for way in ways]
