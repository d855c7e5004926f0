"""Means and rate ratios with their 95 % intervals, and where the methods come from.

The mean of paired differences has Student's t interval (Altman, Machin, Bryant, Gardner: Statistics with Confidence,
2nd edition, 2000, chapter 4). The rate ratio of the same people before and after has an interval on the logarithmic
scale, with a variance from each person's own counts, so that one who is admitted five times counts as one person (Liang
and Zeger, Biometrika 1986;73:13-22, for an independent working correlation; Poisson's would be too narrow). A draft, to
be reviewed by a statistician.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist, fmean, stdev
from typing import Final

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its interval; None where there are too few people, or nobody to compare with."""

    value: float
    low: float | None = None
    high: float | None = None


def mean_with_interval(differences: Sequence[float]) -> Estimate:
    """The mean of the differences, of one or more people, and its t interval of two or more."""
    mean = fmean(differences)
    if len(differences) < 2:
        return Estimate(mean)
    half = t_quantile(len(differences) - 1) * stdev(differences, mean) / math.sqrt(len(differences))
    return Estimate(mean, mean - half, mean + half)


@dataclass(frozen=True, slots=True)
class Exposure:
    """The events of one person and the years in which they could happen, before and after."""

    before: int
    years_before: float
    after: int
    years_after: float


def rate_ratio(people: Sequence[Exposure]) -> Estimate | None:
    """The rate after by the rate before. None where nothing happened before; no interval where nothing did after."""
    before, after = sum(each.before for each in people), sum(each.after for each in people)
    years_before, years_after = sum(each.years_before for each in people), sum(each.years_after for each in people)
    if not before or not years_after:
        return None
    rate_before, rate_after = before / years_before, after / years_after
    if not after or len(people) < 2:
        return Estimate(rate_after / rate_before)
    parts = [
        (each.after - rate_after * each.years_after) / after - (each.before - rate_before * each.years_before) / before
        for each in people
    ]
    spread = math.sqrt(sum(part**2 for part in parts) * len(people) / (len(people) - 1))
    wide = NormalDist().inv_cdf((1 + LEVEL) / 2) * spread
    ratio = rate_after / rate_before
    return Estimate(ratio, ratio * math.exp(-wide), ratio * math.exp(wide))


@lru_cache(maxsize=4096)
def t_quantile(freedom: int) -> float:
    """How many standard errors the interval goes to each side: Student's t by its degrees of freedom, 1 or more.

    Found by halving the distance; the distribution is exact (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, 13.0  # 12.7 for one degree of freedom
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < LEVEL else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """The probability that Student's t lies between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle) ** 2
    term = total = 1.0
    if freedom % 2:
        for number in range(3, freedom - 1, 2):
            term *= cosine * (number - 1) / number
            total += term
        rest = math.sin(angle) * math.cos(angle) * total if freedom > 1 else 0.0
        return 2 / math.pi * (angle + rest)
    for number in range(2, freedom - 1, 2):
        term *= cosine * (number - 1) / number
        total += term
    return math.sin(angle) * total
