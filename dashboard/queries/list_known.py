"""Which of the people that a demo sign-in could be are on the server."""

from collections.abc import Sequence

from dashboard.audit.audited import unaudited
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


@unaudited("whether the made-up people of the demo are there; nothing is read of them but their ids")
def list_known(fhir: FhirServer, wanted: Sequence[Reference]) -> frozenset[Reference]:
    """Those of `wanted` that there are; none of a type that the server does not know, or while it is away."""
    requests = [SearchRequest(who.type, (("_id", who.id), ("_elements", "id")), max_rows=1) for who in wanted]
    answers = fhir.try_all(requests)
    return frozenset(origin(row) for each in answers if not isinstance(each, DashboardError) for row in each.rows)
