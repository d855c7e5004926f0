"""Completes a Task."""

from datetime import datetime

from dashboard.actions.change_task import about_task, change_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import complete
from dashboard.domain.record.task_states import TaskAction
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_task)
def complete_task(
    fhir: FhirServer, actor: User, task_id: str, version: str, *, reason: str, at: datetime
) -> Saved[Task]:
    """The task, completed, with the moment it ended. `reopen_task` takes it back."""
    return change_task(fhir, actor, task_id, version, TaskAction.COMPLETE, reason, at, lambda task: complete(task, at))
