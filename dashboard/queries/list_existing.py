"""Which of the demo's users exist on the server."""

from collections.abc import Sequence

from dashboard.audit.audited import unaudited
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


@unaudited("whether the demo's users exist; nothing but their ids is read")
def list_existing(fhir: FhirServer, wanted: Sequence[Reference]) -> frozenset[Reference]:
    """Returns the references that exist on the server; none of a type that it does not know or while it is away."""
    requests = [SearchRequest(who.type, (("_id", who.id), ("_elements", "id")), max_rows=1) for who in wanted]
    answers = fhir.try_all(requests)
    return frozenset(origin(row) for answer in answers if not isinstance(answer, DashboardError) for row in answer.rows)
