"""A patient or carer ticks one of their own tasks."""

from datetime import datetime

from dashboard.actions.change_own_task import change_own_task
from dashboard.actions.change_task import about_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import complete
from dashboard.domain.record.task_states import TaskAction
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_task)
def tick_own_task(
    fhir: FhirServer, actor: User, task_id: str, version: str, *, reason: str, at: datetime
) -> Saved[Task]:
    """The task, completed; `untick_own_task` takes it back. Raises as `change_own_task` does."""
    return change_own_task(
        fhir, actor, task_id, version, TaskAction.COMPLETE, reason, at, lambda task: complete(task, at)
    )
