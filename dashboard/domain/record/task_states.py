"""What may be done with a Task in each of its states (https://hl7.org/fhir/R4/valueset-task-status.html), as one
table.
"""

from enum import StrEnum
from typing import Final

from dashboard.errors import UserFacingError


class Deed(StrEnum):
    COMPLETE = "complete"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    COMMENT = "comment"


def _waiting(status: str) -> dict[Deed, str]:
    """Of a task that waits: a new owner has accepted nothing yet, so it is requested again."""
    return {Deed.COMPLETE: "completed", Deed.REASSIGN: "requested", Deed.COMMENT: status}


def _ended(status: str, reopened: str) -> dict[Deed, str]:
    return {Deed.REOPEN: reopened, Deed.COMMENT: status}


STATES: Final[dict[str, dict[Deed, str]]] = {
    "draft": {Deed.REASSIGN: "draft", Deed.COMMENT: "draft"},
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
    Deed.COMPLETE: "This task cannot be completed: it has ended or is still a draft.",
    Deed.REOPEN: "This task cannot be reopened: it has not ended.",
    Deed.REASSIGN: "This task cannot be given to somebody else: it has ended. Reopen it first.",
    Deed.COMMENT: "This task was entered in error and takes no comments.",
}


def after(status: str, deed: Deed) -> str:
    """The status after the deed. Raises UserFacingError where the state forbids it."""
    allowed = STATES.get(status, {})
    if deed not in allowed:
        raise UserFacingError(_REFUSED[deed])
    return allowed[deed]
