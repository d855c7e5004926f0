"""Writes batches of resources to a FHIR server, several at a time, and only what is not there yet.

A batch is one transaction. Where the server refuses it, halves are tried, so that what is wrong is found and named and
the rest gets in; where the server has no transactions, resources go in one by one, what others refer to first.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

from dashboard.demo.bundles import Batch, rank
from dashboard.demo.existing import existing
from dashboard.demo.fhir import Json
from dashboard.demo.progress import Progress
from dashboard.errors import DashboardError, ServerUnavailable, Unsupported
from dashboard.gateway.client import Entry, FhirGateway

WORKERS: Final = 3
# Batches whose existence is asked for together.
WINDOW: Final = 30
# More resources than this are written as several transactions, for the sake of the server's memory and time-outs.
LARGEST: Final = 2000


@dataclass(slots=True)
class Report:
    """What was written, by type; how many were there already; what could not be written, each with where it stands."""

    written: Counter[str] = field(default_factory=Counter)
    already: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """A batch without what is there already. `already` counts that."""

    resources: list[Json]
    where: list[str]
    already: int = 0


def load(gateway: FhirGateway, batches: Iterable[Batch], report: Report, progress: Progress) -> None:
    """Writes the batches and adds to the report. Raises ServerUnavailable when the server stops answering."""
    atomic = gateway.capabilities.transactions
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="demo") as pool:
        running: set[Future[tuple[_Part, Counter[str], list[str]]]] = set()
        try:
            for part in _missing(gateway, batches, atomic):
                if len(running) > WORKERS:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    _collect(done, report, progress)
                running.add(pool.submit(_write, gateway, part, atomic))
            _collect(wait(running).done, report, progress)
        except BaseException:
            for future in running:
                future.cancel()
            raise


def _missing(gateway: FhirGateway, batches: Iterable[Batch], atomic: bool) -> Iterator[_Part]:
    """The batches without what the server has. A `whole` batch is there when its first is, if it went in at once."""
    for window in _windows(batches):
        asked = [
            (one["resourceType"], one["id"])
            for batch in window
            for one in (batch.resources[:1] if batch.whole and atomic else batch.resources)
        ]
        there = existing(gateway, asked)
        for batch in window:
            if batch.whole and atomic and _name(batch.resources[0]) in there:
                yield _Part([], [], len(batch.resources))
                continue
            seen: set[str] = set()
            part = _Part([], [])
            for resource, where in zip(batch.resources, batch.where, strict=True):
                name = _name(resource)
                if name in there or name in seen:
                    part.already += 1
                    continue
                seen.add(name)
                part.resources.append(resource)
                part.where.append(where)
            yield part


def _windows(batches: Iterable[Batch]) -> Iterator[tuple[Batch, ...]]:
    left = iter(batches)
    while window := tuple(itertools.islice(left, WINDOW)):
        yield window


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _collect(done: Iterable[Future[tuple[_Part, Counter[str], list[str]]]], report: Report, progress: Progress) -> None:
    for future in done:
        part, written, problems = future.result()
        report.already += part.already
        report.written += written
        report.problems.extend(problems)
        progress.step(written.total())


def _write(gateway: FhirGateway, part: _Part, atomic: bool) -> tuple[_Part, Counter[str], list[str]]:
    written: Counter[str] = Counter()
    pairs = sorted(zip(part.resources, part.where, strict=True), key=lambda pair: rank(pair[0]))
    left: list[tuple[Json, str]] = []
    for start in range(0, len(pairs), LARGEST):
        left.extend(_put(gateway, pairs[start : start + LARGEST], written, atomic))
    # What was refused may only have come before what it refers to: once more, one by one, while that helps.
    problems: dict[str, str] = {}
    while left:
        again: list[tuple[Json, str]] = []
        for resource, where in left:
            problem = _put_one(gateway, resource, atomic)
            if problem is None:
                written[resource["resourceType"]] += 1
            else:
                problems[where] = problem
                again.append((resource, where))
        if len(again) == len(left):
            return part, written, [f"{where}: {problems[where]}" for _, where in again]
        left = again
    return part, written, []


def _put(
    gateway: FhirGateway, pairs: list[tuple[Json, str]], written: Counter[str], atomic: bool
) -> list[tuple[Json, str]]:
    """Writes the pairs in one transaction, or its halves; what is left could not be written."""
    if not pairs:
        return []
    if not atomic:
        return pairs
    try:
        gateway.transaction([Entry("PUT", resource) for resource, _ in pairs])
    except (ServerUnavailable, Unsupported):
        raise
    except DashboardError:
        if len(pairs) == 1:
            return pairs
        middle = len(pairs) // 2
        return _put(gateway, pairs[:middle], written, atomic) + _put(gateway, pairs[middle:], written, atomic)
    written.update(resource["resourceType"] for resource, _ in pairs)
    return []


def _put_one(gateway: FhirGateway, resource: Json, atomic: bool) -> str | None:
    """None when it was written, else the server's sentence. Raises ServerUnavailable."""
    try:
        if atomic:
            gateway.transaction([Entry("PUT", resource)])
        else:
            gateway.put_new(resource)
    except ServerUnavailable:
        raise
    except DashboardError as problem:
        return f"{resource['resourceType']} not loaded. {problem}"
    return None
