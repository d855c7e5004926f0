"""Anybody's R4 files as resources to put: `.json` (a Bundle or one resource), `.json.gz`, `.ndjson`, `.ndjson.gz`.

Every resource gets an id that is the same next time (its own, that of its `urn:uuid:`, or one made of its content), and
references follow: `urn:uuid:x` and a bundle's full addresses become `Type/id`, `Practitioner?identifier=s|v` is looked
up in all files. What cannot be read is reported with its line or entry, and the rest goes on.
"""

import gzip
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from dashboard.demo.fhir import Json

SUFFIXES: Final = (".json", ".json.gz", ".ndjson", ".ndjson.gz")
# Lines of a bulk export that are written together.
LINES_A_BATCH: Final = 200
# What others refer to comes first, for servers that refuse a reference to what is not there yet.
_ORDER: Final = (
    "Questionnaire",
    "Organization",
    "Location",
    "Practitioner",
    "PractitionerRole",
    "Patient",
    "RelatedPerson",
    "Medication",
    "Device",
    "Appointment",
    "Encounter",
    "Condition",
    "CareTeam",
    "Goal",
    "QuestionnaireResponse",
    "Observation",
)
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+\Z")
_CONDITIONAL: Final = re.compile(r"([A-Z][A-Za-z]+)\?identifier=([^|&]*)\|([^&]+)\Z")
# For ids made of content: any fixed value will do, it must only never change.
_NAMESPACE: Final = uuid.UUID("7d4f6f0e-3f5b-4d0c-9a8e-6d6a1f2b9c11")


@dataclass(slots=True)
class Batch:
    """Resources that are written together, each with its place in a file or in the demo.

    `together`: all are on the server when the first is. `after`: waits for the earlier batches, to which it refers.
    """

    resources: list[Json]
    where: list[str]
    together: bool = False
    after: bool = False


@dataclass(slots=True)
class Files:
    """The files to load, the problems with some of them, and which resource has which identifier."""

    paths: list[Path]
    problems: list[str] = field(default_factory=list)
    by_identifier: dict[tuple[str, str, str], str] = field(default_factory=dict)
    unresolved: int = 0


def rank(resource: Json) -> int:
    """The place of a resource's type in the order of writing."""
    kind = resource["resourceType"]
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def find_files(given: list[Path]) -> Files:
    """The named files and those of the named folders, sorted. Reports what does not exist or is of no known kind."""
    files = Files([])
    for path in given:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and one.name.endswith(SUFFIXES))
            files.paths.extend(inside)
            if not inside:
                files.problems.append(f"{path}: no {', '.join(SUFFIXES)} file in this folder")
        elif not path.exists():
            files.problems.append(f"{path}: there is no such file")
        elif path.name.endswith(SUFFIXES):
            files.paths.append(path)
        else:
            files.problems.append(f"{path}: only {', '.join(SUFFIXES)} files can be loaded")
    return files


def read_files(files: Files) -> Iterator[Batch]:
    """Batches in the order of writing: files of organisations and people first. Two passes, one file at a time."""
    ranked = []
    for path in files.paths:
        lowest = len(_ORDER) + 1
        shared_only = True
        for resource, _ in _resources(path, []):
            lowest = min(lowest, rank(resource))
            shared_only = shared_only and rank(resource) < _ORDER.index("Patient")
            _note_identifiers(resource, files)
        ranked.append((not shared_only, lowest if _is_lines(path) else 0, path))
    before = -1
    for personal, lowest, path in sorted(ranked):
        # Bundles of patients stand for themselves; the first of them waits for organisations and people.
        step = 1000 * personal + lowest
        for batch in _batches(path, files):
            batch.after = step != before
            before = step
            yield batch


def _is_lines(path: Path) -> bool:
    return ".ndjson" in path.suffixes


def _batches(path: Path, files: Files) -> Iterator[Batch]:
    size = LINES_A_BATCH if _is_lines(path) else 0
    batch = Batch([], [])
    for resource, where in _resources(path, files.problems):
        batch.resources.append(_unversioned(_with_known_identifiers(resource, files)))
        batch.where.append(where)
        if size and len(batch.resources) >= size:
            yield batch
            batch = Batch([], [])
    if batch.resources:
        yield batch


