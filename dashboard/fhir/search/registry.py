"""R4's search parameters: which elements of a resource each of them searches.

Read once from `data/fhir/search-parameters.json`, which `dashboard.server.convert_definitions` makes of the official
definitions (https://hl7.org/fhir/R4/searchparameter-registry.html); nothing about a resource type is written by hand
here. Parameters that search more than plain elements (composites) are not in that file, and unknown here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).resolve().parents[3] / "data" / "fhir" / "search-parameters.json"

_STEP = re.compile(r"(\w+)(?:\[(\w+)=([\w-]+)\])?\??\Z")


class Step(NamedTuple):
    """One element on a path. With `field`, only entries count whose field has this value: `telecom[system=phone]`."""

    element: str
    field: str = ""
    value: str = ""


ElementPath = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one resource type.

    kind: "reference", "date", "token", "string", "number", "quantity" or "uri".
    paths: the elements it searches; a match in any of them counts.
    targets: the resource types that a reference of it may point to; empty where that is any type.
    presence: it asks whether an element is there at all (`Patient.deceased`).
    """

    kind: str
    paths: tuple[ElementPath, ...]
    targets: frozenset[str] = frozenset()
    presence: bool = False

    def may_refer_to(self, resource_type: str) -> bool:
        return self.kind == "reference" and (not self.targets or resource_type in self.targets)


_LAST_UPDATED = SearchParameter("date", ((Step("meta"), Step("lastUpdated")),))
"""Defined on the base type Resource, so the file does not repeat it for each type."""


def parameter(resource_type: str, name: str) -> SearchParameter | None:
    """The parameter by its name without modifier; None for one that R4 does not define for the type."""
    return _LAST_UPDATED if name == "_lastUpdated" else _parameters(resource_type).get(name)


def resource_types() -> frozenset[str]:
    """The resource types that R4 has a search parameter for: all but Binary and the like."""
    return frozenset(_registry())


def is_resource_type(name: str) -> bool:
    return name in _registry()


def patient_parameter(resource_type: str) -> SearchParameter:
    """The parameter that finds rows by their patient. Raises ValueError for a type that R4 searches by no patient."""
    definition = parameter(resource_type, "patient") or parameter(resource_type, "subject")
    if definition is None or not definition.may_refer_to("Patient"):
        raise ValueError(f"FHIR R4 has no search parameter by which {resource_type} is searched for a patient")
    return definition


@cache
def patient_paths(resource_type: str) -> tuple[ElementPath, ...]:
    """The elements by which a resource is about patients: those of its `patient` parameter.

    Where R4 defines none (Group, Schedule), those of every reference parameter that names Patient among its targets.
    """
    definition = parameter(resource_type, "patient")
    if definition is not None:
        return definition.paths
    others = _parameters(resource_type).values()
    return tuple(path for other in others if "Patient" in other.targets for path in other.paths)


def values_at(resource: Any, path: Iterable[Step]) -> Iterator[Any]:
    """The values at a path; lists on the way are walked, wrong shapes give nothing."""
    values = [resource]
    for element, field, wanted in path:
        inside = (value[element] for value in values if isinstance(value, dict) and element in value)
        values = [
            value for value in _flat(inside) if not field or (isinstance(value, dict) and value.get(field) == wanted)
        ]
    yield from values


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


@cache
def _registry() -> Mapping[str, Mapping[str, list[Any]]]:
    registry: dict[str, dict[str, list[Any]]] = json.loads(FILE.read_text("utf-8"))
    return registry


@cache
def _parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    definitions = _registry().get(resource_type, {})
    return {name: _read_parameter(*definition) for name, definition in definitions.items()}


def _read_parameter(kind: str, paths: list[str], targets: list[str]) -> SearchParameter:
    presence = any(path.endswith("?") for path in paths)
    return SearchParameter(kind, tuple(map(_read_path, paths)), frozenset(targets), presence)


def _read_path(text: str) -> ElementPath:
    steps = []
    for part in re.split(r"\.(?![^\[]*\])", text):
        match = _STEP.match(part)
        if match is None:
            raise ValueError(f"{FILE.name} has a path that cannot be read: {text}")
        element, field, value = match.groups(default="")
        steps.append(Step(element, field, value))
    return tuple(steps)
