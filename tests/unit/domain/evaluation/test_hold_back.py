"""Small counts of a summary are held back, and cannot be worked out by somebody who tries every number that fits."""

from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from dashboard.domain.evaluation.hold_back import NOTHING, ROOT, Allowed, People, Tallies, hold_back, visible_people
from dashboard.domain.pilot.disclosure import FEWEST, WITHHELD, Count
from dashboard.domain.pilot.enrolment import Arm
from tests.laws import examples

SITES = ("a", "b", "c")
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
Classes = tuple[int, int, int, int]
"""How many people have both values, the one before alone, the one after alone, none."""


def tallies(classes: dict[str, Classes]) -> Tallies:
    made = Tallies.empty((ROOT, *classes))
    for name, (both, before, after, none) in classes.items():
        for place in (ROOT, name):
            for _ in range(both):
                made.add(place, 1.0, 1.0)
            for _ in range(before):
                made.add(place, 1.0, None)
            for _ in range(after):
                made.add(place, None, 1.0)
            for _ in range(none):
                made.add(place, None, None)
    return made


def people_of(made: Tallies) -> People:
    nobody = dict.fromkeys(made.people, 0)
    return visible_people({Arm.INTERVENTION: made.people, Arm.COMPARISON: nobody})[Arm.INTERVENTION]


def fits(count: Count, value: int) -> bool:
    low, high = count.range
    return low <= value <= high


def fits_all(allowed: dict[str, Allowed], world: dict[str, tuple[int, int]]) -> bool:
    """Whether people and those with both read as what is shown, of every stratum and of the sum."""
    everything = {**world, ROOT: (sum(n for n, _ in world.values()), sum(both for _, both in world.values()))}
    return all(
        fits(may.people, everything[name][0])
        and fits(may.both, everything[name][1])
        and fits(may.missing, everything[name][0] - everything[name][1])
        for name, may in allowed.items()
    )


CLASSES = st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 3), st.integers(0, 7))


# How many are at b is not shown and yet known to be 7 or more: with 5 who have both at least 2 would be missing.
@pytest.mark.slow
@example({"a": (6, 0, 0, 7), "b": (5, 1, 1, 1), "c": (0, 0, 0, 3)})
@settings(max_examples=examples(40), phases=NO_SHRINKING, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries(dict.fromkeys(SITES, CLASSES)))
def test_few_with_or_without_values_cannot_be_worked_out(classes: dict[str, Classes]) -> None:
    made = tallies(classes)
    [allowed] = hold_back([(people_of(made), made)], counting=False)
    choices = []
    for name in SITES:
        may = allowed[name]
        most = may.people.value if may.people.value is not None else 24
        pairs = [(n, both) for n in range(most + 1) if fits(may.people, n) for both in range(n + 1)]
        choices.append([pair for pair in pairs if fits(may.both, pair[1]) and fits(may.missing, pair[0] - pair[1])])
    both: dict[str, set[int]] = {name: set() for name in SITES}
    missing: dict[str, set[int]] = {name: set() for name in SITES}
    if len(choices[0]) * len(choices[1]) * len(choices[2]) > 400_000:
        return  # nothing of it is shown
    for world in product(*choices):
        if fits_all(allowed, dict(zip(SITES, world, strict=True))):
            for name, (everybody, having) in zip(SITES, world, strict=True):
                both[name].add(having)
                missing[name].add(everybody - having)
    for name in SITES:
        everybody, having = made.people[name], made.both[name]
        assert having in both[name] and everybody - having in missing[name]
        if having < FEWEST:
            assert set(range(min(FEWEST, everybody + 1))) <= both[name], (name, classes)
            assert not allowed[name].numbers
        if everybody - having < FEWEST:
            assert set(range(min(FEWEST, everybody + 1))) <= missing[name], (name, classes)


@given(st.fixed_dictionaries(dict.fromkeys(SITES, CLASSES)))
def test_nothing_shown_is_small(classes: dict[str, Classes]) -> None:
    made = tallies(classes)
    [allowed] = hold_back([(people_of(made), made)], counting=False)
    for name, may in allowed.items():
        for count in (may.people, may.before, may.after, may.both, may.missing):
            assert count.value is None or count.value >= FEWEST or not made.people[name]
        if may.before.value is not None and made.people[name]:
            assert min(made.classes(name)) >= FEWEST
        assert not may.numbers or made.both[name] >= FEWEST


