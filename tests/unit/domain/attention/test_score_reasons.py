"""What a score of risk adds to the urgency: by its weight, where it is known, and nothing where it is not."""

from decimal import Decimal

import pytest

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.attention.score_reasons import ScoreWeight, score_reasons
from dashboard.domain.attention.severity import any_urgent
from dashboard.domain.risk.score import InputKey, NotValid, RiskKey, RiskScore
from dashboard.domain.values.datatypes import Quantity
from dashboard.fhir.score_weight_files import MOST_POINTS, read_score_weights
from dashboard.ui.record.reasons import reason_words
from tests.unit.people_and_teams import AS_OF

ON = AS_OF.date()
FAILURE, EGFR = RiskKey.KIDNEY_FAILURE_5, RiskKey.EGFR
WEIGHTS = (
    ScoreWeight(FAILURE, 2, "NICE", at_least=Decimal(5)),
    ScoreWeight(EGFR, 4, "own choice", under=Decimal(30), reviewer="Dr A"),
    ScoreWeight(RiskKey.CHARLSON, 0, "own choice", at_least=Decimal(1)),
    ScoreWeight(RiskKey.MEDICINES, 1, "no limit"),
)


def score(key: RiskKey, value: str, comparator: str = "") -> RiskScore:
    return RiskScore(key, Quantity(Decimal(value), "%", comparator))


@pytest.mark.parametrize(
    ("given", "points"),
    [
        (score(FAILURE, "5.0"), [2]),
        (score(FAILURE, "4.9"), []),
        (score(FAILURE, "5.0", ">="), [2]),
        (score(EGFR, "29"), [4]),
        (score(EGFR, "30"), []),
        (score(EGFR, "29", ">="), []),  # at least 29 is not certainly under 30
        (score(RiskKey.CHARLSON, "9"), []),
        (score(RiskKey.MEDICINES, "9"), []),
        (RiskScore(FAILURE, missing=(InputKey.UACR,)), []),
        (RiskScore(FAILURE, not_valid=(NotValid.EGFR_60_OR_MORE,)), []),
    ],
)
def test_points_count_where_the_score_certainly_is(given: RiskScore, points: list[int]) -> None:
    assert [each.points for each in score_reasons([given], WEIGHTS)] == points


def test_a_reason_says_the_score_its_source_and_that_it_is_a_draft() -> None:
    facts = PatientFacts(unread=frozenset({"Observation", "Encounter", "CarePlan"}))
    found = assess(facts, ON, [score(EGFR, "29"), score(FAILURE, "31.5")], WEIGHTS)
    assert [(each.kind, each.points) for each in found.reasons] == [
        (ReasonKind.RISK_SCORE, 4),
        (ReasonKind.RISK_SCORE, 2),
    ]
    assert [each.source for each in found.reasons] == ["own choice", "NICE, draft"] and found.urgency == 6
    words = reason_words(found.reasons[1], ON)
    assert (words.text, words.points) == ("Kidney failure risk, 5 years: 31.5%", 2)
    assert not assess(PatientFacts(deceased=True), ON, [score(FAILURE, "31.5")], WEIGHTS).reasons


def test_the_weights_that_are_shipped_are_drafts_and_make_nobody_urgent() -> None:
    weights = read_score_weights()
    assert [each.score for each in weights] == list(RiskKey) and not any(each.reviewer for each in weights)
    highest = [score(each.score, "0" if each.under else "1000") for each in weights]
    reasons = list(score_reasons(highest, weights))
    assert reasons and all(each.source.endswith("draft") and 0 < each.points <= MOST_POINTS for each in reasons)
    assert not any_urgent(reasons)
