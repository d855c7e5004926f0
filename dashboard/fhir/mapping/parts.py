"""Parts of rows as their source wrote them, each made sense of once: in ten thousand results the same code, unit and
value come again and again, and their JSON text is the quickest thing to know them by.

    class EncounterRow(Struct):
        type: Raw | UnsetType = UNSET

    words = of_part(concept_text)
    words(row.type)

Meant for codes, quantities and what names a place or a professional, never for a patient's own words or identity: what
is kept outlives the row.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import encode

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.client.json_text import parse
from dashboard.fhir.mapping.reading import LONGEST_KEPT, Json, origin, partial_date, read_one

T = TypeVar("T")

PARTS_KEPT: Final = 20_000
"""Different texts of one kind of part; the one seen longest ago is forgotten first."""


class Span(Struct, omit_defaults=True, gc=False):
    """A Period."""

    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET


class Named(Struct, omit_defaults=True, gc=False):
    """Of a Reference, what its source calls it."""

    display: str | UnsetType = UNSET


class Words(Struct, omit_defaults=True, gc=False):
    """An element with a text of its own."""

    text: str | UnsetType = UNSET


def span_of(part: Span | UnsetType) -> tuple[PartialDate | None, PartialDate | None]:
    """`period` of a part. Raises CannotRead."""
    return (None, None) if part is UNSET else (day_of(part.start), day_of(part.end))


def day_of(written: str | UnsetType) -> PartialDate | None:
    """`partial_date` of a part. Raises CannotRead."""
    return None if written is UNSET else partial_date(written)


def of_part(read: Callable[[Any], T]) -> Callable[[Raw | UnsetType], T]:
    """`read` for parts in the form of `msgspec.Raw`; what is not there is read as None. What `read` raises is raised
    each time.
    """

    @lru_cache(maxsize=PARTS_KEPT)
    def kept(written: bytes) -> T:
        return read(parse(written))

    def of(part: Raw | UnsetType) -> T:
        if not isinstance(part, Raw):
            return read(None)
        written = bytes(part)
        return kept(written) if len(written) <= LONGEST_KEPT else read(parse(written))

    return of


def read_shaped(row: Struct, read: Callable[[Json], T | None]) -> T | Unreadable | None:
    """`read_one` of a row in a shape, from the elements the shape names: for all that is not read the quick way."""
    try:
        resource = parse(encode(row))
    except (ValueError, RecursionError):  # within a part that msgspec had no need to look at
        return Unreadable(origin({name: getattr(row, name) for name in ("resourceType", "id")}), "malformed")
    return read_one(resource, read)
