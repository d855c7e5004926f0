"""The single facts that the pilot's eligibility is made of, each from the record: it is so, it is not, or not known.

A problem list that was read in full is taken as complete: a condition that is not on it is not there, but for a kidney
disease where a recent eGFR is, or may be, from 30 to 59, or where nobody could read it: then nobody knows. All limits
are drafts; where no source gives one it is our own choice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import floor
from typing import Final

from dashboard.domain.attention.comparisons import YEAR
from dashboard.domain.pilot.counts import full_years
from dashboard.domain.pilot.screening_answer import (
    NYHA_CLASSES,
    ScreeningAnswer,
    ScreeningQuestion,
    agreed,
    latest_answers,
)
from dashboard.domain.record.condition import Condition, ConditionKey, latest_first
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Quantity, Reference

LEAST_AGE: Final = 55
"""NCT03834207."""
EGFR_FROM, EGFR_BELOW = 30, 60
"""NCT03834207: 30-59; KDIGO's G3 begins under 60, so 59.5 is in it."""
PHQ9_FROM, PHQ9_BELOW = 5, 15
"""Kroenke 2001: 5-9 mild, 10-14 moderate, 15-19 moderately severe [M]. Counted only without a recorded severity."""
OLDEST: Final = YEAR
"""An eGFR, a PHQ-9 score or an observed NYHA class that is older counts as missing: own choice, as on every page."""
_SEVERITIES: Final = {"mild": True, "moderate": True, "severe": False}


class FactKey(StrEnum):
    """The facts, in the order in which they are shown."""

    AGE = "age"
    TYPE_2_DIABETES = "type-2-diabetes"
    KIDNEY_DISEASE = "kidney-disease"
    EGFR = "egfr"
    HEART_FAILURE = "heart-failure"
    NYHA_CLASS = "nyha-class"
    DEPRESSION = "depression"
    DEPRESSION_SEVERITY = "depression-severity"
    LIVING_SITUATION = "living-situation"
    ICT_SELF_CHECK = "ict-self-check"
    CARER_ICT_SELF_CHECK = "carer-ict-self-check"


DIAGNOSES: Final = {
    FactKey.TYPE_2_DIABETES: ConditionKey.T2DM,
    FactKey.KIDNEY_DISEASE: ConditionKey.CKD,
    FactKey.HEART_FAILURE: ConditionKey.HF,
    FactKey.DEPRESSION: ConditionKey.DEPRESSION,
}
"""The facts that are a diagnosis on the problem list."""


