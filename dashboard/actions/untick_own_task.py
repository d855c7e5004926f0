"""A patient or carer takes the tick of one of their own tasks back."""

from datetime import datetime

from dashboard.actions.change_own_task import change_own_task
from dashboard.actions.change_task import about_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import reopen
from dashboard.domain.record.task_states import TaskAction
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_task)
def untick_own_task(
    fhir: FhirServer, actor: User, task_id: str, version: str, *, reason: str, at: datetime
) -> Saved[Task]:
    """The task, open again. Raises as `change_own_task` does."""
    return change_own_task(fhir, actor, task_id, version, TaskAction.REOPEN, reason, at, lambda task: reopen(task, at))
