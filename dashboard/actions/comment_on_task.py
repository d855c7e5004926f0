"""Adds a comment to a Task."""

from datetime import datetime

from dashboard.actions.change_task import about_task, change_task
from dashboard.actions.save import Saved
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import add_comment, checked_comment
from dashboard.domain.record.task_states import TaskAction
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_task)
def comment_on_task(
    fhir: FhirServer, actor: User, task_id: str, version: str, text: str, *, reason: str, at: datetime
) -> Saved[Task]:
    """The task with the comment after its other ones, signed by the actor."""
    words = checked_comment(text)

    def change(task: Task) -> Task:
        assert actor.practitioner is not None, "change_task lets nobody else come here"
        return add_comment(task, actor.practitioner, actor.name, words, at)

    return change_task(fhir, actor, task_id, version, TaskAction.COMMENT, reason, at, change)
