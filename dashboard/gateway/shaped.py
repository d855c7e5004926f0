"""Pages read straight into the form that their reader wants, where every row is certainly what was asked for.

A team has ten thousand results, and most of what a server tells of each is never read. msgspec skips what the shape
does not name and checks the rest while it reads: a third of the time, and nothing for the garbage collector to walk.

This is a short cut, never a judgement: a page with anything unusual in it (a row of another type or patient, a field of
a wrong kind, an OperationOutcome) is given back unread, and is then read, told or refused the general way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from dashboard.gateway.rows import patient_elements
from dashboard.gateway.search import Shape


@dataclass(frozen=True, slots=True)
class ShapedPage:
    """The rows of a page by `Type/id`, how many entries it had, and what of its Bundle the paging reads; `read` is
    still to be done with each row.
    """

    rows: dict[str, Any]
    entries: int
    bundle: dict[str, Any]
    read: Callable[[Any], Any]


Shaping = Callable[[bytes], ShapedPage | None]
"""From the body of an answer to its page; None for a page that must be read the general way."""


class _Search(msgspec.Struct, gc=False):
    mode: str


def shaping(shape: Shape, resource_type: str, patients: tuple[str, ...]) -> Shaping:
    """How to read pages of rows about these patients."""
    decode, allowed = _decoder(shape.row), frozenset(f"Patient/{patient}" for patient in patients)

    def page_of(body: bytes) -> ShapedPage | None:
        try:
            bundle = decode(body)
        except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            return None
        rows: dict[str, Any] = {}
        for entry in bundle.entry:
            row = entry.resource
            if (
                row.subject.reference not in allowed
                or row.resourceType != resource_type
                or entry.search.mode != "match"
            ):
                return None
            rows[f"{resource_type}/{row.id}"] = row
        if bundle.resourceType != "Bundle":
            return None
        told = {"resourceType": "Bundle", "link": bundle.link, "total": bundle.total}
        return ShapedPage(rows, len(bundle.entry), told, shape.read)

    return page_of


def can_be_shaped(resource_type: str, patient_param: str) -> bool:
    """Whether `subject` is where rows of the type name the patient they are searched by."""
    return patient_elements(resource_type, patient_param) == ("subject",)


@lru_cache(maxsize=32)
def _decoder(shape: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    entry = msgspec.defstruct("Entry", [("resource", shape), ("search", _Search)], gc=False)
    fields: list[Any] = [("resourceType", str), ("entry", list[entry]), ("link", Any, None), ("total", Any, None)]  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Bundle", fields)).decode
