"""HL7's R4 definitions as the server uses them: resource types, search parameters and required codes.

Both tables are made by `convert_definitions` and lie in `data/fhir/`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "fhir"
FHIR_VERSION: Final = "4.0.1"
ABSTRACT_TYPES: Final = {"Resource", "DomainResource"}
# Parameters of every type that are elements of a resource; `_id` and `_lastUpdated` are columns of the store.
COMMON: Final[Mapping[str, tuple[str, list[str], list[str]]]] = {
    "_profile": ("uri", ["meta.profile"], []),
    "_security": ("token", ["meta.security"], []),
    "_source": ("uri", ["meta.source"], []),
    "_tag": ("token", ["meta.tag"], []),
}


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of one resource type.

    number: identifies (type, name) in the index.
    kind: string, token, reference, date, number, quantity or uri.
    paths: of the elements that it searches, as `convert_definitions` writes them.
    targets: the types that a reference may point to; empty for any.
    """

    number: int
    type: str
    name: str
    kind: str
    paths: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def only_target(self) -> str:
        """The one type that a reference may point to, or "" where there are several."""
        return self.targets[0] if len(self.targets) == 1 else ""


def _read_parameters(text: str) -> dict[str, dict[str, SearchParameter]]:
    table = json.loads(text)
    parameters: dict[str, dict[str, SearchParameter]] = {}
    number = 0
    for resource_type in sorted(RESOURCE_TYPES):
        parameters[resource_type] = {}
        for name, (kind, paths, targets) in {**COMMON, **table.get(resource_type, {})}.items():
            number += 1
            described = SearchParameter(number, resource_type, name, kind, tuple(paths), tuple(targets))
            parameters[resource_type][name] = described
    return parameters


# {resource type: {element path: its codes}} of the elements whose binding is required.
REQUIRED_CODES: Final[Mapping[str, Mapping[str, list[str]]]] = json.loads(
    (FOLDER / "required-codes.json").read_text("utf-8")
)
RESOURCE_TYPES: Final = frozenset(REQUIRED_CODES["CapabilityStatement"]["rest.resource.type"]) - ABSTRACT_TYPES

_TABLE: Final = (FOLDER / "search-parameters.json").read_text("utf-8")
SEARCH_PARAMETERS: Final[Mapping[str, Mapping[str, SearchParameter]]] = _read_parameters(_TABLE)
# Changes with the parameters: an index that was made from others is then made anew.
PARAMETERS_FINGERPRINT: Final = hashlib.sha256((_TABLE + json.dumps(dict(COMMON))).encode()).hexdigest()


def find_parameter(resource_type: str, name: str) -> SearchParameter | None:
    """The search parameter of that name, None when R4 has none or the server cannot search by it."""
    return SEARCH_PARAMETERS[resource_type].get(name)


def find_reference_parameter(resource_type: str, name: str) -> SearchParameter | None:
    """The same for a parameter of kind reference, of a type that may be unknown."""
    parameter = SEARCH_PARAMETERS.get(resource_type, {}).get(name)
    return parameter if parameter is not None and parameter.kind == "reference" else None
