"""Writes batches of resources to a FHIR server, several at a time, and only what is not there yet.

A batch is one transaction. Where the server refuses it, its halves are tried, so that the faulty record is named and
the rest gets in; where the server has no transactions, resources go in one by one, what others refer to first.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

from dashboard.errors import DashboardError, ServerUnavailable, Unsupported
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.port import FhirServer
from dashboard.loading.batch import Batch, Json, rank
from dashboard.loading.existing_records import existing
from dashboard.loading.progress import Progress
from dashboard.ui.shared.error_words import error_words

WORKERS: Final = 3
# Batches whose existence is asked for together.
WINDOW: Final = 30
# More resources than this are written as several transactions, for the sake of the server's memory and time-outs. The
# demo's largest patient (3,000 observations) stays in one, so that it is there as a whole or not at all.
LARGEST: Final = 5000


@dataclass(slots=True)
class Report:
    """What was written, by type; how many were there already; what could not be written, each with its place. The
    remarks say what was taken as the same, and what got another id.
    """

    written: Counter[str] = field(default_factory=Counter)
    already: int = 0
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


Pair = tuple[Json, str]


@dataclass(slots=True)
class _Part:
    """A batch without what is there already (`already` counts that), and what became of it."""

    pairs: list[Pair]
    after: bool = False
    already: int = 0
    written: Counter[str] = field(default_factory=Counter)
    left: list[Pair] = field(default_factory=list)


def load(fhir: FhirServer, batches: Iterable[Batch], report: Report, progress: Progress) -> None:
    """Writes the batches and adds to the report. Raises ServerUnavailable when the server stops answering."""
    atomic = fhir.capabilities.transactions
    left: list[Pair] = []
    running: set[Future[_Part]] = set()

    def collect(done: Iterable[Future[_Part]]) -> None:
        for future in done:
            part = future.result()
            report.already += part.already
            report.written += part.written
            left.extend(part.left)
            progress.step(part.written.total())

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="loading") as pool:
        try:
            for part in _missing(fhir, batches, atomic):
                if part.after or len(running) > WORKERS:
                    done, running = wait(running, return_when=ALL_COMPLETED if part.after else FIRST_COMPLETED)
                    collect(done)
                running.add(pool.submit(_write, fhir, part, atomic))
            collect(wait(running).done)
        except BaseException:
            for future in running:
                future.cancel()
            raise
    report.problems.extend(_once_more(fhir, left, atomic, report.written))


def _missing(fhir: FhirServer, batches: Iterable[Batch], atomic: bool) -> Iterator[_Part]:
    """The batches without what the server has. One that was written together is there when its first resource is."""
    loaded: set[str] = set()
    for window in _windows(batches):
        wanted = [
            (one["resourceType"], one["id"])
            for batch in window
            for one in (batch.resources[:1] if batch.together and atomic else batch.resources)
        ]
        present = existing(fhir, wanted)
        for batch in window:
            if batch.together and atomic and _name(batch.resources[0]) in present:
                yield _Part([], batch.after, len(batch.resources))
            else:
                yield _new_of(batch, present, loaded)


def _windows(batches: Iterable[Batch]) -> Iterator[tuple[Batch, ...]]:
    left = iter(batches)
    while window := tuple(itertools.islice(left, WINDOW)):
        yield window


def _new_of(batch: Batch, present: set[str], loaded: set[str]) -> _Part:
    """The batch without what is present, or came in an earlier one (files repeat their organisations)."""
    part = _Part([], batch.after)
    for pair in zip(batch.resources, batch.where, strict=True):
        name = _name(pair[0])
        if name in present or name in loaded:
            part.already += 1
            continue
        if not batch.together:
            loaded.add(name)
        part.pairs.append(pair)
    return part


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _write(fhir: FhirServer, part: _Part, atomic: bool) -> _Part:
    pairs = sorted(part.pairs, key=lambda pair: rank(pair[0]))
    for start in range(0, len(pairs), LARGEST):
        part.left.extend(_put(fhir, pairs[start : start + LARGEST], part.written, atomic))
    return part


def _put(fhir: FhirServer, pairs: list[Pair], written: Counter[str], atomic: bool) -> list[Pair]:
    """Writes the pairs in one transaction, or its halves, or one by one; what is left could not be written."""
    if not pairs:
        return []
    if not atomic:
        return [pair for pair in pairs if _put_one(fhir, pair[0], atomic, written)]
    try:
        fhir.transaction([Entry("PUT", resource) for resource, _ in pairs])
    except (ServerUnavailable, Unsupported):
        raise
    except DashboardError:
        if len(pairs) == 1:
            return pairs
        middle = len(pairs) // 2
        return _put(fhir, pairs[:middle], written, atomic) + _put(fhir, pairs[middle:], written, atomic)
    written.update(resource["resourceType"] for resource, _ in pairs)
    return []


def _once_more(fhir: FhirServer, left: list[Pair], atomic: bool, written: Counter[str]) -> list[str]:
    """What was refused may only have come too early: one by one, while that helps. The problems of what is left."""
    while left:
        problems = [(pair, _put_one(fhir, pair[0], atomic, written)) for pair in left]
        again = [pair for pair, problem in problems if problem]
        if len(again) == len(left):
            return [f"{where}: {problem}" for (_, where), problem in problems]
        left = again
    return []


def _put_one(fhir: FhirServer, resource: Json, atomic: bool, written: Counter[str]) -> str:
    """The empty string when it was written, else what is wrong. Raises ServerUnavailable."""
    try:
        if atomic:
            fhir.transaction([Entry("PUT", resource)])
        else:
            fhir.put_new(resource)
    except ServerUnavailable:
        raise
    except DashboardError as problem:
        return f"{resource['resourceType']} not loaded. {error_words(problem)}"
    written[resource["resourceType"]] += 1
    return ""
