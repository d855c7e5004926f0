"""Hands out the pilot's counts and pseudonyms as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.counts import PilotCounts
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.pilot_counts import read_counts
from dashboard.fhir.port import FhirServer


@audited(AuditKind.EXPORT, lambda asked, made: AuditSubject(query=f"pilot.{asked['form']}"))
def export_counts(
    fhir: FhirServer,
    actor: User,
    terminology: Terminology,
    key: str,
    form: str,
    make: Callable[[PilotCounts], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of what `get_counts` shows, read anew; `form` says which file it is. Raises
    NotPermitted, and AuditUnavailable: then there is no file.
    """
    require(actor.roles, Action.VIEW_COUNTS)
    require(actor.roles, Action.EXPORT)
    return make(read_counts(fhir, actor, terminology, key, at))
