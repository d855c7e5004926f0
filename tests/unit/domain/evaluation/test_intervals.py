"""Intervals: against published tables and sums worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.evaluation.intervals import Estimate, Exposure, mean_with_interval, rate_ratio, t_quantile


@pytest.mark.parametrize(
    ("freedom", "published"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (7, 2.365), (10, 2.228), (29, 2.045), (60, 2.000),
     (120, 1.980), (100_000, 1.960)],
)  # fmt: skip
def test_t_is_that_of_the_published_table(freedom: int, published: float) -> None:
    assert round(t_quantile(freedom), 3) == published


def test_the_mean_of_differences_has_its_t_interval() -> None:
    """Differences 1, 2, 3, 4: mean 2.5, standard error 0.6455, t of 3 degrees 3.182."""
    found = mean_with_interval([1, 2, 3, 4])
    assert found.value == 2.5
    assert (found.low, found.high) == (pytest.approx(0.446, abs=0.001), pytest.approx(4.554, abs=0.001))
    assert mean_with_interval([7.0]) == Estimate(7.0)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30), st.floats(-9, 9))
def test_an_interval_moves_with_its_values(values: list[float], by: float) -> None:
    one, other = mean_with_interval(values), mean_with_interval([value + by for value in values])
    assert other.value == pytest.approx(one.value + by)
    assert one.low is not None and one.high is not None and one.low <= one.value <= one.high
    assert other.low == pytest.approx(one.low + by, abs=1e-6)


def test_a_rate_ratio_counts_people_and_not_events() -> None:
    """One person with all events makes a wider interval than the same events spread over everybody."""
    spread = [Exposure(1, 1, 1, 1) for _ in range(20)]
    quiet = [Exposure(0, 1, 0, 1) for _ in range(18)]
    one = [Exposure(10, 1, 0, 1), Exposure(10, 1, 20, 1), *quiet]
    even, uneven = rate_ratio(spread), rate_ratio(one)
    assert even == Estimate(1, 1, 1)
    assert uneven is not None and uneven.value == 1
    assert uneven.low is not None and uneven.high is not None and uneven.low < 0.3 < 3 < uneven.high


def test_the_variance_of_a_rate_ratio_worked_out_by_hand() -> None:
    """Two people, a year each time: 2 then 1, and 1 then 1. Rates 1.5 and 1, parts 0.3333 - 0.5 + ... = by hand."""
    found = rate_ratio([Exposure(2, 1, 1, 1), Exposure(1, 1, 1, 1)])
    parts = [(1 - 1) / 2 - (2 - 1.5) / 3, (1 - 1) / 2 - (1 - 1.5) / 3]
    spread = math.sqrt(sum(part**2 for part in parts) * 2)
    assert found is not None and found.value == pytest.approx(2 / 3)
    assert found.high == pytest.approx(2 / 3 * math.exp(1.959964 * spread), rel=1e-6)


def test_without_events_there_is_no_ratio_or_no_interval() -> None:
    assert rate_ratio([Exposure(0, 1, 3, 1)]) is None
    assert rate_ratio([Exposure(2, 1, 0, 1), Exposure(1, 1, 0, 1)]) == Estimate(0)
    assert rate_ratio([]) is None
