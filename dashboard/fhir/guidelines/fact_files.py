"""Reads data/guidelines/facts: the definitions of the facts that guideline rules ask about.

What each key means is in data/guidelines/README.md.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from dashboard.domain.guidelines.fact import DAYS, YES_OR_NO, Fact, FactKind
from dashboard.domain.pilot.eligibility import Criterion
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.drug_classes import CLASSES, DrugClass, is_atc
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit, convert
from dashboard.fhir.guidelines.lines import Document, Problem, read_document

_KEYS: Final = frozenset(
    {
        "name", "words", "kind", "missing", "unit", "value_sets", "classes", "atc", "measures", "most_days", "percent",
        "unsure", "criterion",
    }
)  # fmt: skip
_MEASURED: Final = frozenset({FactKind.MEASURED, FactKind.FALL, FactKind.RISE})


def read_facts(folder: Path, terminology: Terminology) -> tuple[dict[str, Fact], list[Problem]]:
    """The facts of a folder by name, and what is wrong in its files; a fact with a problem is left out."""
    facts: dict[str, Fact] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        document = read_document(file)
        if isinstance(document, Problem):
            problems.append(document)
            continue
        if not isinstance(document.content, list):
            problems.append(document.problem((), "a file of facts is a list of them"))
            continue
        for number, entry in enumerate(document.content):
            try:
                fact = _fact(entry, terminology)
                if fact.name in facts:
                    raise ValueError(f"there are two facts of the name {fact.name}")
                facts[fact.name] = fact
            except (ValueError, TypeError, KeyError) as error:
                problems.append(_problem(document, number, error))
    return facts, problems


def _problem(document: Document, number: int, error: Exception) -> Problem:
    words = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
    return document.problem((number,), words)


def _fact(entry: Any, terminology: Terminology) -> Fact:
    if not isinstance(entry, Mapping):
        raise TypeError("a fact has name, words, kind and missing")
    if unknown := sorted(set(entry) - _KEYS):
        raise ValueError(f"{', '.join(unknown)}: not a key of a fact")
    kind = FactKind(entry["kind"])
    classes = [DrugClass(name) for name in _list(entry, "classes")]
    families = (*(family for each in classes for family in CLASSES[each].families), *_list(entry, "atc"))
    fact = Fact(
        name=str(entry["name"]),
        words=str(entry["words"]),
        kind=kind,
        missing=str(entry["missing"]),
        unit=str(entry.get("unit", "")),
        value_sets=tuple(_list(entry, "value_sets")),
        atc=tuple(dict.fromkeys(families)),
        unsure_atc=tuple(_list(entry, "unsure")),
        without_atc=tuple(family for each in classes for family in CLASSES[each].excluded),
        measures=tuple(Measure(name) for name in _list(entry, "measures")),
        most_days=int(entry.get("most_days", 0)),
        percent=entry.get("percent", False) is True,
        criterion=Criterion(entry["criterion"]) if "criterion" in entry else None,
    )
    if not fact.name.isidentifier():
        raise ValueError("a name is made of letters, digits and _, so that FHIRPath can use it")
    _check_codes(fact, terminology)
    _check_unit(fact)
    return fact


def _list(entry: Mapping[str, Any], key: str) -> list[str]:
    found = entry.get(key, [])
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise TypeError(f"{key} is a list")
    return [str(each) for each in found]


def _check_codes(fact: Fact, terminology: Terminology) -> None:
    """Every kind needs what its codes come from, and each value set and family has to exist."""
    for name in fact.value_sets:
        if not terminology.has_value_set(name):
            raise ValueError(f"data/terminology has no value set {name}")
    if wrong := [family for family in fact.atc if not is_atc(family)]:
        raise ValueError(f"{', '.join(wrong)}: not an ATC code")
    needs = {
        FactKind.CONDITION: fact.value_sets,
        FactKind.STAGE: fact.value_sets,
        FactKind.SCORE: fact.value_sets,
        FactKind.MEDICINE: fact.atc,
        FactKind.SINCE_STARTED: fact.atc,
        FactKind.SINCE_DONE: (*fact.measures, *fact.value_sets),
        FactKind.CRITERION: fact.criterion,
        **dict.fromkeys(_MEASURED, fact.measures),
    }
    if not needs.get(fact.kind, (fact,)):
        raise ValueError(f"a fact of the kind {fact.kind} needs value_sets, classes, atc, measures or a criterion")


def _check_unit(fact: Fact) -> None:
    """Numbers have a unit: days count in d, a result in a unit of its measure, a change of percent in %."""
    if fact.kind in YES_OR_NO or fact.kind is FactKind.STAGE:
        if fact.unit:
            raise ValueError("yes, no and words have no unit")
    elif not fact.unit:
        raise ValueError("a number needs its unit in UCUM")
    elif fact.kind in DAYS and fact.unit != "d":
        raise ValueError("days are counted in d")
    elif fact.percent and fact.unit != "%":
        raise ValueError("a change in percent has the unit %")
    elif fact.kind in _MEASURED and not fact.percent:
        try:
            convert(fact.measures[0], Quantity(Decimal(1), fact.unit), fact.unit)
        except UnknownUnit as error:
            raise ValueError(str(error)) from None
    if fact.kind in _MEASURED and (fact.most_days <= 0 or len(fact.measures) != 1):
        raise ValueError("a result or its change is of one measure, and most_days says how old it may be")
