"""`paired_ratio` measures small differences correctly on a noisy machine, and no difference where there is none."""

import random

import pytest

from tests.benchmarks.pairs import paired_ratio


def noisy(dearer: float, seed: int) -> tuple[list[float], list[float]]:
    """Returns pairs of runs of 20 ms on a machine that is sometimes thrice as slow, the first dearer by a share."""
    chance = random.Random(seed)
    on, off = [], []
    for _ in range(300):
        slow = chance.choice((1.0, 1.0, 1.5, 3.0))
        on.append(20 * (1 + dearer) * slow * chance.gauss(1, 0.03))
        off.append(20 * slow * chance.gauss(1, 0.03))
    return on, off


@pytest.mark.slow
@pytest.mark.parametrize("dearer", [0.0, 0.02, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_the_measured_ratio_is_close_to_the_true_one_and_within_its_interval(dearer: float, seed: int) -> None:
    ratio = paired_ratio(*noisy(dearer, seed))
    assert abs(ratio.value - 1 - dearer) < 0.015
    assert ratio.low <= ratio.value <= ratio.high
    assert ratio.high - ratio.low < 0.03


def test_pairs_without_values_or_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError):
        paired_ratio([], [])
    with pytest.raises(ValueError):
        paired_ratio([1.0], [])
