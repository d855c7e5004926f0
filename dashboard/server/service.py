"""sekmet's FHIR interactions, made strict and safe where it is neither.

What differs from `sekmet.fhir.service.FhirService`: every search is strict whatever `Prefer` says; If-Match counts on
DELETE; conditional writes and patches read and write in one transaction, so that of two at once none is lost; bodies
are checked with fhirkit-rs (R4, 50 microseconds a resource; sekmet's R4B models take 365) and for required codes.
"""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import orjson
import sekmet.fhir.bundle as sekmet_bundle
import sekmet.fhir.service as sekmet_service
from sekmet.config import Settings
from sekmet.fhir.bundle import _split_url, process_bundle
from sekmet.fhir.common import FhirError, instant, new_id, operation_outcome
from sekmet.fhir.search import subset
from sekmet.fhir.service import FhirService, Result
from sekmet.fhir.validation import has_errors

from dashboard.server.search import Found, Params, ServerSearch
from dashboard.server.store import ServerStore
from dashboard.server.validation import find_issues

Json = dict[str, Any]


def spare_copies() -> None:
    """Let sekmet work on request bodies in place: each was parsed for its one request, and the three copies that it
    makes of every resource take a fifth of a bulk load's time."""
    in_place = SimpleNamespace(deepcopy=lambda body: body)
    sekmet_bundle.copy = in_place
    sekmet_service.copy = in_place


class ServerService(FhirService):  # type: ignore[misc]  # sekmet has no types
    """A `FhirService` on a `ServerStore`; see the module's text for what differs."""

    def __init__(self, store: ServerStore, settings: Settings) -> None:
        super().__init__(store, settings)
        self.store: ServerStore = store
        self.search_engine = ServerSearch(store)
        self.register_operation("*", "$validate", _validate)

    def _check_body(self, rtype: str, body: Any, origin: str) -> list[Json]:
        if not isinstance(body, dict):
            raise FhirError(400, "Request body must be a FHIR JSON resource", "structure")
        if body.get("resourceType") != rtype:
            raise FhirError(400, "The resourceType of the body is not the type in the URL", "invalid")
        issues = find_issues(body)
        if has_errors(issues):
            raise FhirError(400, "Resource failed structural validation", "structure", issues=issues)
        return issues

    # ---------------- writes that read first ----------------

    def create(self, rtype: str, body: Any, if_none_exist: str | None = None, **options: Any) -> Result:
        """As sekmet's; with If-None-Exist the search and the write are one."""
        if not if_none_exist:
            return super().create(rtype, body, **options)
        with self.store.transaction():
            return super().create(rtype, body, if_none_exist=if_none_exist, **options)

    def conditional_update(self, rtype: str, params: Params, body: Any, **options: Any) -> Result:
        """As sekmet's, in one transaction."""
        with self.store.transaction():
            return super().conditional_update(rtype, params, body, **options)

    def conditional_delete(self, rtype: str, params: Params, **options: Any) -> Result:
        """As sekmet's, in one transaction."""
        with self.store.transaction():
            return super().conditional_delete(rtype, params, **options)

    def patch(self, rtype: str, rid: str, body: Any, content_type: str, **options: Any) -> Result:
        """As sekmet's, in one transaction."""
        with self.store.transaction():
            return super().patch(rtype, rid, body, content_type, **options)

    def delete(self, rtype: str, rid: str, origin: str = "external", if_match: str | None = None) -> Result:
        """As sekmet's, and 412 when `if_match` is not the current version."""
        with self.store.transaction():
            if if_match is not None:
                self.check_version(rtype, rid, if_match)
            return super().delete(rtype, rid, origin=origin)

    def check_version(self, rtype: str, rid: str, if_match: str) -> None:
        """Raises FhirError 412 unless the resource exists at this version (`W/"3"`)."""
        current = self.store.current_version(rtype, rid)
        if not current or current[1] or str(current[0]) != if_match.removeprefix("W/").strip('"'):
            raise FhirError(412, "Version conflict: the resource is not at the version of If-Match", "conflict")

    # ---------------- searches ----------------

    def search(
        self, rtype: str, params: Params, strict: bool = True, extra_where: tuple[str, list[Any]] | None = None
    ) -> Result:
        """A searchset Bundle; its resources are the stored JSON, unparsed, for `serialise`."""
        self.check_type(rtype)
        found = self.search_engine.find(rtype, params, extra_where)
        entries = [self._entry(rtype, rid, _shaped(text, params), "match") for rid, text in found.matches]
        entries += [self._entry(t, rid, orjson.Fragment(text), "include") for (t, rid), text in found.included]
        bundle: Json = {
            "resourceType": "Bundle",
            "id": new_id(),
            "meta": {"lastUpdated": instant()},
            "type": "searchset",
            "total": found.total,
            "link": self._links(rtype, params, found, extra_where is not None),
        }
        return Result(200, bundle | ({"entry": entries} if entries else {}))

    def compartment_search(self, ctype: str, cid: str, rtype: str, params: Params) -> Result:
        """[base]/Patient/123/Observation, with next links that stay inside the compartment."""
        result = super().compartment_search(ctype, cid, rtype, params)
        for link in result.body["link"]:
            link["url"] = link["url"].replace(f"{self.base_url}/{rtype}?", f"{self.base_url}/{ctype}/{cid}/{rtype}?", 1)
        return result

    def _entry(self, rtype: str, rid: str, resource: Any, mode: str) -> Json:
        return {"fullUrl": f"{self.base_url}/{rtype}/{rid}", "resource": resource, "search": {"mode": mode}}

    def _links(self, rtype: str, params: Params, found: Found, is_compartment: bool) -> list[Json]:
        base = f"{self.base_url}/{rtype}?"
        links = [{"relation": "self", "url": base + urlencode(params)}]
        if found.next_page:
            kept = [(k, v) for k, v in params if k not in ("_count", "_after", "_offset")]
            query = urlencode([*kept, ("_count", str(found.count)), found.next_page])
            links.append({"relation": "next", "url": base + query})
        return links


