"""Adds a Task about a patient."""

from datetime import date, datetime

from dashboard.access.who_may_open import who_may_open
from dashboard.actions.may_change import context_of, patient_named, require_patient
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import new_task
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer


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
    context = context_of(fhir, actor, at, Action.ADD_TASK, Relation.TEAM)
    patient = patient_named(patient_id)
    asker = NamedReference(context.me, actor.name)
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
    require_patient(context, actor, patient_id, Action.ADD_TASK)
    if task.owner is None or not who_may_open(context, patient_id).may_own_task(task.owner, patient):
        raise UserFacingError("task-owner-cannot-open")
    return save(fhir, [task], actor=actor, activity="add", reason=reason, at=at)
