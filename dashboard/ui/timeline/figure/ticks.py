"""The dates on the time axis: days, months and years of the sites; the ticks that plotly makes are those of UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from dashboard.ui.shared.dates import show_day

DAY_STEPS: Final = (1, 2, 7, 14)
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


def date_ticks(start: datetime, end: datetime, most: int, zone: tzinfo) -> list[tuple[datetime, str]]:
    """The moments at which days begin at the sites, at most `most` of them between `start` and `end`, each with its
    words: `20-Nov`, `Nov-2026` or `2026`, as the distance between two of them needs.
    """
    for days in DAY_STEPS:
        if (end - start) / timedelta(days=days) <= most:
            return [(moment, show_day(day)[:-5]) for day, moment in _days(start, end, days, zone)]
    for months in MONTH_STEPS:
        found = [(day, moment) for day, moment in _firsts(start, end, months, zone) if start <= moment <= end]
        if len(found) <= most:
            return [(moment, f"{day.year:04d}" if months >= 12 else show_day(day)[3:]) for day, moment in found]
    return []


def _days(start: datetime, end: datetime, step: int, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    """Every so many days, counted so that weeks begin on Monday whatever the window begins with."""
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date()
    while day <= last:
        moment = _begins(day, zone)
        if (day.toordinal() - 1) % step == 0 and start <= moment <= end:
            yield day, moment
        day += timedelta(days=1)


def _firsts(start: datetime, end: datetime, step: int, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    """The first day of every so many months; those of a year or more are counted from the year 0."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    month = -(-(first.year * 12 + first.month - 1) // step) * step
    while month <= last.year * 12 + last.month - 1:
        day = date(month // 12, month % 12 + 1, 1)
        yield day, _begins(day, zone)
        month += step


def _begins(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
