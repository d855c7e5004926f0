"""A new Task, and the five changes to one, each a function from a Task and the moment of the change to the new Task.

All raise UserFacingError for what the status of the Task does not allow (`task_states.STATES`) or the user filled in
wrongly.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction, after
from dashboard.domain.values.datatypes import CodeableConcept, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_COMMENT: Final = 4000
"""Characters; longer text belongs in a document."""
LONGEST_TASK: Final = 500
"""Characters of what is to be done; more belongs into a comment."""
FARTHEST_DUE: Final = timedelta(days=5 * 366)
"""A due date beyond this is taken for a slip of the hand. Own choice."""
ENTERED_IN_ERROR: Final = "entered in error"
OWNERS: Final = frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"})
"""Types that may own a Task; FHIR allows devices and services too, which nobody here can ask."""


def complete(task: Task, at: datetime) -> Task:
    """The task, completed, with the moment it ended. `reopen` takes it back."""
    return replace(_with_status(task, TaskAction.COMPLETE, at), ended=PartialDate(at.isoformat(timespec="seconds")))


def reopen(task: Task, at: datetime) -> Task:
    """The task, open again, without the moment it had ended and why."""
    return replace(_with_status(task, TaskAction.REOPEN, at), ended=None, status_reason="")


def new_task(
    origin: Reference,
    patient: Reference,
    text: str,
    owner: NamedReference,
    due: date | None,
    *,
    by: NamedReference,
    why: str,
    about: Reference | None = None,
    at: datetime,
    based_on: tuple[Reference, ...] = (),
    encounter: Reference | None = None,
) -> Task:
    """A task about a patient, which its owner has yet to accept.

    `why` is said in words, `about` is the record that gave the reason (a result, a medicine); `based_on` and
    `encounter` are as in `Task`. What is missing or cannot be is refused before the server is asked.
    """
    asked = checked_request(text, owner, due, why, at)
    return Task(
        origin=origin,
        version="",
        text=asked.text,
        patient=patient,
        status="requested",
        priority="routine",
        owner=owner.to,
        owner_name=owner.name,
        requester=by.to,
        requester_name=by.name,
        authored=PartialDate(at.isoformat(timespec="seconds")),
        due=asked.due,
        modified=PartialDate(at.isoformat(timespec="milliseconds")),
        intent="order",
        reason_codes=(asked.reason,),
        reason_references=(NamedReference(about, ""),) if about is not None else (),
        based_on=based_on,
        encounter=encounter,
        source={},
    )


class Request(NamedTuple):
    """What is asked of somebody, once it was found to be complete."""

    text: str
    due: PartialDate
    reason: CodeableConcept


def checked_request(text: str, owner: NamedReference, due: date | None, why: str, at: datetime) -> Request:
    """What is asked of somebody in words, until when, and why. Raises UserFacingError for what is missing or cannot
    be.
    """
    words, because = without_control_characters(text), without_control_characters(why)
    if not words:
        raise UserFacingError("task-text-empty")
    if len(words) > LONGEST_TASK:
        raise UserFacingError("task-text-too-long", most=LONGEST_TASK)
    if owner.to is None:
        raise UserFacingError("task-owner-missing")
    if owner.to.type not in OWNERS:
        raise UserFacingError("task-owner-impossible")
    if due is None:
        raise UserFacingError("task-due-missing")
    if not site_day(at) <= due <= site_day(at) + FARTHEST_DUE:
        raise UserFacingError("task-due-impossible")
    if not because:
        raise UserFacingError("reason-empty")
    return Request(words, PartialDate(due.isoformat()), CodeableConcept((), because))


def withdraw(task: Task, by: Reference, why: str, at: datetime) -> Task:
    """The task, cancelled as entered in error, by whom it was asked for; it stays on record, and `reopen` brings it
    back.
    """
    if task.requester != by:
        raise UserFacingError("task-not-asked-by-you")
    cancelled = _with_status(task, TaskAction.WITHDRAW, at)
    return replace(
        cancelled,
        ended=PartialDate(at.isoformat(timespec="seconds")),
        status_reason=why_withdrawn(why),
    )


def why_withdrawn(why: str) -> str:
    """The reason of the status of what is taken back."""
    return f"{ENTERED_IN_ERROR}: {without_control_characters(why)}"


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
    words = without_control_characters(text)
    if not words:
        raise UserFacingError("comment-empty")
    if len(words) > LONGEST_COMMENT:
        raise UserFacingError("comment-too-long", most=LONGEST_COMMENT)
    return words


def _with_status(task: Task, action: TaskAction, at: datetime) -> Task:
    modified = PartialDate(at.isoformat(timespec="milliseconds"))
    return replace(task, status=after(task.status, action), modified=modified)
