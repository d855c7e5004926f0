"""Finds everything that is wrong in the guideline files: rules, facts and cases, each problem with its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import Finding, finding
from dashboard.domain.guidelines.fact import FactValue
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.case_files import ANSWERS, AS_OF, FILE, Case, Words, read_cases, read_words
from dashboard.fhir.guidelines.contradiction_cases import check_contradictions
from dashboard.fhir.guidelines.fhirpath import compile_condition, numbers
from dashboard.fhir.guidelines.library import FOLDER, Library, read_library
from dashboard.fhir.guidelines.lines import Problem
from dashboard.fhir.guidelines.read_record import read_record, read_screened
from dashboard.fhir.guidelines.reason_files import unlike_reasons


@dataclass(frozen=True, slots=True)
class _Person:
    """A case with the facts of its person."""

    case: Case
    facts: Mapping[str, FactValue]

    def says_otherwise(self, rule: Rule, advice: Advice) -> Finding | None:
        """What the rule says where it is not what the case says."""
        found = finding(rule, advice, self.facts)
        missing = {value.fact.name for value in found.missing}
        return None if (found.outcome, missing) == (self.case.answer, set(self.case.missing)) else found


def check(terminology: Terminology, *folders: Path) -> list[Problem]:
    """Returns the problems of these folders, file by file: what cannot be read, and cases that a rule contradicts."""
    library = read_library(terminology, *folders)
    problems = list(library.problems)
    for rule in library.every_rule:
        problems += _check_cases(library, rule, terminology)
    problems += [Problem(Path(rule.origin), 1, words) for rule, words in unlike_reasons(library.every_rule)]
    for folder in folders:
        problems += check_contradictions(folder, words_for(folder), library, terminology)
    return sorted(problems)


def words_for(folder: Path) -> Words:
    """The words of a folder's cases: its own, or the project's where it has none."""
    return read_words(folder if (folder / "case-words.yaml").exists() else FOLDER)


def _check_cases(library: Library, rule: Rule, terminology: Terminology) -> Iterator[Problem]:
    file = Path(rule.origin).parent / FILE
    if not file.exists():
        yield Problem(file, 1, "there are no cases beside the rule")
        return
    cases, problems = read_cases(file, rule, words_for(file.parent.parent))
    yield from problems
    for advice in rule.advice:
        asked = [library.facts[name] for name in advice.condition.facts]
        people = []
        for case in (case for case in cases if case.card == advice.key):
            record = read_record(case.resources, terminology, AS_OF)
            screened = read_screened(case.resources, terminology, AS_OF, case.unread)
            people.append(_Person(case, compute_facts(record, asked, terminology, AS_OF, case.unread, screened)))
        for person in people:
            if found := person.says_otherwise(rule, advice):
                yield Problem(file, person.case.line, _words(found, person.case))
        yield from (Problem(file, 1, words) for words in _untried_limits(rule, advice, people))


def _words(found: Finding, case: Case) -> str:
    said = next(words for words, outcome in ANSWERS.items() if outcome is found.outcome)
    missing = ", ".join(value.fact.name for value in found.missing)
    return f'the rule says "{said}"{f" for lack of {missing}" if missing else ""}: {case.because}'


def _untried_limits(rule: Rule, advice: Advice, people: list[_Person]) -> Iterator[str]:
    """The limits of a card that could be another number without any case noticing it: none is close at one side."""
    for limit in numbers(advice.expression):
        step = Decimal("0.1") if "." in limit[0] else Decimal(1)
        for moved in (Decimal(limit[0]) - step, Decimal(limit[0]) + step):
            expression = advice.expression[: limit.start()] + str(moved) + advice.expression[limit.end() :]
            other = replace(advice, condition=compile_condition(expression))
            if not any(person.says_otherwise(rule, other) for person in people):
                yield f"{advice.key}: no case is close enough to the limit {limit[0]} to tell it from {moved}"
