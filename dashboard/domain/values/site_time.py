"""The time zone of the sites: what day a moment is, there.

"Today", "yesterday", overdue and due are days in this zone, whichever zone a server writes its times in and whichever
the reader's browser is in. A process has one, set once at its start from the settings, before anything is read.
"""

from datetime import UTC, date, datetime, time, tzinfo

_zone: list[tzinfo] = [UTC]


def set_site_zone(zone: tzinfo) -> None:
    """Sets the zone for all dates that are read from now on."""
    _zone[0] = zone


def site_zone() -> tzinfo:
    """The zone of the sites; UTC until it is set."""
    return _zone[0]


def site_day(moment: datetime) -> date:
    """The day of a moment at the sites; of the first and the last moment that there is, its own."""
    try:
        return moment.astimezone(_zone[0]).date()
    except OverflowError:
        return moment.date()


def midnight(day: date) -> datetime:
    """When a day begins at the sites, in UTC."""
    try:
        return datetime.combine(day, time(), _zone[0]).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def last_moment(day: date) -> datetime:
    """The last moment of a day at the sites, in UTC."""
    try:
        return datetime.combine(day, time.max, _zone[0]).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time.max, UTC)
