"""Pages read straight into the form that their reader wants, where every row is certainly what was asked for.

A team has ten thousand results, and most of what a server tells of each is never read. msgspec skips what the shape
does not name and checks the rest while it reads: a sixth of the time, and nothing for the garbage collector to walk.

This is a short cut, never a judgement: a page with anything unusual in it (a row of another type or patient, a field of
a wrong kind, an OperationOutcome) is given back unread, and is then read, told or refused the general way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec

from dashboard.fhir.search.registry import parameter, patient_parameter
from dashboard.fhir.search.request import SearchRequest, Shape


class Subject(msgspec.Struct, frozen=True, gc=False):
    """Whom a row is about: the field `subject` of a shape, whatever the element is called."""

    reference: str


class Meta(msgspec.Struct, frozen=True, gc=False):
    """What is kept of `meta`."""

    lastUpdated: str = ""


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
    mode: Literal["match"]


def shaping(shape: Shape, patients: tuple[str, ...]) -> Shaping:
    """How to read pages of rows about these patients."""
    decode, ids = _decoder(shape.row), {f"Patient/{patient}": patient for patient in patients}
    prefix, make = f"{shape.type}/", shape.read

    def read(row: Any) -> Any:
        return make(row, ids[row.subject.reference])

    def page_of(body: bytes) -> ShapedPage | None:
        try:
            bundle = decode(body)
        except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            return None
        rows: dict[str, Any] = {}
        for entry in bundle.entry:
            row = entry.resource
            if row.subject.reference not in ids:
                return None
            rows[prefix + row.id] = row
        told = {"resourceType": "Bundle", "link": bundle.link, "total": bundle.total}
        return ShapedPage(rows, len(bundle.entry), told, read)

    return page_of


def can_be_shaped(request: SearchRequest) -> bool:
    """Whether the request's shape is of its type, its `subject` is where such rows name the patient they are searched
    by, and rows in it refer to nothing that is to be included.
    """
    if request.shape is None or request.shape.type != request.type:
        return False
    fields = {each.encode_name: each for each in msgspec.structs.fields(request.shape.row)}
    named = [parameter(request.type, include.partition(":")[2]) for include in request.include]
    followed = [path[0].element for each in named if each for path in each.paths]
    alone = all(named) and all(name in fields and fields[name].type is type(None) for name in followed)
    (about, *others) = [path[0].element for path in patient_parameter(request.type).paths]
    return alone and not others and about in fields and fields[about].name == "subject"


@lru_cache(maxsize=32)
def _decoder(shape: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    entry = msgspec.defstruct("Entry", [("resource", shape), ("search", _Search)], gc=False)
    rest: list[Any] = [("entry", list[entry]), ("link", Any, None), ("total", Any, None)]  # type: ignore[valid-type]
    bundle = msgspec.defstruct("Bundle", [("resourceType", Literal["Bundle"]), *rest])
    return msgspec.json.Decoder(bundle).decode
