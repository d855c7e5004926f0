"""The worklist: the patients of the teams a user belongs to, most urgent first."""

from datetime import datetime

from dashboard.access.request_context import request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.views import Worklist
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.port import FhirServer


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(
        patients=() if found is None else found.patients,
        query=f"CareTeam?participant={asked['scope'].subject}&status=active",
    ),
)
def get_worklist(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    wait: float | None = None,
) -> Worklist:
    """The rows of the user's patients as of a moment, with exactly `WORKLIST_COLUMNS`.

    Cold, thirteen searches; warm, none: the same object again while nothing changed, so nobody may change it. With
    `refresh` the server is asked what changed first. When it is away the last rows are given, with the reason in
    `stale`. `wait` is how many seconds to wait for all of a team that is loaded for the first time; after that the
    rows that are there so far are given, and `awaited` says what is to come. Raises DashboardError only when there is
    nothing to show; NotPermitted for a user who is no member of anything.
    """
    return worklist_of(request_context(fhir, user, scope, terminology, as_of), team_cache, refresh, wait)[0]
