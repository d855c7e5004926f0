"""The elements of an Observation that its mapping reads, as a shape for `SearchRequest.shape`; nothing else is kept.

Concepts and quantities are frozen, so that what they mean is looked up by their value. `as_json` gives the elements
back as JSON, for all that is not read the quick way.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, to_builtins

from dashboard.gateway.mapping.reading import Json


class CodingPart(Struct, frozen=True, gc=False):
    code: str
    system: str = ""


class Concept(Struct, frozen=True, gc=False):
    coding: tuple[CodingPart, ...]


class QuantityPart(Struct, frozen=True, gc=False):
    value: int | float
    system: str | None = None
    code: str | None = None
    unit: str | None = None
    comparator: str | None = None


class _Meta(Struct, frozen=True, gc=False):
    lastUpdated: str = ""


class _Subject(Struct, frozen=True, gc=False):
    reference: str


class Valued(Struct, omit_defaults=True, kw_only=True):
    code: Concept
    valueQuantity: QuantityPart | UnsetType = UNSET
    valueInteger: Any = UNSET
    valueString: Any = UNSET
    valueCodeableConcept: Any = UNSET
    valueBoolean: Any = UNSET
    valueRange: Any = UNSET
    valueRatio: Any = UNSET
    valueSampledData: Any = UNSET
    valueTime: Any = UNSET
    valueDateTime: Any = UNSET
    valuePeriod: Any = UNSET
    dataAbsentReason: Any = UNSET


class ObservationRow(Valued, omit_defaults=True, kw_only=True):
    resourceType: str
    id: str
    status: str
    subject: _Subject
    meta: _Meta = _Meta()
    component: list[Valued] | UnsetType = UNSET
    effectiveDateTime: str | UnsetType = UNSET
    effectiveInstant: Any = UNSET
    effectivePeriod: Any = UNSET
    issued: Any = UNSET


def as_json(row: Struct) -> Json:
    found: Json = to_builtins(row)
    return found
