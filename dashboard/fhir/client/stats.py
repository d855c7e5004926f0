"""Counters of what went over the wire, for the benchmark and the status page; safe to use from several threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass


@dataclass
class Counts:
    """Numbers since the start, or within one `measure()`. `bytes` counts decoded bodies received; `requests` every try.

    A `search` is one FHIR search; its further pages are counted in `pages` (which includes the first page) only.
    """

    requests: int = 0
    searches: int = 0
    pages: int = 0
    bytes: int = 0
    retries: int = 0


class Stats:
    """The counters of one client."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._lock = threading.Lock()

    def add(self, *, requests: int = 0, searches: int = 0, pages: int = 0, size: int = 0, retries: int = 0) -> None:
        with self._lock:
            counts = self._counts
            counts.requests += requests
            counts.searches += searches
            counts.pages += pages
            counts.bytes += size
            counts.retries += retries

    def now(self) -> Counts:
        """A copy of the counters."""
        with self._lock:
            return Counts(**asdict(self._counts))

    @contextmanager
    def measure(self) -> Iterator[Counts]:
        """Yields Counts that are filled when the block ends with what happened meanwhile, in whatever thread."""
        before, counts = self.now(), Counts()
        try:
            yield counts
        finally:
            after = asdict(self.now())
            for name, value in asdict(before).items():
                setattr(counts, name, after[name] - value)
