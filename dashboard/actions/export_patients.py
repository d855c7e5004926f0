"""Hands out a file about patients: what leaves the dashboard goes on record before it does."""

from collections.abc import Callable, Sequence
from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer


@audited(AuditKind.EXPORT, lambda asked, made: AuditSubject(patients=asked["patients"], query=asked["query"]))
def export_patients(
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
    """The file that `make` makes, of these Patient ids; `query` says which view of them, and in which form.

    The server is asked now, whatever it said before, whether the actor may see each of them. Raises NotPermitted,
    NotFound where one is not the actor's to see any more, ServerUnavailable where it does not answer, and
    AuditUnavailable: then there is no file.
    """
    require_may_take(fhir, actor, scope, terminology, patients, at, team_cache)
    return make()


def require_may_take(
    fhir: FhirServer,
    actor: User,
    scope: AccessScope,
    terminology: Terminology,
    patients: Sequence[str],
    at: datetime,
    team_cache: TeamCache,
) -> None:
    """Raises NotPermitted, or NotFound, unless the actor may take these patients' records out of the dashboard, as the
    server says now.
    """
    require(actor.roles, Action.EXPORT, Relation.TEAM)
    context = request_context(fhir, actor, scope, terminology, at, Action.VIEW_PATIENT)
    require(actor.roles, Action.EXPORT, _relation(context, actor, patients, team_cache))


def _relation(context: RequestContext, actor: User, patients: Sequence[str], team_cache: TeamCache) -> Relation:
    """The relation of the actor to these patients, asked now. Emergency access is to one patient."""
    if len(patients) == 1:
        return team_cache.access.relationship(context, actor, patients[0], ask=True)[0].relation
    if not team_cache.visible_now(context).issuperset(patients):
        raise NotFound("patient-not-found")
    return Relation.TEAM
