"""Chance that repeats: the same words give the same numbers, on every machine and in every order of asking.

Each aspect of each patient has a source of its own, so a change in how plans are drawn leaves the results alone.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
Chance = random.Random


def chance(*words: object) -> Chance:
    """A source for these words, e.g. `chance(seed, "pat-00012", "plan")`."""
    return random.Random(":".join(str(word) for word in words))  # noqa: S311 - demo data, nothing secret


def pick(source: Chance, choices: Sequence[T]) -> T:
    """One of the choices; a single draw, whatever their number."""
    return choices[int(source.random() * len(choices))]


def weigh(source: Chance, weights: Mapping[T, float]) -> T:
    """One of the keys, as likely as its weight."""
    left = source.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return next(reversed(list(weights)))


def between(source: Chance, low: float, high: float) -> float:
    """A number between the two, all equally likely."""
    return low + (high - low) * source.random()
