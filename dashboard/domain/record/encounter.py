"""Encounter: a contact of the patient with a professional, or one that was planned or called off."""

from dataclasses import dataclass
from typing import Final

from dashboard.domain.record.appointment import CONFERENCE
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference

ASSESSMENT: Final = Coding(SNOMED, "312384001", "Multidisciplinary assessment")


@dataclass(frozen=True, slots=True)
class Encounter:
    """A FHIR Encounter. `type` holds the codings of all its types; `class_code` is AMB, IMP, EMER, HH, VR.

    `diagnoses` are the Conditions it was about, `appointments` those it took place for; `places` are names.
    """

    origin: Reference
    status: str
    start: PartialDate | None
    end: PartialDate | None
    type: CodeableConcept
    service_type: str
    class_code: str
    class_name: str
    participants: tuple[NamedReference, ...] = ()
    provider: str = ""
    places: tuple[str, ...] = ()
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    diagnoses: tuple[Reference, ...] = ()
    appointments: tuple[Reference, ...] = ()

    @property
    def conference(self) -> bool:
        """Whether it is the discussion of a conference of the team: by its type, or an assessment by several
        disciplines that took place for an appointment.
        """
        codings = self.type.codings
        return CONFERENCE in codings or (ASSESSMENT in codings and bool(self.appointments))
