"""Gives a Task to somebody else, or to a team."""

from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.access.who_may_open import who_may_open
from dashboard.actions.change_task import about_task, change_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import OWNERS, reassign, signed_comment
from dashboard.domain.record.task_states import TaskAction
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


@audited(AuditKind.UPDATE, about_task)
def reassign_task(
    fhir: FhirServer,
    actor: User,
    task_id: str,
    version: str,
    owner: Reference,
    owner_name: str,
    *,
    reason: str,
    at: datetime,
) -> Saved[Task]:
    """The task with its new owner, who has yet to accept it. The reason stands with the task, signed by the actor.

    Raises UserFacingError for an owner who could not open the patient, besides what `change_task` raises.
    """

    def change(task: Task) -> Task:
        assert actor.practitioner is not None, "change_task lets nobody else come here"
        if owner.type in OWNERS and task.patient is not None:
            scope = AccessScope(fhir.base_url, str(actor.practitioner))
            context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
            if not who_may_open(context, task.patient.id).may_own_task(owner, task.patient):
                raise UserFacingError("task-owner-cannot-open")
        why = signed_comment(actor.practitioner, actor.name, reason, at) if reason.strip() else None
        return reassign(task, owner, owner_name, why, at)

    provenance = reason.strip() or "Task handed on"
    return change_task(fhir, actor, task_id, version, TaskAction.REASSIGN, provenance, at, change)
