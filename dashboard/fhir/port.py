"""The one port through which every layer above `fhir` reaches a FHIR server.

`dashboard.fhir.client.http_server.HttpFhirServer` is a real server over HTTP; `tests/fakes.py` has one in memory.
Both run in the contract suite (`tests/contract/test_fhir_server_contract.py`), which says what each verb promises.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from dashboard.errors import DashboardError
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.search.request import NO_WATCH, CountResult, SearchRequest, SearchResult, SearchWatch

Json = dict[str, Any]


class FhirServer(Protocol):
    """One FHIR R4 server, asked with one user's credentials. Every verb may raise ServerUnavailable, NotPermitted
    and UnexpectedAnswer besides what it names.
    """

    @property
    def base_url(self) -> str:
        """The server's address, e.g. `https://server.example/fhir`, without a slash at the end."""

    @property
    def capabilities(self) -> Capabilities:
        """What the server's CapabilityStatement says that it can do."""

    def read(self, resource_type: str, resource_id: str) -> Json:
        """Returns one resource. Raises NotFound, for a malformed id too."""

    def history(self, resource_type: str, resource_id: str) -> list[Json]:
        """Returns every version of one resource, newest first; a deletion is not among them.

        Raises NotFound, for a malformed id too, and Unsupported where the server keeps no history.
        """

    def try_all(
        self, requests: Sequence[SearchRequest], watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        """Runs the searches at the same time and returns their results in the order of the requests.

        The error of a search stands in the place of its result, so what could be read is not lost with what could
        not: Unsupported for a type or parameter that the server lacks, NotFound for a malformed patient id.
        `watch` gets the pages and results as they come.
        """

    def count_all(self, requests: Sequence[SearchRequest]) -> list[CountResult | DashboardError]:
        """Counts what each search finds on the server, all together, without reading it; in the order of the requests.

        Chains and `_has` may be asked for here. No CapabilityStatement says whether a server knows these, and some that
        do not answer with a number all the same: the caller asks for one that it knows too. Rows cannot be checked.
        The errors are those of `try_all`, each in the place of its count.
        """

    def transaction(self, entries: Sequence[Entry]) -> list[Json]:
        """Writes all entries or none, and returns the stored resources in the order of the entries.

        Raises VersionConflict when a resource was saved by somebody else since it was read, ServerRefused for what
        the server does not accept, and Unsupported where it has no transactions. Nothing is written then.
        """

    def write(self, entry: Entry) -> Json:
        """Writes one record under its own id (a PUT), and returns it as it is stored: for servers without transactions.

        Raises VersionConflict where somebody else saved it since it was read, and ServerRefused.
        """

    def create_once(self, resource: Json, identifier: tuple[str, str]) -> Json:
        """Creates a record unless there is one of its type with this identifier (system and value), and returns the one
        that is there then, its own or another's.

        Raises VersionConflict where somebody creates the same at this moment and the server cannot say which was first
        (ask again), ServerRefused, and Unsupported where the server does not offer conditional create.
        """

    def put_new(self, resource: Json) -> None:
        """Stores a resource under the id that it brings, for records that are written once and never changed.

        Raises ServerRefused. It overwrites what has the id, so the caller must know that the id is free, or that what
        is there is the same.
        """
