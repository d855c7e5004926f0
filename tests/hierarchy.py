"""Where each code of each fact stands in the hierarchy of its code system, from data/terminology/hierarchy; for tests.

It reads the value sets and maps themselves, not through the terminology of the product.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dashboard.domain.guidelines.compute import is_of
from dashboard.domain.guidelines.fact import Fact
from dashboard.domain.values.code_systems import (
    CIE_10_ES,
    ICD_10,
    ICD_10_CM,
    ICD_10_SE,
    ICPC_2,
    LOINC,
    NPU,
    OSAKIDETZA_DBP,
    READ,
    RJH_LAB,
    SNOMED,
    normal_code,
)
from dashboard.fhir.terminology_files import FOLDER

TABLES = FOLDER / "hierarchy"
EDITIONS = {
    ICD_10: "ICD-10", ICD_10_SE: "ICD-10", ICD_10_CM: "ICD-10-CM", CIE_10_ES: "ICD-10-CM", READ: "Read v2",
    ICPC_2: "ICPC-2",
}  # fmt: skip
"""Whose groups a classification has: Sweden subdivides WHO's, Spain translates the American one."""
WITHOUT_HIERARCHY = frozenset({NPU, OSAKIDETZA_DBP, RJH_LAB})
"""Plain lists of laboratories: what they mean is what they are translated to."""
SAFE = frozenset({"equal", "equivalent", "wider", "subsumes"})


class Edge(NamedTuple):
    name: str
    relation: str  # is-a, due-to, refset, replaced-by, named
    parent: str
    source: str


