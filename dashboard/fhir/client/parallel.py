"""Independent requests at the same time: one pool of threads for the process, with a bound for each fhir.

A client hands the pool at most its own number of jobs at once and queues the rest itself, so that one user's slow
server or long list never takes all threads from the others.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

POOL_THREADS = 24  # threads mostly wait for the network; four clients of six workers run side by side

_pool = ThreadPoolExecutor(max_workers=POOL_THREADS, thread_name_prefix="fhir")


class Lane:
    """At most `width` jobs of one client in the shared pool.
    Jobs must not use a Lane themselves (they could wait for ever).
    """

    def __init__(self, width: int) -> None:
        self._free = max(1, width)
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list["Future[T]"]:
        """Starts the jobs; returns their futures, all ended, in the order given. An error stays in its future."""
        if len(jobs) == 1:  # no thread for a single job: the caller would only wait
            return [_done(jobs[0])]
        futures = self.start(jobs)
        for future in futures:
            future.exception()
        return futures

    def start(self, jobs: Sequence[Callable[[], T]]) -> list["Future[T]"]:
        """Starts the jobs, each in a thread of the pool; returns their futures in the order given."""
        futures: list[Future[T]] = [Future() for _ in jobs]
        with self._lock:
            self._waiting.extend(zip(futures, jobs, strict=True))
        self._start()
        return futures

    def _start(self) -> None:
        with self._lock:
            while self._free and self._waiting:
                self._free -= 1
                _pool.submit(self._work, *self._waiting.popleft())

    def _work(self, future: "Future[Any]", job: Callable[[], Any]) -> None:
        try:
            _settle(future, job)
        finally:
            with self._lock:
                self._free += 1
            self._start()


def _done(job: Callable[[], T]) -> "Future[T]":
    future: Future[T] = Future()
    _settle(future, job)
    return future


def _settle(future: "Future[T]", job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