def _shaped(text: str, params: Params) -> Any:
    """The stored JSON as it is, or the subset that _summary or _elements ask for."""
    summary = next((v for k, v in params if k == "_summary" and v in ("true", "text", "data")), None)
    elements = {e.strip() for k, v in params if k == "_elements" for e in v.split(",") if e.strip()}
    if not summary and not elements:
        return orjson.Fragment(text)
    return subset(orjson.loads(text), summary, elements)


def serialise(body: Json) -> bytes:
    """A body as JSON bytes; stored resources inside it are copied, not parsed."""
    return orjson.dumps(body)


def run_bundle(service: ServerService, bundle: Any, **options: Any) -> Result:
    """sekmet's transaction and batch, with ifMatch on DELETE entries, which it would ignore."""
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    requests = [e.get("request") or {} for e in entries or [] if isinstance(e, dict)]
    guarded = [r for r in requests if r.get("ifMatch") and str(r.get("method", "")).upper() == "DELETE"]
    if not guarded:
        return process_bundle(service, bundle, **options)
    if bundle.get("type") != "transaction":
        raise FhirError(400, "DELETE with ifMatch is supported in a transaction, not in a batch", "not-supported")
    with service.store.transaction():
        for request in guarded:
            segments, _ = _split_url(service, str(request.get("url", "")))
            if len(segments) != 2:
                raise FhirError(400, "DELETE with ifMatch needs a resource's id", "invalid")
            service.check_version(segments[0], segments[1], request["ifMatch"])
        return process_bundle(service, bundle, **options)


def _validate(service: ServerService, rtype: Any, rid: Any, params: Params, body: Any, context: Any) -> Result:
    """$validate with the same checks as a write."""
    resource = body
    if isinstance(body, dict) and body.get("resourceType") == "Parameters":
        resource = next((p.get("resource") for p in body.get("parameter", []) if p.get("name") == "resource"), None)
    if resource is None and rid:
        resource = service.store.read(rtype, rid)
    if not isinstance(resource, dict):
        raise FhirError(400, "$validate requires a resource", "required")
    return Result(200, operation_outcome(find_issues(resource) or None, text="Validation successful"))
