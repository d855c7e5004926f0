"""Adds a comment to a Task."""

from datetime import datetime
from typing import Final

from dashboard.actions.change_task import Json, about_task, change_task
from dashboard.audit.audited import audited
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.people import User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

LONGEST: Final = 4000
"""Characters; longer text belongs in a document."""


@audited(AuditKind.UPDATE, about_task)
def comment_on_task(fhir: FhirServer, actor: User, task_id: str, version: str, text: str, *, at: datetime) -> Task:
    """The task with the comment at the end of its notes, signed by the actor."""
    words = text.strip()
    if not words:
        raise UserFacingError("comment-empty")
    if len(words) > LONGEST:
        raise UserFacingError("comment-too-long", most=LONGEST)

    def add(row: Json) -> None:
        author = {"reference": str(actor.practitioner), "display": actor.name}
        note = {"authorReference": author, "time": at.isoformat(timespec="seconds"), "text": words}
        row["note"] = [*row.get("note", []), note]

    return change_task(fhir, actor, task_id, version, TaskAction.COMMENT, "", at, add)
