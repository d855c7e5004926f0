"""A FHIR server in memory, for tests of queries and actions: it has the port's verbs and records the searches.

It runs in the same contract suite as the real servers, so that it behaves as they do. It searches by R4's own
parameters and refuses any other. A parameter that it cannot search by fails the test, so that no test passes because a
filter was ignored.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import orjson

from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, ServerUnavailable, Unsupported, VersionConflict
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from dashboard.fhir.client.transaction import Entry, to_bundle
from dashboard.fhir.mapping.elements import many
from dashboard.fhir.search.count import counted_here, is_chained
from dashboard.fhir.search.filter_here import filter_by
from dashboard.fhir.search.includes import Include, parse_include
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.registry import parameter, resource_types, values_at
from dashboard.fhir.search.request import NO_WATCH, CountResult, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.search.row_tests import has_id, is_about, is_of_other_patients, refers_to
from dashboard.fhir.search.sort_here import sort_key

Json = dict[str, Any]

NOT_FILTERS = frozenset({"_elements"})


def capabilities(
    *, transactions: bool = True, versioning: str = "versioned-update", conditional_create: bool = True
) -> Capabilities:
    """Returns the fake's capabilities: its types and whether it guards updates, but not its search parameters."""
    return Capabilities(
        "4.0.1",
        software="in-memory fake",
        interactions=frozenset({"transaction"} if transactions else ()),
        types={
            name: TypeCapabilities(versioning=versioning, conditional_create=conditional_create)
            for name in resource_types()
        },
    )


