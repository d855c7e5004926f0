"""The end of a day and of an uncertain date, also at the end of the calendar."""

from datetime import UTC, datetime

from dashboard.domain.timeline.arrange.extent import end_of_day, past
from dashboard.domain.values.datatypes import PartialDate


def test_a_day_ends_at_the_next_midnight_and_a_moment_at_itself() -> None:
    assert past(PartialDate("2026-11-23")) == datetime(2026, 11, 24, tzinfo=UTC)
    assert past(PartialDate("2026")) == datetime(2027, 1, 1, tzinfo=UTC)
    assert past(PartialDate("2026-11-23T10:00:00Z")) == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert end_of_day(datetime(2026, 11, 23, 10, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC)


def test_the_last_day_of_the_calendar_has_an_end_too() -> None:
    assert past(PartialDate("9999-12-31")).year == 9999
    assert end_of_day(datetime(9999, 12, 31, 10, tzinfo=UTC)) >= datetime(9999, 12, 31, 10, tzinfo=UTC)
