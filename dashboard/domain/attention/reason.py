"""Why a patient needs attention: named reasons, each with its points; urgency is their documented sum.

Words for the kinds are in `dashboard.ui.record`; here are kinds, points and facts only. Every check carries its source.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, Measure, Result
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.datatypes import PartialDate, Reference


class ReasonKind(StrEnum):
    """What may need attention; the order here is the order of equal points."""

    DANGEROUS_RESULT = "dangerous-result"
    ABNORMAL_RESULT = "abnormal-result"
    WORSENING = "worsening"
    MEDICINE_RISK = "medicine-risk"
    TASK_OVERDUE = "task-overdue"
    CHECK_OVERDUE = "check-overdue"
    NEW_RESULT = "new-result"
    PLAN_REVIEW_DUE = "plan-review-due"
    NO_PLAN = "no-plan"
    NO_CONTACT = "no-contact"
    RISK_SCORE = "risk-score"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the facts it used. `detail` is a key the wording knows (e.g. "potassium-on-mra"); `baseline` and
    `direction` are the trend of the result; `score` is the score of risk that it is about.
    """

    kind: ReasonKind
    points: int
    detail: str
    measure: Measure | None = None
    result: Result | None = None
    baseline: Result | None = None
    direction: Direction = Direction.UNKNOWN
    since: PartialDate | None = None
    due: date | None = None
    count: int = 1
    origin: Reference | None = None
    source: str = ""
    score: RiskScore | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A recurring check a condition asks for, when it was last done and is next due.

    `last` None: looked for and never seen, which is due now, so `due` is the day of the view.
    """

    measure: Measure | None
    key: str
    condition: ConditionKey
    last: PartialDate | None
    due: date
    interval_days: int
    source: str

    def overdue(self, as_of: date) -> bool:
        return self.last is None or self.due < as_of
