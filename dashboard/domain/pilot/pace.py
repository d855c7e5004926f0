"""When the target will be reached if people are enrolled as they were of late: a plain division, and what chance adds.

The pace is that of the last 90 days. The server counts by month, so they begin with the month whose first day is
nearest to 90 days ago. Chance alone makes the number of a period vary by about twice its square root (a Poisson count,
95 of 100 times): the earliest and latest day say this, and nothing of holidays, new sites or fewer people to ask.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, sqrt
from typing import Final

from dashboard.domain.pilot.disclosure import FEW, FEWEST, Count

PACE_DAYS: Final = 90
_NORMAL: Final = 1.96
"""Standard deviations on either side of the middle within which 95 of 100 are."""
MOST_DAYS: Final = 3653
"""Ten years: a day beyond is said as "not within ten years"."""


class Forecast(StrEnum):
    """What can be said of the day."""

    REACHED = "reached"
    BY = "by"
    NOT_AT_THIS_PACE = "not-at-this-pace"
    NOT_BEGUN = "not-begun"
    NO_TARGET = "no-target"
    NOT_SHOWN = "not-shown"


@dataclass(frozen=True, slots=True)
class Pace:
    """How many people were enrolled since `since` in `days` days, and the `day` by which the target is reached at that
    pace, from `earliest` to `latest` (None: not within ten years). The days are None unless `forecast` is BY; where
    fewer than five were enrolled, `earliest` is what four would do.
    """

    forecast: Forecast
    since: date | None = None
    days: int = 0
    people: Count | None = None
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None


def pace_start(today: date) -> date:
    """The first day of the month that is nearest to 90 days ago."""
    ago = today - timedelta(PACE_DAYS)
    first = ago.replace(day=1)
    following = (first + timedelta(32)).replace(day=1)
    return following if following - ago < ago - first else first


def pace_of(enrolled: Count, recent: Count, target: int | None, start: date | None, today: date) -> Pace:
    """The pace from who is enrolled today, who of these `recent` since `pace_start`, and the whole target. `start` is
    the first day of the study.
    """
    if start is not None and start > today:
        return Pace(Forecast.NOT_BEGUN)
    if not target:
        return Pace(Forecast.NO_TARGET)
    if enrolled.value is not None and enrolled.value >= target:
        return Pace(Forecast.REACHED)
    since = max(pace_start(today), start or date.min)
    days = (today - since).days + 1
    if enrolled.few or (recent.few and enrolled.value is not None):
        missing = target - (enrolled.value or 0)
        return Pace(Forecast.NOT_AT_THIS_PACE, since, days, FEW, None, _day(missing, FEWEST - 1, days, today))
    if enrolled.value is None or recent.value is None:
        return Pace(Forecast.NOT_SHOWN)
    missing, spread = target - enrolled.value, _NORMAL * sqrt(recent.value)
    return Pace(
        Forecast.BY, since, days, recent, _day(missing, recent.value, days, today),
        _day(missing, recent.value + spread, days, today), _day(missing, recent.value - spread, days, today),
    )  # fmt: skip


def _day(missing: int, people: float, days: int, today: date) -> date | None:
    """The day on which so many more are enrolled; None beyond ten years."""
    if people * MOST_DAYS < missing * days:
        return None
    return today + timedelta(ceil(missing * days / people))
