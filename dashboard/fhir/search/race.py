"""Several searches at once, each in the way that was quickest the last times, and in the next one where that is slow.

A way that takes longer than its patience is not given up: the next one starts beside it, and the first answer counts.
So a search never takes longer than it would have by itself, and what a way costs is measured. Nothing is started while
the server answers no other request either: then it is not this search that is slow.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from queue import Empty, SimpleQueue

from dashboard.errors import DashboardError, ServerSlow, ServerUnavailable
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.approach import FEW_PATIENTS, Approach, ApproachMemory
from dashboard.fhir.search.fetch import ChunkFutures, Fetcher
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import Plan, ways_of
from dashboard.fhir.search.request import SearchRequest, SearchResult, SearchWatch

MakePlan = Callable[[Approach], Plan]


class _Abandoned(Exception):
    """Another way was quicker: the pages that are left need not be read."""


class Attempt:
    """One search in one way. `number` is that of the search."""

    def __init__(self, number: int, way: Approach, plan: Plan) -> None:
        self.number, self.way, self.plan = number, way, plan
        self.chunks: ChunkFutures = ()
        self.began = time.monotonic()
        self.abandoned = False
        self.alone = True  # the next way has not been started beside it
        self.page_came()

    def page_came(self) -> None:
        """Starts the patience anew: a search of many pages is not slow while they come."""
        self.due = time.monotonic() + self.way.patience if self.way.patience and self.alone else float("inf")


class Race:
    """Runs one call's searches. `enter` starts each; `attempts` yields each attempt that ended, for whoever makes its
    result; `goes_on` takes the result, and says whether the search has another attempt left.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        memory: ApproachMemory,
        client: FhirClient,
        requests: Sequence[SearchRequest],
        watch: SearchWatch,
    ) -> None:
        self._fetcher, self._memory, self._client, self._watch = fetcher, memory, client, watch
        self._requests = requests
        self._ways = [ways_of(request) for request in requests]
        self._plans: dict[int, MakePlan] = {}
        self._running: dict[int, list[Attempt]] = {}
        self._ended: SimpleQueue[Attempt] = SimpleQueue()
        self._lock = threading.Lock()

    def enter(self, number: int, plan: MakePlan) -> None:
        """Starts a search in its quickest way. Raises what `plan` raises."""
        way = self._memory.choose(self._key(number), self._ways[number])
        made = plan(way)
        self._plans[number], self._running[number] = plan, []
        self._start(number, way, made)

    def attempts(self) -> Iterator[Attempt]:
        """Yields each attempt that ended, until every search has a result.

        A search by a list of patients without any row may be one of a server that reads no lists: until rows came for
        some list, such attempts wait for the others, and are asked again patient by patient where that is so.
        """
        without_rows: list[Attempt] = []
        while self._running:
            without_rows = [each for each in without_rows if each.number in self._running]
            if len(without_rows) == len(self._running):
                held, without_rows = without_rows, []
                if self._fetcher.learn_whether_lists_work(held[0].plan):
                    yield from held
                else:
                    for attempt in held:
                        self._start(attempt.number, attempt.way, attempt.plan)
                continue
            ended = self._next()
            if ended is None or ended.number not in self._running or ended.abandoned:
                continue
            if self._fetcher.may_read_no_lists(ended.plan, ended.chunks):
                ended.alone, ended.due = False, float("inf")
                without_rows = [*(each for each in without_rows if each.number != ended.number), ended]
            else:
                yield ended

    def goes_on(self, attempt: Attempt, result: SearchResult | DashboardError) -> bool:
        """Returns whether the search goes on in another way, since this one was not answered; else it is over."""
        number = attempt.number
        running = self._running[number]
        running.remove(attempt)
        if isinstance(result, ServerUnavailable):
            if isinstance(result, ServerSlow) and not running:
                self._start_next(number, attempt.way)
            if self._running[number]:
                return True
        for other in running:
            other.abandoned = True
            if other.began < attempt.began:
                self._memory.remember_no_answer(self._key(number), other.way)
        del self._running[number]
        return False

    def _next(self) -> Attempt | None:
        """Returns the next attempt that ended; None where first another way of a slow search was due."""
        due = min((attempts[-1].due for attempts in self._running.values() if attempts), default=float("inf"))
        try:
            return self._ended.get(timeout=max(0.0, due - time.monotonic()) if due < float("inf") else None)
        except Empty:
            for number, attempts in self._running.items():
                if attempts and attempts[-1].due <= time.monotonic():
                    self._try_another_way(number, attempts[-1])
            return None

    def _try_another_way(self, number: int, slow: Attempt) -> None:
        if len(self._running) > 1 and self._client.answered < slow.began:
            slow.page_came()  # the server answers nobody
        else:
            slow.alone, slow.due = False, float("inf")
            self._start_next(number, slow.way)

    def _start_next(self, number: int, way: Approach) -> None:
        after = self._ways[number][self._ways[number].index(way) + 1 :]
        if after:
            self._start(number, after[0], self._plans[number](after[0]))

    def _start(self, number: int, way: Approach, plan: Plan) -> None:
        attempt = Attempt(number, way, plan)
        self._running[number] = [*(each for each in self._running[number] if each.way != way), attempt]
        seen: dict[int, Pages] = {}

        def on_page(chunk: int, pages: Pages) -> None:
            if attempt.abandoned:
                raise _Abandoned
            attempt.page_came()
            seen[chunk] = pages
            if attempt in self._running.get(number, ())[-1:]:
                self._report(number, list(seen.values()), len(plan.chunks))

        left = len(plan.chunks)

        def chunk_ended(_: object) -> None:
            nonlocal left
            with self._lock:
                left -= 1
                last = left == 0
            if last:
                self._remember(attempt)
                self._ended.put(attempt)

        attempt.chunks = self._fetcher.start(plan, on_page)
        if not attempt.chunks:  # a search for nobody is not sent
            self._ended.put(attempt)
        for chunk in attempt.chunks:
            chunk.add_done_callback(chunk_ended)

    def _report(self, number: int, pages: Sequence[Pages], chunks: int) -> None:
        totals = [each.total for each in pages if each.total is not None]
        total = sum(totals) if len(totals) == chunks else None
        self._watch.page(number, sum(len(each.rows) for each in pages), total)

    def _remember(self, attempt: Attempt) -> None:
        """Stores what the attempt cost, where it was answered or was too slow to be."""
        if attempt.abandoned or not attempt.plan.request.patients:
            return
        errors = [chunk.exception() for chunk in attempt.chunks]
        parts = [
            pages for chunk, error in zip(attempt.chunks, errors, strict=True) if not error for pages in chunk.result()
        ]
        key, slow = self._key(attempt.number), any(isinstance(error, ServerSlow) for error in errors)
        patients = sum(len(each) for each, error in zip(attempt.plan.chunks, errors, strict=True) if not error)
        if parts and patients:
            longest = max(part.longest for part in parts)
            seconds = sum(part.seconds for part in parts) / patients
            self._memory.remember(key, attempt.way, seconds, float("inf") if slow else longest)
        elif slow:
            self._memory.remember_no_answer(key, attempt.way)

    def _key(self, number: int) -> Hashable:
        """Searches of one type for one patient, for few and for many are remembered apart, and those with other
        filters.
        """
        request = self._requests[number]
        patients = len(request.patients or ())
        names = tuple(sorted(name for name, _ in request.params))
        return request.type, min(patients, 2) + (patients > FEW_PATIENTS), names
