"""The four changes to a Task, each a function from a Task and the moment of the change to the changed Task.

All raise UserFacingError for what the status of the Task does not allow (`task_states.STATES`) or the user filled in
wrongly.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.domain.record.task import Comment, Task
from dashboard.domain.record.task_states import TaskAction, after
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import UserFacingError

LONGEST_COMMENT: Final = 4000
"""Characters; longer text belongs in a document."""
OWNERS: Final = frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"})
"""Types that may own a Task; FHIR allows devices and services too, which nobody here can ask."""


def complete(task: Task, at: datetime) -> Task:
    """The task, completed, with the moment it ended. `reopen` takes it back."""
    return replace(_with_status(task, TaskAction.COMPLETE, at), ended=PartialDate(at.isoformat(timespec="seconds")))


def reopen(task: Task, at: datetime) -> Task:
    """The task, open again, without the moment it had ended."""
    return replace(_with_status(task, TaskAction.REOPEN, at), ended=None)


def reassign(task: Task, owner: Reference, owner_name: str, why: Comment | None, at: datetime) -> Task:
    """The task with its new owner, who has yet to accept it and finds the reason among the comments."""
    if owner.type not in OWNERS:
        raise UserFacingError("task-owner-impossible")
    comments = task.comments if why is None else (*task.comments, why)
    handed_on = _with_status(task, TaskAction.REASSIGN, at)
    return replace(handed_on, owner=owner, owner_name=owner_name, comments=comments)


def add_comment(task: Task, author: Reference, author_name: str, text: str, at: datetime) -> Task:
    """The task with the comment, signed by its author, after its other comments."""
    comment = signed_comment(author, author_name, text, at)
    return replace(_with_status(task, TaskAction.COMMENT, at), comments=(*task.comments, comment))


def signed_comment(author: Reference, author_name: str, text: str, at: datetime) -> Comment:
    """A comment of this moment."""
    return Comment(author_name, at.isoformat(timespec="seconds"), checked_comment(text), author)


def checked_comment(text: str) -> str:
    """Returns the comment without outer spaces; what is empty or too long is refused before the server is asked."""
    words = text.strip()
    if not words:
        raise UserFacingError("comment-empty")
    if len(words) > LONGEST_COMMENT:
        raise UserFacingError("comment-too-long", most=LONGEST_COMMENT)
    return words


def _with_status(task: Task, action: TaskAction, at: datetime) -> Task:
    modified = PartialDate(at.isoformat(timespec="milliseconds"))
    return replace(task, status=after(task.status, action), modified=modified)
