"""Several writes that succeed or fail together: a FHIR transaction Bundle with `ifMatch` on what is changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboard.errors import UnexpectedAnswer, VersionConflict
from dashboard.fhir.client import json_text
from dashboard.fhir.client.answers import Answer, error_of
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.client.versions import etag, version_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One write of a transaction.

    method: "POST" creates; "PUT" saves under the resource's own id.
    if_match: the version that was read, `3` or `W/"3"`. Left empty, a PUT takes the resource's own `meta.versionId`, so
      that what was read and changed is always guarded; a resource that never was on a server has none, and is put as it
      is under the id it brings (loading a cohort twice changes nothing).
    full_url: `urn:uuid:...` that other entries refer to; given by itself to a POST that brings none.
    unless: of a POST, the identifier (system and value) with which there may be one of its type already: then that one
      is left as it is, and given back.
    """

    method: str
    resource: Row
    if_match: str = ""
    full_url: str = ""
    unless: tuple[str, str] | None = None


def to_bundle(entries: Sequence[Entry]) -> tuple[Row, bool]:
    """The Bundle, and whether a second arrival of it can do no harm: at least one `ifMatch` makes it fail as a whole,
    or all that it makes is there once.
    """
    written, guarded = [], bool(entries) and all(each.unless is not None for each in entries)
    for entry in entries:
        kind, identity = entry.resource.get("resourceType"), entry.resource.get("id")
        method = entry.method.upper()
        if method not in ("POST", "PUT") or not kind or (method == "PUT" and not identity):
            raise ValueError("a transaction entry is a POST, or a PUT of a resource with type and id")
        request: Row = {"method": method, "url": kind if method == "POST" else f"{kind}/{identity}"}
        version = entry.if_match or version_of(entry.resource)
        if method == "PUT" and version:
            request["ifMatch"] = etag(version)
            guarded = True
        if entry.unless is not None:
            request["ifNoneExist"] = _unless(entry.unless)
        one: Row = {"request": request, "resource": entry.resource}
        if entry.full_url or method == "POST":
            one["fullUrl"] = entry.full_url or f"urn:uuid:{uuid.uuid4()}"
        written.append(one)
    return {"resourceType": "Bundle", "type": "transaction", "entry": written}, guarded


def commit(client: FhirClient, entries: Sequence[Entry]) -> list[Row]:
    """Writes all or nothing; returns the stored resources in the order of the entries.

    Raises VersionConflict when one `ifMatch` was stale, and then nothing was written.
    """
    if not entries:
        return []
    bundle, guarded = to_bundle(entries)
    answer = client.send("POST", "", body=json_text.written(bundle), repeatable=guarded)
    if not answer.ok:
        error = error_of(answer, "POST")
        if answer.doubtful and isinstance(error, VersionConflict):
            stored = _echo(client, entries)
            if stored is not None:
                return stored
        raise error
    return _stored(client, bundle["entry"], client.json_of(answer), answer)


def write_one(client: FhirClient, entry: Entry) -> Row:
    """Writes one record under its own id, guarded by the version that was read; returns it as it is stored.

    A record without a version is new, under an id that nobody else has. Both may be sent again without harm.
    """
    resource = entry.resource
    kind, identity = resource.get("resourceType"), resource.get("id")
    if entry.method.upper() != "PUT" or not kind or not identity:
        raise ValueError("one record is written by a PUT of a resource with type and id")
    path, version = f"{kind}/{identity}", entry.if_match or version_of(resource)
    headers = {"If-Match": etag(version)} if version else {}
    answer = client.send("PUT", path, body=json_text.written(resource), headers=headers, repeatable=True)
    if not answer.ok:
        error = error_of(answer, "PUT", str(kind))
        stored = client.as_sent(path, resource) if answer.doubtful and isinstance(error, VersionConflict) else None
        if stored is None:
            raise error
        return stored
    row = client.json_of(answer)
    if isinstance(row, dict) and (row.get("resourceType"), row.get("id")) == (kind, identity):
        return row
    current: Row = client.get(path)
    return current


