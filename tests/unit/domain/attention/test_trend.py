"""The course of a measure, against an obvious version on random results."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.attention.trend import ABNORMAL, NOISE, TREND_DAYS, direction, is_abnormal, key_results
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import CANONICAL_UNIT

AS_OF = date(2026, 11, 23)


def result(measure: Measure, value: str | Decimal, when: str, comparator: str = "", name: str = "o1") -> Result:
    quantity = Quantity(Decimal(value), CANONICAL_UNIT[measure], comparator)
    return Result(measure, quantity, PartialDate(when), quantity, False, Reference("Observation", name))


days = st.dates(date(2025, 6, 1), date(2026, 12, 31))
moments = st.one_of(
    days.map(date.isoformat),
    days.map(lambda day: f"{day.year}-{day.month:02d}"),
    days.map(lambda day: f"{day.isoformat()}T10:00:00+01:00"),
)
random_results = st.lists(
    st.builds(
        result,
        st.sampled_from([Measure.HBA1C, Measure.EGFR, Measure.POTASSIUM]),
        st.decimals(1, 120, places=1, allow_nan=False),
        moments,
        st.sampled_from(["", "", "", "<", ">="]),
    ),
    max_size=25,
)


def obvious(results: list[Result], as_of: date) -> dict[Measure, KeyResult]:
    """One measure at a time, one step at a time."""
    answer = {}
    for measure in Measure:
        mine = [each for each in results if each.measure is measure and each.when.start <= as_of]
        if not mine:
            continue
        latest = mine[0]
        for each in mine[1:]:
            if not (each.when < latest.when):
                latest = each
        day, first = latest.when.start, as_of - timedelta(days=TREND_DAYS)
        earlier = [each for each in mine if first <= each.when.start < day]
        previous = None
        for each in earlier:
            if previous is None or not (each.when < previous.when):
                previous = each
        if measure is not Measure.POTASSIUM and not latest.value.comparator:
            in_a_year = None
            for each in earlier:
                plain = not each.value.comparator and day - each.when.start <= timedelta(days=366)
                if plain and (in_a_year is None or each.when < in_a_year.when):
                    in_a_year = each
            previous = in_a_year or previous
        course = []
        left = list(mine)
        while left:
            first = left[0]
            for each in left:
                if each.when < first.when:
                    first = each
            course.append(first)
            left.remove(first)
        way = direction(measure, previous.value, latest.value) if previous else Direction.UNKNOWN
        answer[measure] = KeyResult(
            measure,
            latest,
            previous,
            way,
            tuple(course),
            is_abnormal(measure, latest.value),
            as_of - latest.when.end > timedelta(days=366),
        )
    return answer


@given(random_results)
def test_the_quick_version_and_the_obvious_one_agree(results: list[Result]) -> None:
    distinct = list({(each.measure, each.when.text): each for each in results}.values())
    assert key_results(distinct, AS_OF) == obvious(distinct, AS_OF)


@given(random_results, st.randoms(use_true_random=False))
def test_the_order_in_which_a_server_sends_results_does_not_matter(
    results: list[Result], chance: random.Random
) -> None:
    """Of two values of one moment the id decides which is the latest."""
    named = [replace(each, origin=Reference("Observation", f"o{n}")) for n, each in enumerate(results)]
    shuffled = list(named)
    chance.shuffle(shuffled)
    assert key_results(shuffled, AS_OF) == key_results(named, AS_OF)


@given(random_results)
def test_nothing_of_the_future_is_shown_and_nothing_of_the_past_is_lost(results: list[Result]) -> None:
    found = key_results(results, AS_OF)
    assert sum(len(each.series) for each in found.values()) == sum(each.when.start <= AS_OF for each in results)
    assert all(each.latest is each.series[-1] for each in found.values())
    assert list(found) == [measure for measure in Measure if measure in found]


def test_the_previous_result_is_of_an_earlier_day_so_that_one_sample_in_two_units_is_no_change() -> None:
    sample = [
        result(Measure.HBA1C, "60", "2026-03-01"),
        result(Measure.HBA1C, "71", "2026-09-01T08:00:00Z", name="mmol"),
        replace(result(Measure.HBA1C, "70", "2026-09-01T08:00:00Z", name="percent"), converted=True),
    ]
    found = key_results(sample, datetime(2026, 11, 23, tzinfo=UTC))[Measure.HBA1C]
    assert (found.latest.origin.id, found.baseline, found.direction) == ("mmol", sample[0], Direction.UP)


@pytest.mark.parametrize(
    ("measure", "before", "after", "expected"),
    [
        (Measure.HBA1C, "53", "57", Direction.STEADY),
        (Measure.HBA1C, "53", "58", Direction.UP),
        (Measure.HBA1C, "58", "53", Direction.DOWN),
        (Measure.EGFR, "60", "53", Direction.STEADY),
        (Measure.EGFR, "60", "52", Direction.DOWN),
        (Measure.UACR, "4", "7.9", Direction.STEADY),
        (Measure.UACR, "4", "8", Direction.UP),
        (Measure.UACR, "0", "0", Direction.STEADY),
        (Measure.UACR, "0", "1", Direction.UP),
        (Measure.POTASSIUM, "4.6", "5.1", Direction.UP),
        (Measure.PHQ9, "10", "6", Direction.STEADY),
        (Measure.UACR, "8", "4", Direction.DOWN),
        (Measure.UACR, "8", "4.1", Direction.STEADY),
        (Measure.UACR, "1", "0", Direction.DOWN),
        (Measure.CREATININE, "100", "115", Direction.UP),
        (Measure.CREATININE, "115", "100", Direction.DOWN),
    ],
)
def test_a_change_counts_beyond_noise_only(measure: Measure, before: str, after: str, expected: Direction) -> None:
    a, b = (Quantity(Decimal(each), CANONICAL_UNIT[measure]) for each in (before, after))
    assert direction(measure, a, b) is expected


positive = st.decimals(0, 1000, places=1, allow_nan=False)


@given(st.sampled_from(list(Measure)), positive, positive)
def test_there_and_back_are_opposite_directions(measure: Measure, a: Decimal, b: Decimal) -> None:
    unit = CANONICAL_UNIT[measure]
    there = direction(measure, Quantity(a, unit), Quantity(b, unit))
    back = direction(measure, Quantity(b, unit), Quantity(a, unit))
    assert {there, back} in ({Direction.UP, Direction.DOWN}, {Direction.STEADY})
    assert direction(measure, Quantity(a, unit, "<"), Quantity(b, unit)) is Direction.UNKNOWN


@pytest.mark.parametrize(
    ("measure", "value", "comparator", "expected"),
    [
        (Measure.POTASSIUM, "3.4", "", True),
        (Measure.POTASSIUM, "5.3", "", False),
        (Measure.POTASSIUM, "5.4", "", True),
        (Measure.EGFR, "59", "", True),
        (Measure.EGFR, "60", "", False),
        (Measure.EGFR, "60", "<", True),
        (Measure.EGFR, "90", ">", False),
        (Measure.UACR, "3", "<", False),
        (Measure.UACR, "3", "", True),
        (Measure.NTPROBNP, "400", ">", True),
        (Measure.NTPROBNP, "399", ">", False),
        (Measure.NTPROBNP, "500", "<", False),
        (Measure.EGFR, "60", "<=", False),
        (Measure.EGFR, "59", "<=", True),
        (Measure.EGFR, "60", ">", False),
        (Measure.EGFR, "50", ">", False),
        (Measure.POTASSIUM, "3.5", "", False),
        (Measure.POTASSIUM, "3.5", "<", True),
        (Measure.POTASSIUM, "5.4", ">=", True),
        (Measure.WEIGHT, "180", "", False),
    ],
)
def test_abnormal_is_certainly_outside(measure: Measure, value: str, comparator: str, expected: bool) -> None:
    assert is_abnormal(measure, Quantity(Decimal(value), CANONICAL_UNIT[measure], comparator)) is expected


@pytest.mark.parametrize("as_of", [date(2026, 11, 20), datetime(2026, 11, 20, 0, 5, tzinfo=UTC)], ids=str)
def test_a_result_counts_from_its_day_whatever_the_time_of_the_view(as_of: date) -> None:
    results = [
        result(Measure.HBA1C, "60", "2026-11-20T23:00:00Z", name="today"),
        result(Measure.HBA1C, "70", "2026-11-21", name="tomorrow"),
        result(Measure.EGFR, "70", "2026-11-21", name="tomorrow"),
    ]
    assert {measure: value.latest.origin.id for measure, value in key_results(results, as_of).items()} == {
        Measure.HBA1C: "today"
    }


def test_results_are_ordered_by_moment_and_one_without_a_time_comes_before_one_of_that_midnight() -> None:
    results = [
        result(Measure.HBA1C, "63", "2026-09-01T00:00:00Z", name="midnight"),
        result(Measure.HBA1C, "62", "2026-09-01", name="day"),
        result(Measure.HBA1C, "61", "2026-09", name="month"),
        result(Measure.HBA1C, "60", "2026-03-01", name="spring"),
    ]
    value = key_results(results, AS_OF)[Measure.HBA1C]
    assert [each.origin.id for each in value.series] == ["spring", "month", "day", "midnight"]
    assert value.baseline is not None and value.baseline.origin.id == "spring"


def test_of_two_results_of_one_moment_the_one_without_a_time_is_the_earlier_one() -> None:
    at_midnight = result(Measure.HBA1C, "63", "2026-09-01T00:00:00Z", name="midnight")
    of_the_day = result(Measure.HBA1C, "62", "2026-09-01", name="day")
    value = key_results([at_midnight, of_the_day], AS_OF)[Measure.HBA1C]
    assert [each.origin.id for each in value.series] == ["day", "midnight"]


def test_a_course_with_one_result_has_no_direction_and_says_whether_it_is_abnormal() -> None:
    for text, abnormal in (("57", False), ("58", True)):
        value = key_results([result(Measure.HBA1C, text, "2026-09-01")], AS_OF)[Measure.HBA1C]
        assert (value.measure, value.baseline, value.direction) == (Measure.HBA1C, None, Direction.UNKNOWN)
        assert value.abnormal is abnormal


def test_every_measure_has_its_noise_and_its_limits_with_a_source() -> None:
    assert set(NOISE) == set(ABNORMAL) == set(CANONICAL_UNIT) == set(Measure)
    assert all(noise.source and (noise.absolute is None) != (noise.ratio is None) for noise in NOISE.values())
    assert all(limits.source for limits in ABNORMAL.values() if limits.low is not None or limits.high is not None)
