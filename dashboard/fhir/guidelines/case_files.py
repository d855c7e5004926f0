"""Reads the cases of a rule: people written down as a clinician would read them, and what the rule says of each.

`cases.yaml` beside a rule holds an aligned table for each of its cards; `data/guidelines/case-words.yaml` says what
each word is in codes. A case becomes FHIR resources, so that it goes the same way as a record from a server.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.values.code_systems import ATC, CONDITION_CLINICAL, CONDITION_VERIFICATION, LOINC, SNOMED, UCUM
from dashboard.fhir.guidelines.lines import Problem, read_document
from dashboard.fhir.mapping.elements import Json

FILE: Final = "cases.yaml"
AS_OF: Final = date(2026, 11, 23)
"""The day of view of every case."""
RECENTLY: Final = "2026-11-01"
"""The date of what has none in a case."""
COLUMNS: Final = (
    "answer", "age", "conditions", "medicines", "results", "checks", "contacts", "pilot", "unread",
    "missing", "because",
)  # fmt: skip
ANSWERS: Final = {
    "applies": Outcome.APPLIES,
    "does not apply": Outcome.DOES_NOT_APPLY,
    "cannot say": Outcome.CANNOT_SAY,
}
_ON: Final = re.compile(r"(.+?) (?:on|since) (\d{4}(?:-\d\d(?:-\d\d)?)?)\Z")
_RESULT: Final = re.compile(r"(.+?) ([<>]=?)?(\d+(?:\.\d+)?)(?: (\S+))?\Z")
_CARER: Final = "carer"
_REGISTERED: Final = "in the register"
_UNKNOWN_MEDICINE: Final = "something without a code"

_PATIENT: Final = {"reference": "Patient/p1"}
_CARER_REFERENCE: Final = {"reference": "RelatedPerson/carer"}

Words = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a table: a person, what the card says of that person, and which facts are missing."""

    card: str
    line: int
    answer: Outcome
    missing: tuple[str, ...]
    cells: Mapping[str, str]
    resources: tuple[Json, ...]
    unread: frozenset[str]

    @property
    def because(self) -> str:
        return self.cells.get("because", "")


def read_words(folder: Path) -> Words:
    """The words of the cases in codes, of a folder of guidelines. ValueError where they cannot be read."""
    document = read_document(folder / "case-words.yaml")
    if isinstance(document, Problem):
        raise ValueError(str(document))
    words: Words = document.content
    return words


def read_cases(file: Path, rule: Rule, words: Words) -> tuple[list[Case], list[Problem]]:
    """The cases of a rule, card by card, and what is wrong in them."""
    document = read_document(file)
    if isinstance(document, Problem):
        return [], [document]
    tables = document.content if isinstance(document.content, dict) else {}
    problems = [
        document.problem((key,), f"the rule has no card {key}")
        for key in tables
        if key not in {advice.key for advice in rule.advice}
    ]
    found: list[Case] = []
    for advice in rule.advice:
        first = document.lines.get((advice.key,), 1)
        cases: list[Case] = []
        for line, cells in rows_of(str(tables.get(advice.key, "")), first + 1):
            try:
                cases.append(_case(advice.key, line, cells, words, advice.condition.facts))
            except ValueError as error:
                problems.append(Problem(file, line, str(error)))
        for answer in set(Outcome) - {case.answer for case in cases}:
            said = next(words for words, each in ANSWERS.items() if each is answer)
            problems.append(document.problem((advice.key,), f'{advice.key} needs a case whose answer is "{said}"'))
        found += cases
    return found, problems


