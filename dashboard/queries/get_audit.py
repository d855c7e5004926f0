"""Who looked at what: the AuditEvents of the server, newest first, for administrators."""

from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.audit.read_log import read_audit, search_of
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditFilter, AuditKind, AuditPage
from dashboard.fhir.port import FhirServer


@audited(
    AuditKind.QUERY,
    lambda arguments, answer: AuditSubject(
        query="AuditEvent?" + "&".join(f"{n}={v}" for n, v in search_of(arguments["wanted"]))
    ),
)
def get_audit(
    fhir: FhirServer, user: User, wanted: AuditFilter, as_of: datetime, *, first: int = 0, most: int = 50
) -> AuditPage:
    """Records `first` to `first + most` of those that fit, with no clinical content: ids of patients, no names.

    Raises NotPermitted for everybody but administrators, ValueError for a patient id that cannot be one.
    """
    require(user.roles, Action.VIEW_AUDIT)
    return read_audit(fhir, wanted, as_of, first, most)
