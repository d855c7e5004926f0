"""Step 2 of a search: fetches the pages of each chunk of patients, all chunks of all searches at the same time.

Here is also what a server gets that takes no POST search (a long list of patients is split over several searches), and
one that does not read a comma as "or" (one search a patient).
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from dashboard.domain.record.views import Notice
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.pages import Pages, Paging
from dashboard.fhir.search.plan import Plan, is_long, patient_value

Json = dict[str, Any]
Params = list[tuple[str, str]]
ChunkFutures = Sequence["Future[list[Pages]]"]
"""Of each chunk of a search its Pages, or the error that it ended with."""

BY_ID_PAGE_SIZE = "1000"
BY_ID_MAX_ROWS = 100_000


class Fetcher:
    """Fetches from one server, and remembers what the server turned out to lack."""

    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._client, self._lane = client, lane
        self._takes_post: bool | None = None  # None until it was tried
        self._takes_lists: bool | None = None

    def fetch(self, plans: Sequence[Plan]) -> list[ChunkFutures]:
        """Fetches all chunks of the plans; returns their futures, all ended, in the order of the plans."""
        jobs = [(plan, chunk) for plan in plans for chunk in plan.chunks]
        futures = self._lane.run([partial(self._fetch_chunk, plan, chunk) for plan, chunk in jobs])
        if self._takes_lists is None:
            self._learn_whether_lists_work(jobs, futures)
        if self._takes_lists is False:
            futures = self._lane.run([partial(self._fetch_one_by_one, plan, chunk) for plan, chunk in jobs])
        remaining = iter(futures)
        return [[next(remaining) for _ in plan.chunks] for plan in plans]

    def read_by_lists(self, resource_type: str, parameter: str, values: Iterable[str]) -> dict[str, Json]:
        """Records by lists of ids or references, as many in an address as fit; none of a type that the server lacks."""
        lists: list[list[str]] = [[]]
        for value in values:
            if lists[-1] and is_long(_list_params(parameter, [*lists[-1], value])):
                lists.append([])
            lists[-1].append(value)
        jobs: list[Callable[[], Pages]] = [
            partial(self._page, resource_type, _list_params(parameter, ids), BY_ID_MAX_ROWS, fresh=True)
            for ids in lists
            if ids
        ]
        records: dict[str, Json] = {}
        for future in self._lane.run(jobs):
            with suppress(Unsupported):
                records |= future.result().rows
        return records

    def _fetch_chunk(self, plan: Plan, patients: tuple[str, ...]) -> list[Pages]:
        """The Pages of one chunk; more than one where the server takes no POST and the list is long."""
        request = plan.request
        params = [*plan.params, *patient_value(plan, patients)]
        if not is_long(params):
            fetched = [self._page(request.type, params, request.max_rows, fresh=plan.fresh)]
        else:
            fetched = self._fetch_by_post(plan, params) or self._fetch_in_pieces(plan, patients)
        for pages in fetched:
            pages.patients = patients
        return fetched

    def _fetch_by_post(self, plan: Plan, params: Params) -> list[Pages]:
        """The Pages, or none where this server has just turned out, or is known, not to take a POST."""
        if self._takes_post is False:
            return []
        try:
            pages = self._page(plan.request.type, params, plan.request.max_rows, fresh=plan.fresh, post=True)
        except (Unsupported, ServerRefused):
            if self._takes_post:
                raise
            return []
        self._takes_post = True
        return [pages]

    def _fetch_in_pieces(self, plan: Plan, patients: tuple[str, ...]) -> list[Pages]:
        request = plan.request
        queries = [[*plan.params, *patient_value(plan, piece)] for piece in _pieces(plan, patients)]
        fetched = [self._page(request.type, params, request.max_rows, fresh=plan.fresh) for params in queries]
        self._takes_post = False
        fetched[0].notices.append(Notice(NoticeKind.NO_POST_SEARCH, request.type))
        return fetched

    def _learn_whether_lists_work(self, jobs: Sequence[tuple[Plan, tuple[str, ...]]], futures: ChunkFutures) -> None:
        """Rows for a list prove it. Only if all lists came back empty, one patient is asked for alone and in a list."""
        lists = [
            (patients, future.result())
            for (_, patients), future in zip(jobs, futures, strict=True)
            if len(patients) > 1 and not future.exception()
        ]
        if any(pages.rows for _, fetched in lists for pages in fetched):
            self._takes_lists = True
        if self._takes_lists or not lists:
            return
        first, second = lists[0][0][:2]
        with suppress(DashboardError):  # then it is asked again next time
            if alone := self._ids_of_patients(first):
                self._takes_lists = alone <= self._ids_of_patients(f"{second},{first}")

    def _ids_of_patients(self, ids: str) -> set[str]:
        return set(self._page("Patient", [("_id", ids), ("_count", "2")], 2, fresh=False).rows)

    def _fetch_one_by_one(self, plan: Plan, patients: tuple[str, ...]) -> list[Pages]:
        if len(patients) < 2:
            return self._fetch_chunk(plan, patients)
        fetched = [pages for patient in patients for pages in self._fetch_chunk(plan, (patient,))]
        fetched[0].notices.append(Notice(NoticeKind.NO_OR_LISTS, plan.request.type))
        return fetched

    def _page(self, resource_type: str, params: Params, max_rows: int, *, fresh: bool, post: bool = False) -> Pages:
        return Paging(self._client, resource_type, params, max_rows=max_rows, post=post, fresh=fresh).run()


def _list_params(parameter: str, values: Iterable[str]) -> Params:
    return [(parameter, ",".join(values)), ("_count", BY_ID_PAGE_SIZE)]


def _pieces(plan: Plan, patients: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The patients cut so that each piece fits in an address."""
    pieces: list[tuple[str, ...]] = [()]
    for patient in patients:
        longer = (*pieces[-1], patient)
        if pieces[-1] and is_long([*plan.params, *patient_value(plan, longer)]):
            pieces.append((patient,))
        else:
            pieces[-1] = longer
    return pieces