def create_once(client: FhirClient, resource: Row, identifier: tuple[str, str]) -> Row:
    """Creates a record unless one of its type has this identifier, and returns the one that is there. It may be sent
    again without harm: the second arrival finds the first.
    """
    kind = str(resource["resourceType"])
    headers = {"If-None-Exist": _unless(identifier)}
    answer = client.send("POST", kind, body=json_text.written(resource), headers=headers, repeatable=True)
    if not answer.ok:
        raise error_of(answer, "POST", kind)
    row = client.json_of(answer)
    if isinstance(row, dict) and row.get("resourceType") == kind:
        return row
    # Some servers say only where it is.
    head = _head({"response": {"location": answer.headers.get("Location", "")}})
    if head.get("resourceType") != kind:
        raise UnexpectedAnswer("save-answer-unreadable")
    current: Row = client.get(f"{kind}/{head['id']}")
    return current


def _unless(identifier: tuple[str, str]) -> str:
    return urlencode({"identifier": "|".join(identifier)}, safe=":/|")


def _echo(client: FhirClient, entries: Sequence[Entry]) -> list[Row] | None:
    """After a repeated try that came too late: what is stored, if every saved resource is there as we sent it.

    What was created in the same transaction is given back as it was sent: its id is not known.
    """
    stored: list[Row] = []
    for entry in entries:
        if entry.method.upper() == "POST":
            stored.append(entry.resource)
        else:
            current = client.as_sent(f"{entry.resource['resourceType']}/{entry.resource['id']}", entry.resource)
            if current is None:
                return None
            stored.append(current)
    return stored


def _stored(client: FhirClient, sent: list[Row], response: Any, answer: Answer) -> list[Row]:
    """The response's resources; for servers that answer with locations only, what was sent with id, version and
    links.
    """
    entries = response.get("entry") if isinstance(response, dict) else None
    if not isinstance(entries, list) or len(entries) != len(sent):
        raise UnexpectedAnswer("save-without-answer", reference=answer.reference)
    if any(not _status(entry).startswith("2") for entry in entries):
        raise UnexpectedAnswer("save-in-part", reference=answer.reference)
    heads = [_head(entry) for entry in entries]
    known = {
        one["fullUrl"]: f"{h['resourceType']}/{h['id']}"
        for one, h in zip(sent, heads, strict=True)
        if h and "fullUrl" in one
    }
    result: list[Row] = []
    for one, entry, head in zip(sent, entries, heads, strict=True):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == one["resource"]["resourceType"]:
            result.append(resource)
        elif "ifNoneExist" in one["request"] and not _status(entry).startswith("201"):
            # It was there already, as somebody else made it.
            if head.get("resourceType") != one["resource"]["resourceType"]:
                raise UnexpectedAnswer("save-answer-unreadable")
            result.append(client.get(f"{head['resourceType']}/{head['id']}"))
        else:
            result.append(_resolved(one["resource"], known) | head)
    return result


def _status(entry: Any) -> str:
    response = entry.get("response") if isinstance(entry, dict) else None
    return str(response.get("status") or "") if isinstance(response, dict) else ""


def _head(entry: Any) -> Row:
    """Type, id and version from `response.location`, e.g. `Task/t1/_history/3`."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if isinstance(resource, dict) and resource.get("id") and resource.get("resourceType") != "OperationOutcome":
        return {"resourceType": resource["resourceType"], "id": resource["id"]}
    response = entry.get("response") if isinstance(entry, dict) else None
    location = str(response.get("location") or "") if isinstance(response, dict) else ""
    address, _, version = location.partition("/_history/")
    parts = address.rstrip("/").split("/")
    if len(parts) < 2:
        return {}
    head: Row = {"resourceType": parts[-2], "id": parts[-1]}
    return head | {"meta": {"versionId": version}} if version else head


def _resolved(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            k: known.get(v, v) if k == "reference" and isinstance(v, str) else _resolved(v, known)
            for k, v in value.items()
        }
    return [_resolved(one, known) for one in value] if isinstance(value, list) else value
