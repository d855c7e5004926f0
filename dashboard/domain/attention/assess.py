"""Assesses why a patient needs attention: named reasons, each with its points; urgency is their sum.

The scale is in `points`; the rules are in `result_reasons`, `medicine_reasons` and `work_reasons`. Reasons point at
facts; they never say what to do. What was not read is not held against the patient: without the Observations no check
is overdue, without the Encounters no contact is missing, without the CarePlans no plan is missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.domain.attention.checks import due_checks, last_measured
from dashboard.domain.attention.medicine_reasons import MEDICINE_RULES
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.points import DETAIL_KEYS
from dashboard.domain.attention.reason import Check, Reason, ReasonKind
from dashboard.domain.attention.result_reasons import RESULT_RULES
from dashboard.domain.attention.rule_input import RuleInput
from dashboard.domain.attention.score_reasons import ScoreWeight, score_reasons
from dashboard.domain.attention.severity import urgency
from dashboard.domain.attention.work_reasons import WORK_RULES, new_results
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.datatypes import PartialDate


@dataclass(frozen=True, slots=True)
class Assessment:
    """The reasons with most points first, the sum of their points, all checks, and those overdue, longest first."""

    reasons: tuple[Reason, ...] = ()
    urgency: int = 0
    checks: tuple[Check, ...] = ()
    overdue: tuple[Check, ...] = ()


def assess(
    facts: PatientFacts, on: date, scores: Sequence[RiskScore] = (), weights: Sequence[ScoreWeight] = ()
) -> Assessment:
    """The reasons and checks of a day; none for somebody who has died. `weights` say what the scores add."""
    if facts.deceased:
        return Assessment()
    checks = checks_of(facts, on)
    reasons = reasons_of(facts, on, checks, score_reasons(scores, weights))
    return Assessment(reasons, urgency(reasons), checks, tuple(check for check in checks if check.overdue(on)))


def reasons_of(
    facts: PatientFacts, on: date, checks: tuple[Check, ...], more: Iterable[Reason] = ()
) -> tuple[Reason, ...]:
    """All reasons, with `more`, most points first, then in the order of `ReasonKind` and of `POINTS`."""
    given = RuleInput(facts, on, checks)
    reasons = [reason for rule in (*RESULT_RULES, *MEDICINE_RULES, *WORK_RULES) for reason in rule(given)]
    reasons += new_results(given, {reason.measure for reason in reasons if reason.result})
    reasons += more
    kinds, details = list(ReasonKind), {detail: place for place, detail in enumerate(DETAIL_KEYS)}
    return tuple(sorted(reasons, key=lambda reason: (-reason.points, kinds.index(reason.kind), details[reason.detail])))


def checks_of(facts: PatientFacts, on: date) -> tuple[Check, ...]:
    """The recurring checks that the conditions and medicines ask for, soonest due first."""
    return due_checks(facts.conditions, facts.stages, _last_done(facts), facts.medicines_atc, on, results=facts.results)


def _last_done(facts: PatientFacts) -> dict[str, PartialDate | None]:
    """When each check was last done. Smoking, foot and eyes are asked for only where the record has one.

    Their records are often procedures or letters of other systems, which are not read for the worklist: that none is
    there says nothing.
    """
    if "Observation" in facts.unread:
        return {}
    done = last_measured(facts.results)
    for key, when in facts.checks_done.items():
        before = done.get(key)
        done[key] = when if before is None else max(before, when)
    if "Encounter" not in facts.unread:
        done["hf-review"] = facts.last_contact
    return done
