"""Gives access to one patient beyond one's teams in an emergency: with a reason, for a limited time, and the
coordinator of the patient's team is informed.

The grant is a Task on the FHIR server (`dashboard.fhir.mapping.emergency_access`), written before anything is shown,
so that it holds after a restart, ends by itself, and is in the coordinator's list.
"""

from datetime import datetime

from dashboard.access.emergency_access import find_by_identifier, teams_and_consents
from dashboard.access.relationship import relationship_from
from dashboard.access.request_context import RequestContext, parents_of_organisations
from dashboard.actions.save import new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.consent import denied_organisations
from dashboard.domain.access.emergency_access import (
    EmergencyAccess,
    EmergencyReason,
    checked_duration,
    checked_reason,
    new_emergency_access,
    who_is_informed,
)
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.relationship import keeps_out
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, NotPermitted, UserFacingError
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


def _about(asked: Arguments, grant: EmergencyAccess | None) -> AuditSubject:
    """What goes on the audit record: which patient it opened, what was typed to find them, and why."""
    patients = (grant.patient.id,) if grant is not None else ()
    entities = (grant.origin,) if grant is not None else ()
    why = f"{asked['code']}: {asked['reason']}"
    return AuditSubject(patients, entities, f"Patient?identifier={asked['identifier']}"[:200], why)


@audited(AuditKind.EMERGENCY_ACCESS, _about)
def start_emergency_access(
    fhir: FhirServer,
    actor: User,
    identifier: str,
    code: EmergencyReason,
    *,
    reason: str,
    at: datetime,
    minutes: int,
) -> EmergencyAccess:
    """The grant for the one patient who has exactly this identifier, as the server has stored it.

    `code` is the kind of reason, `reason` the user's words. Consent stands above it: a patient who does not share with
    the actor is NotFound, as is one who does not exist. Raises NotPermitted, NotFound, UserFacingError.
    """
    require(actor.roles, Action.EMERGENCY_ACCESS, Relation.OTHER_TEAM)
    if actor.practitioner is None:
        raise NotPermitted("emergency-access-without-practitioner")
    words, duration = checked_reason(reason), checked_duration(minutes)
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
    person = find_by_identifier(context, identifier)
    teams, consents = teams_and_consents(context, person.patient.id)
    if relationship_from(context, person.patient.id, teams, consents).relation is Relation.TEAM:
        raise UserFacingError("emergency-access-in-team")
    above = parents_of_organisations(context, teams) if denied_organisations(consents) else {}
    if keeps_out(context.viewer, teams, consents, site_day(at), above):
        raise NotFound("identifier-not-found")
    informed = who_is_informed(teams, person, site_day(at))
    grant = new_emergency_access(new_reference("Task"), person, actor, informed, code, words, at, duration)
    return save(fhir, [grant], actor=actor, activity="break the glass", reason=words, at=at).value