class FakeFhirServer:
    """Resources by type and id, each with a version and a lastUpdated from the fake's own clock.

    asked: every search that was requested. counted: how many counts were asked for at once. down: the server does not
    answer. failing: type -> the error of its searches.
    """

    def __init__(self, resources: Iterable[Json] = (), base_url: str = "http://fake.test/fhir") -> None:
        self.base_url = base_url
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.rows: dict[str, dict[str, Json]] = {}
        self.asked: list[SearchRequest] = []
        self.capabilities = capabilities()
        self.down = False
        self.knows_elements = True  # a server may send complete records although `_elements` was requested
        self.counted: list[int] = []
        self.counts_rows = True  # `_summary=count`
        self.follows_chains = True  # chains and `_has`; a server that does not may find nobody without a word
        self.follows_inwards = True  # `_revinclude:iterate`, which a server may ignore without a notice
        self.failing: dict[str, DashboardError] = {}
        self.keeps_history = True
        self.versions: dict[str, list[Json]] = {}
        self._addresses = Addresses([base_url])
        self._lock = threading.Lock()  # no other write comes between the check and the storing of a transaction
        for resource in resources:
            self._put(resource)

    # for tests

    def put(self, resource: Json) -> Json:
        """Stores a copy as its next version, a second later."""
        return _copy(self._put(resource))

    def _put(self, resource: Json) -> Json:
        self.now += timedelta(seconds=1)
        rows = self.rows.setdefault(resource["resourceType"], {})
        ident = resource.setdefault("id", f"made-{len(rows) + 1}")
        version = int(rows.get(ident, {}).get("meta", {}).get("versionId", "0")) + 1
        stored = _copy(resource)
        self._addresses.make_relative(stored)
        stored["meta"] = {**stored.get("meta", {}), "versionId": str(version), "lastUpdated": self.now.isoformat()}
        rows[ident] = stored
        self.versions.setdefault(_name(stored), []).append(_copy(stored))
        return stored

    def delete(self, kind: str, ident: str) -> None:
        del self.rows[kind][ident]

    def counts(self) -> Counter[str]:
        return Counter(request.type for request in self.asked)

    # the port's verbs

    def read(self, resource_type: str, resource_id: str) -> Json:
        self._require_up()
        try:
            return _copy(self.rows[resource_type][resource_id])
        except KeyError:
            raise NotFound("record-not-found") from None

    def history(self, resource_type: str, resource_id: str) -> list[Json]:
        self._require_up()
        if not self.keeps_history:
            raise Unsupported("history-not-kept", what=resource_type)
        if f"{resource_type}/{resource_id}" not in self.versions:
            raise NotFound("record-not-found")
        return list(reversed(_copy(self.versions[f"{resource_type}/{resource_id}"])))

    def try_all(
        self, requests: Sequence[SearchRequest], watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        results = []
        for number, request in enumerate(requests):
            if any(is_chained(name) for name, _ in request.params):
                raise ValueError("a chained parameter or _has is searched in two searches")
            result = self._answer(request)
            if isinstance(result, SearchResult):
                watch.page(number, len(result.rows), len(result.rows))
            watch.ended(number, result)
            results.append(result)
        return results

    def count_all(self, requests: Sequence[SearchRequest]) -> list[CountResult | DashboardError]:
        self.counted.append(len(requests))
        results: list[CountResult | DashboardError] = []
        for request in requests:
            try:
                results.append(self._count(request))
            except DashboardError as error:
                results.append(error)
        return results

    def transaction(self, entries: Sequence[Entry]) -> list[Json]:
        self._require_up()
        if not self.capabilities.transactions:
            raise Unsupported("transaction-not-supported")
        with self._lock:
            return self._store(entries)

    def write(self, entry: Entry) -> Json:
        self._require_up()
        resource = entry.resource
        if entry.method != "PUT" or not resource.get("resourceType") or not resource.get("id"):
            raise ValueError("one record is written by a PUT of a resource with type and id")
        version = entry.if_match or resource.get("meta", {}).get("versionId", "")
        with self._lock:
            if version and self.capabilities.versioned_update(resource["resourceType"]):
                self._check_version(resource, f'W/"{version}"')
            return self.put(_copy(resource))

    def create_once(self, resource: Json, identifier: tuple[str, str]) -> Json:
        self._require_up()
        kind, (system, value) = resource["resourceType"], identifier
        if not self.capabilities.conditional_create(kind):
            raise Unsupported("create-once-not-supported", what=kind)
        with self._lock:
            for row in self.rows.get(kind, {}).values():
                if {"system": system, "value": value} in many(row.get("identifier")):  # a Composition has one, no list
                    return _copy(row)
            return self.put({**_copy(resource), "id": f"made-{uuid.uuid4().hex}"})

    def put_new(self, resource: Json) -> None:
        self._require_up()
        with self._lock:
            self.put(_copy(resource))

    def _store(self, entries: Sequence[Entry]) -> list[Json]:
        bundle, _ = to_bundle(entries)
        addresses: dict[str, str] = {}
        for entry in bundle["entry"]:
            request, resource = entry["request"], entry["resource"]
            if "ifMatch" in request and self.capabilities.versioned_update(resource["resourceType"]):
                self._check_version(resource, request["ifMatch"])
            there = self._there(resource["resourceType"], request.get("ifNoneExist", ""))
            if there is not None:
                entry["resource"] = resource = there
                entry["there"] = True
            elif request["method"] == "POST":
                entry["resource"] = resource = {**resource, "id": f"made-{uuid.uuid4().hex}"}
            addresses[entry.get("fullUrl", "")] = f"{resource['resourceType']}/{resource['id']}"
        return [
            _copy(entry["resource"]) if "there" in entry else self.put(_with_addresses(entry["resource"], addresses))
            for entry in bundle["entry"]
        ]

    def _there(self, kind: str, unless: str) -> Json | None:
        """The record that a conditional create finds."""
        if not unless:
            return None
        system, _, value = unquote(unless.removeprefix("identifier=")).partition("|")
        rows = self.rows.get(kind, {}).values()
        return next((row for row in rows if {"system": system, "value": value} in many(row.get("identifier"))), None)

    def _check_version(self, resource: Json, if_match: str) -> None:
        stored = self.rows.get(resource["resourceType"], {}).get(resource["id"], {})
        if if_match != f'W/"{stored.get("meta", {}).get("versionId")}"':
            raise VersionConflict("version-changed", what=resource["resourceType"])

    # searching

    def _require_up(self) -> None:
        if self.down:
            raise ServerUnavailable("server-timeout", reference="r1")

    def _count(self, request: SearchRequest) -> CountResult:
        self._require_up()
        if request.type in self.failing:
            raise self.failing[request.type]
        if not self.counts_rows:
            if any(is_chained(name) for name, _ in request.params):
                raise Unsupported("search-parameter-not-supported", what=request.type, name="_has")
            return counted_here(self._search(request))
        tests = self._tests(request)
        return CountResult(sum(all(test(row) for test in tests) for row in self.rows.get(request.type, {}).values()))

    def _answer(self, request: SearchRequest) -> SearchResult | DashboardError:
        if request.patients != ():  # a search for no patients is never sent
            self.asked.append(request)
        try:
            self._require_up()
            return self.failing[request.type] if request.type in self.failing else self._search(request)
        except DashboardError as error:
            return error

    def _search(self, request: SearchRequest) -> SearchResult:
        tests = self._tests(request)
        rows = [row for row in self.rows.get(request.type, {}).values() if all(test(row) for test in tests)]
        for name in reversed(request.sort.split(",") if request.sort else []):
            key = sort_key(request.type, name.removeprefix("-"))
            assert key, f"the fake cannot sort {request.type} by {name}"
            rows.sort(key=key, reverse=name.startswith("-"))
        truncated = len(rows) > request.max_rows
        rows = rows[: request.max_rows]
        included = self._included(rows, request)
        notices = (Notice(NoticeKind.CAPPED, request.type),) if truncated else ()
        return SearchResult(
            request,
            _copy([self._elements(row, request) for row in rows]),
            _copy(included),
            truncated=truncated,
            notices=notices,
            server_time=self.now,
        )

    def _tests(self, request: SearchRequest) -> list[Callable[[Json], bool]]:
        if not self.capabilities.serves(request.type):
            raise Unsupported("type-not-served", what=request.type)
        tests = [self._test(request.type, *pair) for pair in request.params if pair[0] not in NOT_FILTERS]
        if request.patients is not None:
            try:
                patients = [Reference("Patient", patient).id for patient in request.patients]
            except ValueError:
                raise NotFound("patient-not-on-server") from None
            tests.insert(0, is_about(request.type, patients, self._addresses))  # leaves few rows for the others
        return tests

    def _test(self, resource_type: str, name: str, value: str) -> Callable[[Json], bool]:
        if name == "_id":
            return has_id(frozenset(value.split(",")))
        if name in ("_tag", "_tag:not"):
            return _tagged({tuple(each.split("|", 1)) for each in value.split(",")}, name == "_tag")
        if is_chained(name):
            return self._chained(resource_type, name, value)
        if name.endswith(":missing"):
            sought = parameter(resource_type, name.removesuffix(":missing"))
            paths, absent = sought.paths if sought else (), value == "true"
            return lambda row: absent == (not any(True for path in paths for _ in values_at(row, path)))
        if parameter(resource_type, name) is None:
            raise Unsupported("search-parameter-not-supported", what=resource_type, name=name)
        test = filter_by(resource_type, name, value) or refers_to(resource_type, name, value, self._addresses)
        assert test, f"the fake cannot search {resource_type} by {name}={value}"
        return test

    def _chained(self, resource_type: str, name: str, value: str) -> Callable[[Json], bool]:
        """Through other records: `patient:Patient.birthdate`, `_has:Observation:patient:code`."""
        if not self.follows_chains:
            return lambda row: False
        if name.startswith("_has:"):
            _, source, through, rest = name.split(":", 3)
            test, include = self._test(source, rest, value), parse_include(f"{source}:{through}")
            rows = [row for row in self.rows.get(source, {}).values() if test(row)]
            found = {to for row in rows for to in include.references_of(row, self._addresses)}
            return lambda row: _name(row) in found
        head, _, rest = name.partition(".")
        head, _, target = head.partition(":")
        test = self._test(target, rest, value)
        found = {_name(row) for row in self.rows.get(target, {}).values() if test(row)}
        own = parse_include(f"{resource_type}:{head}")
        return lambda row: not found.isdisjoint(own.references_of(row, self._addresses))

    def _elements(self, row: Json, request: SearchRequest) -> Json:
        for name, value in request.params:
            if name == "_elements" and self.knows_elements:
                return {key: row[key] for key in ("resourceType", "id", "meta", *value.split(",")) if key in row}
        return row

    def _included(self, rows: Iterable[Json], request: SearchRequest) -> dict[str, Json]:
        """Follows the includes of the rows, and then those with `iterate:` from each round of included resources."""
        outward, inward = list(request.include), list(request.revinclude)
        included: dict[str, Json] = {}
        sources = {_name(row): row for row in rows}
        matches = set(sources)
        while sources:
            names = self._outward(map(parse_include, outward), sources.values())
            if self.follows_inwards or sources.keys() == matches:
                names |= self._inward(map(parse_include, inward), sources.keys())
            records = {name: self._stored(name) for name in sorted(names - included.keys() - matches)}
            sources = {name: row for name, row in records.items() if row}
            included |= sources
            outward, inward = _iterating(outward), _iterating(inward)
        if request.patients is None:
            return included
        patients = frozenset(request.patients)
        return {n: row for n, row in included.items() if not is_of_other_patients(row, patients, self._addresses)}

    def _outward(self, includes: Iterable[Include], sources: Iterable[Json]) -> set[str]:
        rows = list(sources)
        return {name for include in includes for row in rows for name in include.references_of(row, self._addresses)}

    def _inward(self, includes: Iterable[Include], targets: Iterable[str]) -> set[str]:
        wanted = set(targets)
        return {
            _name(row)
            for include in includes
            for row in self.rows.get(include.source, {}).values()
            if not wanted.isdisjoint(include.references_of(row, self._addresses))
        }

    def _stored(self, name: str) -> Json:
        kind, _, ident = name.partition("/")
        return self.rows.get(kind, {}).get(ident, {})


def _tagged(wanted: set[tuple[str, ...]], has: bool) -> Callable[[Json], bool]:
    """Tests whether a row has one of these tags, or none of them."""
    return lambda row: has == any((each.get("system"), each.get("code")) in wanted for each in _tags(row))


def _tags(row: Json) -> list[Json]:
    return many(row["meta"].get("tag"))


def _iterating(includes: Iterable[str]) -> list[str]:
    return [text for text in includes if text.startswith("iterate:")]


def _name(row: Json) -> str:
    return f"{row['resourceType']}/{row['id']}"


def _with_addresses(value: Any, addresses: dict[str, str]) -> Any:
    """Returns the resource with `urn:uuid:` links replaced by the addresses that the server gave."""
    if isinstance(value, dict):
        return {
            key: addresses.get(inner, inner) if isinstance(inner, str) else _with_addresses(inner, addresses)
            for key, inner in value.items()
        }
    return [_with_addresses(inner, addresses) for inner in value] if isinstance(value, list) else value


def _copy(value: Any) -> Any:
    """Returns a deep copy; through JSON, which is many times quicker than `copy.deepcopy`."""
    return orjson.loads(orjson.dumps(value, default=float))  # a Decimal, as a mapping writes numbers
