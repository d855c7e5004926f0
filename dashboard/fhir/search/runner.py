"""Carries out searches on one server, in five steps of a file each.

1. `plan`: what this server is asked, and what is left to do here, by its CapabilityStatement, and in which `approach`,
   by how long it took the last times.
2. `fetch`: the pages of each search, all at the same time; `race` has the next way tried beside one that is slow.
3. `check_rows`: leaves out every row that was not asked for, and names it.
4. `filter_and_sort`: does here what the server could not.
5. `includes`: which other records come along; `without_include` reads those that the server did not send.
"""

from collections.abc import Sequence

from dashboard.errors import DashboardError, Failure, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.approach import memory_of
from dashboard.fhir.search.check_rows import check_rows
from dashboard.fhir.search.fetch import Fetcher
from dashboard.fhir.search.filter_and_sort import filter_and_sort
from dashboard.fhir.search.includes import included_records
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import make_plan
from dashboard.fhir.search.race import Attempt, Race
from dashboard.fhir.search.request import NO_WATCH, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.search.without_include import MOST_INCLUDED, read_what_was_not_included


class SearchRunner:
    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._client = client
        self._fetcher = Fetcher(client, lane)
        self._memory = memory_of(client.url)

    def run(
        self, requests: Sequence[SearchRequest], can: Capabilities, watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        """Runs all requests at the same time. An error stands in the place of its result and disturbs no other.

        A search that takes too long, or is not answered in time, is asked in its next way too; the first answer counts.
        """
        addresses = self._client.addresses
        race = Race(self._fetcher, self._memory, self._client, requests, watch)
        results: dict[int, SearchResult | DashboardError] = {}
        for number, request in enumerate(requests):
            try:
                race.enter(number, lambda way, request=request: make_plan(request, can, addresses, way))  # type: ignore[misc]
            except DashboardError as error:
                results[number] = error
                watch.ended(number, error)
        for attempt in race.attempts():
            result = self._result_or_error(attempt, addresses)
            if not race.goes_on(attempt, result):
                results[attempt.number] = result
                watch.ended(attempt.number, result)
        return [results[number] for number in range(len(requests))]

    def _result_or_error(self, attempt: Attempt, addresses: Addresses) -> SearchResult | DashboardError:
        try:
            return self._result(attempt, addresses)
        except DashboardError as error:
            return error

    def _result(self, attempt: Attempt, addresses: Addresses) -> SearchResult:
        plan = attempt.plan
        parts, missing, failure = _parts(attempt)
        left_out = [wrong for part in parts for wrong in check_rows(plan, part, addresses)]
        rows = filter_and_sort(plan, parts)
        pool = {key: record for part in parts for key, record in part.included.items()}
        cut = any(part.most_included >= MOST_INCLUDED for part in parts)
        notices = read_what_was_not_included(plan, rows.by_key, pool, self._fetcher, addresses, may_be_cut=cut)
        return SearchResult(
            plan.request,
            list(rows.by_key.values()),
            included_records(plan.request, rows.by_key, pool, addresses),
            rows.truncated,
            tuple(dict.fromkeys([*rows.notices, *notices])),
            min((part.server_time for part in parts if part.server_time), default=None),
            missing,
            failure,
            tuple(dict.fromkeys(left_out)),
        )


def _parts(attempt: Attempt) -> tuple[list[Pages], tuple[str, ...], Failure | None]:
    """Returns the pages of all chunks, and the patients of those that failed; raises where that is all, where another
    way is left to try, or where the search is not one in parts.
    """
    parts: list[Pages] = []
    missing: list[str] = []
    failed: DashboardError | None = None
    for patients, chunk in zip(attempt.plan.chunks, attempt.chunks, strict=True):
        error = chunk.exception()
        if error is None:
            parts += chunk.result()
        elif attempt.plan.request.in_parts and isinstance(error, ServerUnavailable | UnexpectedAnswer):
            missing += patients
            failed = error
        else:
            raise error
    if failed is not None and (not parts or attempt.way.patience is not None):
        raise failed
    return parts, tuple(missing), failed.failure if failed is not None else None
