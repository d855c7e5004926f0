"""One FHIR R4 server over HTTP, asked with one user's credentials.

fhir = HttpFhirServer("http://127.0.0.1:8090/fhir")
[result] = fhir.try_all([SearchRequest("Condition", (("clinical-status", "active"),), patients=("p1",))])
task = fhir.read("Task", "t1")
fhir.transaction([Entry("PUT", task | {"status": "completed"}), Entry("POST", provenance)])
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, UnexpectedAnswer, Unsupported
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.answers import error_of, json_of
from dashboard.fhir.client.bulk_export import BulkExport
from dashboard.fhir.client.capabilities import Capabilities, parse_capabilities
from dashboard.fhir.client.history import read_history
from dashboard.fhir.client.json_text import written
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transaction import Entry, commit, create_once, write_one
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.count import CountRunner
from dashboard.fhir.search.request import NO_WATCH, CountResult, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.search.runner import SearchRunner

Json = dict[str, Any]


class HttpFhirServer:
    """The port's verbs (`dashboard.fhir.port.FhirServer`) on one server for one user.

    Safe to use from several threads; retains no patient data.

    base_url: e.g. `https://server.example/fhir`. Raises UserFacingError for anything that is no such address.
    token: called for each request, from any thread (so not one that asks Streamlit), gives a bearer token or "".
    timeout: seconds to connect, seconds to wait for the next byte.
    workers: how many requests of this fhir run at the same time.
    capabilities: where the server's statement is already known, e.g. from another user's fhir.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: Callable[[], str] | None = None,
        timeout: tuple[float, float] = (3.0, 30.0),
        workers: int = 6,
        capabilities: Capabilities | None = None,
    ) -> None:
        self._client = FhirClient(base_url, token=token, timeout=timeout, pool=max(workers, 10))
        self.base_url: str = self._client.url
        self._capabilities = capabilities
        if capabilities is not None:
            self._client.addresses = Addresses((self.base_url, capabilities.address))
        self._lock = threading.Lock()
        lane = Lane(workers)
        self._searcher = SearchRunner(self._client, lane)
        self._counter = CountRunner(self._client, lane, self._searcher)

    @property
    def capabilities(self) -> Capabilities:
        """Read once, at first use. Raises ServerUnavailable, or UnexpectedAnswer for a server that is not FHIR R4."""
        with self._lock:
            if self._capabilities is None:
                self._capabilities = self._read_capabilities()
                self._client.addresses = Addresses((self.base_url, self._capabilities.address))
            return self._capabilities

    @property
    def known_capabilities(self) -> Capabilities | None:
        """The capabilities if they were read before; asks nothing and waits for nothing."""
        return self._capabilities

    def _read_capabilities(self) -> Capabilities:
        answer = self._client.send("GET", "metadata")
        if answer.status in (404, 405, 410):
            raise UnexpectedAnswer("server-absent")
        if not answer.ok:
            raise error_of(answer, "GET", "metadata")
        return parse_capabilities(json_of(answer) or {})

    def close(self) -> None:
        """Closes the idle connections. The server can still be used, and opens new ones."""
        self._client.close()

    def read(self, resource_type: str, resource_id: str) -> Json:
        resource: Json | None = self._client.get(str(_reference(resource_type, resource_id)))
        if resource is None or (resource.get("resourceType"), resource.get("id")) != (resource_type, resource_id):
            raise UnexpectedAnswer("answer-other-record", what=resource_type)
        return resource

    def history(self, resource_type: str, resource_id: str) -> list[Json]:
        reference = _reference(resource_type, resource_id)
        return read_history(self._client, self.capabilities, reference.type, reference.id)

    def try_all(
        self, requests: Sequence[SearchRequest], watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        try:
            can = self.capabilities
        except DashboardError as error:
            for number in range(len(requests)):
                watch.ended(number, error)
            return [error for _ in requests]
        return self._searcher.run(requests, can, watch)

    def count_all(self, requests: Sequence[SearchRequest]) -> list[CountResult | DashboardError]:
        try:
            return self._counter.run(requests, self.capabilities)
        except DashboardError as error:
            return [error for _ in requests]

    def transaction(self, entries: Sequence[Entry]) -> list[Json]:
        if not self.capabilities.transactions:
            raise Unsupported("transaction-not-supported")
        return commit(self._client, entries)

    def write(self, entry: Entry) -> Json:
        return write_one(self._client, entry)

    def create_once(self, resource: Json, identifier: tuple[str, str]) -> Json:
        if not self.capabilities.conditional_create(resource["resourceType"]):
            raise Unsupported("create-once-not-supported", what=resource["resourceType"])
        return create_once(self._client, resource, identifier)

    def export(self, types: Iterable[str]) -> BulkExport:
        """Has the server write these types as files (Bulk Data), waits until it has, and returns what reads them; to be
        closed. For servers whose capabilities say `exports`.
        """
        return BulkExport(self._client, types)

    def put_new(self, resource: Json) -> None:
        resource_type = resource["resourceType"]
        # The same again is the same, so it may be repeated.
        answer = self._client.send("PUT", f"{resource_type}/{resource['id']}", body=written(resource), repeatable=True)
        if not answer.ok:
            raise error_of(answer, "PUT", resource_type)


def _reference(resource_type: str, resource_id: str) -> Reference:
    """The reference of a resource. Raises NotFound for a malformed id."""
    try:
        return Reference(resource_type, resource_id)
    except ValueError:
        raise NotFound("record-not-found") from None
