"""Hands out a printed sheet about patients: as a file is handed out, and on record as a print."""

from collections.abc import Callable, Sequence
from datetime import datetime

from dashboard.actions.export_patients import require_may_take
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.port import FhirServer


@audited(AuditKind.PRINT, lambda asked, made: AuditSubject(patients=asked["patients"], query=asked["query"]))
def print_patients(
    fhir: FhirServer,
    actor: User,
    scope: AccessScope,
    terminology: Terminology,
    patients: Sequence[str],
    query: str,
    make: Callable[[], bytes],
    *,
    at: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> bytes:
    """The sheets that `make` makes, of these Patient ids; `query` says which page of them, and which view of it.

    Who may take a file may print, and is asked for in the same way: see `export_patients`, which raises the same.
    """
    require_may_take(fhir, actor, scope, terminology, patients, at, team_cache)
    return make()
