"""Dates as clinicians read them: DD-MMM-YYYY in every language and region, as precise as recorded and no more.

After the NHS Common User Interface's date display rules (D+Ta-0006 to 0010, 0022): two-digit day, English
three-letter month, hyphens, regional settings ignored. Babel would write "22-aza.-2026" in Basque.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo

from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.shared.wording import t, tn

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def show_day(day: date) -> str:
    """`03-Feb-1948`."""
    return f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year:04d}"


def show_date(when: PartialDate | date | None) -> str:
    """`03-Feb-1948`, `Feb-1948`, `1948`, or "Not recorded"."""
    if when is None:
        return t("Not recorded")
    if isinstance(when, date):
        return show_day(when)
    if when.precision == "year":
        return f"{when.start.year:04d}"
    if when.precision == "month":
        return f"{MONTHS[when.start.month - 1]}-{when.start.year:04d}"
    return show_day(when.start)


def show_time(moment: datetime, zone: tzinfo) -> str:
    """`14:02`, in the user's zone."""
    return moment.astimezone(zone).strftime("%H:%M")


def show_moment(moment: datetime, zone: tzinfo) -> str:
    """`24-Nov-2026 14:02`, in the user's zone."""
    return f"{show_day(moment.astimezone(zone).date())} {show_time(moment, zone)}"


def show_conference(moment: datetime, as_of: datetime, zone: tzinfo) -> str:
    """`Tue 24-Nov 14:00` within the next six months, with the year beyond, and in a file."""
    local = moment.astimezone(zone)
    day = show_day(local.date())
    near = abs((moment - as_of).days) < 183 and not for_a_file()
    return f"{DAYS[local.weekday()]} {day[:-5] if near else day} {local:%H:%M}"


def show_age_of(moment: datetime, as_of: datetime) -> str:
    """How long ago: "just now", "7 min ago", "3 hours ago", "12 days ago"."""
    return show_span(int((as_of - moment).total_seconds()), ago=True)


def show_span(seconds: int, *, ago: bool = False) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return t("just now") if ago else t("less than a minute")
    if minutes < 60:
        return t("{n} min ago", n=minutes) if ago else tn("{n} minute", "{n} minutes", minutes)
    if hours < 48:
        return tn("{n} hour ago", "{n} hours ago", hours) if ago else tn("{n} hour", "{n} hours", hours)
    return tn("{n} day ago", "{n} days ago", days) if ago else tn("{n} day", "{n} days", days)


_in_file: ContextVar[bool] = ContextVar("in_file", default=False)


@contextmanager
def days_as_dates() -> Iterator[None]:
    """Within, no day is called "yesterday", and no date is without its year: a file, or a printed sheet, is read on
    other days than the one it was made on.
    """
    token = _in_file.set(True)
    try:
        yield
    finally:
        _in_file.reset(token)


def for_a_file() -> bool:
    """Whether words are being made for a file, or a printed sheet."""
    return _in_file.get()


def show_near(when: PartialDate | date | None, as_of: date) -> str:
    """`today`, `yesterday`, else the date: for what happened within two days, words are read faster. In a file it is
    the date in any case.
    """
    if not for_a_file() and isinstance(when, PartialDate) and when.precision in ("day", "time"):
        days = (as_of - when.start).days
        if days in (0, 1):
            return t("today") if days == 0 else t("yesterday")
    return show_date(when)


def years_between(birth: date, as_of: date) -> int:
    """Completed years."""
    return as_of.year - birth.year - ((as_of.month, as_of.day) < (birth.month, birth.day))
