"""Hands out the audit as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable, Iterable
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.audit.read_log import MOST, read_audit, search_of
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditKind
from dashboard.fhir.port import FhirServer


@audited(
    AuditKind.EXPORT,
    lambda asked, made: AuditSubject(query="audit.csv?" + "&".join(f"{n}={v}" for n, v in search_of(asked["wanted"]))),
)
def export_audit(
    fhir: FhirServer,
    actor: User,
    wanted: AuditFilter,
    make: Callable[[Iterable[AuditEntry]], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of the records that fit, at most `MOST` of them. Raises NotPermitted."""
    require(actor.roles, Action.VIEW_AUDIT)
    require(actor.roles, Action.EXPORT)
    return make(read_audit(fhir, wanted, at, 0, MOST).entries)
