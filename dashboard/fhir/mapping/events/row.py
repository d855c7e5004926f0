"""The elements of an Observation that its event is made of, as a shape for `SearchRequest.shape`; as `observation_row`,
with the words of its concepts.
"""

from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from dashboard.fhir.search.shaped import Subject


class NamedCoding(Struct, frozen=True, gc=False, omit_defaults=True):
    code: str
    system: str = ""
    display: str = ""


class NamedConcept(Struct, frozen=True, gc=False, omit_defaults=True):
    coding: tuple[NamedCoding, ...] = ()
    text: str = ""


class NamedValue(Struct, omit_defaults=True, kw_only=True):
    code: NamedConcept
    valueQuantity: Raw | UnsetType = UNSET
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
    interpretation: Any = UNSET


class EventRow(NamedValue, omit_defaults=True, kw_only=True):
    resourceType: Literal["Observation"]
    id: str
    status: str
    subject: Subject
    component: list[NamedValue] | UnsetType = UNSET
    effectiveDateTime: str | UnsetType = UNSET
    effectiveInstant: Any = UNSET
    effectivePeriod: Any = UNSET
    effectiveTiming: Any = UNSET
    issued: Any = UNSET
    performer: Any = UNSET
    derivedFrom: Any = UNSET
