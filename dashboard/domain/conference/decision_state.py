"""How what was decided stands on a day: done, open, overdue, or dropped."""

from datetime import date
from enum import StrEnum

from dashboard.domain.record.task import Task


class DecisionState(StrEnum):
    """How a task that a conference decided stands."""

    DONE = "done"
    OPEN = "open"
    OVERDUE = "overdue"
    DROPPED = "dropped"  # cancelled, rejected or failed


def state_of_decision(task: Task, today: date) -> DecisionState:
    """How the task stands on this day of the sites: overdue as on the worklist, from the day after it was due."""
    if task.status == "completed":
        return DecisionState.DONE
    if not task.open:
        return DecisionState.DROPPED
    return DecisionState.OVERDUE if task.due is not None and task.due.end < today else DecisionState.OPEN