def rows(file: str) -> Iterator[dict[str, str]]:
    with (TABLES / file).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def about() -> dict[str, Any]:
    return yaml.safe_load((TABLES / "about.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def snomed() -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for row in rows("snomed-ct.csv"):
        found.setdefault(row["code"], []).append(Edge(row["name"], row["relation"], row["parent"], row["source"]))
    return found


@lru_cache(maxsize=1)
def classified() -> dict[tuple[str, str], str]:
    """The names of codes and groups by edition and code."""
    return {(row["edition"], row["code"]): row["name"] for row in rows("classifications.csv")}


@lru_cache(maxsize=1)
def atc() -> dict[str, str]:
    return {row["code"]: row["name"] for row in rows("atc.csv")}


@lru_cache(maxsize=1)
def loinc() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows("loinc.csv")}


@lru_cache(maxsize=1)
def maps() -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """What each code is taken to, as (system, code, equivalence)."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for file in (FOLDER / "maps").glob("*.json"):
        for group in json.loads(file.read_text(encoding="utf-8"))["group"]:
            for element in group["element"]:
                to = [(group["target"], each["code"], each["equivalence"]) for each in element["target"]]
                found.setdefault((group["source"], normal_code(group["source"], element["code"])), []).extend(to)
    return found


@lru_cache(maxsize=1)
def value_sets() -> dict[str, list[tuple[str, str]]]:
    """The codes and families of each value set, with their systems."""
    found = {}
    for file in Path(FOLDER).rglob("*.json"):
        resource = json.loads(file.read_text(encoding="utf-8"))
        if resource["resourceType"] == "ValueSet":
            found[resource["id"]] = [
                (part["system"], code)
                for part in resource["compose"]["include"]
                for code in [
                    *(each["code"] for each in part.get("concept", ())),
                    *(each["value"] for each in part.get("filter", ())),
                ]
            ]
    return found


def holds(name: str, system: str, code: str) -> bool:
    """Whether a value set lists a code, or a family that it is in."""
    families = system != SNOMED and system != LOINC
    return any(
        system == where and (code == each or (families and code.startswith(each))) for where, each in value_sets()[name]
    )


def sets_of(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The value sets that the facts come from."""
    names = {name for fact in facts for name in fact.value_sets}
    return tuple(sorted(names | {f"measure-{each}" for fact in facts for each in fact.measures}))


def problem_of(name: str, system: str, code: str) -> str:
    """Why a code does not belong into a value set, in words; "" where it stands under what the set is about."""
    what = about()["value_sets"].get(name)
    if what is None:
        return f"{name}: about.yaml does not say what it is about"
    code = normal_code(system, code)
    if code in what.get("exceptions", ()) or code in about()["not_checked"]:
        return ""
    stands = (
        _in_snomed(what, code) if system == SNOMED
        else _in_loinc(what, code) if system == LOINC
        else _in_classification(what, EDITIONS[system], code, name.startswith("measure-")) if system in EDITIONS
        else _as_translated(name, system, code) if system in WITHOUT_HIERARCHY
        else False
    )  # fmt: skip
    return "" if stands else f"{name}: {code} of {system} is not known to stand under what it is about"


def _matches(what: Mapping[str, Any], name: str) -> bool:
    if "words" not in what or re.search(about()["never"], name, re.IGNORECASE):
        return False
    return bool(re.search(what["words"], name, re.IGNORECASE))


def _in_snomed(what: Mapping[str, Any], code: str, seen: frozenset[str] = frozenset()) -> bool:
    edges = snomed().get(code, [])
    roots = what.get("snomed", ())
    if code in roots:
        return bool(edges)
    for edge in edges:
        up = edge.parent not in seen and (edge.parent in roots or _in_snomed(what, edge.parent, seen | {code}))
        if edge.relation in ("is-a", "refset", "replaced-by") and up:
            return True
        if edge.relation == "due-to" and edge.parent in what.get("due_to", ()):
            return True
    return any(_matches(what, edge.name) for edge in edges)


def _in_loinc(what: Mapping[str, Any], code: str) -> bool:
    row = loinc().get(code)
    if row is None or "components" not in what or not re.fullmatch(what["components"], row["component"]):
        return False
    return not row["specimen"] or row["specimen"] in what.get("specimens", ())


def _in_classification(what: Mapping[str, Any], edition: str, code: str, alone: bool) -> bool:
    """By the names of the code and of the groups above it, or only its own: LDL is in the group of cholesterol."""
    shortest = len(code) if alone else 3 if edition.startswith("ICD") else 2
    names = [classified().get((edition, code[:length]), "") for length in range(len(code), shortest - 1, -1)]
    return any(name and _matches(what, name) for name in names)


def _as_translated(name: str, system: str, code: str) -> bool:
    to = maps().get((system, code), [])
    return bool(to) and not any(problem_of(name, *each) for *each, _ in to)


def translated_into(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The codes that a map brings into a value set, as (value set, system, code)."""
    sets = {name: set(value_sets()[name]) for name in names}
    for (system, code), to in maps().items():
        safe = {(where, each) for where, each, equivalence in to if equivalence in SAFE}
        yield from ((name, system, code) for name, codes in sets.items() if codes & safe)


def problems_of_medicines(fact: Fact) -> list[str]:
    """What is wrong with the families of ATC of a fact: not of its substances, or one of them left out."""
    what = about()["medicines"].get(fact.name)
    if what is None:
        return [f"{fact.name}: about.yaml does not say which groups of ATC it is about"]
    groups = tuple(what["groups"])
    holds = _substances(groups, fact.without_atc, what.get("words", ""))
    found = []
    for family in fact.atc:
        under = [code for code in atc() if code.startswith(family) and len(code) == 7]
        if not under:
            found.append(f"{fact.name}: {family} is no code of ATC that is known")
        wrong = [code for code in under if not code.startswith(groups) and not re.search(holds, atc()[code], re.I)]
        found += [f"{fact.name}: {code} {atc()[code]} holds none of its substances" for code in wrong]
    elsewhere = (*what.get("elsewhere", ()), *fact.without_atc, *fact.unsure_atc)
    for code, name in atc().items():
        ours = len(code) == 7 and (code.startswith(groups) or bool(re.search(holds, name, re.IGNORECASE)))
        if ours and not is_of(fact, code) and not code.startswith(elsewhere):
            found.append(f"{fact.name}: {code} {name} is left out")
    return found


def _substances(groups: tuple[str, ...], without: tuple[str, ...], words: str) -> str:
    """A regular expression of the substances of groups, as they are named alone."""
    alone = {
        re.escape(name.lower())
        for code, name in atc().items()
        if len(code) == 7
        and code.startswith(groups)
        and not (without and code.startswith(without))
        and not re.search(r" and |,|combination", name)
    }
    each = rf"\b({'|'.join(sorted(alone))})\b" if alone else r"(?!)"
    return f"{each}|{words}" if words else each


def drugs(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.atc]
