"""Decision: what a conference decided about a patient, before it becomes a Task or a message."""

from dataclasses import dataclass
from datetime import date, datetime

from dashboard.domain.record.message import new_message, withdraw_message
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import new_task, withdraw
from dashboard.domain.values.datatypes import NamedReference, Reference

MESSAGE = "CommunicationRequest"


@dataclass(frozen=True, slots=True)
class Decision:
    """`number` is the reference that what is made has before it is saved: its type says whether that is a Task or a
    message to the owner. `based_on` is the plan.
    """

    number: Reference
    text: str
    owner: NamedReference
    due: date | None
    based_on: tuple[Reference, ...] = ()

    def as_record(
        self,
        patient: Reference,
        *,
        by: NamedReference,
        why: str,
        at: datetime,
        encounter: Reference | None = None,
    ) -> Task | Order:
        """What it becomes. Raises UserFacingError for what is missing or cannot be."""
        make = new_message if self.number.type == MESSAGE else new_task
        return make(
            self.number,
            patient,
            self.text,
            self.owner,
            self.due,
            by=by,
            why=why,
            at=at,
            based_on=self.based_on,
            encounter=encounter,
        )


def is_withdrawn(record: Task | Order) -> bool:
    """Whether what was decided was taken back, called off or refused: nobody will do it."""
    return record.status in ("cancelled", "rejected", "revoked", "entered-in-error")


def withdrawn(record: Task | Order, by: Reference, why: str, at: datetime) -> Task | Order:
    """What was decided, taken back as decided in error by who did; it stays on record. What was taken back already
    stays as it is. Raises UserFacingError where somebody else decided it, or its owner has begun.
    """
    if is_withdrawn(record):
        return record
    return withdraw_message(record, by, why) if isinstance(record, Order) else withdraw(record, by, why, at)
