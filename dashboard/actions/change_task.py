"""The one way a Task is changed: read afresh, compared with what the user saw, written with its Provenance or not at
all.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, Final, Protocol

from dashboard.actions.provenance import provenance_of
from dashboard.actions.task_states import Deed, after
from dashboard.domain.clinical import TaskLine
from dashboard.domain.people import User
from dashboard.domain.values import Reference
from dashboard.errors import NotFound, UnexpectedAnswer, VersionConflict
from dashboard.gateway.client import Entry
from dashboard.gateway.mapping.reading import read_one
from dashboard.gateway.mapping.reading import version as version_of
from dashboard.gateway.mapping.task import task as task_line
from dashboard.queries.audited import About, Asked, unaudited
from dashboard.queries.tell_written import tell_written

Json = dict[str, Any]
_CHANGED: Final = (
    "Somebody else changed this task after you opened it. Look at what it says now, then repeat your change."
)


class Writer(Protocol):
    """What is needed of the gateway."""

    base_url: str

    def read(self, type: str, id: str) -> Json: ...

    def transaction(self, entries: list[Entry]) -> list[Json]: ...


def about_task(asked: Asked, line: TaskLine | None) -> About:
    """What goes on record of a deed on a Task: the Task, and whom it is about once it was read."""
    try:
        task = (Reference("Task", asked["task_id"]),)
    except ValueError:
        return About()
    return About(patients=(line.patient.id,) if line and line.patient else (), entities=task)


@unaudited("each deed on a task goes on record by itself, and comes here")
def change_task(
    gateway: Writer,
    actor: User,
    task_id: str,
    version: str,
    deed: Deed,
    reason: str,
    at: datetime,
    change: Callable[[Json], None] = lambda row: None,
) -> TaskLine:
    """The task after the deed; `version` is the one the user saw. Fields that we do not know are kept as they are.

    Every scope that may see the task has it at once. Raises VersionConflict, NotFound, UserFacingError, NotPermitted.
    """
    try:
        Reference("Task", task_id)
    except ValueError as error:
        raise NotFound("This task does not exist, or is not yours to see.") from error
    before = gateway.read("Task", task_id)
    if version_of(before) != version:
        raise VersionConflict(_CHANGED)
    row = deepcopy(before)
    row["status"] = after(str(before.get("status")), deed)
    row["lastModified"] = at.isoformat(timespec="milliseconds")
    change(row)
    record = provenance_of(before, actor, at, deed.value, reason)
    saved = gateway.transaction([Entry("PUT", row, if_match=version), Entry("POST", record)])
    written = next((part for part in saved if part.get("resourceType") == "Task"), None) or gateway.read(
        "Task", task_id
    )
    tell_written(gateway.base_url, [written])
    line = read_one(written, task_line)
    if not isinstance(line, TaskLine):
        raise UnexpectedAnswer("The task was saved, and the server's answer could not be read. Open the list again.")
    return line
