"""What each status of each type comes to on a time axis: one table, complete by test over R4's required value sets.

https://hl7.org/fhir/R4/terminologies-valuesets.html. A status that is not in the table ("", or one that R4 does not
know) is `EventState.UNKNOWN`: the record is shown, and its status is not made up.
"""

from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import EventState

_PLANNED, _ONGOING, _DONE = EventState.PLANNED, EventState.ONGOING, EventState.DONE
_STOPPED, _NOT_DONE, _UNKNOWN = EventState.STOPPED, EventState.NOT_DONE, EventState.UNKNOWN
_ERROR, _NEVER, _DRAFT = Exclusion.ENTERED_IN_ERROR, Exclusion.NEVER_HAPPENED, Exclusion.DRAFT

States = dict[str, EventState | Exclusion]

_REQUEST: Final[States] = {
    "draft": _DRAFT,
    "active": _PLANNED,  # in force, and still to be done
    "on-hold": _STOPPED,
    "revoked": _STOPPED,
    "completed": _DONE,
    "entered-in-error": _ERROR,
    "unknown": _UNKNOWN,
}

STATES: Final[dict[str, States]] = {
    # clinicalStatus; a record without one goes on until it abated, as on the patient's page.
    "Condition": {
        "active": _ONGOING,
        "recurrence": _ONGOING,
        "relapse": _ONGOING,
        "inactive": _DONE,
        "remission": _DONE,
        "resolved": _DONE,
    },
    # clinicalStatus
    "AllergyIntolerance": {"active": _ONGOING, "inactive": _DONE, "resolved": _DONE},
    "MedicationRequest": {
        "active": _ONGOING,
        "on-hold": _STOPPED,
        "cancelled": _NEVER,  # R4: withdrawn before anything was given
        "completed": _DONE,
        "entered-in-error": _ERROR,
        "stopped": _STOPPED,
        "draft": _DRAFT,
        "unknown": _UNKNOWN,
    },
    "MedicationStatement": {
        "active": _ONGOING,
        "completed": _DONE,
        "entered-in-error": _ERROR,
        "intended": _PLANNED,
        "stopped": _STOPPED,
        "on-hold": _STOPPED,
        "unknown": _UNKNOWN,
        "not-taken": _NOT_DONE,
    },
    "Encounter": {
        "planned": _PLANNED,
        "arrived": _ONGOING,
        "triaged": _ONGOING,
        "in-progress": _ONGOING,
        "onleave": _ONGOING,
        "finished": _DONE,
        "cancelled": _NEVER,
        "entered-in-error": _ERROR,
        "unknown": _UNKNOWN,
    },
    "Appointment": {
        "proposed": _DRAFT,
        "pending": _PLANNED,
        "booked": _PLANNED,
        "waitlist": _PLANNED,
        "arrived": _DONE,
        "checked-in": _DONE,
        "fulfilled": _DONE,
        "cancelled": _NEVER,
        "noshow": _NOT_DONE,
        "entered-in-error": _ERROR,
    },
    "Procedure": {
        "preparation": _PLANNED,
        "in-progress": _ONGOING,
        "not-done": _NOT_DONE,
        "on-hold": _STOPPED,
        "stopped": _STOPPED,
        "completed": _DONE,
        "entered-in-error": _ERROR,
        "unknown": _UNKNOWN,
    },
    "Immunization": {"completed": _DONE, "entered-in-error": _ERROR, "not-done": _NOT_DONE},
    "Observation": {
        "registered": _NEVER,
        "preliminary": _DONE,
        "final": _DONE,
        "amended": _DONE,
        "corrected": _DONE,
        "cancelled": _NEVER,
        "entered-in-error": _ERROR,
        "unknown": _UNKNOWN,
    },
    "QuestionnaireResponse": {
        "in-progress": _ONGOING,
        "completed": _DONE,
        "amended": _DONE,
        "entered-in-error": _ERROR,
        "stopped": _STOPPED,
    },
    "DiagnosticReport": {
        "registered": _NEVER,
        "partial": _DONE,
        "preliminary": _DONE,
        "final": _DONE,
        "amended": _DONE,
        "corrected": _DONE,
        "appended": _DONE,
        "cancelled": _NEVER,
        "entered-in-error": _ERROR,
        "unknown": _UNKNOWN,
    },
    "ImagingStudy": {
        "registered": _NEVER,
        "available": _DONE,
        "cancelled": _NEVER,
        "entered-in-error": _ERROR,
        "unknown": _UNKNOWN,
    },
    "DocumentReference": {"current": _DONE, "superseded": Exclusion.DUPLICATE, "entered-in-error": _ERROR},
    "Flag": {"active": _ONGOING, "inactive": _DONE, "entered-in-error": _ERROR},
    # lifecycleStatus; "accepted" is agreed, and nothing says that it has not begun.
    "Goal": {
        "proposed": _DRAFT,
        "planned": _PLANNED,
        "accepted": _ONGOING,
        "active": _ONGOING,
        "on-hold": _STOPPED,
        "completed": _DONE,
        "cancelled": _STOPPED,
        "entered-in-error": _ERROR,
        "rejected": _NOT_DONE,
    },
    "CarePlan": {**_REQUEST, "active": _ONGOING},
    "ServiceRequest": _REQUEST,
    "CommunicationRequest": _REQUEST,
    "Task": {
        "draft": _DRAFT,
        "requested": _PLANNED,
        "received": _PLANNED,
        "accepted": _PLANNED,
        "rejected": _NOT_DONE,
        "ready": _PLANNED,
        "cancelled": _STOPPED,
        "in-progress": _ONGOING,
        "on-hold": _STOPPED,
        "failed": _NOT_DONE,
        "completed": _DONE,
        "entered-in-error": _ERROR,
    },
}

PROPOSALS: Final[dict[str, frozenset[str]]] = {
    # A plan of medication orders nothing; a service that is planned is part of what was agreed.
    "MedicationRequest": frozenset({"proposal", "plan", "option"}),
    "CarePlan": frozenset({"proposal", "option"}),
    "ServiceRequest": frozenset({"proposal", "option"}),
    "Task": frozenset({"proposal", "option"}),
}
"""Intents that nobody has agreed to."""

UNCONFIRMED: Final = frozenset({"preliminary", "partial"})
"""Statuses of results and reports that may still change."""


def excluded_by_status(resource_type: str, status: str, intent: str = "") -> Exclusion | None:
    """Returns the rule that leaves a record of this status out everywhere, if there is one."""
    state = state_of(resource_type, status, intent)
    return state if isinstance(state, Exclusion) else None


def state_of(kind: str, status: str, intent: str = "", forbidden: bool = False) -> EventState | Exclusion:
    """What a record's status comes to. `forbidden` is doNotPerform: something that is not to be done."""
    state = STATES[kind].get(status, _UNKNOWN)
    if isinstance(state, Exclusion):
        return state
    if intent in PROPOSALS.get(kind, ()):
        return _DRAFT
    return _NOT_DONE if forbidden else state
