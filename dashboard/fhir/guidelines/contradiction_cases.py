"""Reads the cases of contradictions, `data/guidelines/contradictions.yaml`: people, and who pulls what which way.

The tables are those of a rule's cases (`case_files`), one for each target, with the person's goals and the two sides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import Contradiction, contradictions
from dashboard.domain.guidelines.evaluate import Outcome, evaluate
from dashboard.domain.record.goal import Goal
from dashboard.domain.values.code_systems import LOINC, UCUM
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.case_files import ANSWERS, AS_OF, Words, parts_of, resources_of, rows_of
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.guidelines.lines import Problem, read_document
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import goal
from dashboard.fhir.mapping.elements import Json

FILE: Final = "contradictions.yaml"
COLUMNS: Final = (
    "answer", "age", "conditions", "medicines", "results", "goals", "unread", "up", "down", "missing", "because",
)  # fmt: skip
_GOAL: Final = re.compile(r"(.+?) at (most|least) (\d+(?:\.\d+)?)\Z")


@dataclass(frozen=True, slots=True)
class ContradictionCase:
    """One line: a person, and the contradiction about one target. `up` and `down` are who pulls, by their keys."""

    target: str
    line: int
    answer: Outcome
    up: frozenset[str]
    down: frozenset[str]
    missing: frozenset[str]
    cells: Mapping[str, str]
    resources: tuple[Json, ...]
    goals: tuple[Json, ...]
    unread: frozenset[str]


def read_contradiction_cases(file: Path, words: Words) -> tuple[list[ContradictionCase], list[Problem]]:
    """The cases of a file, and what is wrong in them."""
    document = read_document(file)
    if isinstance(document, Problem):
        return [], [document]
    found: list[ContradictionCase] = []
    problems: list[Problem] = []
    tables = document.content if isinstance(document.content, dict) else {}
    for target, table in tables.items():
        answers = set()
        for line, cells in rows_of(str(table), document.lines.get((target,), 1) + 1):
            try:
                case = _case(str(target), line, cells, words)
            except ValueError as error:
                problems.append(Problem(file, line, str(error)))
                continue
            answers.add(case.answer)
            found.append(case)
        for answer in sorted(set(Outcome) - answers):
            said = next(words for words, each in ANSWERS.items() if each is answer)
            problems.append(document.problem((target,), f'{target} needs a case whose answer is "{said}"'))
    return found, problems


def _case(target: str, line: int, cells: Mapping[str, str], words: Words) -> ContradictionCase:
    if unknown := [name for name in cells if name not in COLUMNS]:
        raise ValueError(f"{', '.join(unknown)}: not a column; there are {', '.join(COLUMNS)}")
    if cells.get("answer", "") not in ANSWERS:
        raise ValueError(f"an answer is one of {', '.join(ANSWERS)}")
    return ContradictionCase(
        target=target,
        line=line,
        answer=ANSWERS[cells["answer"]],
        up=frozenset(parts_of(cells, "up")),
        down=frozenset(parts_of(cells, "down")),
        missing=frozenset(parts_of(cells, "missing")),
        cells=cells,
        resources=tuple(resources_of(cells, words)),
        goals=tuple(_goal(part, number, words) for number, part in enumerate(parts_of(cells, "goals"))),
        unread=frozenset(parts_of(cells, "unread")),
    )


def _goal(part: str, number: int, words: Words) -> Json:
    """`HbA1c at most 48`, `eGFR at least 30`, in the unit that is usual."""
    found = _GOAL.match(part)
    word = words["results"].get(found[1]) if found else None
    if found is None or word is None:
        raise ValueError(f"{part}: a goal is a result, then at most or at least and a number")
    quantity = {"value": Decimal(found[3]), "unit": word["unit"], "code": word["unit"], "system": UCUM}
    measure = {"coding": [{"system": LOINC, "code": word["code"]}]}
    end = "high" if found[2] == "most" else "low"
    return {
        "resourceType": "Goal",
        "id": f"g{number}",
        "lifecycleStatus": "active",
        "description": {"text": part},
        "target": [{"measure": measure, "detailRange": {end: quantity}}],
        "subject": {"reference": "Patient/p1"},
    }


def goals_of(case: ContradictionCase, terminology: Terminology) -> list[Goal]:
    return [goal.from_fhir(each, terminology) for each in case.goals]


def found_for(case: ContradictionCase, library: Library, terminology: Terminology) -> tuple[Contradiction, ...]:
    """What the rules of a library contradict each other in, for the person of a case."""
    record = read_record(case.resources, terminology, AS_OF)
    facts = compute_facts(record, library.facts_used(), terminology, AS_OF, case.unread)
    return contradictions(evaluate(library.rules, facts), facts, library.effects, goals_of(case, terminology))


def disagreement(case: ContradictionCase, found: tuple[Contradiction, ...]) -> str:
    """What differs between a case and what was found, in words; "" where nothing does."""
    there = next((each for each in found if each.target == case.target), None)
    outcome = there.outcome if there is not None else Outcome.DOES_NOT_APPLY
    said = next(words for words, each in ANSWERS.items() if each is outcome)
    if there is None or outcome is not case.answer:
        return "" if outcome is case.answer else f'the comparison says "{said}": {case.cells.get("because", "")}'
    for side, expected in ((there.up, case.up), (there.down, case.down)):
        keys = {each.key for each in side}
        if outcome is Outcome.APPLIES and keys != expected:
            return f"on a side are {', '.join(sorted(keys))}"
    missing = {each.fact.name for each in there.missing}
    return "" if missing == case.missing else f"what is missing is {', '.join(sorted(missing)) or 'nothing'}"


def check_contradictions(folder: Path, words: Words, library: Library, terminology: Terminology) -> list[Problem]:
    """What is wrong in the cases of a folder, which need not have any."""
    file = folder / FILE
    if not file.exists():
        return []
    cases, problems = read_contradiction_cases(file, words)
    for case in cases:
        if case.target not in library.effects.matters and case.target not in library.facts:
            problems.append(Problem(file, case.line, f"there is no matter or medicine {case.target}"))
        elif said := disagreement(case, found_for(case, library, terminology)):
            problems.append(Problem(file, case.line, said))
    return problems
