"""How somebody stands in the pilot: which change is allowed in which state, as one table, and what FHIR calls it.

FHIR's ResearchSubject has thirteen statuses (https://hl7.org/fhir/R4/valueset-research-subject-status.html). Two states
share one where FHIR tells no difference: who was approached is `eligible` still, and how a participation ended is not
said by `off-study`. The history on the record tells them apart. `data/ENROLMENT.md` is drawn from this table.
"""

from enum import StrEnum
from typing import Final

from dashboard.errors import UserFacingError


class EnrolmentState(StrEnum):
    """How a person stands in the pilot."""

    LISTED = "listed"
    SCREENING = "screening"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    APPROACHED = "approached"
    DECLINED = "declined"
    CONSENTED = "consented"
    ENROLLED = "enrolled"
    ACTIVE = "active"
    FOLLOW_UP = "follow-up"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    LEFT = "left"


class EnrolmentAction(StrEnum):
    """What is recorded of a person in the pilot."""

    LIST = "list"
    SCREEN = "screen"
    FIND_ELIGIBLE = "find-eligible"
    FIND_INELIGIBLE = "find-ineligible"
    APPROACH = "approach"
    DECLINE = "decline"
    CONSENT = "consent"
    ENROL = "enrol"
    START = "start"
    FOLLOW_UP = "follow-up"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    LEAVE = "leave"
    MOVE = "move"
    TAKE_BACK = "take-back"


_State, _Action = EnrolmentState, EnrolmentAction


def _open(
    state: EnrolmentState, others: dict[EnrolmentAction, EnrolmentState]
) -> dict[EnrolmentAction, EnrolmentState]:
    """A state in which somebody may move to another site, and may leave."""
    return {**others, _Action.MOVE: state, _Action.LEAVE: _State.LEFT}


_JUDGED: Final = {_Action.FIND_ELIGIBLE: _State.ELIGIBLE, _Action.FIND_INELIGIBLE: _State.INELIGIBLE}
_INELIGIBLE: Final = {_Action.FIND_INELIGIBLE: _State.INELIGIBLE}
_WITHDRAWN: Final = {_Action.WITHDRAW: _State.WITHDRAWN}

STATES: Final[dict[EnrolmentState, dict[EnrolmentAction, EnrolmentState]]] = {
    _State.LISTED: _open(_State.LISTED, {_Action.SCREEN: _State.SCREENING, **_JUDGED}),
    _State.SCREENING: _open(_State.SCREENING, {**_JUDGED}),
    _State.INELIGIBLE: _open(
        _State.INELIGIBLE, {_Action.SCREEN: _State.SCREENING, _Action.FIND_ELIGIBLE: _State.ELIGIBLE}
    ),
    _State.ELIGIBLE: _open(
        _State.ELIGIBLE, {_Action.SCREEN: _State.SCREENING, _Action.APPROACH: _State.APPROACHED, **_INELIGIBLE}
    ),
    _State.APPROACHED: _open(
        _State.APPROACHED, {_Action.CONSENT: _State.CONSENTED, _Action.DECLINE: _State.DECLINED, **_INELIGIBLE}
    ),
    _State.DECLINED: _open(_State.DECLINED, {_Action.APPROACH: _State.APPROACHED}),
    _State.CONSENTED: _open(_State.CONSENTED, {_Action.ENROL: _State.ENROLLED, **_INELIGIBLE, **_WITHDRAWN}),
    _State.ENROLLED: _open(_State.ENROLLED, {_Action.START: _State.ACTIVE, **_WITHDRAWN}),
    _State.ACTIVE: _open(
        _State.ACTIVE, {_Action.FOLLOW_UP: _State.FOLLOW_UP, _Action.COMPLETE: _State.COMPLETED, **_WITHDRAWN}
    ),
    _State.FOLLOW_UP: _open(_State.FOLLOW_UP, {_Action.COMPLETE: _State.COMPLETED, **_WITHDRAWN}),
    _State.COMPLETED: {},
    _State.WITHDRAWN: {},
    _State.LEFT: {},
}
"""state -> action -> state after it. An action that is not listed is not allowed. The last change can be taken back in
every state (`subject.taken_back`): a correction, which leads to the state before it. LIST makes a subject."""

