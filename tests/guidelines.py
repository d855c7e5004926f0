"""The project's guideline rules with their cases, and how a case is tried; for tests."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import finding
from dashboard.domain.guidelines.fact import Fact, FactValue
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.fhir.guidelines import case_files, contradiction_cases
from dashboard.fhir.guidelines.case_files import AS_OF, Case, read_cases, read_words
from dashboard.fhir.guidelines.contradiction_cases import read_contradiction_cases
from dashboard.fhir.guidelines.fhirpath import compile_condition
from dashboard.fhir.guidelines.library import FOLDER, Library, read_library
from dashboard.fhir.guidelines.read_record import read_record, read_screened
from dashboard.fhir.terminology_files import load_terminology


@lru_cache(maxsize=1)
def library() -> Library:
    return read_library(load_terminology(), FOLDER)


RULES = library().rules
EVERY_RULE = library().every_rule
"""Those of a programme too, which are no recommendations."""
CASES = {
    rule.id: read_cases(Path(rule.origin).parent / case_files.FILE, rule, read_words(FOLDER)) for rule in EVERY_RULE
}  # fmt: skip
_RECORDS: dict[int, PatientRecord] = {}
_FACTS: dict[tuple[int, Fact], FactValue] = {}


def facts_of(case: Case, facts: Mapping[str, Fact]) -> dict[str, FactValue]:
    """The facts of a case; its record is read once, and each fact is computed once."""
    if id(case) not in _RECORDS:
        _RECORDS[id(case)] = read_record(case.resources, load_terminology(), AS_OF)
    record, missing = _RECORDS[id(case)], [fact for fact in facts.values() if (id(case), fact) not in _FACTS]
    screened = read_screened(case.resources, load_terminology(), AS_OF, case.unread)
    computed = compute_facts(record, missing, load_terminology(), AS_OF, case.unread, screened)
    _FACTS.update({(id(case), fact): computed[fact.name] for fact in missing})
    return {name: _FACTS[id(case), fact] for name, fact in facts.items()}


def advice_of(rule: Rule, case: Case) -> Advice:
    return next(advice for advice in rule.advice if advice.key == case.card)


def disagreement(rule: Rule, case: Case, advice: Advice | None = None, facts: Mapping[str, Fact] | None = None) -> str:
    """What differs between a case and the rule, in words; "" where nothing does."""
    advice = advice or advice_of(rule, case)
    known = facts or library().facts
    values = facts_of(case, {name: known[name] for name in advice.condition.facts})
    found = finding(rule, advice, values)
    missing = {each.fact.name for each in found.missing}
    if (found.outcome, missing) == (case.answer, set(case.missing)):
        return ""
    return f"{rule.id} line {case.line} ({case.because}): {found.outcome} {sorted(missing)}"


def with_expression(advice: Advice, expression: str) -> Advice:
    return replace(advice, condition=compile_condition(expression), expression=expression)


CONTRADICTION_CASES, CONTRADICTION_PROBLEMS = read_contradiction_cases(
    FOLDER / contradiction_cases.FILE, read_words(FOLDER)
)
