"""Reads texts, lists and references of FHIR JSON; what is malformed raises `CannotRead` with a short code.

The codes of `CannotRead` are worded for users in `dashboard.ui.shared.notice_words`: malformed, no-code, no-date,
bad-date, modifier, no-value, bad-value, no-unit, unknown-unit, no-name, no-patient.
"""

from functools import lru_cache
from typing import Any

from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.domain.values.words import without_control_characters

Json = dict[str, Any]


# Many rows share a day, a unit and a patient: a remembered value costs a dictionary access instead of a parse.
MOST_REMEMBERED = 20_000


LONGEST_REMEMBERED = 2000
"""Characters of a value that is remembered: a hostile server must not fill the memory with long ones, which nobody
writes twice.
"""


class CannotRead(ValueError):
    """A record that exists and cannot be used; `why` is a short code for the wording, never data."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def short_enough(*values: Any) -> None:
    """Checks the key of a memory: raises TypeError where its values are too long, or neither text nor None."""
    if sum([len(value) for value in values if value is not None]) > LONGEST_REMEMBERED:
        raise TypeError("too long to be remembered")


@lru_cache(maxsize=MOST_REMEMBERED)
def _parsed(text: str) -> Reference | None:
    try:
        return Reference.parse(text)
    except ValueError:
        return None


def text(value: Any) -> str:
    """A string without control characters and outer spaces; "" for anything that is not a string."""
    return without_control_characters(value) if isinstance(value, str) else ""


def many(value: Any) -> list[Json]:
    """The objects of a list; a single object is a list of one, and what is no object is ignored."""
    if isinstance(value, dict):
        return [value]
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def one(value: Any) -> Json:
    """The object, or the first of a list of objects, or an empty one."""
    objects = many(value)
    return objects[0] if objects else {}


def reference(value: Any) -> Reference | None:
    """The literal reference of a Reference element; None for a logical, contained or missing one."""
    literal = value.get("reference") if isinstance(value, dict) else None
    return _parsed(literal) if isinstance(literal, str) and len(literal) <= LONGEST_REMEMBERED else None


def refers_elsewhere(value: Any) -> bool:
    """Returns whether a Reference element is absolute: to another server, as the client makes our own relative."""
    literal = value.get("reference") if isinstance(value, dict) else None
    return isinstance(literal, str) and ":" in literal


def references(value: Any) -> tuple[Reference, ...]:
    """The literal references of a list of Reference elements."""
    return tuple(to for part in many(value) if (to := reference(part)) is not None)


def display(value: Any) -> str:
    """The display of a Reference element."""
    return text(value.get("display")) if isinstance(value, dict) else ""


def named_reference(value: Any) -> NamedReference:
    """A Reference element with its display."""
    return NamedReference(reference(value), display(value))


def named_references(value: Any) -> tuple[NamedReference, ...]:
    """The Reference elements of a list."""
    return tuple(map(named_reference, many(value)))


def first_named(*elements: Any) -> NamedReference:
    """The first display among Reference elements (or lists of them), and the first reference that can be followed."""
    parts = [part for element in elements for part in many(element)]
    name = next(filter(None, map(display, parts)), "")
    return NamedReference(next((to for part in parts if (to := reference(part)) is not None), None), name)
