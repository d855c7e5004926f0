"""The one port through which every layer above `fhir` reaches a FHIR server.

`dashboard.fhir.client.http_server.HttpFhirServer` is a real server over HTTP; `tests/fakes.py` has one in memory.
Both run in the contract suite.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from dashboard.errors import DashboardError
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.search.request import SearchRequest, SearchResult

Json = dict[str, Any]


class FhirServer(Protocol):
    """One FHIR R4 server, asked with one user's credentials."""

    base_url: str

    @property
    def capabilities(self) -> Capabilities:
        """What the server's CapabilityStatement says. Raises ServerUnavailable, UnexpectedAnswer."""

    def read(self, resource_type: str, resource_id: str) -> Json:
        """Returns one resource. Raises NotFound; a malformed id is not found either."""

    def try_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult | DashboardError]:
        """Runs the searches at the same time. An error stands in the place of its result and disturbs no other."""

    def transaction(self, entries: Sequence[Entry]) -> list[Json]:
        """Writes all entries or none and returns the stored resources. Raises VersionConflict, Unsupported."""
