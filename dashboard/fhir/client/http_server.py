"""One FHIR R4 server over HTTP, asked with one user's credentials.

fhir = HttpFhirServer("http://127.0.0.1:8090/fhir")
result = fhir.search(SearchRequest("Condition", (("clinical-status", "active"),), patients=("p1",)))
task = fhir.read("Task", "t1")
fhir.transaction([Entry("PUT", task | {"status": "completed"}), Entry("POST", provenance)])
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    DashboardError,
    NotFound,
    UnexpectedAnswer,
    Unsupported,
    VersionConflict,
)
from dashboard.fhir.client.answers import error_of, json_of
from dashboard.fhir.client.capabilities import Capabilities, parse_capabilities
from dashboard.fhir.client.json_text import written
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.stats import Counts, Stats
from dashboard.fhir.client.transaction import Entry, commit
from dashboard.fhir.client.transport import FhirClient, version_of
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult, escape
from dashboard.fhir.search.runner import SearchRunner

__all__ = ["Capabilities", "Entry", "HttpFhirServer", "NoticeKind", "SearchRequest", "SearchResult", "escape"]

Row = dict[str, Any]


class HttpFhirServer:
    """One server, one user. Safe to use from several threads; keeps no patient data.

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
        self.stats = Stats()
        self._client = FhirClient(base_url, token=token, timeout=timeout, pool=max(workers, 10), stats=self.stats)
        self.base_url: str = self._client.url
        self._capabilities = capabilities
        self._lock = threading.Lock()
        self._searcher = SearchRunner(self._client, Lane(workers))

    @property
    def capabilities(self) -> Capabilities:
        """Read once, at first use. Raises ServerUnavailable, or UnexpectedAnswer for a server that is not FHIR R4."""
        with self._lock:
            if self._capabilities is None:
                self._capabilities = self._read_capabilities()
            return self._capabilities

    def _read_capabilities(self) -> Capabilities:
        answer = self._client.send("GET", "metadata")
        if answer.status in (404, 405, 410):
            raise UnexpectedAnswer("server-absent")
        if not answer.ok:
            raise error_of(answer, "GET", "metadata")
        return parse_capabilities(json_of(answer) or {})

    def close(self) -> None:
        """Closes the kept connections; the client can still be used and opens new ones."""
        self._client.close()

    def measure(self) -> AbstractContextManager[Counts]:
        """`with fhir.measure() as counts: ...` counts what the block sends, with whatever runs at the same time."""
        return self.stats.measure()

    # reading

    def read(self, resource_type: str, resource_id: str) -> Row:
        """One resource. Raises NotFound; a malformed id is not found either."""
        try:
            reference = Reference(resource_type, resource_id)
        except ValueError:
            raise NotFound("record-not-found") from None
        found: Row | None = self._client.get(str(reference))
        if found is None or (found.get("resourceType"), found.get("id")) != (resource_type, resource_id):
            raise UnexpectedAnswer("answer-other-record", what=resource_type)
        return found

    def search(self, request: SearchRequest) -> SearchResult:
        return self.search_all([request])[0]

    def search_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult]:
        """At the same time, results in the order asked. Raises the first error."""
        results: list[SearchResult] = []
        for result in self.try_all(requests):
            if isinstance(result, DashboardError):
                raise result
            results.append(result)
        return results

    def try_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult | DashboardError]:
        """As `search_all`, with errors as values: what could be read is not lost with what could not."""
        try:
            can = self.capabilities
        except DashboardError as error:
            return [error for _ in requests]
        return self._searcher.run(requests, can)

    def count(self, resource_type: str, params: Sequence[tuple[str, str]] | Mapping[str, str] = ()) -> int:
        """How many match, by `_summary=count`. Raises Unsupported where the server would have to guess."""
        pairs = list(params.items() if isinstance(params, Mapping) else params)
        for name, _ in pairs:
            if self.capabilities.searches_by(resource_type, name) is False:
                raise Unsupported(
                    "count-parameter-not-supported", what=resource_type, name=name.split(":")[0].split(".")[0]
                )
        for counting in (("_summary", "count"), ("_count", "0"), ("_total", "accurate")):
            answer = self._client.send(
                "GET", resource_type, params=[*pairs, counting], headers={"Prefer": "handling=strict"}
            )
            if not answer.ok:
                raise error_of(answer, "GET", resource_type, searching=True)
            total = (json_of(answer) or {}).get("total")
            if isinstance(total, int) and not isinstance(total, bool):
                return total
        raise Unsupported("count-not-supported", what=resource_type)

    # writing

    def create(self, resource: Row, *, if_none_exist: str = "") -> Row:
        """The stored resource, with its new id. With `if_none_exist` (a search) the record that is there
        already, if any.
        """
        headers = {"If-None-Exist": if_none_exist} if if_none_exist else None
        stored: Row = self._client._do_request("post", resource["resourceType"], data=resource, extra_headers=headers)
        return stored

    def update(self, resource: Row) -> Row:
        """Saves over the version that was read, and no other. Raises VersionConflict if there is a newer one.

        Raises ValueError for a resource without `meta.versionId`. On servers that do not guard updates the stored
        version is compared just before (see `protects`): two who save within the same milliseconds are not told.
        """
        kind, identity = resource["resourceType"], resource["id"]
        version = version_of(resource)
        if not version:
            raise ValueError("an update needs meta.versionId, so that it cannot overwrite what somebody else saved")
        if not self.protects(kind):
            current = self.read(kind, identity)
            if version_of(current) != version:
                raise VersionConflict("version-changed", what=kind)
        stored: Row = self._client._do_request("put", f"{kind}/{identity}", data=resource)
        return stored

    def put_new(self, resource: Row) -> None:
        """Stores a resource under the id it brings, for loading on servers without transactions.

        The caller has found the id free: this does not guard what somebody else may have put there meanwhile.
        """
        kind = resource["resourceType"]
        # The same again is the same: it may be repeated.
        answer = self._client.send("PUT", f"{kind}/{resource['id']}", body=written(resource), repeatable=True)
        if not answer.ok:
            raise error_of(answer, "PUT", kind)

    def protects(self, resource_type: str) -> bool:
        """Whether the server itself refuses a stale save of this type; if not, show the notice `unprotected-save`."""
        return self.capabilities.versioned_update(resource_type)

    def transaction(self, entries: Sequence[Entry]) -> list[Row]:
        """All or nothing; the stored resources in the order of the entries. Raises VersionConflict, Unsupported."""
        if not self.capabilities.transactions:
            raise Unsupported("transaction-not-supported")
        return commit(self._client, entries)
