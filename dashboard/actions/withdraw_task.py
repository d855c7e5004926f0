"""Takes back a Task that was added in error."""

from datetime import datetime

from dashboard.actions.change_task import about_task, change_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import withdraw
from dashboard.domain.record.task_states import TaskAction
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_task)
def withdraw_task(
    fhir: FhirServer, actor: User, task_id: str, version: str, *, reason: str, at: datetime
) -> Saved[Task]:
    """The task, cancelled as entered in error, with the reason. `reopen_task` brings it back."""

    def change(task: Task) -> Task:
        assert actor.practitioner is not None, "change_task lets nobody else come here"
        return withdraw(task, actor.practitioner, reason, at)

    return change_task(fhir, actor, task_id, version, TaskAction.WITHDRAW, reason, at, change)
