"""Transactions and batches: https://hl7.org/fhir/R4/http.html#transaction.

A transaction is written as a whole or not at all. Its entries may refer to each other by `fullUrl`, and to what is
stored by a search (`Patient?identifier=1`); both become literal references before anything is written.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from dashboard.server.definitions import RESOURCE_TYPES
from dashboard.server.interactions import Answer, FhirRequest, Interactions, parse_query
from dashboard.server.outcome import FhirError, Json, operation_outcome

ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3, "HEAD": 3}


def run_bundle(interactions: Interactions, bundle: Any, prefer: str = "") -> Answer:
    """Runs a transaction or a batch; the answer has an entry for each one that was sent, in its place.

    Raises FhirError: 400 for what is no such Bundle, and for a transaction the status of the entry that failed.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise FhirError(400, "A Bundle is expected at this address", "invalid")
    kind, entries = bundle.get("type"), bundle.get("entry") or []
    if kind not in ("transaction", "batch") or not isinstance(entries, list):
        raise FhirError(400, "The Bundle is neither a transaction nor a batch", "invalid")
    if kind == "batch":
        answers = [_run_alone(interactions, number, entry, prefer) for number, entry in enumerate(entries)]
    else:
        with interactions.store.transaction():
            answers = _run_together(interactions, entries, prefer)
    return Answer(200, {"resourceType": "Bundle", "id": str(uuid4()), "type": f"{kind}-response", "entry": answers})


def _run_alone(interactions: Interactions, number: int, entry: Any, prefer: str) -> Json:
    try:
        request = _read_request(interactions, number, entry, prefer)
        return _describe(interactions, interactions.answer(request), request)
    except FhirError as error:
        return {"response": {"status": str(error.status), "outcome": operation_outcome(error.issues)}}


def _run_together(interactions: Interactions, entries: list[Any], prefer: str) -> list[Json]:
    requests = [_read_request(interactions, number, entry, prefer) for number, entry in enumerate(entries)]
    addresses, new_ids, existing = _find_addresses(interactions, entries, requests)
    _require_different(requests)
    searched: dict[str, str] = {}
    for entry, request in zip(entries, requests, strict=True):
        base = _base_of(entry.get("fullUrl"))
        for reference in _references(request.body):
            reference["reference"] = _resolve(interactions, reference["reference"], base, addresses, searched)
    answers: list[Json] = [{}] * len(requests)
    for number in sorted(range(len(requests)), key=lambda n: ORDER[requests[n].method]):
        request = requests[number]
        try:
            if number in existing:
                answer = interactions.answer(FhirRequest("GET", existing[number].split("/")))
            elif number in new_ids:
                answer = interactions.create(request.path[0], request, new_ids[number])
            else:
                answer = interactions.answer(request)
        except FhirError as error:
            issues = [found | {"diagnostics": f"Entry {number}: {found['diagnostics']}"} for found in error.issues]
            raise FhirError(error.status, f"Entry {number}: {error}", issues=issues) from error
        answers[number] = _describe(interactions, answer, request)
    return answers


def _read_request(interactions: Interactions, number: int, entry: Any, prefer: str) -> FhirRequest:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or not all(isinstance(value, str) for value in request.values()):
        raise FhirError(400, f"Entry {number} has no request with method and url", "required")
    method, url = request.get("method", "").upper(), request.get("url", "")
    if method not in ORDER or not url:
        raise FhirError(400, f"Entry {number} needs a method of {', '.join(ORDER)} and a url", "not-supported")
    parts = urlsplit(url.removeprefix(interactions.base_url))
    return FhirRequest(
        method,
        [part for part in parts.path.split("/") if part],
        parse_query(parts.query),
        entry.get("resource"),
        request.get("ifMatch", ""),
        request.get("ifNoneMatch", ""),
        request.get("ifNoneExist", ""),
        prefer,
    )


