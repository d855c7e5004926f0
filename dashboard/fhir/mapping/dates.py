"""Reads dates, periods and the elements that hold either, such as onset[x]."""

from datetime import date, tzinfo
from functools import lru_cache
from typing import Any

from dashboard.domain.record.care_team import covers
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.site_time import site_zone
from dashboard.fhir.mapping.elements import MOST_REMEMBERED, CannotRead, Json, many, one, text
from dashboard.fhir.mapping.quantities import age
from dashboard.fhir.mapping.reading import origin


def date_of(literal: str) -> PartialDate:
    """Raises CannotRead("bad-date")."""
    return _date_of(literal, site_zone())


@lru_cache(maxsize=MOST_REMEMBERED)
def _date_of(literal: str, zone: tzinfo) -> PartialDate:
    """The date as it is at the sites: in another zone its day may be another one."""
    try:
        return PartialDate(literal)
    except ValueError as error:
        raise CannotRead("bad-date") from error


def partial_date(value: Any) -> PartialDate | None:
    """A date, dateTime or instant with its precision; None where there is none. Raises CannotRead("bad-date")."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise CannotRead("bad-date")
    return date_of(value.strip())


def period(value: Any) -> tuple[PartialDate | None, PartialDate | None]:
    """Start and end of a Period."""
    if not isinstance(value, dict):
        return None, None
    return partial_date(value.get("start")), partial_date(value.get("end"))


def period_or_unreadable(
    resource: Json, name: str = "period"
) -> tuple[PartialDate | None, PartialDate | None, tuple[Unreadable, ...]]:
    """Start and end of a Period that must not hide its record: each None where it is no date, and the record as
    unreadable where one is none or the element is no Period.
    """
    value = resource.get(name)
    if value and not many(value):
        return None, None, (Unreadable(origin(resource), "malformed"),)
    ends = {**one(value), "resourceType": resource.get("resourceType"), "id": resource.get("id")}
    start, without_start = date_or_unreadable(ends, "start")
    end, without_end = date_or_unreadable(ends, "end")
    return start, end, without_start or without_end


def exact_period(value: Any) -> tuple[PartialDate | None, PartialDate | None]:
    """Start and end of a Period on which access rests. Raises CannotRead for anything else, which is not open-ended."""
    if value is not None and not isinstance(value, dict):
        raise CannotRead("malformed")
    return period(value)


def date_or_unreadable(resource: Json, *names: str) -> tuple[PartialDate | None, tuple[Unreadable, ...]]:
    """The date of the first of these elements that is there; for one that is no date None, and the record as
    unreadable. For dates that are shown beside a value and must not hide it.
    """
    try:
        return partial_date(next((value for name in names if (value := resource.get(name))), None)), ()
    except CannotRead as error:
        return None, (Unreadable(origin(resource), error.why),)


def timed(resource: Json, name: str) -> tuple[PartialDate | None, PartialDate | None, str]:
    """Start, end and words of `name`[x]: a dateTime, an instant, a Period, or what is no date (an age, ages, a string).

    Raises CannotRead("bad-date").
    """
    exact = partial_date(resource.get(f"{name}DateTime") or resource.get(f"{name}Instant"))
    if exact is not None:
        return exact, None, ""
    start, end = period(resource.get(f"{name}Period"))
    if start is None and end is None:
        start, end = period(one(one(resource.get(f"{name}Timing")).get("repeat")).get("boundsPeriod"))
    ages = one(resource.get(f"{name}Range"))
    between = " - ".join(filter(None, (age(ages.get("low")), age(ages.get("high")))))
    return start, end, text(resource.get(f"{name}String")) or age(resource.get(f"{name}Age")) or between


def timed_or_unreadable(
    resource: Json, name: str
) -> tuple[PartialDate | None, PartialDate | None, str, tuple[Unreadable, ...]]:
    """`timed`, and for a date that is none the record as unreadable: as `date_or_unreadable`."""
    try:
        return *timed(resource, name), ()
    except CannotRead as error:
        return None, None, "", (Unreadable(origin(resource), error.why),)


def in_period(value: Any, on: date) -> bool:
    """True when the element's `period` may hold the day, or it has none; an unreadable period holds no day."""
    try:
        return covers(*exact_period(value.get("period")), on)
    except CannotRead:
        return False
