"""The floor: the requests of the FHIR client, sent again by one raw pooled HTTP session.

A replayed request waits for all requests that had ended when it was first sent, so that requests that ran at the same
time do so again, and a second page follows its first. Bodies are read and not parsed, unless `parsing` is given: then
the floor includes the time of parsing JSON, which no reader of FHIR can avoid.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import requests
from requests.adapters import HTTPAdapter

from dashboard.cache.pause_collection import pause_collection
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.pages import Pages, Paging

MOST_AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it was sent; times are of time.perf_counter, `size` is that of the decoded body in bytes."""

    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]
    started: float
    ended: float
    size: int


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Collects all requests that the FHIR clients of this process send in the block."""
    exchanges: list[Exchange] = []
    send = FhirClient._once

    def watched(self: FhirClient, method: str, url: str, body: bytes | None, headers: Any, *rest: Any) -> Any:
        started = time.perf_counter()
        answer = send(self, method, url, body, headers, *rest)
        exchanges.append(Exchange(method, url, body, headers, started, time.perf_counter(), len(answer.body)))
        return answer

    with patch.object(FhirClient, "_once", watched):
        yield exchanges


@contextmanager
def counted_searches() -> Iterator[list[str]]:
    """Collects the resource type of each search in the block; the further pages of a search do not count."""
    searches: list[str] = []
    run = Paging.run

    def watched(self: Paging) -> Pages:
        searches.append(self.type)
        return run(self)

    with patch.object(Paging, "run", watched):
        yield searches


class Floor:
    """A raw session that replays recorded requests. The first replay opens the connections, so time a later one.

    parsing: called with each body, on the thread that received it.
    """

    def __init__(self, parsing: Callable[[bytes], object] | None = None) -> None:
        self._parsing = parsing
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=MOST_AT_ONCE))
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE)

    def milliseconds(self, exchanges: list[Exchange]) -> float:
        """Returns how long all of them take, without garbage collections, which are paused while a team is read."""
        with pause_collection():
            return self._replay(exchanges)

    def _replay(self, exchanges: list[Exchange]) -> float:
        ordered = sorted(exchanges, key=lambda each: each.started)
        began = time.perf_counter()
        futures: list[Future[None]] = []
        for exchange in ordered:
            before = [futures[i] for i, other in enumerate(ordered[: len(futures)]) if other.ended <= exchange.started]
            futures.append(self._threads.submit(self._send, exchange, before))
        for future in futures:
            future.result()
        return (time.perf_counter() - began) * 1000

    def _send(self, exchange: Exchange, before: list[Future[None]]) -> None:
        for future in before:
            future.result()
        headers = dict(exchange.headers)
        answer = self._session.request(exchange.method, exchange.url, data=exchange.body, headers=headers)
        assert answer.ok, answer.status_code
        assert answer.content
        if self._parsing:
            self._parsing(answer.content)
