"""Who may do what with whose record: one table, which `require` enforces.

The table is about roles and relations. What changes from day to day (the period of a membership, consent, emergency
access) decides which `Relation` a user has to a patient; that is in `dashboard.domain.access.relationship`.
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
    """What a user may be allowed to do. VIEW_PATIENT covers everything that a team sees of one patient, on every
    page.
    """

    VIEW_WORKLIST = "view-worklist"
    VIEW_PATIENT = "view-patient"
    FIND_PATIENT = "find-patient"
    VIEW_TASKS = "view-tasks"
    ADD_TASK = "add-task"
    CHANGE_TASK = "change-task"
    CHANGE_PLAN = "change-plan"
    VIEW_CONFERENCE = "view-conference"
    PLAN_CONFERENCE = "plan-conference"
    HOLD_CONFERENCE = "hold-conference"
    CHANGE_ENROLMENT = "change-enrolment"
    EXPORT = "export"
    VIEW_COUNTS = "view-counts"
    EMERGENCY_ACCESS = "break-glass"
    VIEW_AUDIT = "view-audit"
    VIEW_CONNECTIONS = "view-connections"
    VIEW_RULE_USE = "view-rule-use"
    VIEW_OWN_RECORD = "view-own-record"
    VIEW_WHO_LOOKED = "view-who-looked"
    TICK_OWN_TASK = "tick-own-task"


class Relation(StrEnum):
    """The relation of the user to the patient.

    NONE: no patient is concerned, as when a page is opened or counts are asked for. OTHER_TEAM: any patient whom none
    of the user's teams cares for.
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
    Action.ADD_TASK: {Role.CLINICIAN: frozenset({Relation.TEAM}), Role.COORDINATOR: frozenset({Relation.TEAM})},
    # Emergency access is for reading: nothing is changed from outside the team.
    Action.CHANGE_TASK: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    Action.CHANGE_PLAN: {Role.CLINICIAN: frozenset({Relation.TEAM}), Role.COORDINATOR: frozenset({Relation.TEAM})},
    Action.VIEW_CONFERENCE: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    Action.PLAN_CONFERENCE: {Role.COORDINATOR: _TEAM},
    # To prepare, present, write down and decide: whoever sits at the table may.
    Action.HOLD_CONFERENCE: {Role.CLINICIAN: _TEAM, Role.COORDINATOR: _TEAM},
    # Who cares for the person, never who counts: a pilot manager does not know who it is.
    Action.CHANGE_ENROLMENT: {Role.CLINICIAN: frozenset({Relation.TEAM}), Role.COORDINATOR: frozenset({Relation.TEAM})},
    # Managers export counts, administrators the audit: NONE, never a patient's record.
    Action.EXPORT: {
        Role.CLINICIAN: _TEAM,
        Role.COORDINATOR: _TEAM,
        Role.PILOT_MANAGER: frozenset({Relation.NONE}),
        Role.ADMINISTRATOR: frozenset({Relation.NONE}),
        Role.PATIENT: frozenset({Relation.SELF}),
    },
    Action.VIEW_COUNTS: {Role.PILOT_MANAGER: frozenset({Relation.NONE})},
    # Also during an emergency access: this prolongs it, with a new reason each time.
    Action.EMERGENCY_ACCESS: {Role.CLINICIAN: frozenset({Relation.OTHER_TEAM, Relation.EMERGENCY_ACCESS})},
    Action.VIEW_AUDIT: {Role.ADMINISTRATOR: frozenset({Relation.NONE})},
    Action.VIEW_CONNECTIONS: {Role.ADMINISTRATOR: frozenset({Relation.NONE})},
    Action.VIEW_RULE_USE: {Role.ADMINISTRATOR: frozenset({Relation.NONE})},
    Action.VIEW_OWN_RECORD: {Role.PATIENT: frozenset({Relation.SELF}), Role.CARER: frozenset({Relation.CARER})},
    Action.VIEW_WHO_LOOKED: {Role.PATIENT: frozenset({Relation.SELF})},
    # The patient's own tasks, by the patient or by a carer whom the patient has agreed to; nobody else's tasks.
    Action.TICK_OWN_TASK: {Role.PATIENT: frozenset({Relation.SELF}), Role.CARER: frozenset({Relation.CARER})},
}
"""action -> role -> the relations in which it is allowed. What is not listed is refused."""

_REFUSALS: Final[dict[Action, str]] = {
    Action.VIEW_WORKLIST: "worklist-not-permitted",
    Action.VIEW_PATIENT: "patient-not-permitted",
    Action.FIND_PATIENT: "search-not-permitted",
    Action.VIEW_TASKS: "tasks-not-permitted",
    Action.ADD_TASK: "task-add-not-permitted",
    Action.CHANGE_TASK: "task-change-not-permitted",
    Action.CHANGE_PLAN: "plan-change-not-permitted",
    Action.VIEW_CONFERENCE: "conference-view-not-permitted",
    Action.PLAN_CONFERENCE: "conference-plan-not-permitted",
    Action.HOLD_CONFERENCE: "conference-hold-not-permitted",
    Action.CHANGE_ENROLMENT: "enrolment-change-not-permitted",
    Action.EXPORT: "export-not-permitted",
    Action.VIEW_COUNTS: "counts-not-permitted",
    Action.EMERGENCY_ACCESS: "emergency-access-not-permitted",
    Action.VIEW_AUDIT: "audit-not-permitted",
    Action.VIEW_CONNECTIONS: "connections-not-permitted",
    Action.VIEW_RULE_USE: "rule-use-not-permitted",
    Action.VIEW_OWN_RECORD: "own-record-not-permitted",
    Action.VIEW_WHO_LOOKED: "who-looked-not-permitted",
    Action.TICK_OWN_TASK: "own-record-not-permitted",
}
"""action -> the code of the error whose words say who may do it."""


def require(roles: Role | Iterable[Role], action: Action, relation: Relation = Relation.NONE) -> None:
    """Raises NotPermitted unless one of the roles may do the action in this relation."""
    held = (roles,) if isinstance(roles, Role) else tuple(roles)
    if not any(relation in PERMITTED[action].get(role, frozenset()) for role in held):
        raise NotPermitted(_REFUSALS[action])


def is_permitted(roles: Role | Iterable[Role], action: Action, relation: Relation = Relation.NONE) -> bool:
    """Whether `require` allows it. It decides what is shown, never what is read or written."""
    try:
        require(roles, action, relation)
    except NotPermitted:
        return False
    return True
