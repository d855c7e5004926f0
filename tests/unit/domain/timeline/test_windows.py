"""Presets of the timeline's window."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.windows import Window, between, since_conference, window
from dashboard.domain.values.datatypes import PartialDate
from tests.unit.domain.timeline.timelines import NOW, event, random_timelines, timeline


@pytest.mark.parametrize(("preset", "days"), [(Window.MONTHS_3, 92), (Window.YEAR, 366), (Window.YEARS_5, 1827)])
def test_a_preset_ends_a_little_after_the_moment_of_view(preset: Window, days: int) -> None:
    start, end = window(preset, timeline(), NOW)
    assert NOW - start == timedelta(days=days)
    assert timedelta() < end - NOW <= timedelta(days=days) / 12


def test_all_begins_with_the_earliest_event_after_birth_and_ends_with_what_is_planned() -> None:
    born = replace(
        timeline(
            event(EventKind.CONTACT, "A wrong century", "1901-01-01"),
            event(EventKind.CONTACT, "First", "1999-05-01"),
            event(EventKind.GOAL, "Walk", "2026-01-01", "2027-03-31"),
            event(EventKind.GOAL, "For ever", "2026-01-01", "2099-12-31"),
        ),
        person=Person("p", HumanName("Aldous"), PartialDate("1948-02-03")),
    )
    start, end = window(Window.ALL, born, NOW)
    assert start.year == 1998
    assert end - NOW < timedelta(days=366 + 210)


def test_all_of_nothing_is_four_weeks() -> None:
    start, end = window(Window.ALL, timeline(), NOW)
    assert timedelta(days=28) <= NOW - start < timedelta(days=30)
    assert end > NOW


@given(random_timelines())
def test_every_preset_holds_the_moment_of_view(story: Timeline) -> None:
    for preset in Window:
        start, end = window(preset, story, NOW)
        assert start < NOW <= end


def test_from_and_to_hold_both_days_in_either_order() -> None:
    wanted = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 7, 23, 59, 59, tzinfo=UTC))
    assert between(date(2026, 1, 5), date(2026, 2, 7)) == between(date(2026, 2, 7), date(2026, 1, 5)) == wanted


def test_since_the_last_conference_holds_the_conference_itself() -> None:
    met = NOW - timedelta(days=26)
    found = since_conference(replace(timeline(), conference=met), NOW)
    assert found is not None
    assert found[0] < met < NOW < found[1]
    assert since_conference(timeline(), NOW) is None
