"""An in-memory FHIR server behind the port's verbs, for tests of queries and actions; it counts what it is asked.

It knows only the search parameters that the dashboard uses, and refuses any other, so that a test never passes because
a filter was ignored.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from dashboard.errors import DashboardError, NotFound, ServerUnavailable, Unsupported, VersionConflict
from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from dashboard.fhir.search.request import SearchRequest, SearchResult

Json = dict[str, Any]
INCLUDES = {
    "CareTeam:patient": ("CareTeam", lambda r: [r["subject"]]),
    "CareTeam:participant": ("CareTeam", lambda r: [p["member"] for p in r.get("participant", []) if "member" in p]),
    "Patient:organization": ("Patient", lambda r: [r["managingOrganization"]] if "managingOrganization" in r else []),
    "Organization:partof": ("Organization", lambda r: [r["partOf"]] if "partOf" in r else []),
    "CarePlan:goal": ("CarePlan", lambda r: r.get("goal", [])),
    "MedicationRequest:medication": (
        "MedicationRequest",
        lambda r: [r["medicationReference"]] if "medicationReference" in r else [],
    ),
    "MedicationStatement:medication": (
        "MedicationStatement",
        lambda r: [r["medicationReference"]] if "medicationReference" in r else [],
    ),
    "PractitionerRole:practitioner": ("PractitionerRole", lambda r: [r["practitioner"]] if "practitioner" in r else []),
}


def capabilities(*, transactions: bool = True, versioning: str = "versioned-update") -> Capabilities:
    """What the fake says of itself: of no type which parameters it knows, of every type how it guards updates."""
    return Capabilities(
        "4.0.1",
        software="in-memory fake",
        interactions=frozenset({"transaction"} if transactions else ()),
        types=_EveryType(TypeCapabilities(versioning=versioning)),
    )


class _EveryType(dict[str, TypeCapabilities]):
    """The same of every type; no type is listed, so any is served."""

    def __init__(self, every: TypeCapabilities) -> None:
        super().__init__()
        self.every = every

    def get(self, key: str, default: object = None) -> TypeCapabilities:  # type: ignore[override]
        return self.every


class FakeFhirServer:
    """Resources by type and id, each with a version and a lastUpdated from the fake's own clock."""

    def __init__(self, resources: Iterable[Json] = (), base_url: str = "http://fake.test/fhir") -> None:
        self.base_url = base_url
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.rows: dict[str, dict[str, Json]] = {}
        self.asked: list[SearchRequest] = []
        self.capabilities = capabilities()
        self.down = False
        self.knows_elements = True  # a server may send whole records all the same
        self.follows_inwards = True  # `_revinclude:iterate`, which a server may ignore without a word
        self.failing: dict[str, DashboardError] = {}
        for resource in resources:
            self.put(resource)

    def put(self, resource: Json) -> Json:
        """Stores a copy as its next version, a second later."""
        self.now += timedelta(seconds=1)
        rows = self.rows.setdefault(resource["resourceType"], {})
        ident = resource.setdefault("id", f"made-{len(rows) + 1}")
        version = int(rows.get(ident, {}).get("meta", {}).get("versionId", "0")) + 1
        stored = _copy(resource)
        stored["meta"] = {**stored.get("meta", {}), "versionId": str(version), "lastUpdated": self.now.isoformat()}
        rows[ident] = stored
        return _copy(stored)

    def delete(self, kind: str, ident: str) -> None:
        del self.rows[kind][ident]

    def counts(self) -> Counter[str]:
        return Counter(request.type for request in self.asked)

    # The FHIR server's verbs

    def read(self, type: str, id: str) -> Json:
        if self.down:
            raise ServerUnavailable("server-timeout", reference="r1")
        try:
            return _copy(self.rows[type][id])
        except KeyError:
            raise NotFound("record-not-found") from None

    def search(self, request: SearchRequest) -> SearchResult:
        answer = self.try_all([request])[0]
        if isinstance(answer, DashboardError):
            raise answer
        return answer

    def try_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult | DashboardError]:
        return [self._answer(request) for request in requests]

    def transaction(self, entries: Sequence[Any]) -> list[Json]:
        if self.down:
            raise ServerUnavailable("server-timeout", reference="r1")
        if not self.capabilities.transactions:
            raise Unsupported("transaction-not-supported")
        for entry in entries:
            if entry.method == "PUT" and entry.if_match and self.capabilities.versioned_update("Task"):
                held = self.rows.get(entry.resource["resourceType"], {}).get(entry.resource["id"], {})
                if held.get("meta", {}).get("versionId") != entry.if_match:
                    raise VersionConflict("version-changed", what=entry.resource["resourceType"])
        return [self.put(_copy(entry.resource)) for entry in entries]

    def _answer(self, request: SearchRequest) -> SearchResult | DashboardError:
        self.asked.append(request)
        if self.down:
            return ServerUnavailable("server-timeout", reference="r1")
        if request.type in self.failing:
            return self.failing[request.type]
        matches = self._matching(request)
        found = [row for row in self.rows.get(request.type, {}).values() if matches(row)]
        if request.sort:
            assert request.sort == "-date"
            found.sort(
                key=lambda row: json.dumps(row.get("effectiveDateTime") or row.get("period") or ""), reverse=True
            )
        truncated = len(found) > request.max_rows
        found = _copy(found[: request.max_rows])
        included = self._included(found, request)
        elements = [value.split(",") for name, value in request.params if name == "_elements"]
        if elements and self.knows_elements:
            wanted = {"resourceType", "id", "meta", *elements[0]}
            found = [{name: value for name, value in row.items() if name in wanted} for row in found]
        return SearchResult(request, found, included, pages=1, searches=1, truncated=truncated, server_time=self.now)

    def _matching(self, request: SearchRequest) -> Callable[[Json], bool]:
        patients = None if request.patients is None else frozenset(request.patients)
        wanted = [(name, frozenset(value.split(",")), value) for name, value in request.params]

        def matches(row: Json) -> bool:
            if patients is not None and not self._of(row, request, patients):
                return False
            return all(self._test(row, name, values, value) for name, values, value in wanted)

        return matches

    def _of(self, row: Json, request: SearchRequest, patients: Set[str]) -> bool:
        if request.type == "Patient":
            return row["id"] in patients
        actors = [part.get("actor") for part in row.get("participant", [])]
        entities = [part.get("what") for part in row.get("entity", [])]
        about = [row.get("subject"), row.get("patient"), row.get("for"), *actors, *entities]
        return any(isinstance(ref, dict) and ref.get("reference", "")[8:] in patients for ref in about)

    def _test(self, row: Json, name: str, wanted: Set[str], value: str) -> bool:
        if name == "participant":
            return any(part.get("member", {}).get("reference") in wanted for part in row.get("participant", []))
        if name in ("owner", "requester"):
            return row.get(name, {}).get("reference") in wanted
        if name == "identifier":
            return any(part.get("value") in wanted for part in row.get("identifier", []))
        if name == "_id":
            return row["id"] in wanted
        if name == "_elements":
            return True
        if name == "status":
            return row.get("status") in wanted
        if name == "code":
            codes = [(c.get("system"), c["code"]) for c in row.get("code", {}).get("coding", [])]
            return any(code in wanted or f"{system}|{code}" in wanted for system, code in codes)
        if name in ("_lastUpdated", "date", "modified"):
            assert value.startswith("ge")
            return _stamp(_when(row, name)) >= _stamp(value[2:])
        raise AssertionError(f"the fake does not know the search parameter {name}")

    def _included(self, found: Sequence[Json], request: SearchRequest) -> dict[str, Json]:
        included: dict[str, Json] = {}
        frontier = list(found)
        while frontier:
            beside = []
            for spec in request.include:
                kind, references = INCLUDES[spec.removeprefix("iterate:")]
                for row in frontier:
                    if row["resourceType"] == kind:
                        beside += [ref["reference"] for ref in references(row) if "reference" in ref]
            frontier = []
            for name in beside:
                kind, _, ident = name.partition("/")
                row = self.rows.get(kind, {}).get(ident)
                if row is not None and name not in included:
                    included[name] = _copy(row)
                    frontier.append(row)
        for spec in request.revinclude:
            if spec == "iterate:Consent:patient":
                for row in self.rows.get("Consent", {}).values() if self.follows_inwards else ():
                    if row["patient"]["reference"] in included:
                        included[f"Consent/{row['id']}"] = _copy(row)
                continue
            assert spec == "Provenance:target"
            names = {f"{row['resourceType']}/{row['id']}" for row in found}
            for row in self.rows.get("Provenance", {}).values():
                if any(part["reference"].split("/_history/")[0] in names for part in row["target"]):
                    included[f"Provenance/{row['id']}"] = _copy(row)
        return included


def _copy(value: Any) -> Any:
    """A deep copy; by way of JSON, which is many times quicker than `copy.deepcopy`."""
    return orjson.loads(orjson.dumps(value))


def _when(row: Json, name: str) -> str:
    if name == "_lastUpdated":
        return str(row["meta"]["lastUpdated"])
    if name == "modified":
        return str(row.get("lastModified", "1900-01-01"))
    return str(row.get("effectiveDateTime") or row.get("start") or row.get("period", {}).get("start", "1900-01-01"))


@lru_cache(maxsize=10_000)
def _stamp(text: str) -> datetime:
    moment = datetime.fromisoformat(text if len(text) > 7 else (text + "-01-01")[:10])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
