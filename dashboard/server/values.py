"""Values that a resource and a query write alike: dates, references, text without accents."""

import calendar
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from dashboard.server.definitions import RESOURCE_TYPES

ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
EARLIEST: Final = -62_135_596_800.0  # the year 1: the start of a period without start
LATEST: Final = 253_402_300_799.0  # the year 9999: the end of a period without end

_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?", re.ASCII
)
_REFERENCE = re.compile(rf"(?:.*/)?([A-Z][A-Za-z]+)/({ID.pattern})(?:/_history/[^/]+)?")


# The caches below: a load repeats patients, days and displays many times. 65,536 short texts are about 10 MB each.
@lru_cache(maxsize=65_536)
def date_range(text: str) -> tuple[float, float] | None:
    """[start, end) in seconds since 1970 that a date, dateTime or instant covers by its precision; None if it is none.

    `2026-03` covers the whole of March. A date or time without offset is taken as UTC.
    """
    parts = _DATE.fullmatch(text.strip())
    if parts is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = parts.groups()
    zone: timezone = UTC
    if offset and offset != "Z":
        minutes = int(offset[1:3]) * 60 + int(offset[4:])
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    try:
        start = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        ) + timedelta(microseconds=int(float(fraction or 0) * 1_000_000))
        if fraction:
            length = timedelta(milliseconds=1)
        elif hour:
            length = timedelta(seconds=1) if second else timedelta(minutes=1)
        elif day:
            length = timedelta(days=1)
        else:
            days = calendar.monthrange(start.year, start.month)[1] if month else 365 + calendar.isleap(start.year)
            length = timedelta(days=days)
        return start.timestamp(), (start + length).timestamp()
    except (ValueError, OverflowError):  # a 13th month, an hour 25, beyond the year 9999
        return None


def to_instant(seconds: float) -> str:
    """Seconds since 1970 as the store writes instants: UTC, milliseconds, always 24 characters."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=65_536)
def parse_reference(text: str) -> tuple[str, str] | None:
    """(type, id) of a literal reference, relative or absolute, with or without version; None for `urn:`, `#` and the
    like.
    """
    parts = None if text.startswith(("urn:", "#")) else _REFERENCE.fullmatch(text)
    return (parts[1], parts[2]) if parts and parts[1] in RESOURCE_TYPES else None


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Lower case without accents: R4 compares strings so."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return text.lower().strip()
