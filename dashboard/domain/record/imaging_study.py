"""ImagingStudy: pictures that were taken of a patient."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Reference,
)


@dataclass(frozen=True, slots=True)
class ImagingStudy:
    """An ImagingStudy. `series` says how each series was taken, and of which part of the body; `interpreter` is who
    interpreted it, else who asked for it.
    """

    origin: Reference
    status: str
    description: str = ""
    procedure: CodeableConcept = NO_CONCEPT
    series: tuple[str, ...] = ()
    started: PartialDate | None = None
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    interpreter: NamedReference = NOBODY
