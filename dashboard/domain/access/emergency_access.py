"""Emergency access: a clinician opens one patient beyond their teams, with a reason and for a limited time.

The FHIR resource that records it is a Task (`dashboard.fhir.mapping.emergency_access`). HL7's code for the purpose is
BTG, "break the glass" (v3-ActReason).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.domain.values.datatypes import Reference

LONGEST_EMERGENCY_ACCESS: Final = timedelta(hours=24)
"""A grant ends after this time, whatever its Task says."""


class EmergencyReason(StrEnum):
    """Why a clinician needs emergency access: the codes that the Task carries."""

    EMERGENCY = "emergency"
    ON_CALL = "on-call"
    TRANSFER = "transfer"
    PATIENT_ASKED = "patient-asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """A grant to read one patient's record beyond one's teams: who, why, from `since`, until (exclusive) `until`."""

    origin: Reference
    patient: Reference
    who: Reference
    reason: str
    text: str
    since: datetime
    until: datetime

    def holds(self, patient_id: str, who: Reference, at: datetime) -> bool:
        """True within its time, for that patient and that person only; never for longer than
        `LONGEST_EMERGENCY_ACCESS`.
        """
        return (
            self.patient == Reference("Patient", patient_id)
            and self.who == who
            and self.since <= at < min(self.until, self.since + LONGEST_EMERGENCY_ACCESS)
        )
