"""Procedure: what was done for a patient, or was not."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Procedure:
    """A Procedure. `time_text` is a time that is no date (an age, words); `performer` the first who is named."""

    origin: Reference
    code: CodeableConcept
    status: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    time_text: str = ""
    outcome: str = ""
    status_reason: str = ""
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    performer: NamedReference = NOBODY
