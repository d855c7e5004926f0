"""FHIR's interactions with single resources and searches: https://hl7.org/fhir/R4/http.html.

`Interactions.answer` serves a request of HTTP and an entry of a batch or transaction alike.
"""

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import jsonpatch

from dashboard.server.bundles import bundle, history_entry, raw, search_entry, search_links, subset
from dashboard.server.definitions import RESOURCE_TYPES
from dashboard.server.json_text import decode
from dashboard.server.outcome import FhirError, operation_outcome
from dashboard.server.search import Parameters, Searches
from dashboard.server.store import Store, Version
from dashboard.server.validation import find_issues, has_errors
from dashboard.server.values import date_range, to_instant

HISTORY_PAGE = 50
LARGEST_HISTORY_PAGE = 1000


@dataclass(frozen=True, slots=True)
class FhirRequest:
    """A request without its transport. `path` is what follows the base address, split at "/"."""

    method: str
    path: list[str]
    parameters: Parameters = field(default_factory=list)
    body: Any = None
    if_match: str = ""
    if_none_match: str = ""
    if_none_exist: str = ""
    prefer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without its transport. `stored` is the version that was read or written."""

    status: int
    body: Any = None
    stored: Version | None = None


class Interactions:
    """The interactions on one store."""

    def __init__(self, store: Store, base_url: str) -> None:
        self.store = store
        self.searches = Searches(store)
        self.base_url = base_url

    def answer(self, request: FhirRequest) -> Answer:
        """Serves anything but the capability statement, batches and transactions. Raises FhirError."""
        method = "GET" if request.method == "HEAD" else request.method
        match method, request.path:
            case "GET", ["_history"]:
                return self._history("", "", request.parameters)
            case _, [resource_type, *_] if resource_type not in RESOURCE_TYPES:
                raise FhirError(404, "R4 has no such resource type", "not-supported")
            case "GET", [resource_type]:
                return self._search(resource_type, request.parameters)
            case "POST", [resource_type, "_search"]:
                form = request.body if isinstance(request.body, list) else []
                return self._search(resource_type, [*request.parameters, *form])
            case "POST", [resource_type]:
                return self.create(resource_type, request)
            case "PUT" | "DELETE", [resource_type] if request.parameters:
                return self._conditional(resource_type, request)
            case "GET", [resource_type, "_history"]:
                return self._history(resource_type, "", request.parameters)
            case "GET" | "POST", [resource_type, "$validate"] | [resource_type, _, "$validate"]:
                return self._validate(request)
            case "GET", ["Patient", id_, "$everything"]:
                return self._everything(id_)
            case "GET", [resource_type, id_]:
                return self._read(resource_type, id_, request.if_none_match)
            case "PUT", [resource_type, id_]:
                return self.update(resource_type, id_, request)
            case "PATCH", [resource_type, id_]:
                return self.patch(resource_type, id_, request)
            case "DELETE", [resource_type, id_]:
                return self.delete(resource_type, id_, request.if_match)
            case "GET", [resource_type, id_, "_history"]:
                return self._history(resource_type, id_, request.parameters)
            case "GET", [resource_type, id_, "_history", version]:
                return self._read_version(resource_type, id_, version)
            case "GET", [compartment, id_, resource_type] if resource_type in RESOURCE_TYPES:
                self._require(compartment, id_)
                return self._search(resource_type, request.parameters, (compartment, id_))
        if any(part.startswith("$") for part in request.path):
            raise FhirError(404, "This operation is not supported", "not-supported")
        raise FhirError(405, f"{method} is not supported at this address", "not-supported")

    # --- reading -----------------------------------------------------------------------------------------------------

    def _require(self, resource_type: str, id_: str) -> Version:
        current = self.store.current(resource_type, id_)
        if current is None:
            raise FhirError(404, f"There is no {resource_type}/{id_}", "not-found")
        if current.json is None:
            raise FhirError(410, f"{resource_type}/{id_} was deleted", "deleted")
        return current

    def _read(self, resource_type: str, id_: str, if_none_match: str) -> Answer:
        current = self._require(resource_type, id_)
        if if_none_match and if_none_match.removeprefix("W/") == current.etag.removeprefix("W/"):
            return Answer(304, None, current)
        return Answer(200, raw(current), current)

    def _read_version(self, resource_type: str, id_: str, version: str) -> Answer:
        stored = self.store.version(resource_type, id_, int(version)) if _is_version(version) else None
        if stored is None:
            raise FhirError(404, f"{resource_type}/{id_} has no such version", "not-found")
        if stored.json is None:
            raise FhirError(410, f"This version is the deletion of {resource_type}/{id_}", "deleted")
        return Answer(200, raw(stored), stored)

    def _history(self, resource_type: str, id_: str, parameters: Parameters) -> Answer:
        given = dict(parameters)
        if unknown := given.keys() - {"_count", "_since", "_offset", "_format", "_pretty"}:
            raise FhirError(400, f"{sorted(unknown)[0]} is not supported on a history", "not-supported")
        since = date_range(given["_since"]) if "_since" in given else (0.0, 0.0)
        numbers = [given.get("_count", str(HISTORY_PAGE)), given.get("_offset", "0")]
        if since is None or not all(number.isascii() and number.isdigit() for number in numbers):
            raise FhirError(400, "_since takes an instant, _count a whole number", "value")
        count, offset = min(int(numbers[0]), LARGEST_HISTORY_PAGE), int(numbers[1])
        with self.store.snapshot():
            if id_ and self.store.current(resource_type, id_) is None:
                raise FhirError(404, f"There is no {resource_type}/{id_}", "not-found")
            first = to_instant(since[0]) if "_since" in given else ""
            total, versions = self.store.history(resource_type, id_, first, count, offset)
        address = "/".join([self.base_url, *filter(None, (resource_type, id_)), "_history"])
        links = [{"relation": "self", "url": f"{address}?{urlencode(parameters)}"}]
        if count and offset + count < total:
            others = [(name, value) for name, value in parameters if name != "_offset"]
            links.append({"relation": "next", "url": f"{address}?{urlencode([*others, ('_offset', offset + count)])}"})
        entries = [history_entry(self.base_url, version) for version in versions]
        return Answer(200, bundle("history", total, links, entries))

    def _search(self, resource_type: str, parameters: Parameters, refers_to: tuple[str, str] | None = None) -> Answer:
        page = self.searches.find(resource_type, parameters, refers_to)
        elements = {e.strip() for name, value in parameters if name == "_elements" for e in value.split(",")} - {""}
        without_text = any(pair == ("_summary", "data") for pair in parameters)
        entries = []
        for match in page.matches:
            resource = subset(match, elements) if elements or without_text else raw(match)
            entries.append(search_entry(self.base_url, match, resource, "match"))
        entries += [search_entry(self.base_url, stored, raw(stored), "include") for stored in page.included]
        address = "/".join([self.base_url, *(refers_to or ()), resource_type])
        return Answer(200, bundle("searchset", page.total, search_links(address, parameters, page), entries))

    def _everything(self, id_: str) -> Answer:
        """The patient, what refers to it, and what these refer to, on one page."""
        patient = self._require("Patient", id_)
        with self.store.snapshot():
            sql = "SELECT DISTINCT key FROM search_value WHERE target_type = 'Patient' AND target_id = ?"
            keys = {patient.key: None} | {row[0]: None for row in self.store.query(sql, [id_])}
            sql = """SELECT DISTINCT r.key FROM search_value v JOIN resource r ON r.type = v.target_type
                AND r.id = v.target_id WHERE v.key IN (SELECT value FROM json_each(?)) AND v.target_id IS NOT NULL"""
            keys |= {row[0]: None for row in self.store.query(sql, [str(list(keys))])}
            versions = self.store.by_keys(keys)
        entries = [
            search_entry(self.base_url, versions[key], raw(versions[key]), "match") for key in keys if key in versions
        ]
        return Answer(200, bundle("searchset", len(entries), [], entries))

    def _validate(self, request: FhirRequest) -> Answer:
        """$validate with the same checks as a write."""
        resource = request.body
        if isinstance(resource, dict) and resource.get("resourceType") == "Parameters":
            given = [p for p in resource.get("parameter") or () if isinstance(p, dict) and p.get("name") == "resource"]
            resource = given[0].get("resource") if given else None
        elif resource is None and len(request.path) == 3:
            resource = decode(self._require(*request.path[:2]).json or "null")
        if not isinstance(resource, dict):
            raise FhirError(400, "$validate needs a resource", "required")
        return Answer(200, operation_outcome(find_issues(resource)))

    # --- writing -----------------------------------------------------------------------------------------------------

    def create(self, resource_type: str, request: FhirRequest, id_: str = "") -> Answer:
        """Stores a new resource under a new id, or the given one; with If-None-Exist only if nothing matches."""
        _require_valid(resource_type, request.body)
        with self.store.transaction():
            if request.if_none_exist:
                parameters = parse_query(request.if_none_exist)
                existing = self.searches.find_one(resource_type, parameters, "A conditional create")
                if existing:
                    return Answer(200, raw(existing), existing)
            stored = self.store.write(request.body, id_ or str(uuid4()), "POST")
        return Answer(201, raw(stored), stored)

    def update(self, resource_type: str, id_: str, request: FhirRequest) -> Answer:
        """Stores the next version, or the first under the client's id. Raises FhirError 412 by If-Match."""
        _require_valid(resource_type, request.body)
        if request.body.get("id") != id_:
            raise FhirError(400, "The id of the resource is not the one in the address", "invalid")
        with self.store.transaction():
            before = self.store.current(resource_type, id_)
            _require_version(before, request.if_match)
            stored = self.store.write(request.body, id_, "PUT")
        return Answer(200 if before and before.json is not None else 201, raw(stored), stored)

    def patch(self, resource_type: str, id_: str, request: FhirRequest) -> Answer:
        """Applies a JSON Patch (RFC 6902). Raises FhirError 422 when it does not fit the resource, 412 by If-Match."""
        if not isinstance(request.body, list):
            raise FhirError(400, "The body is not a JSON Patch", "structure")
        with self.store.transaction():
            before = self._require(resource_type, id_)
            try:
                patched = jsonpatch.apply_patch(decode(before.json or "null"), request.body)
            except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
                raise FhirError(422, "The patch does not fit the resource", "processing") from error
            return self.update(resource_type, id_, dataclasses.replace(request, body=patched))

    def delete(self, resource_type: str, id_: str, if_match: str) -> Answer:
        """Deletes the resource if it is there. Raises FhirError 412 by If-Match."""
        with self.store.transaction():
            before = self.store.current(resource_type, id_)
            _require_version(before, if_match)
            if before and before.json is not None:
                self.store.delete(before)
        return Answer(200, operation_outcome([]))

    def _conditional(self, resource_type: str, request: FhirRequest) -> Answer:
        """PUT or DELETE of the one resource that matches; a PUT without a match creates."""
        with self.store.transaction():
            match = self.searches.find_one(resource_type, request.parameters, f"A conditional {request.method}")
            if request.method == "DELETE":
                return self.delete(resource_type, match.id, "") if match else Answer(204)
            body = request.body if isinstance(request.body, dict) else {}
            id_ = match.id if match else body.get("id")
            if id_ is None:
                return self.create(resource_type, request)
            return self.update(resource_type, id_, FhirRequest("PUT", [], body={"id": id_, **body}))


def parse_query(query: str) -> Parameters:
    """(name, value) pairs of a query string, decoded; a value may be empty."""
    return parse_qsl(query, keep_blank_values=True)


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def http_date(updated: str) -> str:
    """A stored instant as the header Last-Modified writes it."""
    return format_datetime(datetime.fromisoformat(updated), usegmt=True)


def _require_valid(resource_type: str, body: Any) -> None:
    """Raises FhirError 400 unless the body is a valid resource of the type."""
    if not isinstance(body, dict):
        raise FhirError(400, "The body is not a FHIR resource in JSON", "structure")
    if body.get("resourceType") != resource_type:
        raise FhirError(400, "The resourceType of the body is not the type in the address", "invalid")
    issues = find_issues(body)
    if has_errors(issues):
        raise FhirError(400, "The resource is not valid", "structure", issues)


def _require_version(current: Version | None, if_match: str) -> None:
    """Raises FhirError 412 unless the resource is there at the version of If-Match (`W/"3"`)."""
    if if_match and (
        current is None or current.json is None or if_match.removeprefix("W/").strip('"') != str(current.version)
    ):
        raise FhirError(412, "The resource is not at the version of If-Match", "conflict")
