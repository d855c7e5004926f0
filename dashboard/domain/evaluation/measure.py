"""Measure of the evaluation: what is counted of each patient before and after enrolment, as its file defines it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from dashboard.domain.record.observation import Measure

DAYS_A_YEAR: Final = 365.25


class Statistic(StrEnum):
    """What becomes of a patient's records in a period. `data/evaluation/README.md` has a sentence for each."""

    VALUE = "value"
    SLOPE = "slope"
    RATE = "rate"
    NUMBER = "number"
    AT_LEAST = "at-least"
    SHARE = "share"
    DAYS = "days"


OF_OBSERVATIONS: Final = frozenset({Statistic.VALUE, Statistic.SLOPE})
ON_A_DAY: Final = frozenset({Statistic.NUMBER, Statistic.AT_LEAST})
COUNTING: Final = frozenset({Statistic.RATE, Statistic.AT_LEAST, Statistic.SHARE})
"""Statistics whose mean says how many people something happened to."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days counted from that of enrolment, which is 0: from `first` to `last`, both included. Of several values the one
    nearest to the day `nearest` counts, of two as near the later one; without it the last one.
    """

    name: str
    first: int
    last: int
    nearest: int | None = None

    def days(self, enrolled: date) -> tuple[date, date]:
        """The first and the last day of somebody's period."""
        return enrolled + timedelta(self.first), enrolled + timedelta(self.last)


BEFORE: Final = "before"


@dataclass(frozen=True, slots=True)
class EvaluationMeasure:
    """A measure with its periods: `before` is compared with each of `after`. `unit` is UCUM's.

    `of` is the key measure whose results are taken; `least` is the number of medicines that counts as many; `values`
    and `span` are how many values over how many days a slope needs; `classes` are the Encounter classes that are an
    admission. `source`, `link` and `edition` say where the definition comes from; a `draft` is not reviewed.
    """

    key: str
    title: str
    statistic: Statistic
    numerator: str
    denominator: str
    unit: str
    before: Window
    after: tuple[Window, ...]
    source: str
    edition: str
    link: str = ""
    draft: bool = True
    of: Measure | None = None
    least: int = 0
    values: int = 0
    span: int = 0
    classes: tuple[str, ...] = ()

    @property
    def windows(self) -> tuple[Window, ...]:
        return (self.before, *self.after)
