"""Adds a Task about a patient."""

from datetime import date, datetime

from dashboard.access.relationship import relationship_to
from dashboard.access.request_context import RequestContext
from dashboard.access.who_may_open import who_may_open
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation, is_permitted, require
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import new_task
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


def _about(asked: Arguments, saved: Saved[Task] | None) -> AuditSubject:
    """What goes on the audit record: the patient, and the Task once the server has it."""
    return AuditSubject(patients=(asked["patient_id"],), entities=(saved.value.origin,) if saved else ())


@audited(AuditKind.CREATE, _about)
def add_task(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    text: str,
    owner: Reference | None,
    owner_name: str,
    due: date | None,
    about: Reference | None = None,
    *,
    reason: str,
    at: datetime,
) -> Saved[Task]:
    """The task as the server has stored it. `reason` is why it is asked for and stands with it; `about` is the record
    that gave the reason. `withdraw_task` takes it back.

    Only about a patient of the actor's teams, asked of the server; every other one is NotFound, whether it exists or
    not. Raises UserFacingError for what is missing, cannot be, or an owner who could not open the patient, and what
    `save` raises.
    """
    require(actor.roles, Action.ADD_TASK, Relation.TEAM)
    if actor.practitioner is None:
        raise NotPermitted("not-in-a-care-team")
    try:
        patient = Reference("Patient", patient_id)
    except ValueError:
        raise NotFound("patient-not-found") from None
    asker = NamedReference(actor.practitioner, actor.name)
    task = new_task(
        new_reference("Task"),
        patient,
        text,
        NamedReference(owner, owner_name),
        due,
        by=asker,
        why=reason,
        about=about,
        at=at,
    )
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
    if not is_permitted(actor.roles, Action.ADD_TASK, relationship_to(context, patient_id).relation):
        raise NotFound("patient-not-found")
    if task.owner is None or not who_may_open(context, patient_id).may_own_task(task.owner, patient):
        raise UserFacingError("task-owner-cannot-open")
    return save(fhir, [task], actor=actor, activity="add", reason=reason, at=at)
