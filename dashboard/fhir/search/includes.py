"""Step 5 of a search: which records `_include` and `_revinclude` bring along with the rows.

Only records that rows refer to, or that refer to rows, by the parameters asked for; a server's other gifts are dropped.
What a server without `_include` gets instead is in `dashboard.fhir.search.without_include`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.search.references import references_at
from dashboard.fhir.search.registry import SearchParameter, is_resource_type, parameter
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.search.row_tests import is_of_other_patients

Json = dict[str, Any]


class Include(NamedTuple):
    """`CareTeam:participant:Practitioner` taken apart; `target` is "" for any type."""

    source: str
    parameter: SearchParameter
    target: str = ""

    def references_of(self, resource: Mapping[str, Any], addresses: Addresses) -> set[str]:
        """The literal references, as `Practitioner/p1`, that the parameter searches in a resource of its type."""
        if resource.get("resourceType") != self.source:
            return set()
        references = references_at(resource, self.parameter.paths, addresses)
        return {reference for reference in references if self._may_lead_to(reference)}

    def _may_lead_to(self, reference: str) -> bool:
        resource_type, slash, resource_id = reference.partition("/")
        if not slash or "/" in resource_id or not is_resource_type(resource_type):
            return False  # to another server, to a contained resource, or of no type
        return resource_type == self.target if self.target else self.parameter.may_refer_to(resource_type)


def parse_include(text: str) -> Include:
    """Reads `CareTeam:participant`, with or without `iterate:` and a target type.

    Raises ValueError for a parameter that R4 does not define, or that is no reference.
    """
    source, name, target = [*text.removeprefix("iterate:").split(":"), "", ""][:3]
    definition = parameter(source, name)
    if definition is None or definition.kind != "reference":
        raise ValueError(f"FHIR R4 has no reference parameter {source}:{name} to include by")
    return Include(source, definition, target)


def included_references(text: str, sources: Iterable[Json], addresses: Addresses) -> set[str]:
    """What `CareTeam:participant` includes of these resources, as `Practitioner/p1`."""
    include = parse_include(text)
    return {reference for source in sources for reference in include.references_of(source, addresses)}


def included_records(
    request: SearchRequest, rows: Mapping[str, Json], pool: Mapping[str, Json], addresses: Addresses
) -> dict[str, Json]:
    """The records of the pool, by `Type/id`, that the request includes.

    In a search for patients a record about other patients is left out, though a row leads to it.
    """
    reached = _reachable(request, rows, pool, addresses) if pool else {}
    if request.patients is None:
        return reached
    patients = frozenset(request.patients)
    return {key: row for key, row in reached.items() if not is_of_other_patients(row, patients, addresses)}


def _reachable(
    request: SearchRequest, rows: Mapping[str, Json], pool: Mapping[str, Json], addresses: Addresses
) -> dict[str, Json]:
    iterating = any(text.startswith("iterate:") for text in (*request.include, *request.revinclude))
    outward = [parse_include(text) for text in request.include]
    inward = [parse_include(text) for text in request.revinclude]
    points_to = {key: _references(inward, record, addresses) for key, record in pool.items()} if inward else {}
    reached: dict[str, Json] = {}
    frontier = rows
    while frontier:
        named = {ref for record in frontier.values() for ref in _references(outward, record, addresses)}
        keys = frontier.keys()
        new = {
            key: record
            for key, record in pool.items()
            if key not in reached and (key in named or not points_to.get(key, set()).isdisjoint(keys))
        }
        reached |= new
        frontier = new if iterating else {}
    return reached


def _references(includes: Iterable[Include], record: Json, addresses: Addresses) -> set[str]:
    return {reference for include in includes for reference in include.references_of(record, addresses)}
