"""Immunization: a vaccine given, or refused."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Immunization:
    """An Immunization. `time_text` is when it was, where that is no date; `performer` the first who is named."""

    origin: Reference
    vaccine: CodeableConcept
    status: str
    when: PartialDate | None = None
    time_text: str = ""
    recorded: PartialDate | None = None
    status_reason: str = ""
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    performer: NamedReference = NOBODY
