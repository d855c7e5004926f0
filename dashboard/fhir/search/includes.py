"""What `_include` and `_revinclude` may bring along: the records that rows refer to, or that refer to rows; no
others.
"""

import re
from collections.abc import Iterable
from typing import Any

from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.search.rows import Addresses, all_references

Row = dict[str, Any]

_LITERAL = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}\Z")

# (resource type, search parameter) -> element, where the name of the parameter is not the element's.
ELEMENTS: dict[tuple[str, str], str] = {
    ("Appointment", "actor"): "participant",
    ("Appointment", "location"): "participant",
    ("Appointment", "patient"): "participant",
    ("Appointment", "practitioner"): "participant",
    ("CarePlan", "activity-reference"): "activity",
    ("CarePlan", "condition"): "addresses",
    ("CarePlan", "goal"): "goal",
    ("CarePlan", "patient"): "subject",
    ("CareTeam", "participant"): "participant",
    ("CareTeam", "patient"): "subject",
    ("Condition", "patient"): "subject",
    ("Consent", "patient"): "patient",
    ("Encounter", "location"): "location",
    ("Encounter", "patient"): "subject",
    ("Encounter", "practitioner"): "participant",
    ("Goal", "patient"): "subject",
    ("MedicationRequest", "medication"): "medicationReference",
    ("MedicationRequest", "patient"): "subject",
    ("Observation", "patient"): "subject",
    ("Patient", "organization"): "managingOrganization",
    ("Patient", "general-practitioner"): "generalPractitioner",
    ("Procedure", "patient"): "subject",
    ("Provenance", "patient"): "target",
    ("Provenance", "target"): "target",
    ("ServiceRequest", "patient"): "subject",
    ("Task", "patient"): "for",
    ("Task", "subject"): "for",
    ("Organization", "partof"): "partOf",
}


def include_references(value: str, sources: Iterable[Row], addresses: Addresses) -> set[str]:
    """What `CareTeam:participant` (with `:Practitioner` only those) includes of these sources, as `Practitioner/p1`."""
    kind, parameter, *target = value.split(":")
    element = ELEMENTS.get((kind, parameter)) or re.sub(r"-(\w)", lambda found: found[1].upper(), parameter)
    found: set[str] = set()
    for source in sources:
        if source.get("resourceType") == kind and element in source:
            found |= all_references(source[element], addresses)
    return {r for r in found if _LITERAL.match(r) and (not target or r.startswith(f"{target[0]}/"))}


def _elements(values: Iterable[str]) -> dict[str, set[str]]:
    """Resource type -> elements whose references were asked for; `*` where the element is not in the table."""
    found: dict[str, set[str]] = {}
    for value in values:
        kind, _, parameter = value.removeprefix("iterate:").partition(":")
        found.setdefault(kind, set()).add(ELEMENTS.get((kind, parameter.split(":")[0]), "*"))
    return found


def reachable(
    request: SearchRequest, rows: dict[str, Row], pool: dict[str, Row], addresses: Addresses
) -> dict[str, Row]:
    """The records of the pool that the rows lead to by what was asked for; a server's other gifts are dropped."""
    if not pool:
        return {}
    iterating = any(value.startswith("iterate:") for value in (*request.include, *request.revinclude))
    outward = _elements(request.include)
    inward = _elements(request.revinclude)
    pointing = {
        key: all_references(record if "*" in elements else [record.get(name) for name in elements], addresses)
        for key, record in pool.items()
        if (elements := inward.get(key.split("/")[0]))
    }
    kept: dict[str, Row] = {}
    frontier = rows
    while frontier:
        named: set[str] = set()
        for record in frontier.values():
            elements = outward.get("*") or outward.get(str(record.get("resourceType")))
            if elements:
                whole = "*" in elements
                named |= all_references(record if whole else [record.get(name) for name in elements], addresses)
        keys = frontier.keys()
        reached = {
            key: record
            for key, record in pool.items()
            if key not in kept and (key in named or not pointing.get(key, set()).isdisjoint(keys))
        }
        kept |= reached
        frontier = reached if iterating else {}
    return kept