@given(st.fixed_dictionaries(dict.fromkeys(SITES, CLASSES)))
def test_means_that_give_a_small_one_away_are_held_back_too(classes: dict[str, Classes]) -> None:
    """With the whole and all but one, the mean of that one can be computed: it must not be of few people."""
    made = tallies(classes)
    [allowed] = hold_back([(people_of(made), made)], counting=False)
    if allowed[ROOT].numbers:
        hidden = [name for name in SITES if not allowed[name].numbers]
        there = sum(made.both[name] for name in hidden)
        assert there == 0 or there >= FEWEST or all(made.both[name] == 0 for name in hidden)


def test_a_good_stratum_shows_everything() -> None:
    made = tallies({"a": (20, 6, 7, 8), "b": (30, 5, 5, 5)})
    [allowed] = hold_back([(people_of(made), made)], counting=False)
    assert allowed["a"] == Allowed(Count(41), Count(26), Count(27), Count(20), Count(21), True)


def test_where_few_are_missing_the_mean_is_shown_and_the_number_is_not() -> None:
    made = tallies({"a": (20, 1, 0, 1), "b": (30, 10, 10, 10)})
    [allowed] = hold_back([(people_of(made), made)], counting=False)
    assert allowed["a"].numbers and allowed["a"].both.value is None and allowed["a"].missing == WITHHELD


def test_a_mean_that_says_how_few_something_happened_to_is_held_back() -> None:
    made = Tallies.empty((ROOT, "a"))
    for number in range(40):
        for name in (ROOT, "a"):
            made.add(name, 100.0 if number < 3 else 0.0, 100.0 if number < 20 else 0.0)
            made.add(name, None, None)
    [allowed] = hold_back([(people_of(made), made)], counting=True)
    assert not allowed["a"].numbers
    [plain] = hold_back([(people_of(made), made)], counting=False)
    assert plain["a"].numbers


def test_where_the_whole_is_safe_beside_the_sites_and_not_beside_the_pairs_nothing_is_shown() -> None:
    one = tallies({"a": (20, 6, 7, 8), "b": (30, 5, 5, 5)})
    other = tallies({"x": (48, 11, 12, 8), "y": (2, 0, 0, 5)})
    assert one.people[ROOT] == other.people[ROOT]
    hidden = People(other.people, dict.fromkeys(other.people, WITHHELD))
    found = hold_back([(people_of(one), one), (hidden, other)], counting=False)
    assert all(each == NOTHING for tree in found for each in tree.values())


def test_a_small_arm_is_held_back_with_the_other_at_that_site() -> None:
    """How many take part at a site is shown elsewhere: less the one arm it is the other."""
    first = {ROOT: 60, "a": 20, "b": 20, "c": 20}
    second = {ROOT: 33, "a": 3, "b": 15, "c": 15}
    found = visible_people({Arm.INTERVENTION: first, Arm.COMPARISON: second})
    for arm in Arm:
        assert found[arm].shown["a"].value is None
        assert sum(found[arm].shown[name].value is None for name in "abc") >= 2
    alone = visible_people({Arm.INTERVENTION: dict.fromkeys(first, 0), Arm.COMPARISON: second})
    assert alone[Arm.COMPARISON].shown["b"] is not None


@pytest.mark.parametrize(
    ("sites", "pairs"),
    [
        # Four each are missing: with the sum of eight, from the one pair, both would be known.
        ({"a": (8, 2, 2, 0), "b": (8, 2, 2, 0)}, {"x": (16, 4, 4, 0)}),
        # Two have both at one site, and five or more at the others: with the sum of 12 it would be two at most.
        ({"a": (2, 9, 9, 0), "b": (5, 9, 9, 0), "c": (5, 9, 9, 0)}, {"x": (12, 27, 27, 0)}),
    ],
)
def test_what_one_division_hides_the_other_does_not_tell(sites: dict[str, Classes], pairs: dict[str, Classes]) -> None:
    made = [tallies(sites), tallies(pairs)]
    [alone] = hold_back([(people_of(made[1]), made[1])], counting=False)
    assert alone["x"].both.value is not None
    for tree in hold_back([(people_of(each), each) for each in made], counting=False):
        assert set(tree.values()) == {NOTHING}
