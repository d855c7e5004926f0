"""The measure of small differences finds one where there is one, and none where there is none, on a noisy machine."""

import random

import pytest

from tests.benchmarks.pairs import paired_ratio


def noisy(dearer: float, seed: int) -> tuple[list[float], list[float]]:
    """Pairs of runs of 20 ms, on a machine that is sometimes three times as slow, the one dearer by a share."""
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
def test_the_share_is_found_and_within_its_interval(dearer: float, seed: int) -> None:
    found = paired_ratio(*noisy(dearer, seed))
    assert abs(found.value - 1 - dearer) < 0.015
    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.03


def test_what_was_not_measured_has_no_ratio() -> None:
    with pytest.raises(ValueError):
        paired_ratio([], [])
    with pytest.raises(ValueError):
        paired_ratio([1.0], [])
