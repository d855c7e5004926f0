"""Chains and `_has` in two plain searches, which every server understands.

No CapabilityStatement says whether a server knows `patient.identifier=...` or `_has:CareTeam:patient:participant=...`;
one that does not answers with nobody, or everybody. So the inner search is made first, and its finds are put in its
place: `patient=Patient/1,Patient/2`, or `_id=1,2`.
"""

from collections.abc import Iterable
from typing import Any

from dashboard.errors import Unsupported
from dashboard.fhir.search.includes import include_references
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.search.rows import Addresses

# What a chain without a type (`patient.identifier`) leads to.
TARGETS = {
    "patient": "Patient",
    "subject": "Patient",
    "practitioner": "Practitioner",
    "organization": "Organization",
    "encounter": "Encounter",
    "care-team": "CareTeam",
    "goal": "Goal",
}


def is_chain(name: str) -> bool:
    return name.startswith("_has:") or "." in name


def inner_search(name: str, value: str) -> SearchRequest:
    """The search that a chained parameter holds. Raises Unsupported for a chain whose type cannot be told."""
    if name.startswith("_has:"):
        _, kind, _, child = [*name.split(":", 3), "", "", ""][:4]
    else:
        head, _, child = name.partition(".")
        bare, _, kind = head.partition(":")
        kind = kind or TARGETS.get(bare, "")
    if not kind or not child:
        raise Unsupported("search-chain-without-type")
    return SearchRequest(kind, ((child, value),))


def outer_parameter(
    request: SearchRequest, name: str, found: Iterable[dict[str, Any]], addresses: Addresses
) -> tuple[str, str]:
    """What stands in the chained parameter's place; an empty value where nothing was found."""
    if name.startswith("_has:"):
        _, kind, parameter, _ = name.split(":", 3)
        references = include_references(f"{kind}:{parameter}:{request.type}", found, addresses)
        return "_id", ",".join(sorted(reference.partition("/")[2] for reference in references))
    keys = (f"{row['resourceType']}/{row['id']}" for row in found if isinstance(row.get("id"), str))
    return name.partition(".")[0].partition(":")[0], ",".join(sorted(keys))
