"""DiagnosticReport: a report on results."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class DiagnosticReport:
    """A DiagnosticReport. `results` are its Observations, `performer` who made it, else who interpreted the results."""

    origin: Reference
    code: CodeableConcept
    status: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    issued: PartialDate | None = None
    conclusion: str = ""
    results: tuple[Reference, ...] = ()
    performer: NamedReference = NOBODY
