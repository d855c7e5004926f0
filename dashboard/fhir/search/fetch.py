"""Step 2 of a search: fetches the pages of each chunk of patients, all chunks at the same time.

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
OnPages = Callable[[Pages], None]

BY_ID_PAGE_SIZE = "1000"
BY_ID_MAX_ROWS = 100_000


class Fetcher:
    """Fetches from one server, and remembers what the server turned out to lack."""

    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._client, self._lane = client, lane
        self._takes_post: bool | None = None  # None until it was tried
        self._takes_lists: bool | None = None

    def start(self, plan: Plan, on_page: Callable[[int, Pages], None]) -> ChunkFutures:
        """Starts all chunks of the plan. `on_page` is called from any thread after each page, with the number of the
        chunk and its pages so far; an error that it raises ends the chunk.
        """
        fetch = self._fetch_one_by_one if self._takes_lists is False else self._fetch_chunk
        jobs = [partial(fetch, plan, patients, partial(on_page, n)) for n, patients in enumerate(plan.chunks)]
        return self._lane.start(jobs)

    def may_read_no_lists(self, plan: Plan, chunks: ChunkFutures) -> bool:
        """Returns whether the ended chunks are those of a server that may read no lists: it found nobody for a list of
        patients, and has not yet shown that it reads them.
        """
        lists = [chunk for patients, chunk in zip(plan.chunks, chunks, strict=True) if len(patients) > 1]
        if any(pages.rows for chunk in lists if not chunk.exception() for pages in chunk.result()):
            self._takes_lists = True
        return self._takes_lists is None and any(not chunk.exception() for chunk in lists)

    def learn_whether_lists_work(self, plan: Plan) -> bool:
        """Returns whether the server reads lists. Asks once, for one patient alone and in a list of two, which then
        must bring that patient too.
        """
        if self._takes_lists is None:
            first, second = next(group for group in plan.chunks if len(group) > 1)[:2]
            with suppress(DashboardError):  # then it is asked again next time
                if alone := self._ids_of_patients(first):
                    self._takes_lists = alone <= self._ids_of_patients(f"{second},{first}")
        return self._takes_lists is not False

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

    def _fetch_chunk(self, plan: Plan, patients: tuple[str, ...], on_page: OnPages) -> list[Pages]:
        """The Pages of one chunk; more than one where the server takes no POST and the list is long."""
        params = [*plan.params, *patient_value(plan, patients)]
        if not is_long(params):
            fetched = [self._pages(plan, params, on_page)]
        else:
            fetched = self._fetch_by_post(plan, params, on_page) or self._fetch_in_pieces(plan, patients, on_page)
        for pages in fetched:
            pages.patients = patients
        return fetched

    def _fetch_by_post(self, plan: Plan, params: Params, on_page: OnPages) -> list[Pages]:
        """The Pages, or none where this server has just turned out, or is known, not to take a POST."""
        if self._takes_post is False:
            return []
        try:
            pages = self._pages(plan, params, on_page, post=True)
        except (Unsupported, ServerRefused):
            if self._takes_post:
                raise
            return []
        self._takes_post = True
        return [pages]

    def _fetch_in_pieces(self, plan: Plan, patients: tuple[str, ...], on_page: OnPages) -> list[Pages]:
        queries = [[*plan.params, *patient_value(plan, piece)] for piece in _pieces(plan, patients)]
        fetched = [self._pages(plan, params, on_page) for params in queries]
        self._takes_post = False
        fetched[0].notices.append(Notice(NoticeKind.NO_POST_SEARCH, plan.request.type))
        return fetched

    def _ids_of_patients(self, ids: str) -> set[str]:
        return set(self._page("Patient", [("_id", ids), ("_count", "2")], 2).rows)

    def _fetch_one_by_one(self, plan: Plan, patients: tuple[str, ...], on_page: OnPages) -> list[Pages]:
        if len(patients) < 2:
            return self._fetch_chunk(plan, patients, on_page)
        fetched = [pages for patient in patients for pages in self._fetch_chunk(plan, (patient,), on_page)]
        fetched[0].notices.append(Notice(NoticeKind.NO_OR_LISTS, plan.request.type))
        return fetched

    def _pages(self, plan: Plan, params: Params, on_page: OnPages, *, post: bool = False) -> Pages:
        request = plan.request
        paging = Paging(
            self._client,
            request.type,
            params,
            max_rows=request.max_rows,
            post=post,
            fresh=plan.fresh,
            on_page=on_page,
        )
        return paging.run()

    def _page(self, resource_type: str, params: Params, max_rows: int, *, fresh: bool = False) -> Pages:
        return Paging(self._client, resource_type, params, max_rows=max_rows, post=False, fresh=fresh).run()


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
