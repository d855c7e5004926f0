"""Records on a FHIR server, for tests: searched, created and changed by the verbs that every server has."""

import uuid
from typing import Any
from urllib.request import Request, urlopen

from dashboard.errors import DashboardError
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from tests.fakes import FakeFhirServer
from tests.patience import PATIENCE

Json = dict[str, Any]


def search(fhir: FhirServer, request: SearchRequest) -> SearchResult:
    """Runs one search. Raises its error."""
    [answer] = fhir.try_all([request])
    if isinstance(answer, DashboardError):
        raise answer
    return answer


def count(fhir: FhirServer, resource_type: str, *params: tuple[str, str]) -> int:
    return len(search(fhir, SearchRequest(resource_type, params, fresh=True)).rows)


def create(fhir: FhirServer, resource: Json) -> Json:
    """Stores a new record under an id that nobody has, and returns it as it is stored."""
    new = {**resource, "id": f"t{uuid.uuid4().hex}"}
    fhir.put_new(new)
    return fhir.read(new["resourceType"], new["id"])


def update(fhir: FhirServer, resource: Json) -> Json:
    """Saves over the version that was read, and returns it as it is stored. Without transactions nothing is guarded."""
    if fhir.capabilities.transactions:
        return fhir.transaction([Entry("PUT", resource)])[0]
    fhir.put_new(resource)
    return fhir.read(resource["resourceType"], resource["id"])


def delete(fhir: FhirServer, resource: Json) -> None:
    """Deletes a record, which the dashboard itself never does."""
    if isinstance(fhir, FakeFhirServer):
        fhir.delete(resource["resourceType"], resource["id"])
        return
    address = f"{fhir.base_url}/{resource['resourceType']}/{resource['id']}"
    with urlopen(Request(address, method="DELETE"), timeout=PATIENCE):
        pass
