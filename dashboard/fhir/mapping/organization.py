"""Organization: a region, a site or an MDT, and what it is part of."""

from typing import Final

from dashboard.domain.record.organisation import Organisation
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.elements import Json, reference, text
from dashboard.fhir.mapping.reading import origin

_KINDS: Final = ("govt", "prov", "team")


def organization(resource: Json) -> Organisation:
    """The organisation with its kind; the first of several types that we know decides."""
    kinds = [coding.code for coding in codings(resource.get("type"))]
    kind = next((kind for kind in kinds if kind in _KINDS), "")
    return Organisation(origin(resource).id, text(resource.get("name")), kind, reference(resource.get("partOf")))
