"""Which action is allowed on a Task in each of its statuses (https://hl7.org/fhir/R4/valueset-task-status.html), as one
table.
"""

from enum import StrEnum
from typing import Final

from dashboard.errors import UserFacingError


class TaskAction(StrEnum):
    """What somebody can do with a Task."""

    COMPLETE = "complete"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    COMMENT = "comment"
    WITHDRAW = "withdraw"


def _waiting(status: str) -> dict[TaskAction, str]:
    """The actions on a task that waits. A new owner has accepted nothing yet, so the task is requested again."""
    return {TaskAction.COMPLETE: "completed", TaskAction.REASSIGN: "requested", TaskAction.COMMENT: status}


def _not_begun(status: str) -> dict[TaskAction, str]:
    """The actions on a task that nobody has begun: who added it in error takes it back."""
    return {**_waiting(status), TaskAction.WITHDRAW: "cancelled"}


def _ended(status: str, reopened: str) -> dict[TaskAction, str]:
    return {TaskAction.REOPEN: reopened, TaskAction.COMMENT: status}


STATES: Final[dict[str, dict[TaskAction, str]]] = {
    "draft": {TaskAction.REASSIGN: "draft", TaskAction.COMMENT: "draft", TaskAction.WITHDRAW: "cancelled"},
    "requested": _not_begun("requested"),
    "received": _not_begun("received"),
    "accepted": _not_begun("accepted"),
    "ready": _not_begun("ready"),
    "in-progress": _waiting("in-progress"),
    "on-hold": _waiting("on-hold"),
    "completed": _ended("completed", reopened="in-progress"),
    "failed": _ended("failed", reopened="requested"),
    "cancelled": _ended("cancelled", reopened="requested"),
    "rejected": _ended("rejected", reopened="requested"),
    "entered-in-error": {},
}
"""status -> action -> status after it. An action that is not listed is not allowed."""

_REFUSED: Final = {
    TaskAction.COMPLETE: "task-cannot-be-completed",
    TaskAction.REOPEN: "task-cannot-be-reopened",
    TaskAction.REASSIGN: "task-cannot-be-reassigned",
    TaskAction.COMMENT: "task-takes-no-comments",
    TaskAction.WITHDRAW: "task-cannot-be-withdrawn",
}


def after(status: str, action: TaskAction) -> str:
    """Returns the status after the action. Raises UserFacingError where the status does not allow it."""
    allowed = STATES.get(status, {})
    if action not in allowed:
        raise UserFacingError(_REFUSED[action])
    return allowed[action]
