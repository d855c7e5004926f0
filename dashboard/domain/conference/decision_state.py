"""How what was decided stands on a day: done, open, overdue, or dropped."""

from datetime import date
from enum import StrEnum
from typing import Final

from dashboard.domain.record.order import Order
from dashboard.domain.record.task import OPEN_TASK, Task

_OPEN: Final = OPEN_TASK | {"active", "unknown"}
"""Statuses that wait for somebody: those of a Task, and of a message."""


class DecisionState(StrEnum):
    """How a task or a message that a conference decided stands."""

    DONE = "done"
    OPEN = "open"
    OVERDUE = "overdue"
    DROPPED = "dropped"  # cancelled, rejected, failed or revoked


def state_of_decision(decided: Task | Order, today: date) -> DecisionState:
    """How it stands on this day of the sites: overdue as on the worklist, from the day after it was due."""
    if decided.status == "completed":
        return DecisionState.DONE
    if decided.status not in _OPEN:
        return DecisionState.DROPPED
    late = decided.due is not None and decided.due.end < today
    return DecisionState.OVERDUE if late else DecisionState.OPEN
