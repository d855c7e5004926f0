"""Which stretch of time to look at: presets, from and to, and since the last conference.

A window reaches a little beyond the moment of view, so that what is booked and what is aimed at are in sight too.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from dashboard.domain.timeline.arrange.extent import past
from dashboard.domain.timeline.events import Timeline


class Window(StrEnum):
    """The presets, the shortest first."""

    MONTHS_3 = "3m"
    YEAR = "1y"
    YEARS_5 = "5y"
    ALL = "all"


_DAYS = {Window.MONTHS_3: 92, Window.YEAR: 366, Window.YEARS_5: 1827}
_AHEAD = 12
"""One part in so many lies ahead: a week for 3 months, a month for a year."""
_LEAST = timedelta(days=28)
_MOST_AHEAD = timedelta(days=366)
"""A goal due in 2099, or a booking with a wrong year, does not squeeze the past of "all" into a corner."""


def window(preset: Window, timeline: Timeline, as_of: datetime) -> tuple[datetime, datetime]:
    """Start and end of a preset. "All" begins with the earliest dated event, not before birth, and ends with what is
    planned, at most a year ahead.
    """
    if preset is Window.ALL:
        return _whole(timeline, as_of)
    length = timedelta(days=_DAYS[preset])
    return as_of - length, as_of + length / _AHEAD


def between(first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, whichever comes first."""
    begins, ends = min(first, last), max(first, last)
    return datetime.combine(begins, time(), UTC), datetime.combine(ends, time(23, 59, 59), UTC)


def since_conference(timeline: Timeline, as_of: datetime) -> tuple[datetime, datetime] | None:
    """From a little before the last conference, so that it is seen itself; None where none is known."""
    if timeline.conference is None or timeline.conference > as_of:
        return None
    length = max(as_of - timeline.conference, _LEAST)
    return as_of - length - length / _AHEAD, as_of + length / _AHEAD


def _whole(timeline: Timeline, as_of: datetime) -> tuple[datetime, datetime]:
    dated = [(event.start, event.end) for event in timeline.events]
    begins = [(start or end).moment for start, end in dated if start or end]  # type: ignore[union-attr]
    ends = [past(when) for pair in dated for when in pair if when is not None]
    birth = timeline.person.birth
    earliest = min((moment for moment in begins if birth is None or moment >= birth.moment), default=as_of)
    earliest = min(earliest, as_of - _LEAST)
    margin = (as_of - earliest) / 50
    latest = min(max(ends, default=as_of), as_of + _MOST_AHEAD)
    return _earlier(earliest, margin), max(latest, as_of) + margin


def _earlier(moment: datetime, by: timedelta) -> datetime:
    """The moment less a margin; the beginning of the calendar has none."""
    try:
        return moment - by
    except OverflowError:
        return moment
