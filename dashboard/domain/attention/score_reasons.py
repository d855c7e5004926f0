"""What scores of risk add to the urgency of a patient, by weights that are data (`data/urgency/scores.yaml`)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from dashboard.domain.attention.points import SCORE_DETAILS
from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.risk.score import RiskKey, RiskScore


@dataclass(frozen=True, slots=True)
class ScoreWeight:
    """The points of a score from a value on (`at_least`) or below one (`under`), and where that comes from. Without a
    reviewer it is a draft.
    """

    score: RiskKey
    points: int
    source: str
    at_least: Decimal | None = None
    under: Decimal | None = None
    reviewer: str = ""

    def counts(self, score: RiskScore) -> bool:
        """Whether the score certainly is where the points count: one that is only "at least" is not under anything."""
        if score.key is not self.score or score.value is None or not self.points:
            return False
        value = score.value
        if self.under is not None:
            return not value.comparator and value.value < self.under
        return self.at_least is not None and value.value >= self.at_least


def score_reasons(scores: Iterable[RiskScore], weights: Iterable[ScoreWeight]) -> Iterator[Reason]:
    """Yields a reason for each score that adds points."""
    known = {each.key: each for each in scores}
    for weight in weights:
        score = known.get(weight.score)
        if score is not None and weight.counts(score):
            source = weight.source if weight.reviewer else f"{weight.source}, draft"
            yield Reason(ReasonKind.RISK_SCORE, weight.points, SCORE_DETAILS[weight.score], score=score, source=source)
