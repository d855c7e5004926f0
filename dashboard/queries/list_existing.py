"""Which of the demo's users exist on the server."""

from collections.abc import Sequence

from dashboard.audit.audited import unaudited
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, Unsupported
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult


@unaudited("whether the demo's users exist; nothing but their ids is read")
def list_existing(fhir: FhirServer, wanted: Sequence[Reference]) -> frozenset[Reference]:
    """Returns the references that exist on the server; none of a type that it does not know. Raises DashboardError."""
    requests = [SearchRequest(who.type, (("_id", who.id), ("_elements", "id")), max_rows=1) for who in wanted]
    found: set[Reference] = set()
    for answer in fhir.try_all(requests):
        if isinstance(answer, DashboardError) and not isinstance(answer, Unsupported):
            raise answer
        found |= {origin(row) for row in answer.rows} if isinstance(answer, SearchResult) else set()
    return frozenset(found)
