"""The Charlson comorbidity index from the problem list, and the severity that a PHQ-9 score stands for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from dashboard.domain.record.condition import Condition, latest_first
from dashboard.domain.record.observation import Measure
from dashboard.domain.risk.facts import RiskFacts
from dashboard.domain.risk.gather import Gathering, problem_used
from dashboard.domain.risk.score import Band, InputKey, RiskKey, RiskScore
from dashboard.domain.values.code_systems import WITHOUT_DOTS, canonical
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import SCORE

WEIGHTS: Final[dict[str, int]] = {
    "myocardial-infarction": 1,
    "heart-failure": 1,
    "peripheral-vascular-disease": 1,
    "cerebrovascular-disease": 1,
    "dementia": 1,
    "chronic-pulmonary-disease": 1,
    "rheumatic-disease": 1,
    "peptic-ulcer": 1,
    "mild-liver-disease": 1,
    "diabetes": 1,
    "diabetes-with-complication": 2,
    "hemiplegia": 2,
    "renal-disease": 2,
    "cancer": 2,
    "severe-liver-disease": 3,
    "metastatic-tumour": 6,
    "aids": 6,
}
"""Charlson 1987, by the value set `charlson-<name>` that lists the codes."""
INSTEAD: Final = {
    "diabetes-with-complication": "diabetes",
    "severe-liver-disease": "mild-liver-disease",
    "metastatic-tumour": "cancer",
}
"""The graver comorbidity, and the one that does not count beside it."""
LASTING: Final = frozenset({"myocardial-infarction", "cerebrovascular-disease", "peptic-ulcer"})
"""What counts also after it is over, as in Charlson's own definitions; anything else counts while it is active. Of a
cancer the original counts five years. Own choice, draft."""
SEVERITIES: Final = (
    (20, Band.SEVERE),
    (15, Band.MODERATELY_SEVERE),
    (10, Band.MODERATE),
    (5, Band.MILD),
    (0, Band.MINIMAL),
)
"""Kroenke 2001: from which score each severity counts."""
MOST_OF_PHQ9: Final = 27


def charlson(facts: RiskFacts) -> RiskScore:
    """The index without points for age. It says "at least" where a comorbidity is only suspected, or where a problem is
    on the list that cannot be placed: its code may be below one that is listed.
    """
    asked = Gathering(facts)
    if "Condition" in facts.unread:
        asked.lacks(InputKey.PROBLEMS)
        return asked.score(RiskKey.CHARLSON)
    sure = {name: found for name in WEIGHTS if (found := list(_with(facts, name, suspected=False)))}
    more = {name: found for name in WEIGHTS if name not in sure and (found := list(_with(facts, name, suspected=True)))}
    counted = {name for name in sure if not any(INSTEAD.get(graver) == name for graver in sure)}
    for found in (*sure.values(), *more.values()):
        asked.inputs.append(problem_used(InputKey.COMORBIDITY, latest_first(found)[0]))
    unclear = [each for each in facts.problems if not each.refuted and _cannot_be_placed(facts, each)]
    asked.inputs += [problem_used(InputKey.PROBLEMS, each) for each in unclear]
    points = sum(WEIGHTS[name] for name in counted)
    return asked.score(RiskKey.CHARLSON, Quantity(Decimal(points), SCORE, ">=" if more or unclear else ""))


def _with(facts: RiskFacts, name: str, suspected: bool) -> Iterator[Condition]:
    """The problems that are one comorbidity."""
    for problem in facts.problems:
        counts = problem.active or (name in LASTING and not problem.refuted)
        if counts and problem.suspected is suspected and name in facts.groups(problem, "charlson-"):
            yield problem


def _cannot_be_placed(facts: RiskFacts, problem: Condition) -> bool:
    """Whether a problem may be a comorbidity that nobody can tell by its codes: it has none of ICD-10, whose families
    are listed whole, and none that a list has.
    """
    return not facts.groups(problem, "charlson-") and not any(
        canonical(each.system) in WITHOUT_DOTS for each in problem.code
    )


def phq9(facts: RiskFacts) -> RiskScore:
    """The total of the latest PHQ-9 and its severity; never its single answers."""
    asked = Gathering(facts)
    known = asked.latest(Measure.PHQ9)
    if known is None or known.latest.value.comparator or not 0 <= known.latest.value.value <= MOST_OF_PHQ9:
        asked.lacks(InputKey.PHQ9)
        return asked.score(RiskKey.PHQ9)
    total = known.latest.value
    return asked.score(RiskKey.PHQ9, total, next(band for least, band in SEVERITIES if total.value >= least))
