"""The records in files, each with its place: a Bundle or one resource (`.json`), or lines (`.ndjson`); `.gz` too."""

import gzip
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from dashboard.loading.batch import Json

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+\Z")
# For ids made of content: any fixed value will do, it must only never change.
NAMESPACE: Final = uuid.UUID("7d4f6f0e-3f5b-4d0c-9a8e-6d6a1f2b9c11")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A resource with the id that its file gives it (its own, that of its `urn:uuid:`, or one made of its content).

    `where` is its place, and no two are the same. `group` is what its relative references are relative to: its Bundle,
    or the folder where it lies alone or as a line. `folder` is that of its file. `for_server`: the Bundle is a
    transaction or batch, whose relative references may mean records of the server that it is sent to.
    """

    resource: Json
    where: str
    group: str
    folder: str
    full_url: str = ""
    for_server: bool = False

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def name(self) -> str:
        """`Patient/p1`, as the file has it; on the server it may get another id."""
        return f"{self.kind}/{self.resource['id']}"


def bare_address(reference: str) -> str:
    """Returns an address or reference without version and slash at the end; the letters of a UUID have no case."""
    bare = reference.split("/_history/")[0].rstrip("/")
    return bare.lower() if bare[:9].lower() == "urn:uuid:" else bare


def is_lines(path: Path) -> bool:
    return ".ndjson" in path.suffixes


def records_of(path: Path, problems: list[str]) -> Iterator[FileRecord]:
    """The usable resources of a file; the others are reported in `problems`."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as problem:
        problems.append(f"{path}: cannot be read ({type(problem).__name__})")
        return
    if is_lines(path):
        yield from _lines(path, data, problems)
        return
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as problem:
        problems.append(f"{path}: not JSON at line {problem.lineno}, column {problem.colno}")
        return
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        yield from _entries(path, content, problems)
    else:
        yield from _usable(content, path, str(path), problems)


def _lines(path: Path, data: bytes, problems: list[str]) -> Iterator[FileRecord]:
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            content = orjson.loads(line)
        except orjson.JSONDecodeError:
            problems.append(f"{path} line {number}: not JSON")
            continue
        yield from _usable(content, path, f"{path} line {number}", problems)


def _usable(content: Any, path: Path, where: str, problems: list[str]) -> Iterator[FileRecord]:
    if not isinstance(content, dict) or not _TYPE.match(str(content.get("resourceType", ""))):
        problems.append(f"{where}: not a FHIR resource (no resourceType)")
        return
    yield FileRecord({**content, "id": _id_of(content, "")}, where, str(path.parent), str(path.parent))


def _entries(path: Path, bundle: Json, problems: list[str]) -> Iterator[FileRecord]:
    entries = bundle.get("entry")
    for_server = bundle.get("type") in ("transaction", "batch")
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not _TYPE.match(str(resource.get("resourceType", ""))):
            problems.append(f"{path} entry {number}: no resource to load")
            continue
        full_url = entry.get("fullUrl")
        full_url = bare_address(full_url) if isinstance(full_url, str) else ""
        record = {**resource, "id": _id_of(resource, full_url)}
        yield FileRecord(record, f"{path} entry {number}", str(path), str(path.parent), full_url, for_server)


def _id_of(resource: Json, full_url: str) -> str:
    """The id that a file gives a resource: its own, else the one its fullUrl ends in, else one made of its content."""
    last = re.split(r"[:/]", full_url)[-1] if full_url else ""
    for candidate in (resource.get("id"), last):
        if isinstance(candidate, str) and _ID.match(candidate):
            return candidate
    return str(uuid.uuid5(NAMESPACE, orjson.dumps(resource, option=orjson.OPT_SORT_KEYS).decode()))
