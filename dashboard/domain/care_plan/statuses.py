"""Which status of a goal or plan may follow which, and which statuses of one goal can stand together.

Codes: https://hl7.org/fhir/R4/valueset-goal-status.html and https://hl7.org/fhir/R4/valueset-request-status.html.
Which may follow which is ours, after the state machines that FHIR draws (https://hl7.org/fhir/R4/request.html#statemachine)
and IHE DCP; it is a draft that no clinician has reviewed.
"""

from typing import Final

from dashboard.domain.record.task import OPEN_TASK
from dashboard.domain.record.task_states import STATES

GOAL_AFTER: Final[dict[str, frozenset[str]]] = {
    "proposed": frozenset({"planned", "accepted", "active", "rejected", "entered-in-error"}),
    "planned": frozenset({"accepted", "active", "on-hold", "cancelled", "rejected", "entered-in-error"}),
    "accepted": frozenset({"active", "on-hold", "cancelled", "rejected", "entered-in-error"}),
    "active": frozenset({"on-hold", "completed", "cancelled", "entered-in-error"}),
    "on-hold": frozenset({"active", "completed", "cancelled", "entered-in-error"}),
    "completed": frozenset({"active", "entered-in-error"}),
    "cancelled": frozenset({"active", "entered-in-error"}),
    "rejected": frozenset({"proposed", "entered-in-error"}),
    "entered-in-error": frozenset(),
}
"""Goal.lifecycleStatus -> the statuses that may follow. Back from an ended status is reopening."""

PLAN_AFTER: Final[dict[str, frozenset[str]]] = {
    "draft": frozenset({"active", "revoked", "entered-in-error"}),
    "active": frozenset({"on-hold", "completed", "revoked", "entered-in-error"}),
    "on-hold": frozenset({"active", "completed", "revoked", "entered-in-error"}),
    "completed": frozenset({"active", "entered-in-error"}),
    "revoked": frozenset({"active", "entered-in-error"}),
    "unknown": frozenset({"draft", "active", "on-hold", "completed", "revoked", "entered-in-error"}),
    "entered-in-error": frozenset(),
}
"""CarePlan.status -> the statuses that may follow; a ServiceRequest and a CommunicationRequest have the same."""

TASK_AFTER: Final[dict[str, frozenset[str]]] = {
    status: frozenset(
        {
            **dict.fromkeys(set(actions.values()) - {status}),
            **({"in-progress": None} if status in ("requested", "received", "accepted", "ready", "on-hold") else {}),
            **({"on-hold": None} if status == "in-progress" else {}),
            **({"cancelled": None} if status in OPEN_TASK else {}),
        }
    )
    for status, actions in STATES.items()
}
"""Task.status -> the statuses that may follow: what the actions on a task give, and beginning, pausing, cancelling."""

AFTER: Final[dict[str, dict[str, frozenset[str]]]] = {
    "Goal": GOAL_AFTER,
    "CarePlan": PLAN_AFTER,
    "ServiceRequest": PLAN_AFTER,
    "CommunicationRequest": PLAN_AFTER,
    "Task": TASK_AFTER,
}
"""Type of an item -> status -> the statuses that may follow. Items of other types are changed elsewhere."""

END: Final[dict[str, tuple[str, ...]]] = {
    "Goal": ("completed", "cancelled"),
    "CarePlan": ("completed", "revoked"),
    "ServiceRequest": ("completed", "revoked"),
    "CommunicationRequest": ("completed", "revoked"),
    "Task": ("completed", "cancelled"),
}
"""The statuses with which somebody ends an item: done, or given up."""

ENDED: Final = frozenset({"completed", "cancelled", "rejected", "revoked", "failed", "entered-in-error"})
"""Statuses of a goal, an activity or a plan that nobody works on any more."""

_WITHOUT_ACHIEVEMENT: Final = frozenset({"proposed", "planned", "rejected", "entered-in-error"})
_STILL_GOING: Final = frozenset({"in-progress", "improving", "worsening", "no-change"})


def stand_together(lifecycle: str, achievement: str) -> bool:
    """Whether a goal may have both statuses: a goal that nobody has started has no achievement, and one that has ended
    is not going on.
    """
    if not achievement:
        return True
    if lifecycle in _WITHOUT_ACHIEVEMENT:
        return False
    return not (lifecycle in ENDED and achievement in _STILL_GOING)
