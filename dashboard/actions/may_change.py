"""Whether somebody may change something of a patient: asked in this one place, before an action reads or writes."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.access.relationship import relationship_to, team_relationships_to
from dashboard.access.request_context import RequestContext
from dashboard.domain.access.permissions import Action, Relation, is_permitted, require
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


def context_of(
    fhir: FhirServer, actor: User, at: datetime, action: Action, relation: Relation = Relation.NONE
) -> RequestContext:
    """The context of an actor whose role permits the action, for patients of that relation. Raises NotPermitted before
    the server is asked.
    """
    require(actor.roles, action, relation)
    if actor.practitioner is None:
        raise NotPermitted("not-in-a-care-team")
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    return RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)


def require_relationship(context: RequestContext, actor: User, patient_id: str, action: Action) -> Relationship:
    """How the actor is related to the patient now, asked of the server. Raises NotFound where that does not permit the
    action, whether the patient exists or not.
    """
    patient_named(patient_id)
    found = relationship_to(context, patient_id)
    if not is_permitted(actor.roles, action, found.relation):
        raise NotFound("patient-not-found")
    return found


def require_patient(context: RequestContext, actor: User, patient_id: str, action: Action) -> Reference:
    """The patient, for whom the actor may do this now. Raises NotFound for everybody else."""
    require_relationship(context, actor, patient_id, action)
    return patient_named(patient_id)


def require_patients(
    context: RequestContext, actor: User, patient_ids: Sequence[str], action: Action
) -> dict[str, NamedReference]:
    """The same of several at once, all of them in the actor's care through a team: as many searches as for one.

    Returns by patient the team (an Organization) in whose care this is, the first where there are several; NOBODY where
    none manages the care team.
    """
    for each in patient_ids:
        patient_named(each)
    found = team_relationships_to(context, patient_ids)
    if not all(is_permitted(actor.roles, action, found[each].relation) for each in patient_ids):
        raise NotFound("patient-not-found")
    return {each: team_of(found[each]) for each in patient_ids}


def team_of(relationship: Relationship) -> NamedReference:
    """The first of the teams that a relationship rests on, NOBODY where none is managed by one."""
    named = [NamedReference(each.team, each.team_name) for each in relationship.teams if each.team is not None]
    return min(named, key=lambda each: str(each.to), default=NOBODY)


def patient_named(patient_id: str) -> Reference:
    """The reference to a patient who may not exist. Raises NotFound for what is no id."""
    try:
        return Reference("Patient", patient_id)
    except ValueError:
        raise NotFound("patient-not-found") from None
