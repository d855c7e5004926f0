"""What may be done with a Task in each of its states (https://hl7.org/fhir/R4/valueset-task-status.html), as one
table.
"""

from enum import StrEnum
from typing import Final

from dashboard.errors import UserFacingError


class TaskAction(StrEnum):
    COMPLETE = "complete"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    COMMENT = "comment"


def _waiting(status: str) -> dict[TaskAction, str]:
    """Of a task that waits: a new owner has accepted nothing yet, so it is requested again."""
    return {TaskAction.COMPLETE: "completed", TaskAction.REASSIGN: "requested", TaskAction.COMMENT: status}


def _ended(status: str, reopened: str) -> dict[TaskAction, str]:
    return {TaskAction.REOPEN: reopened, TaskAction.COMMENT: status}


STATES: Final[dict[str, dict[TaskAction, str]]] = {
    "draft": {TaskAction.REASSIGN: "draft", TaskAction.COMMENT: "draft"},
    "requested": _waiting("requested"),
    "received": _waiting("received"),
    "accepted": _waiting("accepted"),
    "ready": _waiting("ready"),
    "in-progress": _waiting("in-progress"),
    "on-hold": _waiting("on-hold"),
    "completed": _ended("completed", reopened="in-progress"),
    "failed": _ended("failed", reopened="requested"),
    "cancelled": _ended("cancelled", reopened="requested"),
    "rejected": _ended("rejected", reopened="requested"),
    "entered-in-error": {},
}
"""status -> deed -> status after it. A deed that is not there may not be done."""

_REFUSED: Final = {
    TaskAction.COMPLETE: "task-cannot-be-completed",
    TaskAction.REOPEN: "task-cannot-be-reopened",
    TaskAction.REASSIGN: "task-cannot-be-reassigned",
    TaskAction.COMMENT: "task-takes-no-comments",
}


def after(status: str, deed: TaskAction) -> str:
    """The status after the deed. Raises UserFacingError where the state forbids it."""
    allowed = STATES.get(status, {})
    if deed not in allowed:
        raise UserFacingError(_REFUSED[deed])
    return allowed[deed]
