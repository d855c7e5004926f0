"""The elements of an Observation that its mapping reads, as a shape for `SearchRequest.shape`; nothing else is kept.

What a code or a quantity means is looked up by its JSON text, so these are not taken apart.
"""

from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from dashboard.fhir.search.shaped import Meta, Subject


class Valued(Struct, omit_defaults=True, kw_only=True, gc=False):
    code: Raw
    valueQuantity: Raw | UnsetType = UNSET
    valueInteger: Raw | UnsetType = UNSET
    valueString: Raw | UnsetType = UNSET
    valueCodeableConcept: Raw | UnsetType = UNSET
    valueBoolean: Raw | UnsetType = UNSET
    valueRange: Raw | UnsetType = UNSET
    valueRatio: Raw | UnsetType = UNSET
    valueSampledData: Raw | UnsetType = UNSET
    valueTime: Raw | UnsetType = UNSET
    valueDateTime: Raw | UnsetType = UNSET
    valuePeriod: Raw | UnsetType = UNSET
    dataAbsentReason: Raw | UnsetType = UNSET


class ObservationRow(Valued, omit_defaults=True, kw_only=True, gc=False):
    resourceType: Literal["Observation"]
    id: str
    status: str
    subject: Subject
    meta: Meta = Meta()
    component: list[Valued] | UnsetType = UNSET
    effectiveDateTime: str | UnsetType = UNSET
    effectiveInstant: Raw | UnsetType = UNSET
    effectivePeriod: Raw | UnsetType = UNSET
    issued: Raw | UnsetType = UNSET
