"""The stretch of time that a timeline shows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.windows import Window, between, window
from tests.unit.domain.timeline.timelines import NOW, event, random_timelines, timeline


@pytest.mark.parametrize(
    ("preset", "back", "ahead"), [(Window.MONTHS_3, 92, 14), (Window.YEAR, 366, 43.92), (Window.YEARS_5, 1827, 219.24)]
)
def test_a_preset_ends_a_little_after_the_moment_of_view(preset: Window, back: float, ahead: float) -> None:
    assert window(preset, timeline(), NOW) == (NOW - timedelta(days=back), NOW + timedelta(days=ahead))


def contact(when: str) -> Timeline:
    return timeline(event(EventKind.CONTACT, "Clinic", "2026-11-01"), event(EventKind.CONTACT, "First", when))


@pytest.mark.parametrize(
    ("when", "start"),
    [
        ("1999-05-01", datetime(1999, 1, 1, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 1, 1, tzinfo=UTC)),
        # A wrong century: 120 years and their leap days at most.
        ("1801-01-01", datetime(1906, 1, 1, tzinfo=UTC)),
        ("1907-03-02", datetime(1907, 1, 1, tzinfo=UTC)),
    ],
)
def test_all_begins_on_the_first_of_january_before_the_oldest_event(when: str, start: datetime) -> None:
    assert window(Window.ALL, contact(when), NOW)[0] == start


@pytest.mark.parametrize(
    ("as_of", "start"),
    [
        ("2026-01-02", "2025-01-01"),  # the day before yesterday was of the year before
        ("2026-01-03", "2025-12-04"),  # a month at least
        ("2026-01-30", "2025-12-31"),
        ("2026-02-02", "2026-01-01"),
    ],
)
def test_all_of_a_record_without_a_past_is_a_month_at_least(as_of: str, start: str) -> None:
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    assert window(Window.ALL, timeline(), moment)[0] == datetime.fromisoformat(start).replace(tzinfo=UTC)


@given(random_timelines())
def test_every_preset_holds_the_moment_of_view(story: Timeline) -> None:
    for preset in Window:
        start, end = window(preset, story, NOW)
        assert start < NOW < end


def test_from_one_day_to_another_holds_both_days_in_the_zone_of_the_reader() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    start, end = between(date(2026, 1, 5), date(2026, 2, 7), zone)
    assert (start.astimezone(UTC), end.astimezone(UTC)) == (
        datetime(2026, 1, 4, 23, tzinfo=UTC),
        datetime(2026, 2, 7, 23, tzinfo=UTC),
    )
