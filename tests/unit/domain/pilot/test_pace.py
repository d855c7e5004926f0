"""The day by which the target is reached at the pace of the last 90 days, and how far chance alone moves it."""

from datetime import date

import pytest

from dashboard.domain.pilot.disclosure import FEW, HELD_BACK, Count
from dashboard.domain.pilot.pace import Forecast, pace_of, pace_start

TODAY = date(2026, 11, 23)
START = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2026, 11, 23), date(2026, 9, 1)),  # 90 days ago: 25-Aug
        (date(2026, 11, 10), date(2026, 8, 1)),  # 12-Aug
        (date(2026, 3, 31), date(2026, 1, 1)),  # 31-Dec
        (date(2026, 1, 1), date(2025, 10, 1)),  # 03-Oct
    ],
)
def test_the_pace_begins_with_the_month_that_is_nearest_to_90_days_ago(today: date, since: date) -> None:
    assert pace_start(today) == since


def test_who_is_missing_comes_at_the_pace_of_late() -> None:
    """84 people in 84 days, 100 missing: 100 days more."""
    pace = pace_of(Count(200), Count(84), 300, START, TODAY)
    assert (pace.forecast, pace.since, pace.days, pace.people) == (Forecast.BY, date(2026, 9, 1), 84, Count(84))
    assert pace.day == date(2027, 3, 3)
    # 84 and twice its root: 66.04 to 101.96
    assert (pace.earliest, pace.latest) == (date(2027, 2, 14), date(2027, 3, 31))


def test_few_of_late_do_not_reach_it_and_what_four_would_do_is_the_earliest() -> None:
    pace = pace_of(Count(200), FEW, 208, START, TODAY)
    assert (pace.forecast, pace.people, pace.day, pace.latest) == (Forecast.NOT_AT_THIS_PACE, FEW, None, None)
    assert pace.earliest == date(2027, 5, 10)
    assert pace_of(FEW, FEW, 602, START, TODAY).earliest is None  # not within ten years


def test_five_of_late_may_come_to_nothing() -> None:
    pace = pace_of(Count(20), Count(5), 75, START, TODAY)
    assert pace.day is not None and pace.earliest is not None and pace.latest is None


def test_a_study_that_has_just_begun_has_its_own_first_day() -> None:
    pace = pace_of(Count(20), Count(20), 60, date(2026, 11, 4), TODAY)
    assert (pace.since, pace.days, pace.day) == (date(2026, 11, 4), 20, date(2027, 1, 2))


@pytest.mark.parametrize(
    ("enrolled", "recent", "target", "start", "forecast"),
    [
        (Count(300), Count(84), 300, START, Forecast.REACHED),
        (Count(300), HELD_BACK, 200, None, Forecast.REACHED),
        (Count(20), Count(8), None, START, Forecast.NO_TARGET),
        (Count(20), Count(8), 0, START, Forecast.NO_TARGET),
        (Count(20), Count(8), 40, date(2026, 12, 1), Forecast.NOT_BEGUN),
        (HELD_BACK, HELD_BACK, 40, START, Forecast.NOT_SHOWN),
        (Count(20), HELD_BACK, 40, START, Forecast.NOT_SHOWN),
        (FEW, FEW, 40, None, Forecast.NOT_AT_THIS_PACE),
    ],
)
def test_what_can_be_said(
    enrolled: Count, recent: Count, target: int | None, start: date | None, forecast: Forecast
) -> None:
    assert pace_of(enrolled, recent, target, start, TODAY).forecast is forecast
