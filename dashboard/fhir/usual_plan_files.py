"""Reads data/usual-plans: a FHIR R4 PlanDefinition a condition, with its usual goals and activities."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dashboard.domain.care_plan.usual import Citation, Usual, UsualActivity, UsualGoal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.values.code_systems import UCUM
from dashboard.domain.values.datatypes import Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import goal as goals
from dashboard.fhir.mapping.concepts import codings, concept
from dashboard.fhir.mapping.elements import Json, many, one, text
from dashboard.fhir.terminology_files import load_terminology

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "usual-plans"
_WEEKS_IN: Final = {"wk": Decimal(1), "mo": Decimal(52) / 12, "a": Decimal(52)}


def load_usual(folder: Path | None = None) -> Mapping[ConditionKey, Usual]:
    """The usual goals and activities by condition, of a folder (default: the project's), read once per process.

    ValueError names the file and what in it cannot be used.
    """
    return _load(folder or FOLDER)


@lru_cache(maxsize=8)
def _load(folder: Path) -> Mapping[ConditionKey, Usual]:
    terminology = load_terminology()
    found: dict[ConditionKey, Usual] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            usual = _usual(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal), terminology)
            if usual.condition in found:
                raise ValueError(f"another file is about {usual.condition} too")
        except KeyError as error:
            raise ValueError(f"{path.name} cannot be used as a usual plan: {error} is missing") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name} cannot be used as a usual plan: {error}") from error
        found[usual.condition] = usual
    return MappingProxyType({key: found[key] for key in ConditionKey if key in found})


def _usual(resource: Json, terminology: Terminology) -> Usual:
    conditions = terminology.conditions(codings(resource["topic"]))
    if len(conditions) != 1:
        raise ValueError("its topic has to be a code of one of the programme's conditions")
    kinds = {"#" + each["id"]: each["kind"] for each in resource["contained"]}
    return Usual(
        condition=conditions[0],
        title=resource["title"],
        version=resource["version"],
        goals=tuple(_goal(each, terminology) for each in many(resource["goal"])),
        activities=tuple(_activity(each, kinds, terminology) for each in many(resource["action"])),
        reviewed_by=", ".join(text(each.get("name")) for each in many(resource.get("reviewer"))),
    )


def _goal(part: Json, terminology: Terminology) -> UsualGoal:
    """The targets are read as those of a Goal, whose elements they are."""
    targets = [{name: each[name] for name in each if name != "due"} for each in many(part["target"])]
    read = goals.from_fhir(
        {"resourceType": "Goal", "id": part["id"], "description": part["description"], "target": targets}, terminology
    )
    measures = tuple(terminology.measure(each.codings) for each in read.measured)
    known = tuple(measure for measure in measures if measure)
    if read.unreadable or read.other_targets or len(known) < len(measures):
        raise ValueError(f"a target of {part['id']!r} needs a known measure and a UCUM unit of it")
    return UsualGoal(
        key=part["id"],
        text=read.text,
        weeks=max(_weeks(each["due"]) for each in part["target"]),
        citation=_citation(part),
        measures=known,
        targets=read.targets,
        priority=part["priority"]["coding"][0]["code"],
    )


def _activity(part: Json, kinds: Mapping[str, str], terminology: Terminology) -> UsualActivity:
    code = next(iter(codings(part.get("code"))), None)
    if code and not _known(code, terminology):
        raise ValueError(f"the code {code.code} of {part['id']!r} is not in data/terminology")
    who = one(part["participant"])
    role = concept(who.get("role"))
    if who["type"] == "practitioner" and not role.codings:
        raise ValueError(f"{part['id']!r} has to say by which role it is done")
    repeat: Any = one(one(part.get("timingTiming")).get("repeat"))
    every = (int(repeat["period"]), text(repeat["periodUnit"])) if repeat else None
    return UsualActivity(
        key=part["id"],
        text=part["title"],
        kind=kinds.get(part["definitionCanonical"], part["definitionCanonical"]),
        weeks=_first(*every) if every else _weeks(part["timingDuration"]),
        citation=_citation(part),
        role=next(iter(role.codings), None),
        role_text=role.text,
        code=code,
        every=every,
        goals=tuple(part.get("goalId", ())),
    )


def _known(code: Coding, terminology: Terminology) -> bool:
    ours = (code,)
    return bool(terminology.lanes_with_derivation(ours) or terminology.measure(ours) or terminology.check(ours))


def _first(count: int, unit: str) -> int | None:
    """In how many weeks what recurs is due for the first time; None for what is done more often than weekly."""
    return round(count * _WEEKS_IN[unit]) if unit in _WEEKS_IN else None


def _weeks(duration: Json) -> int:
    if duration.get("system") != UCUM or duration.get("code") != "wk":
        raise ValueError("a time by which something is due has to be in weeks (UCUM wk)")
    return int(duration["value"])


def _citation(part: Json) -> Citation:
    source = one(part["documentation"])
    return Citation(text(source.get("display")), text(source.get("url")), text(source.get("label")))
