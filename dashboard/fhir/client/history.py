"""Every version of one resource, from the server's own history: https://hl7.org/fhir/R4/http.html#history."""

from typing import Any, Final

from dashboard.errors import NotFound, UnexpectedAnswer, Unsupported
from dashboard.fhir.client.answers import Answer, error_of
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.client.versions import version_of
from dashboard.fhir.search.pages import below_base, link_of

Json = dict[str, Any]

PAGE: Final = "200"
"""Versions asked for at once; a server may give fewer."""
MOST_PAGES: Final = 200
"""More than a resource will ever have: a server that repeats its pages comes to an end."""


def read_history(client: FhirClient, can: Capabilities, resource_type: str, resource_id: str) -> list[Json]:
    """Returns every version of the resource, newest first; a deletion is not among them.

    Raises NotFound, Unsupported where the server keeps no history, and UnexpectedAnswer where it does not give all.
    """
    if not can.keeps_history(resource_type):
        raise Unsupported("history-not-kept", what=resource_type)
    path = f"{resource_type}/{resource_id}/_history"
    answer = client.send("GET", path, params=[("_count", PAGE)], fresh=True)
    versions: dict[str, Json] = {}
    for _ in range(MOST_PAGES):
        bundle = _bundle(client, answer, resource_type)
        for row in _rows(bundle, resource_type, resource_id):
            versions.setdefault(version_of(row), row)
        link = link_of(bundle, "next")
        if link is None:
            return list(versions.values())
        below, query = below_base(link, client.url, link_of(bundle, "self"), path)
        answer = client.send("GET", f"{below}?{query}" if query else below, fresh=True)
    raise UnexpectedAnswer("history-without-end", what=resource_type, reference=answer.reference)


def _bundle(client: FhirClient, answer: Answer, resource_type: str) -> Json:
    if not answer.ok:
        error = error_of(answer, "GET", resource_type)
        raise (
            error
            if isinstance(error, NotFound) or answer.status != 400
            else Unsupported("history-not-kept", what=resource_type)
        )
    bundle = client.json_of(answer)
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise UnexpectedAnswer("search-without-list", reference=answer.reference)
    return bundle


def _rows(bundle: Json, resource_type: str, resource_id: str) -> list[Json]:
    """The versions on a page. Raises UnexpectedAnswer for a version of another resource."""
    entries = bundle.get("entry")
    found = [entry.get("resource") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    rows = [row for row in found if isinstance(row, dict)]
    if any((row.get("resourceType"), row.get("id")) != (resource_type, resource_id) for row in rows):
        raise UnexpectedAnswer("answer-other-record", what=resource_type)
    return rows
