"""Who may do what with whose record: one table, asked through `require`.

These are rules about persons. What changes from day to day (a membership's period, consent, a glass that was broken)
decides which `Relation` somebody has to a patient, and stands apart in `dashboard.domain.access.relationship`.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from dashboard.errors import NotPermitted


class Role(StrEnum):
    """What a user is to the dashboard. Somebody with several roles may do what any of them may."""

    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    PILOT_MANAGER = "pilot-manager"
    PATIENT = "patient"
    CARER = "carer"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be asked for. VIEW_PATIENT is everything a team sees of one patient, whatever the page."""

    VIEW_WORKLIST = "view-worklist"
    VIEW_PATIENT = "view-patient"
    FIND_PATIENT = "find-patient"
    VIEW_TASKS = "view-tasks"
    CHANGE_TASK = "change-task"
    EXPORT = "export"
    VIEW_COUNTS = "view-counts"
    EMERGENCY_ACCESS = "break-glass"
    VIEW_AUDIT = "view-audit"
    VIEW_CONNECTIONS = "view-connections"
    VIEW_OWN_RECORD = "view-own-record"
    VIEW_WHO_LOOKED = "view-who-looked"


class Relation(StrEnum):
    """Of the user to the patient. NONE: no patient is in question, as when a page is opened or counts are asked for.

    OTHER_TEAM is every patient whom the user does not care for, those in nobody's care among them.
    """

    TEAM = "team"
    OTHER_TEAM = "other-team"
    EMERGENCY_ACCESS = "broken-glass"
    SELF = "self"
    CARER = "carer"
    NONE = "none"


_TEAM: Final = frozenset({Relation.NONE, Relation.TEAM})

PERMITTED: Final[dict[Action, dict[Role, frozenset[Relation]]]] = {
    Action.VIEW_WORKLIST: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    Action.VIEW_PATIENT: {
        Role.CLINICIAN: frozenset({Relation.TEAM, Relation.EMERGENCY_ACCESS}),
        Role.COORDINATOR: frozenset({Relation.TEAM}),
    },
    Action.FIND_PATIENT: {Role.CLINICIAN: _TEAM | {Relation.EMERGENCY_ACCESS}, Role.COORDINATOR: _TEAM},
    Action.VIEW_TASKS: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    # A broken glass is for looking: nothing is changed from outside the team.
    Action.CHANGE_TASK: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    # Managers export counts, administrators the audit: NONE, never a patient's record.
    Action.EXPORT: {
        Role.CLINICIAN: _TEAM,
        Role.COORDINATOR: _TEAM,
        Role.PILOT_MANAGER: frozenset({Relation.NONE}),
        Role.ADMINISTRATOR: frozenset({Relation.NONE}),
        Role.PATIENT: frozenset({Relation.SELF}),
    },
    Action.VIEW_COUNTS: {Role.PILOT_MANAGER: frozenset({Relation.NONE})},
    # Again while it is broken: that is how the time is made longer, with a reason each time.
    Action.EMERGENCY_ACCESS: {Role.CLINICIAN: frozenset({Relation.OTHER_TEAM, Relation.EMERGENCY_ACCESS})},
    Action.VIEW_AUDIT: {Role.ADMINISTRATOR: frozenset({Relation.NONE})},
    Action.VIEW_CONNECTIONS: {Role.ADMINISTRATOR: frozenset({Relation.NONE})},
    Action.VIEW_OWN_RECORD: {Role.PATIENT: frozenset({Relation.SELF}), Role.CARER: frozenset({Relation.CARER})},
    Action.VIEW_WHO_LOOKED: {Role.PATIENT: frozenset({Relation.SELF})},
}
"""action -> role -> the relations in which it may be done. What is not here is refused."""

_REFUSALS: Final[dict[Action, str]] = {
    Action.VIEW_WORKLIST: "worklist-not-permitted",
    Action.VIEW_PATIENT: "patient-not-permitted",
    Action.FIND_PATIENT: "search-not-permitted",
    Action.VIEW_TASKS: "tasks-not-permitted",
    Action.CHANGE_TASK: "task-change-not-permitted",
    Action.EXPORT: "export-not-permitted",
    Action.VIEW_COUNTS: "counts-not-permitted",
    Action.EMERGENCY_ACCESS: "emergency-access-not-permitted",
    Action.VIEW_AUDIT: "audit-not-permitted",
    Action.VIEW_CONNECTIONS: "connections-not-permitted",
    Action.VIEW_OWN_RECORD: "own-record-not-permitted",
    Action.VIEW_WHO_LOOKED: "who-looked-not-permitted",
}
"""action -> the code of the error whose words say who may do it."""


def require(roles: Role | Iterable[Role], action: Action, relation: Relation = Relation.NONE) -> None:
    """Nothing where one of the roles may; raises NotPermitted, whose words say who may."""
    held = (roles,) if isinstance(roles, Role) else tuple(roles)
    if not any(relation in PERMITTED[action].get(role, frozenset()) for role in held):
        raise NotPermitted(_REFUSALS[action])


def is_permitted(roles: Role | Iterable[Role], action: Action, relation: Relation = Relation.NONE) -> bool:
    """Whether `require` lets it pass; for what is shown, never instead of `require`."""
    try:
        require(roles, action, relation)
    except NotPermitted:
        return False
    return True
