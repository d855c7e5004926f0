"""Anybody's R4 files as resources to put: `.json` (a Bundle or one resource), `.json.gz`, `.ndjson`, `.ndjson.gz`.

Every resource gets an id that is the same next time (`chosen_ids` says which), and references of every form follow
(`reference_targets`). What cannot be read or loaded is reported with its line or entry, and the rest goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dashboard.loading.batch import ORDER, Batch, rank
from dashboard.loading.chosen_ids import ChosenIds
from dashboard.loading.file_records import FileRecord, is_lines, records_of
from dashboard.loading.reference_targets import ReferenceTargets
from dashboard.loading.rewrite_references import rewritten
from dashboard.loading.stored_records import StoredRecords

SUFFIXES: Final = (".json", ".json.gz", ".ndjson", ".ndjson.gz")
# Lines of a bulk export that are written together.
LINES_A_BATCH: Final = 200


@dataclass(slots=True)
class Files:
    """The files to load, the problems with some of them, and how many references lead nowhere."""

    paths: list[Path]
    problems: list[str] = field(default_factory=list)
    unresolved: int = 0
    merged: int = 0


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


def choose_ids(
    files: Files, stored: StoredRecords | None = None, own: frozenset[str] = frozenset(), base_url: str = ""
) -> ChosenIds:
    """Names the records of all files: compared with each other and with what is stored. `own` are names that the demo
    has on the server at `base_url`. Raises ServerUnavailable.
    """
    targets = ReferenceTargets(own, base_url)
    for record in _records(files):
        targets.add(record)
    chosen = ChosenIds(targets, stored)
    chosen.place(
        (record for record in _records(files) if record.kind == "Patient"),
        (record for record in _records(files) if record.kind != "Patient"),
    )
    return chosen


def read_files(files: Files, chosen: ChosenIds | None = None) -> Iterator[Batch]:
    """Batches in the order of writing: files of organisations and people first. One file at a time is in memory."""
    chosen = chosen or choose_ids(files)
    ranked = []
    for path in files.paths:
        lowest = len(ORDER) + 1
        shared_only = True
        for record in records_of(path, []):
            lowest = min(lowest, rank(record.resource))
            shared_only = shared_only and rank(record.resource) < ORDER.index("Patient")
        ranked.append((not shared_only, lowest if is_lines(path) else 0, path))
    before = -1
    for personal, lowest, path in sorted(ranked):
        # Bundles of patients stand for themselves; the first of them waits for organisations and people.
        step = 1000 * personal + lowest
        for batch in _batches(path, files, chosen):
            batch.after = step != before
            before = step
            yield batch


def _records(files: Files) -> Iterator[FileRecord]:
    """Every record of all files, read anew; what cannot be read is reported when it is written."""
    for path in files.paths:
        yield from records_of(path, [])


def _batches(path: Path, files: Files, chosen: ChosenIds) -> Iterator[Batch]:
    size = LINES_A_BATCH if is_lines(path) else 0
    batch = Batch([], [])
    for record in records_of(path, files.problems):
        if record.where in chosen.not_loaded:
            files.problems.append(f"{record.where}: {record.kind} not loaded: {chosen.not_loaded[record.where]}.")
            continue
        if record.where in chosen.merged:
            files.merged += 1
            continue
        resource, unresolved = rewritten(record, chosen)
        files.unresolved += unresolved
        batch.resources.append(resource)
        batch.where.append(record.where)
        if size and len(batch.resources) >= size:
            yield batch
            batch = Batch([], [])
    if batch.resources:
        yield batch
