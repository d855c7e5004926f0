"""Gives a Task to somebody else, or to a team."""

from datetime import datetime

from dashboard.actions.change_task import about_task, change_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import reassign
from dashboard.domain.record.task_states import TaskAction
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer


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
    """The task with its new owner, who has yet to accept it."""

    def change(task: Task) -> Task:
        return reassign(task, owner, owner_name, at)

    return change_task(fhir, actor, task_id, version, TaskAction.REASSIGN, reason, at, change)