def rows_of(table: str, first: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of an aligned table with their numbers in the file, the first being its header."""
    header: list[str] = []
    for number, row in enumerate(table.splitlines(), first):
        cells = [cell.strip() for cell in row.split("|")]
        if not header:
            header = cells
        elif row.strip():
            yield number, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def _case(card: str, line: int, cells: Mapping[str, str], words: Words, facts: tuple[str, ...]) -> Case:
    if unknown := [name for name in cells if name not in COLUMNS]:
        raise ValueError(f"{', '.join(unknown)}: not a column; there are {', '.join(COLUMNS)}")
    if cells.get("answer", "") not in ANSWERS:
        raise ValueError(f"an answer is one of {', '.join(ANSWERS)}")
    missing = tuple(parts_of(cells, "missing"))
    if wrong := [name for name in missing if name not in facts]:
        raise ValueError(f"{', '.join(wrong)}: not a fact of this card")
    return Case(
        card=card,
        line=line,
        answer=ANSWERS[cells["answer"]],
        missing=missing,
        cells=cells,
        resources=tuple(resources_of(cells, words)),
        unread=frozenset(parts_of(cells, "unread")),
    )


def parts_of(cells: Mapping[str, str], column: str) -> list[str]:
    return [part.strip() for part in cells.get(column, "").split(";") if part.strip()]


def resources_of(cells: Mapping[str, str], words: Words) -> Iterator[Json]:
    """The FHIR resources of a case."""
    yield {"resourceType": "Patient", "id": "p1", **_birth(cells.get("age", ""))}
    made = [(part, _condition) for part in parts_of(cells, "conditions")]
    made += [(part, _medicine) for part in parts_of(cells, "medicines")]
    made += [(part, _result) for part in parts_of(cells, "results")]
    made += [(part, _check) for part in parts_of(cells, "checks")]
    made += [(part, _contact) for part in parts_of(cells, "contacts")]
    pilot = parts_of(cells, "pilot")
    made += [(part, _of_the_pilot) for part in pilot if part != _CARER]
    if any(part.startswith(_CARER) for part in pilot):
        made.append((_CARER, _team))
    for number, (part, make) in enumerate(made):
        yield {"id": f"r{number}", "subject": _PATIENT, **make(part, words)}


def _birth(age: str) -> Json:
    """`70`, or `born 1950`: a year alone, as some registers have it. Empty: not recorded."""
    if not age:
        return {}
    if age.startswith("born "):
        return {"birthDate": age.removeprefix("born ")}
    return {"birthDate": AS_OF.replace(year=AS_OF.year - int(age)).isoformat()}


def _dated(part: str) -> tuple[str, str]:
    """The words, and the date behind them: `eGFR 29 on 2026-01-01`, `ramipril since 2026-10-01`."""
    found = _ON.match(part)
    return (found[1], found[2]) if found else (part, RECENTLY)


def _word(words: Words, kind: str, name: str) -> Mapping[str, str]:
    try:
        return words[kind][name]
    except KeyError:
        raise ValueError(f"{name}: case-words.yaml has no such word among its {kind}") from None


def _concept(system: str, word: Mapping[str, str], name: str) -> Json:
    return {"coding": [{"system": word.get("system", system), "code": word["code"]}], "text": name}


def _condition(part: str, words: Words) -> Json:
    """`HF`, `HF NYHA II`, `suspected HF`, `past HF`."""
    name, when = _dated(part)
    suspected, past = name.startswith("suspected "), name.startswith("past ")
    name = name.removeprefix("suspected ").removeprefix("past ")
    stage = next((each for each in sorted(words["stages"], reverse=True) if name.endswith(f" {each}")), "")
    name = name.removesuffix(f" {stage}")
    return {
        "resourceType": "Condition",
        "code": _concept(SNOMED, _word(words, "conditions", name), name),
        "clinicalStatus": _status(CONDITION_CLINICAL, "resolved" if past else "active"),
        "verificationStatus": _status(CONDITION_VERIFICATION, "provisional" if suspected else "confirmed"),
        "onsetDateTime": when,
        **({"stage": [{"summary": _concept(SNOMED, words["stages"][stage], stage)}]} if stage else {}),
    }


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _medicine(part: str, words: Words) -> Json:
    """`ramipril since 2026-10-01`, `paused ramipril`, `something without a code`."""
    name, when = _dated(part)
    paused = name.startswith("paused ")
    name = name.removeprefix("paused ")
    coded = name != _UNKNOWN_MEDICINE
    return {
        "resourceType": "MedicationRequest",
        "status": "on-hold" if paused else "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(ATC, _word(words, "medicines", name), name) if coded else {"text": name},
        "authoredOn": when,
    }


def _result(part: str, words: Words) -> Json:
    """`eGFR 29`, `HbA1c 7.5 %`, `eGFR >90 on 2026-05-01`, `potassium 5.1 furlongs`."""
    said, when = _dated(part)
    found = _RESULT.match(said)
    if not found:
        raise ValueError(f"{part}: a result is a name and a number, then its unit where it is another than usual")
    name, comparator, value, unit = found.groups()
    word = _word(words, "results", name)
    quantity: dict[str, Any] = {"value": Decimal(value), "unit": unit or word["unit"], "system": UCUM}
    quantity["code"] = quantity["unit"]
    if comparator:
        quantity["comparator"] = comparator
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _concept(LOINC, word, name),
        "effectiveDateTime": when,
        "valueQuantity": quantity,
    }


def _check(part: str, words: Words) -> Json:
    """`feet on 2026-05-01`: a Procedure by its SNOMED CT code, an Observation by one of LOINC."""
    name, when = _dated(part)
    word = _word(words, "checks", name)
    if word.get("system", SNOMED) == SNOMED:
        code = _concept(SNOMED, word, name)
        return {"resourceType": "Procedure", "status": "completed", "code": code, "performedDateTime": when}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _concept(SNOMED, word, name),
        "effectiveDateTime": when,
        "valueString": "done",
    }


def _contact(part: str, words: Words) -> Json:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "period": {"start": part, "end": part},
    }


def _of_the_pilot(part: str, words: Words) -> Json:
    """`at home`, `ICT passed`, `carer ICT passed`, `NYHA III on 2026-05-01`, `in the register`."""
    if part == _REGISTERED:
        study = {"reference": "ResearchStudy/pilot"}
        return {"resourceType": "ResearchSubject", "status": "candidate", "study": study, "individual": _PATIENT}
    name, when = _dated(part)
    asked = name.removeprefix(f"{_CARER} ")
    word = _word(words, "pilot", asked)
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _concept(SNOMED, word, asked),
        "effectiveDateTime": when,
        "valueCodeableConcept": {"coding": [{"system": word.get("answers", SNOMED), "code": word["answer"]}]},
        **({"performer": [_CARER_REFERENCE]} if asked != name else {}),
    }


def _team(part: str, words: Words) -> Json:
    """The care team of somebody who has a carer."""
    return {"resourceType": "CareTeam", "status": "active", "participant": [{"member": _CARER_REFERENCE}]}
