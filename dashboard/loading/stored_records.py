"""The records that a server has already under some names, or with some identifiers."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from dashboard.errors import DashboardError, NotFound, ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult, escape
from dashboard.loading.batch import Json
from dashboard.loading.existing_records import CHUNK


class StoredRecords(Protocol):
    """What the files are compared with."""

    def by_name(self, names: Iterable[str]) -> Mapping[str, Json]:
        """Returns the records of these names ("Patient/p1") that there are."""

    def patients_with(self, identifiers: Iterable[tuple[str, str]]) -> list[Json]:
        """Returns the Patients with one of these identifiers (system, value)."""

    def takes_id(self, ident: str) -> bool:
        """Returns whether the server lets a client choose this id."""


class NothingStored:
    """A server without records: the files are compared with each other alone."""

    def by_name(self, names: Iterable[str]) -> Mapping[str, Json]:
        return {}

    def patients_with(self, identifiers: Iterable[tuple[str, str]]) -> list[Json]:
        return []

    def takes_id(self, ident: str) -> bool:
        return True


class ServerRecords:
    """Those of a server. Both raise ServerUnavailable."""

    def __init__(self, fhir: FhirServer) -> None:
        self._fhir = fhir

    def by_name(self, names: Iterable[str]) -> Mapping[str, Json]:
        by_type: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            kind, _, ident = name.partition("/")
            by_type.setdefault(kind, []).append(ident)
        chunks = [
            (kind, ids[start : start + CHUNK]) for kind, ids in by_type.items() for start in range(0, len(ids), CHUNK)
        ]
        requests = [
            SearchRequest(kind, (("_id", ",".join(ids)),), page_size=len(ids), fresh=True) for kind, ids in chunks
        ]
        found: dict[str, Json] = {}
        for (kind, ids), answer in zip(chunks, self._fhir.try_all(requests) if requests else [], strict=True):
            if isinstance(answer, ServerUnavailable):
                raise answer
            if isinstance(answer, SearchResult):
                found |= {f"{kind}/{row['id']}": row for row in answer.rows}
            else:  # a server that cannot search by _id is asked one by one
                found |= {f"{kind}/{ident}": row for ident in ids if (row := self._read(kind, ident)) is not None}
        return found

    def patients_with(self, identifiers: Iterable[tuple[str, str]]) -> list[Json]:
        values = [f"{escape(system)}|{escape(value)}" for system, value in sorted(set(identifiers))]
        lists = [values[start : start + CHUNK // 2] for start in range(0, len(values), CHUNK // 2)]
        requests = [SearchRequest("Patient", (("identifier", ",".join(each)),), fresh=True) for each in lists]
        found: list[Json] = []
        for answer in self._fhir.try_all(requests) if requests else []:
            if isinstance(answer, DashboardError):
                raise answer
            found += answer.rows
        return found

    def takes_id(self, ident: str) -> bool:
        """HAPI FHIR gives numbers itself: https://hapifhir.io/hapi-fhir/docs/server_jpa/configuration.html"""
        return not (ident.isdigit() and "HAPI" in self._fhir.capabilities.software)

    def _read(self, kind: str, ident: str) -> Json | None:
        try:
            return self._fhir.read(kind, ident)
        except ServerUnavailable:
            raise
        except (NotFound, DashboardError):  # deleted, or not readable: the write shows which
            return None