def _find_addresses(
    interactions: Interactions, entries: list[Any], requests: list[FhirRequest]
) -> tuple[dict[str, str], dict[int, str], dict[int, str]]:
    """({fullUrl: Type/id}, {entry: new id}, {entry: Type/id that its condition found}).

    Two entries that are created under the same condition are one resource.
    """
    addresses: dict[str, str] = {}
    new_ids: dict[int, str] = {}
    existing: dict[int, str] = {}
    conditional: dict[tuple[str, str], str] = {}
    for number, (entry, request) in enumerate(zip(entries, requests, strict=True)):
        address = ""
        if request.method == "POST" and len(request.path) == 1 and request.path[0] in RESOURCE_TYPES:
            resource_type, condition = request.path[0], request.if_none_exist
            if condition and (resource_type, condition) not in conditional:
                purpose = f"Entry {number}, a conditional create"
                match = interactions.searches.find_one(resource_type, parse_query(condition), purpose)
                if match:
                    conditional[resource_type, condition] = f"{resource_type}/{match.id}"
            if condition and (resource_type, condition) in conditional:
                address = existing[number] = conditional[resource_type, condition]
            else:
                new_ids[number] = str(uuid4())
                address = f"{resource_type}/{new_ids[number]}"
                conditional[resource_type, condition] = address
        elif request.method == "PUT" and len(request.path) == 2:
            address = "/".join(request.path)
        full_url = entry.get("fullUrl")
        if address and isinstance(full_url, str):
            addresses[full_url] = address
    return addresses, new_ids, existing


def _require_different(requests: list[FhirRequest]) -> None:
    """Raises FhirError 400 when two entries change the same resource: R4 leaves no order between them."""
    changed: set[tuple[str, ...]] = set()
    for request in requests:
        if request.method in ("PUT", "DELETE") and len(request.path) == 2:
            if tuple(request.path) in changed:
                raise FhirError(400, f"Two entries change {'/'.join(request.path)}", "invalid")
            changed.add(tuple(request.path))


def _references(node: Any) -> Iterator[Json]:
    """Every element below with a literal reference."""
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        for value in node.values():
            if isinstance(value, (dict, list)):
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _base_of(full_url: Any) -> str:
    """The address that an entry's relative references are relative to; "" where its fullUrl is none on a server."""
    return full_url.rsplit("/", 2)[0] + "/" if isinstance(full_url, str) and full_url.startswith("http") else ""


def _resolve(
    interactions: Interactions, reference: str, base: str, addresses: dict[str, str], searched: dict[str, str]
) -> str:
    """The literal reference; `searched` holds those found by a search already. Raises FhirError 400, 404, 412.

    An entry is found by its fullUrl, with or without a version, and by what is relative to the same server.
    """
    if reference in addresses:
        return addresses[reference]
    if reference.startswith(interactions.base_url + "/"):
        return reference.removeprefix(interactions.base_url + "/")
    bare = reference.split("/_history/")[0]
    if found := addresses.get(bare) or addresses.get(base + bare):
        return found
    if reference.startswith("urn:uuid:"):
        raise FhirError(400, "A reference to urn:uuid is the fullUrl of no entry", "invalid")
    resource_type, is_search, query = reference.partition("?")
    if not is_search or resource_type not in RESOURCE_TYPES:
        return reference
    if reference not in searched:
        match = interactions.searches.find_one(resource_type, parse_query(query), "A conditional reference")
        if match is None:
            raise FhirError(404, f"A conditional reference to {resource_type} matches nothing", "not-found")
        searched[reference] = f"{resource_type}/{match.id}"
    return searched[reference]


def _describe(interactions: Interactions, answer: Answer, request: FhirRequest) -> Json:
    """The answer as an entry of the Bundle that is sent back."""
    response: Json = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    described: Json = {"response": response}
    stored = answer.stored
    if stored is not None:
        address = f"{interactions.base_url}/{stored.type}/{stored.id}"
        response |= {"location": f"{address}/_history/{stored.version}", "etag": stored.etag}
        response["lastModified"] = stored.updated
        described["fullUrl"] = address
    is_write = request.method in ("POST", "PUT", "DELETE")
    if answer.body is not None and not (is_write and "return=minimal" in request.prefer):
        described["resource"] = answer.body
    return described
