"""Bundles of search results and histories: https://hl7.org/fhir/R4/bundle.html."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

from dashboard.server.json_text import decode
from dashboard.server.outcome import Json
from dashboard.server.search import Page, Parameters
from dashboard.server.store import Version

SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
STATUS_OF_METHOD: Final = {"POST": "201", "DELETE": "204", "PUT": "200"}


def raw(stored: Version) -> msgspec.Raw:
    """The stored text, which is copied into an answer without being parsed."""
    return msgspec.Raw(stored.json or "null")


def subset(stored: Version, elements: set[str]) -> Json:
    """The resource's named elements, or without names all but its narrative, marked as incomplete."""
    resource: Json = decode(stored.json or "null")
    always = {"resourceType", "id", "meta"}
    wanted = elements | always if elements else resource.keys() - {"text"}
    partial = {name: value for name, value in resource.items() if name in wanted}
    partial["meta"] = {**resource["meta"], "tag": [*resource["meta"].get("tag", []), SUBSETTED]}
    return partial


def bundle(kind: str, total: int, links: list[Json], entries: list[Json]) -> Json:
    """A Bundle of type searchset or history."""
    content = {"resourceType": "Bundle", "id": str(uuid4()), "type": kind, "total": total, "link": links}
    return content | ({"entry": entries} if entries else {})


def search_links(address: str, parameters: Parameters, page: Page) -> list[Json]:
    """The links of a page: itself, and the next one where there is one."""
    links = [{"relation": "self", "url": f"{address}?{urlencode(parameters)}"}]
    if page.next_page:
        others = [pair for pair in parameters if pair[0] not in ("_count", "_after", "_offset")]
        query = urlencode([*others, ("_count", str(page.page_size)), page.next_page])
        links.append({"relation": "next", "url": f"{address}?{query}"})
    return links


def history_entry(base_url: str, stored: Version) -> Json:
    """An entry of a history: the version, and how it was written."""
    name = f"{stored.type}/{stored.id}"
    return {
        "fullUrl": f"{base_url}/{name}",
        **({"resource": raw(stored)} if stored.json is not None else {}),
        "request": {"method": stored.method, "url": stored.type if stored.method == "POST" else name},
        "response": {
            "status": STATUS_OF_METHOD[stored.method], "etag": stored.etag, "lastModified": stored.updated,
        },
    }  # fmt: skip


def search_entry(base_url: str, stored: Version, resource: Any, mode: str) -> Json:
    """An entry of a search; `mode` is match or include."""
    full_url = f"{base_url}/{stored.type}/{stored.id}"
    return {"fullUrl": full_url, "resource": resource, "search": {"mode": mode}}
