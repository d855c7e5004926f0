"""The coded reasons for which somebody does not take part, or takes part no more.

The same as the value sets in `data/terminology/enrolment`: drafts of our own, since no published list was found. What
excludes is the eligibility of the trial NCT03834207 (age, conditions, home, ICT self-check).
"""

from typing import Final

from dashboard.domain.pilot.enrolment import EnrolmentAction

DIED: Final = "died"
OTHER_STUDY: Final = "other-study"
LISTED_BY_MISTAKE: Final = "listed-by-mistake"
EXCLUDES: Final = ("under-55", "fewer-than-two-conditions", "not-at-home", "ict-self-check", "no-longer-eligible")
"""What the rule of eligibility knows: once it says that somebody is eligible, these hold no longer."""
EXCLUSIONS: Final = (*EXCLUDES, OTHER_STUDY, "other-exclusion")
REFUSALS: Final = (
    "no-time", "no-interest", "data-concerns", "technology-concerns", "too-ill", "family-concerns", "no-reason-given",
    "other-refusal",
)  # fmt: skip
ENDINGS: Final = (
    DIED, "moved-away", "lost-contact", OTHER_STUDY, "too-ill", "duplicate-record", LISTED_BY_MISTAKE,
    "other-ending",
)  # fmt: skip

REASONS: Final[dict[EnrolmentAction, tuple[str, ...]]] = {
    EnrolmentAction.FIND_INELIGIBLE: EXCLUSIONS,
    EnrolmentAction.DECLINE: REFUSALS,
    EnrolmentAction.WITHDRAW: REFUSALS,
    EnrolmentAction.LEAVE: ENDINGS,
}
"""action -> the codes of which it needs one. Others have none."""
