"""Filters rows by a search parameter as R4 means it, for a server that lacks the parameter: dates and codes.

What cannot be filtered with certainty (modifiers, other kinds of parameter) is not guessed.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.site_time import last_moment, site_day
from dashboard.fhir.search.registry import ElementPath, parameter, values_at

Json = dict[str, Any]

FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """What a date, dateTime, instant or Period covers, both ends included; an open Period has no end of time."""

    start: datetime
    end: datetime


def filter_by(resource_type: str, name: str, value: str) -> Callable[[Json], bool] | None:
    """A test for one search parameter; None where it cannot be made here."""
    definition = parameter(resource_type, name)
    if definition is None or definition.presence:
        return None
    if definition.kind == "date":
        return _filter_by_date(definition.paths, value)
    if definition.kind == "token":
        return _filter_by_token(definition.paths, value)
    return None


def spans(row: Json, paths: tuple[ElementPath, ...]) -> Iterator[Span]:
    """The times at these elements; what is no time is left out."""
    for path in paths:
        for value in values_at(row, path):
            span = _span(value)
            if span is not None:
                yield span


def _span(value: Any) -> Span | None:
    if not isinstance(value, dict):
        return _span_of_text(value)
    start, end = _span_of_text(value.get("start")), _span_of_text(value.get("end"))
    if start is None and end is None:
        return None
    return Span(start.start if start else FIRST_MOMENT, end.end if end else LAST_MOMENT)


def _span_of_text(text: Any) -> Span | None:
    try:
        moment = PartialDate(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.precision == "time":
        return Span(moment.moment, moment.moment)
    return Span(moment.moment, last_moment(moment.end))


def _filter_by_date(paths: tuple[ElementPath, ...], value: str) -> Callable[[Json], bool] | None:
    """The prefixes ge, gt, le and lt (https://hl7.org/fhir/R4/search.html#prefix), for a day by whole days."""
    prefix, text = value[:2], value[2:]
    bound = _span_of_text(text)
    if prefix not in ("ge", "gt", "le", "lt") or bound is None:
        return None
    by_day = PartialDate(text).precision != "time"

    def at(moment: datetime) -> datetime | date:
        return site_day(moment) if by_day else moment

    first, last = at(bound.start), at(bound.end)

    def passes(span: Span) -> bool:
        start, end = at(span.start), at(span.end)
        return {"ge": end >= first, "gt": end > last, "le": start <= last, "lt": start < first}[prefix]  # type: ignore[operator]

    return lambda row: any(map(passes, spans(row, paths)))


def _filter_by_token(paths: tuple[ElementPath, ...], value: str) -> Callable[[Json], bool]:
    wanted = [tuple(map(_unescape, split_escaped(token, "|"))) for token in split_escaped(value, ",")]
    codes = {each[0] for each in wanted if len(each) == 1}
    systems = {each[0] for each in wanted if len(each) > 1 and not each[1]}
    both = {each[:2] for each in wanted if len(each) > 1 and each[1]}
    return lambda row: any(token[1] in codes or token in both or token[0] in systems for token in _tokens(row, paths))


def _tokens(row: Json, paths: tuple[ElementPath, ...]) -> Iterator[tuple[str, str]]:
    """(system, code) of each code, Coding, CodeableConcept, Identifier, ContactPoint and boolean at these elements."""
    for path in paths:
        for value in values_at(row, path):
            if isinstance(value, bool):
                yield "", str(value).lower()
            elif isinstance(value, str):
                yield "", value
            elif isinstance(value, dict):
                codings = value.get("coding")
                for coding in codings if isinstance(codings, list) else [value]:
                    if isinstance(coding, dict):
                        yield str(coding.get("system", "")), str(coding.get("code", coding.get("value", "")))


def split_escaped(text: str, separator: str) -> list[str]:
    """The parts of a search value between separators that no backslash escapes; the parts are still escaped."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\", text, re.DOTALL):
        if piece == separator:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
