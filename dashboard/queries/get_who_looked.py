"""Who has read a patient's record: the AuditEvents about the patient, for the patient."""

from datetime import datetime
from typing import Final

from dashboard.audit.audited import AuditSubject, audited
from dashboard.audit.read_log import read_audit
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditFilter, AuditKind, AuditPage
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer

MOST: Final = 200
"""The latest reads; the administrator can export a longer list."""


@audited(
    AuditKind.PATIENT_QUERY,
    lambda arguments, answer: AuditSubject(
        patients=(arguments["patient_id"],), query=f"AuditEvent?patient={arguments['patient_id']}&_sort=-date"
    ),
)
def get_who_looked(fhir: FhirServer, user: User, patient_id: str, as_of: datetime, most: int = MOST) -> AuditPage:
    """Returns the latest reads of a record, including lists that named the patient. Raises NotPermitted, NotFound."""
    try:
        patient = Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound("record-not-found") from error
    require(user.roles, Action.VIEW_WHO_LOOKED, Relation.SELF if user.fhir_user == patient else Relation.OTHER_TEAM)
    return read_audit(fhir, AuditFilter(patient=patient.id), as_of, 0, most)
