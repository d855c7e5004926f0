"""Task: what somebody is to do for a patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import NO_CONCEPT, CodeableConcept, NamedReference, PartialDate, Reference

OPEN_TASK = frozenset({"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"})
"""Task statuses that wait for somebody (https://hl7.org/fhir/R4/valueset-task-status.html); the others are ends."""


@dataclass(frozen=True, slots=True)
class Task:
    """A FHIR Task. `due` is restriction.period.end, `started` and `ended` are executionPeriod; `comments` are Task.note
    with words, oldest first. `text` is the description, or the name of `code` where there is none (`named_by_code`).
    `status_reason` says why it has its status. `goals` are those that it is to help reach, `based_on` is what asks for
    it: a plan, an order. `encounter` is the contact, or the discussion of a conference, in which it was asked for.

    `for_other` is True where Task.for names something that is not a Patient of this server. `unreadable` names parts
    that could not be read although the task is shown.

    `source` is the resource that a Task to be changed was read from; None in lists and caches, which are not written.
    """

    origin: Reference
    version: str
    text: str
    patient: Reference | None
    status: str
    priority: str
    owner: Reference | None
    owner_name: str
    requester_name: str
    authored: PartialDate | None
    due: PartialDate | None
    comments: tuple[Comment, ...] = ()
    started: PartialDate | None = None
    ended: PartialDate | None = None
    modified: PartialDate | None = None
    intent: str = ""
    code: CodeableConcept = NO_CONCEPT
    named_by_code: bool = False
    requester: Reference | None = None
    focus: Reference | None = None
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    for_other: bool = False
    status_reason: str = ""
    unreadable: tuple[Unreadable, ...] = ()
    goals: tuple[Reference, ...] = ()
    based_on: tuple[Reference, ...] = ()
    encounter: Reference | None = None
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def open(self) -> bool:
        """True while somebody has still to do it."""
        return self.status in OPEN_TASK
