"""The day on which the target is reached, in words: what stands large and what stands under it say the same."""

from datetime import date

from dashboard.domain.pilot.pace import Forecast, Pace
from dashboard.ui.pilot.figure_words import forecast_words


def words(earliest: date | None) -> tuple[str, str]:
    pace = Pace(Forecast.NOT_AT_THIS_PACE, since=date(2026, 9, 1), days=91, earliest=earliest)
    return forecast_words(pace, date(2026, 1, 15))


def test_of_few_people_the_day_is_the_earliest_that_it_can_be() -> None:
    large, under = words(date(2027, 6, 23))
    assert large == "not before 23-Jun-2027" and "Fewer than 5" in under and "With 4 it would be 23-Jun-2027" in under


def test_without_such_a_day_it_is_not_reached_at_this_pace() -> None:
    large, under = words(None)
    assert large == "not at this pace" and "more than ten years" in under
