"""What a FHIR server says that it can do, read once from its CapabilityStatement.

https://hl7.org/fhir/R4/capabilitystatement.html. A statement may leave out what the server does, so three answers are
possible to "can it": yes, no, and unknown; what is unknown is tried, and its outcome checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dashboard.errors import UnexpectedAnswer

# How `dashboard.server` names itself; a test holds the two equal.
EMBEDDED_SERVER = "C3-Cloud dashboard embedded FHIR server"

# Parameters that servers understand (or must refuse) without listing them for every type.
ALWAYS = frozenset(
    {
        "_id",
        "_count",
        "_sort",
        "_include",
        "_revinclude",
        "_summary",
        "_elements",
        "_total",
        "_has",
        "_tag",
        "_security",
        "_profile",
        "_source",
        "_format",
        "_offset",
        "_list",
        "_text",
        "_content",
        "_filter",
        "_type",
        "_since",
    }
)


@dataclass(frozen=True, slots=True)
class TypeCapabilities:
    """What the statement says about one resource type; empty sets mean "unknown"."""

    interactions: frozenset[str] = frozenset()
    versioning: str = ""
    conditional_create: bool = False
    search_params: frozenset[str] = frozenset()
    search_include: frozenset[str] = frozenset()
    search_rev_include: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A FHIR R4 server's abilities. `address` is the server's own idea of its base URL, "" where it does not say."""

    fhir_version: str
    software: str = ""
    software_version: str = ""
    address: str = ""
    interactions: frozenset[str] = frozenset()
    types: Mapping[str, TypeCapabilities] = field(default_factory=dict)
    operations: frozenset[str] = frozenset()

    @property
    def exports(self) -> bool:
        """Whether it offers the Bulk Data export of whole types. Only a plain yes counts."""
        return "export" in self.operations

    def of(self, resource_type: str) -> TypeCapabilities:
        return self.types.get(resource_type, TypeCapabilities())

    @property
    def transactions(self) -> bool:
        """Whether several writes succeed or fail together. Only a plain yes counts: a half-written plan is
        worse than none.
        """
        return "transaction" in self.interactions

    def serves(self, resource_type: str) -> bool:
        """Whether the type is known at all; True where the statement lists no types."""
        return not self.types or resource_type in self.types

    def versioned_update(self, resource_type: str) -> bool:
        """Whether `If-Match` guards a save ("versioned-update" guards only when asked, and the client always asks).

        "versioned" (versions exist, If-Match not promised) counts as unguarded.
        """
        return self.of(resource_type).versioning == "versioned-update"

    def conditional_create(self, resource_type: str) -> bool:
        """Whether `If-None-Exist` keeps a second record of the same from being made. Only a plain yes counts: a server
        that passes over the header makes the second.
        """
        return self.of(resource_type).conditional_create

    def keeps_history(self, resource_type: str) -> bool:
        """False only where the statement lists what the type can do, and a history of one record is not in it."""
        listed = self.of(resource_type).interactions
        return not listed or "history-instance" in listed

    def searches_by(self, resource_type: str, parameter: str) -> bool | None:
        """True or False as listed; None where the type lists no parameters. Chains and modifiers are cut off first."""
        name = parameter.split(":")[0].split(".")[0]
        listed = self.of(resource_type).search_params
        if name in ALWAYS or name in listed:
            return True
        return None if not listed or name == "_lastUpdated" else False

    def includes(self, resource_type: str, include: str) -> bool | None:
        return _listed(self.of(resource_type).search_include, include)

    def rev_includes(self, resource_type: str, include: str) -> bool | None:
        return _listed(self.of(resource_type).search_rev_include, include)


def _listed(offered: frozenset[str], include: str) -> bool | None:
    """`CareTeam:participant:Practitioner` is offered as itself, without its target, or by `*`; None where
    nothing is listed.
    """
    if not offered:
        return None
    return "*" in offered or include in offered or _without_target(include) in _without_targets(offered)


def _without_target(include: str) -> str:
    return ":".join(include.split(":")[:2])


@lru_cache(maxsize=1024)
def _without_targets(offered: frozenset[str]) -> frozenset[str]:
    """Cached, because a server's statement has the same set for 133 types at each search."""
    return frozenset(map(_without_target, offered))


def parse_capabilities(statement: Mapping[str, Any]) -> Capabilities:
    """From the JSON of `/metadata`. Raises UnexpectedAnswer for anything that is not a FHIR R4 (4.x) server's
    statement.
    """
    if statement.get("resourceType") not in ("CapabilityStatement", "Conformance"):
        raise UnexpectedAnswer("server-not-fhir")
    version = str(statement.get("fhirVersion") or "")
    if not version.startswith("4."):
        if version[:1].isdigit():
            raise UnexpectedAnswer("server-fhir-version", version=version[:12])
        raise UnexpectedAnswer("server-without-fhir-version")
    rest = next((r for r in _dicts(statement.get("rest")) if r.get("mode", "server") == "server"), {})
    software, implementation = statement.get("software"), statement.get("implementation")
    return Capabilities(
        fhir_version=version,
        software=str(software.get("name", "")) if isinstance(software, dict) else "",
        software_version=str(software.get("version", "")) if isinstance(software, dict) else "",
        address=str(implementation.get("url", "")) if isinstance(implementation, dict) else "",
        interactions=_codes(rest.get("interaction")),
        types={str(r.get("type")): _parse_type(r) for r in _dicts(rest.get("resource"))},
        operations=frozenset(str(each.get("name")).removeprefix("$") for each in _dicts(rest.get("operation"))),
    )


def _parse_type(resource: Mapping[str, Any]) -> TypeCapabilities:
    return TypeCapabilities(
        interactions=_codes(resource.get("interaction")),
        versioning=str(resource.get("versioning", "")),
        conditional_create=resource.get("conditionalCreate") is True,
        search_params=frozenset(str(p.get("name")) for p in _dicts(resource.get("searchParam"))),
        search_include=_strings(resource.get("searchInclude")),
        search_rev_include=_strings(resource.get("searchRevInclude")),
    )


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: object) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()


def _codes(value: object) -> frozenset[str]:
    return frozenset(str(item.get("code")) for item in _dicts(value))
