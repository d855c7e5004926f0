"""How people stand in the pilot, in words: states, steps, changes, and the coded reasons."""

from typing import Final

from dashboard.domain.pilot.enrolment import Arm, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.screening_list import Unlisted
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

_S, _A = EnrolmentState, EnrolmentAction

STATES: Final[dict[str, str]] = {
    Unlisted.NOT_LISTED: mark("Not listed"),
    _S.LISTED: mark("Listed"),
    _S.SCREENING: mark("Being screened"),
    _S.ELIGIBLE: mark("Eligible"),
    _S.INELIGIBLE: mark("Not eligible"),
    _S.APPROACHED: mark("Approached"),
    _S.DECLINED: mark("Said no"),
    _S.CONSENTED: mark("Consented"),
    _S.ENROLLED: mark("Enrolled"),
    _S.ACTIVE: mark("Active"),
    _S.FOLLOW_UP: mark("In follow-up"),
    _S.COMPLETED: mark("Completed"),
    _S.WITHDRAWN: mark("Withdrawn"),
    _S.LEFT: mark("Left"),
    Unlisted.NOT_KNOWN: mark("Not known"),
}
"""How somebody stands now, in the order of the way through the pilot."""

STEPS: Final[dict[Step, str]] = {
    Step.SCREENED: mark("Screened"),
    Step.ELIGIBLE: mark("Eligible"),
    Step.APPROACHED: mark("Approached"),
    Step.CONSENTED: mark("Consented"),
    Step.ENROLLED: mark("Enrolled"),
    Step.ACTIVE: mark("Active"),
    Step.COMPLETED: mark("Completed"),
    Step.WITHDRAWN: mark("Withdrawn"),
}
"""The steps of the funnel: what somebody has reached."""

DO: Final[dict[EnrolmentAction, str]] = {
    _A.LIST: mark("Put on the list"),
    _A.SCREEN: mark("Screen"),
    _A.FIND_ELIGIBLE: mark("Find eligible"),
    _A.FIND_INELIGIBLE: mark("Find not eligible"),
    _A.APPROACH: mark("Approach"),
    _A.DECLINE: mark("Record a no"),
    _A.CONSENT: mark("Record consent"),
    _A.ENROL: mark("Enrol"),
    _A.START: mark("Record the start"),
    _A.FOLLOW_UP: mark("Follow up only"),
    _A.COMPLETE: mark("Complete"),
    _A.WITHDRAW: mark("Withdraw consent"),
    _A.LEAVE: mark("Record leaving"),
    _A.MOVE: mark("Move to another site"),
    _A.TAKE_BACK: mark("Take back"),
}
"""What is recorded, as a button says it."""

DONE: Final[dict[EnrolmentAction, str]] = {
    _A.LIST: mark("Put on the list"),
    _A.SCREEN: mark("Screening begun"),
    _A.FIND_ELIGIBLE: mark("Found eligible"),
    _A.FIND_INELIGIBLE: mark("Found not eligible"),
    _A.APPROACH: mark("Approached"),
    _A.DECLINE: mark("Said no"),
    _A.CONSENT: mark("Consented"),
    _A.ENROL: mark("Enrolled"),
    _A.START: mark("Began to take part"),
    _A.FOLLOW_UP: mark("Follow-up began"),
    _A.COMPLETE: mark("Completed"),
    _A.WITHDRAW: mark("Withdrew the consent"),
    _A.LEAVE: mark("Left the pilot"),
    _A.MOVE: mark("Moved to another site"),
    _A.TAKE_BACK: mark("The change before was taken back"),
}
"""What was recorded, as a line of a history says it."""

REASONS: Final[dict[str, str]] = {
    "under-55": mark("Under 55 years of age"),
    "fewer-than-two-conditions": mark("Fewer than two of the pilot's conditions"),
    "not-at-home": mark("Does not live at home"),
    "ict-self-check": mark("ICT self-check not passed, by patient or carer"),
    "no-longer-eligible": mark("No longer eligible"),
    "other-study": mark("Already in another study"),
    "other-exclusion": mark("Other reason for exclusion"),
    "no-time": mark("No time"),
    "no-interest": mark("No interest"),
    "data-concerns": mark("Concerns about the data"),
    "technology-concerns": mark("Does not want to use the technology"),
    "too-ill": mark("Too ill"),
    "family-concerns": mark("Family or carer is against it"),
    "no-reason-given": mark("No reason given"),
    "other-refusal": mark("Other reason for refusal"),
    "died": mark("Died"),
    "moved-away": mark("Moved away"),
    "lost-contact": mark("Contact lost"),
    "duplicate-record": mark("Second record of a person"),
    "listed-by-mistake": mark("Put on the list by mistake"),
    "other-ending": mark("Other reason"),
}
"""The displays of `data/terminology/enrolment`; a test compares the two."""

ARMS: Final[dict[str, str]] = {Arm.INTERVENTION: mark("Intervention"), Arm.COMPARISON: mark("Comparison")}


def reason_words(code: str) -> str:
    """The words of a coded reason; the code itself where another system wrote one that is none of ours."""
    return t(REASONS[code]) if code in REASONS else clean(code, 60)