_REFUSED: Final = {
    _Action.LIST: "enrolment-listed-already",
    _Action.SCREEN: "enrolment-cannot-be-screened",
    _Action.FIND_ELIGIBLE: "enrolment-cannot-be-eligible",
    _Action.FIND_INELIGIBLE: "enrolment-cannot-be-ineligible",
    _Action.APPROACH: "enrolment-cannot-be-approached",
    _Action.DECLINE: "enrolment-cannot-decline",
    _Action.CONSENT: "enrolment-cannot-consent",
    _Action.ENROL: "enrolment-cannot-be-enrolled",
    _Action.START: "enrolment-cannot-start",
    _Action.FOLLOW_UP: "enrolment-cannot-be-followed-up",
    _Action.COMPLETE: "enrolment-cannot-complete",
    _Action.WITHDRAW: "enrolment-cannot-withdraw",
    _Action.LEAVE: "enrolment-over",
    _Action.MOVE: "enrolment-over",
    _Action.TAKE_BACK: "enrolment-nothing-to-take-back",
}
_NOT_CONSENTED_YET: Final = frozenset({_State.LISTED, _State.SCREENING, _State.ELIGIBLE, _State.APPROACHED})


def after(state: EnrolmentState, action: EnrolmentAction) -> EnrolmentState:
    """Returns the state after the action. Raises UserFacingError where the state does not allow it."""
    if action in STATES[state]:
        return STATES[state][action]
    if action is EnrolmentAction.WITHDRAW and state in _NOT_CONSENTED_YET:
        raise UserFacingError("enrolment-no-consent-to-withdraw")
    raise UserFacingError(_REFUSED[action])


def ends_consent(state: EnrolmentState, action: EnrolmentAction) -> bool:
    """Whether an action in a state ends the consent: it is withdrawn, or who gave it cannot take part and would sign
    again. Who leaves or completes has not taken it back.
    """
    found_out = state is EnrolmentState.CONSENTED and action is EnrolmentAction.FIND_INELIGIBLE
    return found_out or action is EnrolmentAction.WITHDRAW


STATUS: Final[dict[EnrolmentState, str]] = {
    _State.LISTED: "candidate",
    _State.SCREENING: "screening",
    _State.ELIGIBLE: "eligible",
    _State.INELIGIBLE: "ineligible",
    _State.APPROACHED: "eligible",
    _State.DECLINED: "not-registered",
    _State.CONSENTED: "pending-on-study",
    _State.ENROLLED: "on-study",
    _State.ACTIVE: "on-study-intervention",
    _State.FOLLOW_UP: "follow-up",
    _State.COMPLETED: "off-study",
    _State.WITHDRAWN: "withdrawn",
    _State.LEFT: "not-registered",
}
"""The status of each state; `status_of` knows the three that depend on more."""

STATE_OF_STATUS: Final[dict[str, EnrolmentState]] = {
    "potential-candidate": _State.LISTED,
    "candidate": _State.LISTED,
    "screening": _State.SCREENING,
    "eligible": _State.ELIGIBLE,
    "ineligible": _State.INELIGIBLE,
    "not-registered": _State.DECLINED,
    "pending-on-study": _State.CONSENTED,
    "on-study": _State.ENROLLED,
    "on-study-intervention": _State.ACTIVE,
    "on-study-observation": _State.ACTIVE,
    "follow-up": _State.FOLLOW_UP,
    "off-study": _State.LEFT,
    "withdrawn": _State.WITHDRAWN,
}
"""What a status says by itself, where another system wrote it and no history says more."""


class Arm(StrEnum):
    """The group of the evaluation that somebody is in: FHIR's ResearchSubject.assignedArm."""

    INTERVENTION = "intervention"
    COMPARISON = "comparison"


LAYERS: Final = (3, 4)
"""C3-Cloud's layers of evaluation with patients: 3 is the small test group, 4 the main group."""


def status_of(state: EnrolmentState, arm: str, enrolled: bool) -> str:
    """FHIR's status: who is only observed is in the comparison arm; who ends after enrolment is `off-study`, since
    `withdrawn` and `not-registered` say "before registration".
    """
    if state is EnrolmentState.ACTIVE and arm == Arm.COMPARISON:
        return "on-study-observation"
    if state in (EnrolmentState.WITHDRAWN, EnrolmentState.LEFT) and enrolled:
        return "off-study"
    return STATUS[state]
