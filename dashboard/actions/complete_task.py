"""Completes a Task."""

from datetime import datetime

from dashboard.actions.change_task import Json, Writer, about_task, change_task
from dashboard.actions.task_states import Deed
from dashboard.domain.audit import AuditKind
from dashboard.domain.clinical import TaskLine
from dashboard.domain.people import User
from dashboard.queries.audited import audited


@audited(AuditKind.UPDATE, about_task)
def complete_task(
    gateway: Writer, actor: User, task_id: str, version: str, reason: str = "", *, at: datetime
) -> TaskLine:
    """The task, completed, with the moment it ended. `reopen_task` takes it back."""

    def end(row: Json) -> None:
        row["executionPeriod"] = {**row.get("executionPeriod", {}), "end": at.isoformat(timespec="seconds")}

    return change_task(gateway, actor, task_id, version, Deed.COMPLETE, reason, at, end)
