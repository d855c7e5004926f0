"""Carries out searches on one server, in five steps of a file each.

1. `plan`: what this server is asked, and what is left to do here, by its CapabilityStatement, and in which `approach`,
   by how long it took the last times.
2. `fetch`: the pages of each search, all at the same time.
3. `check_rows`: every row must be one that was asked for.
4. `filter_and_sort`: does here what the server could not.
5. `includes`: which other records come along; `without_include` reads those that the server did not send.
"""

from collections.abc import Hashable, Iterator, Sequence

from dashboard.errors import DashboardError, Failure, ServerSlow, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.approach import FEW_PATIENTS, Approach, memory_of
from dashboard.fhir.search.check_rows import check_rows
from dashboard.fhir.search.fetch import ChunkFutures, Fetcher
from dashboard.fhir.search.filter_and_sort import filter_and_sort
from dashboard.fhir.search.includes import included_records
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import Plan, make_plan, ways_of
from dashboard.fhir.search.references import Addresses
from dashboard.fhir.search.request import NO_WATCH, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.search.without_include import read_what_was_not_included


class SearchRunner:
    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._base_url = client.url
        self._fetcher = Fetcher(client, lane)
        self._memory = memory_of(client.url)

    def run(
        self, requests: Sequence[SearchRequest], can: Capabilities, watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        """Runs all requests at the same time. An error stands in the place of its result and disturbs no other.

        A search that the server does not answer in time is asked in its next way.
        """
        results: dict[int, SearchResult | DashboardError] = {}
        ways = {number: ways_of(request) for number, request in enumerate(requests)}
        asking = {number: self._memory.choose(_key(requests[number]), ways[number]) for number in ways}
        while asking:
            slow: dict[int, Approach] = {}
            for number, result in self._run_once({n: (requests[n], way) for n, way in asking.items()}, can, watch):
                way = asking[number]
                after = ways[number][ways[number].index(way) + 1 :]
                if isinstance(result, ServerSlow):
                    self._memory.remember_no_answer(_key(requests[number]), way)
                    if after:
                        slow[number] = after[0]
                        continue
                results[number] = result
                watch.ended(number, result)
            asking = slow
        return [results[number] for number in range(len(requests))]

    def _run_once(
        self, asking: dict[int, tuple[SearchRequest, Approach]], can: Capabilities, watch: SearchWatch
    ) -> Iterator[tuple[int, SearchResult | DashboardError]]:
        """Yields each search's number with its result, or its error, as soon as it has ended."""
        addresses = Addresses((self._base_url, can.address))
        plans: dict[int, Plan] = {}
        for number, (request, way) in asking.items():
            plan = _plan_or_error(request, can, addresses, way)
            if isinstance(plan, Plan):
                plans[number] = plan
            else:
                yield number, plan
        numbers = list(plans)
        progress = _Progress([len(plan.chunks) for plan in plans.values()], numbers, watch)
        for index, chunks in self._fetcher.fetch(list(plans.values()), progress.page):
            number = numbers[index]
            request, way = asking[number]
            yield number, self._result_or_error(plans[number], way, chunks, addresses)

    def _result_or_error(
        self, plan: Plan, way: Approach, chunks: ChunkFutures, addresses: Addresses
    ) -> SearchResult | DashboardError:
        try:
            return self._result(plan, way, chunks, addresses)
        except DashboardError as error:
            return error

    def _result(self, plan: Plan, way: Approach, chunks: ChunkFutures, addresses: Addresses) -> SearchResult:
        parts, missing, failure = _parts(plan, chunks)
        self._remember(plan, way, parts, missing)
        for part in parts:
            check_rows(plan, part, addresses)
        rows = filter_and_sort(plan, parts)
        pool = {key: record for part in parts for key, record in part.included.items()}
        notices = read_what_was_not_included(plan, rows.by_key, pool, self._fetcher, addresses)
        return SearchResult(
            plan.request,
            list(rows.by_key.values()),
            included_records(plan.request, rows.by_key, pool, addresses),
            rows.truncated,
            tuple(dict.fromkeys([*rows.notices, *notices])),
            min((part.server_time for part in parts if part.server_time), default=None),
            missing,
            failure,
        )

    def _remember(self, plan: Plan, way: Approach, parts: Sequence[Pages], missing: tuple[str, ...]) -> None:
        patients = len(plan.request.patients or ()) - len(missing)
        if patients > 0 and parts:
            seconds = sum(part.seconds for part in parts) / patients
            self._memory.remember(_key(plan.request), way, seconds, max(part.longest for part in parts))


class _Progress:
    """Adds up the pages of all chunks of each search for the watch."""

    def __init__(self, chunks: Sequence[int], numbers: Sequence[int], watch: SearchWatch) -> None:
        self._pages: list[dict[int, Pages]] = [{} for _ in chunks]
        self._chunks, self._numbers, self._watch = chunks, numbers, watch

    def page(self, index: int, chunk: int, pages: Pages) -> None:
        self._pages[index][chunk] = pages
        known = list(self._pages[index].values())
        totals = [each.total for each in known if each.total is not None]
        total = sum(totals) if len(totals) == self._chunks[index] else None
        self._watch.page(self._numbers[index], sum(len(each.rows) for each in known), total)


def _parts(plan: Plan, chunks: ChunkFutures) -> tuple[list[Pages], tuple[str, ...], Failure | None]:
    """Returns the pages of all chunks, and the patients of those that failed; raises where that is all, or where the
    search is not one in parts.
    """
    parts: list[Pages] = []
    missing: list[str] = []
    failed: DashboardError | None = None
    for patients, chunk in zip(plan.chunks, chunks, strict=True):
        error = chunk.exception()
        if error is None:
            parts += chunk.result()
        elif plan.request.in_parts and isinstance(error, ServerUnavailable | UnexpectedAnswer):
            missing += patients
            failed = error
        else:
            raise error
    if failed is not None and (not parts or plan.patience is not None):
        raise failed
    return parts, tuple(missing), failed.failure if failed is not None else None


def _key(request: SearchRequest) -> Hashable:
    """Searches of one type for one patient, for few and for many are remembered apart, and those with other filters."""
    patients = len(request.patients or ())
    return request.type, min(patients, 2) + (patients > FEW_PATIENTS), tuple(sorted(name for name, _ in request.params))


def _plan_or_error(
    request: SearchRequest, can: Capabilities, addresses: Addresses, way: Approach
) -> Plan | DashboardError:
    try:
        return make_plan(request, can, addresses, way)
    except DashboardError as error:
        return error
