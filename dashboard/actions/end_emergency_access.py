"""Ends one's own emergency access before its time."""

from dataclasses import replace
from datetime import UTC, datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.save import save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.access_cache import key_of
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted
from dashboard.fhir.mapping.emergency_access import from_fhir
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


def _about(asked: Arguments, ended: EmergencyAccess | None) -> AuditSubject:
    """Which access was ended, and the patient once it was read."""
    try:
        task = (Reference("Task", asked["task_id"]),)
    except ValueError:
        return AuditSubject()
    return AuditSubject((ended.patient.id,) if ended is not None else (), task)


@audited(AuditKind.UPDATE, _about)
def end_emergency_access(fhir: FhirServer, actor: User, task_id: str, *, reason: str, at: datetime) -> EmergencyAccess:
    """The access, ended now: nothing that it opened is shown any more. One that has ended already is left as it is.

    Raises NotPermitted, NotFound for any other record, and for the access of somebody else.
    """
    require(actor.roles, Action.EMERGENCY_ACCESS, Relation.EMERGENCY_ACCESS)
    if actor.practitioner is None:
        raise NotPermitted("emergency-access-without-practitioner")
    grant = _own(fhir, actor.practitioner, task_id)
    if not grant.holds(grant.patient.id, actor.practitioner, at):
        return grant
    now = at.astimezone(UTC).replace(microsecond=0)
    ended = save(
        fhir, [replace(grant, until=now)], actor=actor, activity="end break the glass", reason=reason, at=at
    ).value
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
    TEAM_CACHE.access.forget(key_of(context, grant.patient.id))
    return ended


def _own(fhir: FhirServer, me: Reference, task_id: str) -> EmergencyAccess:
    try:
        Reference("Task", task_id)
        grant = read_one(fhir.read("Task", task_id), from_fhir)
    except (ValueError, NotFound):
        grant = None
    if not isinstance(grant, EmergencyAccess) or grant.who != me:
        raise NotFound("task-not-found")
    return grant
