"""AllergyIntolerance: an allergy, and what the banner says of allergies."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Allergy:
    """An AllergyIntolerance that names a substance."""

    origin: Reference
    text: str
    reaction: str
    criticality: str
    clinical_status: str
    verification_status: str


class AllergyState(StrEnum):
    """The four banners of the NHS CUI guidance; the last is for a read that failed, never "none"."""

    KNOWN = "known"
    NONE_KNOWN = "none-known"
    NOT_RECORDED = "not-recorded"
    UNAVAILABLE = "unavailable"