@dataclass(frozen=True, slots=True)
class FactUsed:
    """A value of the record that was looked at. `too_old`: it was not counted; `doubtful`: nobody has confirmed it.
    `by` is who answered, of a carer.
    """

    key: FactKey
    origin: Reference
    value: Quantity | PartialDate | str
    when: PartialDate | None = None
    too_old: bool = False
    doubtful: bool = False
    by: NamedReference = NOBODY


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a fact holds, None where that is not known, and what in the record was looked at."""

    key: FactKey
    holds: bool | None
    used: tuple[FactUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreeningFacts:
    """What is known of one patient. `problems` are all conditions, `results` the key results, `answers` those to the
    screening's questions, `carers` the RelatedPersons of the care team. `unread` are the resource types of which
    something could not be read; `unanswered` that the answers could not.
    """

    person: Person
    problems: Sequence[Condition] = ()
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    answers: Sequence[ScreeningAnswer] = ()
    carers: frozenset[Reference] = frozenset()
    unread: Set[str] = frozenset()
    unanswered: bool = False


def findings(facts: ScreeningFacts, on: date) -> dict[FactKey, Finding]:
    """Every fact of a patient as of a day."""
    made = [_age(facts.person, on), *(_diagnosis(facts, key) for key in DIAGNOSES)]
    made += [_egfr(facts), _nyha(facts, on), _severity(facts), _lives_at_home(facts, on), *_ict(facts, on)]
    found = {each.key: each for each in made}
    kidneys, egfr = found[FactKey.KIDNEY_DISEASE], found[FactKey.EGFR]
    recent = any(not used.too_old for used in egfr.used)
    unread = "Observation" in facts.unread
    if kidneys.holds is False and ((recent and egfr.holds is not False) or unread):
        # Often nobody has written the diagnosis down; one eGFR alone does not make it (KDIGO: three months).
        found[FactKey.KIDNEY_DISEASE] = Finding(kidneys.key, None, kidneys.used)
    return {key: found[key] for key in FactKey}


def _age(person: Person, on: date) -> Finding:
    """A birth date that is only a year or a month is as good as the days it may mean agree."""
    if person.birth is None:
        return Finding(FactKey.AGE, None)
    old = {full_years(day, on) >= LEAST_AGE for day in (person.birth.start, person.birth.end)}
    used = FactUsed(FactKey.AGE, Reference("Patient", person.id), person.birth)
    return Finding(FactKey.AGE, old.pop() if len(old) == 1 else None, (used,))


def _diagnosis(facts: ScreeningFacts, key: FactKey) -> Finding:
    has = [each for each in facts.problems if each.active and DIAGNOSES[key] in each.keys]
    sure = [each for each in has if each.established]
    holds = True if sure else None if has or "Condition" in facts.unread else False
    used = (
        FactUsed(key, each.origin, each.text, each.onset, doubtful=each.suspected)
        for each in latest_first(sure or has)[:1]
    )
    return Finding(key, holds, tuple(used))


def _egfr(facts: ScreeningFacts) -> Finding:
    return _measured(FactKey.EGFR, facts.results.get(Measure.EGFR), EGFR_FROM, EGFR_BELOW)


def _measured(key: FactKey, result: KeyResult | None, least: int, below: int) -> Finding:
    if result is None:
        return Finding(key, None)
    latest = result.latest
    used = FactUsed(key, latest.origin, latest.value, latest.when, too_old=result.old)
    return Finding(key, None if result.old else is_within(latest.value, least, below), (used,))


def is_within(value: Quantity, least: int, below: int) -> bool | None:
    """Whether a value is `least` or more and under `below`; None where its comparator leaves that open: "<60" may be
    20. Who writes ">59" counts in whole numbers and means 60 or more.
    """
    number = value.value
    match value.comparator:
        case "<" | "<=":
            return False if number < least or (number == least and value.comparator == "<") else None
        case ">" | ">=":
            lowest = floor(number) + 1 if value.comparator == ">" else number
            return False if lowest >= below else None
    return least <= number < below


def _staged(facts: ScreeningFacts, key: FactKey, of: FactKey, scale: Mapping[str, bool]) -> Finding | None:
    """The stage of the condition with the latest onset that has one of the scale."""
    has = (each for each in facts.problems if each.active and DIAGNOSES[of] in each.keys)
    for problem in latest_first(has):
        if problem.stage in scale:
            used = FactUsed(key, problem.origin, problem.stage, problem.recorded or problem.onset)
            return Finding(key, scale[problem.stage], (used,))
    return None


def _nyha(facts: ScreeningFacts, on: date) -> Finding:
    """The class observed last, else the stage of the condition: neither says more where the first is a year old."""
    key = FactKey.NYHA_CLASS
    observed = latest_answers(_answers(facts, ScreeningQuestion.NYHA_CLASS), on)
    old = [each for each in observed if each.when is None or on - each.when.end > OLDEST]
    used = tuple(_used(key, observed, old))
    if facts.unanswered:  # one that was observed may say otherwise
        return Finding(key, None, used)
    if observed and not old:
        return Finding(key, agreed(observed), used)
    staged = _staged(facts, key, FactKey.HEART_FAILURE, NYHA_CLASSES)
    return staged if staged is not None else Finding(key, None, used)


def _severity(facts: ScreeningFacts) -> Finding:
    """The severity that a clinician recorded, else the band of the latest PHQ-9."""
    key = FactKey.DEPRESSION_SEVERITY
    staged = _staged(facts, key, FactKey.DEPRESSION, _SEVERITIES)
    if staged is None and "Condition" in facts.unread:  # a severity may be recorded there, and counts before the score
        return Finding(key, None)
    return staged or _measured(key, facts.results.get(Measure.PHQ9), PHQ9_FROM, PHQ9_BELOW)


def _lives_at_home(facts: ScreeningFacts, on: date) -> Finding:
    return _answered(FactKey.LIVING_SITUATION, _answers(facts, ScreeningQuestion.LIVING_SITUATION), on)


def _ict(facts: ScreeningFacts, on: date) -> Iterator[Finding]:
    """The patient's self-check, and that of the carers: one of them is enough. Where the care team has no carer, and
    none has answered, no carer passes.
    """
    answers = _answers(facts, ScreeningQuestion.ICT_SELF_CHECK)
    by_carer = [each for each in answers if each.by.to is not None and each.by.to.type == "RelatedPerson"]
    yield _answered(FactKey.ICT_SELF_CHECK, [each for each in answers if each not in by_carer], on)
    carers = sorted({*facts.carers, *(each.by.to for each in by_carer if each.by.to is not None)})
    of_each = [
        _answered(FactKey.CARER_ICT_SELF_CHECK, [each for each in by_carer if each.by.to == carer], on)
        for carer in carers
    ]
    known = [each.holds for each in of_each] + ([None] if facts.unanswered else [])
    holds = True if True in known else None if None in known else False
    yield Finding(FactKey.CARER_ICT_SELF_CHECK, holds, tuple(used for each in of_each for used in each.used))


def _answers(facts: ScreeningFacts, question: ScreeningQuestion) -> list[ScreeningAnswer]:
    return [each for each in facts.answers if each.question is question]


def _answered(key: FactKey, answers: list[ScreeningAnswer], on: date) -> Finding:
    latest = latest_answers(answers, on)
    return Finding(key, agreed(latest), tuple(_used(key, latest)))


def _used(key: FactKey, answers: Iterable[ScreeningAnswer], old: Sequence[ScreeningAnswer] = ()) -> Iterator[FactUsed]:
    return (
        FactUsed(
            key, each.origin, each.text, each.when, too_old=each in old,
            by=each.by if key is FactKey.CARER_ICT_SELF_CHECK else NOBODY,
        )
        for each in answers
    )  # fmt: skip
