"""The stretch of time that a timeline shows: a preset, or from one day to another.

A preset reaches a little beyond the moment of view, so that what is booked and what is aimed at are in sight too.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from dashboard.domain.timeline.events import Timeline


class Window(StrEnum):
    """The presets, the shortest first."""

    MONTHS_3 = "3m"
    YEAR = "1y"
    YEARS_5 = "5y"
    ALL = "all"


_DAYS = {Window.MONTHS_3: 92, Window.YEAR: 366, Window.YEARS_5: 1827}
AHEAD = 0.12
LEAST_AHEAD = timedelta(days=14)
"""The share of what lies behind the moment of view that is shown ahead of it; at least two weeks."""
LEAST_BACK = timedelta(days=30)
MOST_BACK = timedelta(days=120 * 366)
""""All" reaches back a month at least, and 120 years at most: a date of a wrong century must not press everything else
into a line.
"""
_BEFORE_NEW_YEAR = timedelta(days=2)
"""An event so shortly before the moment of view may be of another year than it in another time zone."""


def window(preset: Window, timeline: Timeline, as_of: datetime) -> tuple[datetime, datetime]:
    """Start and end of a preset. "All" begins on the first of January before the oldest event."""
    start = _first(timeline, as_of) if preset is Window.ALL else as_of - timedelta(days=_DAYS[preset])
    return start, as_of + max(LEAST_AHEAD, (as_of - start) * AHEAD)


def between(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, in the zone of the reader."""
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    return start, datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)


def _first(timeline: Timeline, as_of: datetime) -> datetime:
    moments = [event.start.moment for event in timeline.events if event.start is not None]
    oldest = max(min(moments, default=as_of), as_of - MOST_BACK)
    first = datetime(min(oldest, as_of - _BEFORE_NEW_YEAR).year, 1, 1, tzinfo=UTC)
    return min(first, as_of - LEAST_BACK)
