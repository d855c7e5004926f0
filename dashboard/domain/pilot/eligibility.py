"""Whether a patient may take part in the pilot, by the published criteria of NCT03834207: a rule over the record.

A draft: no clinician has signed how a record answers the criteria. Who has died, has withdrawn or is a duplicate is
not for this rule to say.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from dashboard.domain.pilot.screening_facts import FactKey, FactUsed, Finding, ScreeningFacts, findings


class Criterion(StrEnum):
    """The criteria; the four conditions are those of which at least two are asked for."""

    AGE = "age"
    TWO_CONDITIONS = "two-conditions"
    TYPE_2_DIABETES = "type-2-diabetes"
    KIDNEYS = "kidneys"
    HEART_FAILURE = "heart-failure"
    DEPRESSION = "depression"
    AT_HOME = "at-home"
    ICT = "ict"


CONDITIONS: Final = (
    Criterion.TYPE_2_DIABETES,
    Criterion.KIDNEYS,
    Criterion.HEART_FAILURE,
    Criterion.DEPRESSION,
)
REQUIRED: Final = (Criterion.AGE, Criterion.TWO_CONDITIONS, Criterion.AT_HOME, Criterion.ICT)
"""Whoever meets these is eligible."""
ASKED_OF: Final = 2
"""How many of the four conditions are asked for."""

FACTS: Final[dict[Criterion, tuple[FactKey, ...]]] = {
    Criterion.AGE: (FactKey.AGE,),
    Criterion.TYPE_2_DIABETES: (FactKey.TYPE_2_DIABETES,),
    Criterion.KIDNEYS: (FactKey.KIDNEY_DISEASE, FactKey.EGFR),
    Criterion.HEART_FAILURE: (FactKey.HEART_FAILURE, FactKey.NYHA_CLASS),
    Criterion.DEPRESSION: (FactKey.DEPRESSION, FactKey.DEPRESSION_SEVERITY),
    Criterion.AT_HOME: (FactKey.LIVING_SITUATION,),
    Criterion.ICT: (FactKey.ICT_SELF_CHECK, FactKey.CARER_ICT_SELF_CHECK),
}
"""The facts of each criterion, all of which it asks for; of the two ICT self-checks one is enough."""

SOURCES: Final[dict[Criterion, str]] = {
    Criterion.AGE: "NCT03834207: 55 years or over, draft",
    Criterion.TWO_CONDITIONS: "NCT03834207: at least two of the four conditions, draft",
    Criterion.TYPE_2_DIABETES: "NCT03834207: type 2 diabetes, draft",
    Criterion.KIDNEYS: "NCT03834207: renal failure with eGFR 30-59; not older than a year, own choice, draft",
    Criterion.HEART_FAILURE: "NCT03834207: heart failure NYHA I-II, draft",
    Criterion.DEPRESSION: "NCT03834207: mild or moderate depression; by PHQ-9 from 5 to 14, Kroenke 2001 [M], draft",
    Criterion.AT_HOME: "NCT03834207: lives at home, draft",
    Criterion.ICT: "NCT03834207: the patient or a carer passes the ICT self-check, draft",
}


class Verdict(StrEnum):
    """What the record says of a criterion."""

    MET = "met"
    NOT_MET = "not-met"
    CANNOT_SAY = "cannot-say"


class Outcome(StrEnum):
    """What follows for the patient, in the order of a screening list."""

    ELIGIBLE = "eligible"
    NOT_KNOWN = "not-known"
    NOT_ELIGIBLE = "not-eligible"


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """What the record says of one criterion, which facts are missing to say more, and which were used."""

    criterion: Criterion
    verdict: Verdict
    missing: tuple[FactKey, ...] = ()
    used: tuple[FactUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The outcome, with every criterion. `missing` are the facts that could still change it; none once it is decided.
    `failed` are the required criteria that are not met.
    """

    outcome: Outcome
    results: tuple[CriterionResult, ...]
    failed: tuple[Criterion, ...] = ()
    missing: tuple[FactKey, ...] = ()

    @property
    def used(self) -> tuple[FactUsed, ...]:
        """The facts used, each once."""
        return tuple(dict.fromkeys(used for result in self.results for used in result.used))


def eligibility(facts: ScreeningFacts, on: date) -> Eligibility:
    """Whether the patient is eligible on a day, decided exactly: eligible, or not, where whatever is not known could
    not change it.
    """
    found = findings(facts, on)
    results = {criterion: _result(criterion, [found[key] for key in keys]) for criterion, keys in FACTS.items()}
    results[Criterion.TWO_CONDITIONS] = _two_conditions([results[each] for each in CONDITIONS])
    required = [results[each] for each in REQUIRED]
    failed = tuple(each.criterion for each in required if each.verdict is Verdict.NOT_MET)
    missing = {key for each in required if not failed for key in each.missing}
    return Eligibility(
        outcome=Outcome.NOT_ELIGIBLE if failed else Outcome.NOT_KNOWN if missing else Outcome.ELIGIBLE,
        results=tuple(results[each] for each in Criterion),
        failed=failed,
        missing=tuple(key for key in FactKey if key in missing),
    )


def _result(criterion: Criterion, found: list[Finding]) -> CriterionResult:
    known = [each.holds for each in found]
    decisive = criterion is Criterion.ICT  # what decides it alone: one that holds, or one that does not
    holds = decisive if decisive in known else None if None in known else not decisive
    missing = tuple(each.key for each in found if each.holds is None) if holds is None else ()
    return CriterionResult(criterion, _verdict(holds), missing, tuple(used for each in found for used in each.used))


def _two_conditions(results: list[CriterionResult]) -> CriterionResult:
    """Two that are met are enough whatever else; where two cannot be any more, it is not met."""
    met = sum(each.verdict is Verdict.MET for each in results)
    open_ = [each for each in results if each.verdict is Verdict.CANNOT_SAY]
    holds = True if met >= ASKED_OF else None if met + len(open_) >= ASKED_OF else False
    missing = tuple(key for each in open_ for key in each.missing) if holds is None else ()
    return CriterionResult(Criterion.TWO_CONDITIONS, _verdict(holds), missing)


def _verdict(holds: bool | None) -> Verdict:
    return Verdict.CANNOT_SAY if holds is None else Verdict.MET if holds else Verdict.NOT_MET
