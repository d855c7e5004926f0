"""Carries out searches on one server, in five steps of a file each.

1. `plan`: what this server is asked, and what is left to do here, by its CapabilityStatement.
2. `fetch`: the pages of each search, all at the same time.
3. `check_rows`: every row must be one that was asked for.
4. `filter_and_sort`: does here what the server could not.
5. `includes`: which other records come along; `without_include` reads those that the server did not send.
"""

from collections.abc import Sequence

from dashboard.errors import DashboardError
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.check_rows import check_rows
from dashboard.fhir.search.fetch import ChunkFutures, Fetcher
from dashboard.fhir.search.filter_and_sort import filter_and_sort
from dashboard.fhir.search.includes import included_records
from dashboard.fhir.search.plan import Plan, make_plan
from dashboard.fhir.search.references import Addresses
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.search.without_include import read_what_was_not_included


class SearchRunner:
    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._base_url = client.url
        self._fetcher = Fetcher(client, lane)

    def run(self, requests: Sequence[SearchRequest], can: Capabilities) -> list[SearchResult | DashboardError]:
        """Runs all requests at the same time. An error stands in the place of its result and disturbs no other."""
        addresses = Addresses((self._base_url, can.address))
        plans = [_plan_or_error(request, can, addresses) for request in requests]
        fetched = iter(self._fetcher.fetch([plan for plan in plans if isinstance(plan, Plan)]))
        return [
            self._result_or_error(plan, next(fetched), addresses) if isinstance(plan, Plan) else plan for plan in plans
        ]

    def _result_or_error(self, plan: Plan, chunks: ChunkFutures, addresses: Addresses) -> SearchResult | DashboardError:
        try:
            return self._result(plan, chunks, addresses)
        except DashboardError as error:
            return error

    def _result(self, plan: Plan, chunks: ChunkFutures, addresses: Addresses) -> SearchResult:
        parts = [part for chunk in chunks for part in chunk.result()]
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
        )


def _plan_or_error(request: SearchRequest, can: Capabilities, addresses: Addresses) -> Plan | DashboardError:
    try:
        return make_plan(request, can, addresses)
    except DashboardError as error:
        return error
