"""The ratio of two costs that were measured by turns, with its interval."""

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` is the median over the pairs of one / other; `low` and `high` bound it in 95 of 100."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3f} to {self.high:.3f}"


def paired_ratio(dearer: Sequence[float], cheaper: Sequence[float], seed: int = 1) -> Ratio:
    """Returns the ratio of pairs that were measured one directly after the other, so that what slows the machine slows
    both.

    Differences are taken of the logarithms: a machine that is three times as slow makes both times three times as long,
    and their difference in milliseconds too. The interval is a bootstrap of the pairs (2,000 samples, percentiles).
    Raises ValueError without pairs, or for lists of different lengths.
    """
    pairs = list(zip(dearer, cheaper, strict=True))
    chance = random.Random(seed)
    ratios = sorted(_ratio(chance.choices(pairs, k=len(pairs))) for _ in range(SAMPLES))
    return Ratio(_ratio(pairs), ratios[int(SAMPLES * 0.025)], ratios[int(SAMPLES * 0.975) - 1])


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    if not pairs:
        raise ValueError("nothing was measured")
    return math.exp(statistics.median(math.log(one / other) for one, other in pairs))