def _unversioned(resource: Json) -> Json:
    """The resource without the version of the server it was exported from: the client would save over that version."""
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return resource
    return {**resource, "meta": {key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")}}


def _resources(path: Path, problems: list[str]) -> Iterator[tuple[Json, str]]:
    """The usable resources of a file, each with its place in it; the others are reported in `problems`."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as problem:
        problems.append(f"{path}: cannot be read ({type(problem).__name__})")
        return
    if _is_lines(path):
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
        yield from _usable(content, str(path), problems)


def _lines(path: Path, data: bytes, problems: list[str]) -> Iterator[tuple[Json, str]]:
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            content = orjson.loads(line)
        except orjson.JSONDecodeError:
            problems.append(f"{path} line {number}: not JSON")
            continue
        yield from _usable(content, f"{path} line {number}", problems)


def _usable(content: Any, where: str, problems: list[str]) -> Iterator[tuple[Json, str]]:
    if not isinstance(content, dict) or not _TYPE.match(str(content.get("resourceType", ""))):
        problems.append(f"{where}: not a FHIR resource (no resourceType)")
        return
    yield {**content, "id": id_of(content, "")}, where


def id_of(resource: Json, full_url: str) -> str:
    """The id to put a resource under: its own, else the one its fullUrl ends in, else one made of its content."""
    last = re.split(r"[:/]", full_url)[-1] if full_url else ""
    for candidate in (resource.get("id"), last):
        if isinstance(candidate, str) and _ID.match(candidate):
            return candidate
    return str(uuid.uuid5(_NAMESPACE, orjson.dumps(resource, option=orjson.OPT_SORT_KEYS).decode()))


def _entries(path: Path, bundle: Json, problems: list[str]) -> Iterator[tuple[Json, str]]:
    usable: list[tuple[Json, str]] = []
    addresses: dict[str, str] = {}
    entries = bundle.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not _TYPE.match(str(resource.get("resourceType", ""))):
            problems.append(f"{path} entry {number}: no resource to load")
            continue
        full_url = entry.get("fullUrl")
        full_url = full_url if isinstance(full_url, str) else ""
        id_ = id_of(resource, full_url)
        if full_url:
            addresses[full_url] = f"{resource['resourceType']}/{id_}"
        usable.append(({**resource, "id": id_}, f"{path} entry {number}"))
    for resource, where in usable:
        yield _rewritten(resource, addresses), where


def _rewritten(value: Any, addresses: dict[str, str]) -> Any:
    """The value with references to addresses of the same bundle made literal."""
    if isinstance(value, dict):
        return {
            key: addresses.get(inner, inner)
            if key in ("reference", "fullUrl", "url") and isinstance(inner, str)
            else _rewritten(inner, addresses)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_rewritten(one, addresses) for one in value]
    return value


def _note_identifiers(resource: Json, files: Files) -> None:
    if resource["resourceType"] not in ("Practitioner", "Organization", "Location", "Patient", "PractitionerRole"):
        return
    given = resource.get("identifier")
    for one in given if isinstance(given, list) else []:
        if isinstance(one, dict) and one.get("value"):
            key = (resource["resourceType"], str(one.get("system", "")), str(one["value"]))
            files.by_identifier.setdefault(key, f"{resource['resourceType']}/{resource['id']}")


def _with_known_identifiers(value: Any, files: Files) -> Any:
    """`Practitioner?identifier=s|v` as a literal reference, or, where no file has it, as a logical one."""
    if isinstance(value, list):
        return [_with_known_identifiers(one, files) for one in value]
    if not isinstance(value, dict):
        return value
    conditional = _CONDITIONAL.match(value["reference"]) if isinstance(value.get("reference"), str) else None
    if conditional is None:
        return {key: _with_known_identifiers(one, files) for key, one in value.items()}
    kind, system, code = conditional.groups()
    known = files.by_identifier.get((kind, system, code))
    if known:
        return {**value, "reference": known}
    files.unresolved += 1
    rest = {key: one for key, one in value.items() if key != "reference"}
    return {**rest, "type": kind, "identifier": {"system": system, "value": code}}
