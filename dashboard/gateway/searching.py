"""Searches carried out: chunks in parallel, every row checked, includes kept only where a row refers to them.

The steps: plan (what this server can), fetch the pages of each chunk, check, join, do here what the server could not.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dashboard.domain.views import Notice
from dashboard.errors import DashboardError, ServerRefused, UnexpectedAnswer, Unsupported
from dashboard.gateway.capabilities import Capabilities
from dashboard.gateway.includes import include_references, reachable
from dashboard.gateway.notices import NoticeKind
from dashboard.gateway.paging import Pages, Paging
from dashboard.gateway.parallel import Lane
from dashboard.gateway.planning import Plan, is_long, make_plan, patient_value
from dashboard.gateway.rows import Addresses, belongs_to, of_other_patients
from dashboard.gateway.search import SearchRequest, SearchResult
from dashboard.gateway.transport import FhirClient

Row = dict[str, Any]

DEEPEST_ITERATION = 4  # levels of `_include:iterate` followed by our own requests


@dataclass
class _Tally:
    searches: int = 0
    pages: int = 0
    bytes: int = 0


class Searcher:
    """Carries out searches on one server; remembers what the server turned out to lack."""

    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._client, self._lane = client, lane
        self._posts: bool | None = None  # whether POST _search works, once known
        self._lock = threading.Lock()

    def run(self, requests: Sequence[SearchRequest], can: Capabilities) -> list[SearchResult | DashboardError]:
        """All requests at the same time; an error stands in the place of its result and disturbs no other."""
        addresses = Addresses((self._client.url, can.address))
        plans: list[Plan | DashboardError] = []
        for request in requests:
            try:
                plans.append(make_plan(request, can, addresses))
            except DashboardError as error:
                plans.append(error)
        jobs = [(n, chunk) for n, plan in enumerate(plans) if isinstance(plan, Plan) for chunk in plan.chunks]
        futures = self._lane.run([self._job(plans[n], chunk, addresses) for n, chunk in jobs])
        parts: dict[int, list[Any]] = {n: [] for n, _ in jobs}
        for (n, _), future in zip(jobs, futures, strict=True):
            parts[n].append(future)
        return [
            plan if isinstance(plan, DashboardError) else self._finish(plan, parts[n], addresses)
            for n, plan in enumerate(plans)
        ]

    def _job(self, plan: Any, chunk: tuple[str, ...], addresses: Addresses) -> Callable[[], list[Pages]]:
        return lambda: self._fetch(plan, chunk, addresses)

    # one chunk

    def _fetch(self, plan: Plan, chunk: tuple[str, ...], addresses: Addresses) -> list[Pages]:
        """The pages of one chunk, checked; more than one Pages where the server takes no POST and the list is long."""
        request = plan.request
        params = [*plan.params, *patient_value(plan, chunk)]
        fetched = self._search(request.type, params, request.max_rows, plan.fresh) if is_long(params) else None
        if fetched is None:
            pieces = _pieces(plan, chunk) if is_long(params) else [chunk]
            fetched = [
                self._page(
                    request.type, [*plan.params, *patient_value(plan, piece)], request.max_rows, plan.fresh, post=False
                )
                for piece in pieces
            ]
            if is_long(params):
                self._posts = False
                fetched[0].notices.append(Notice(NoticeKind.NO_POST_SEARCH, request.type))
        for pages in fetched:
            _check(plan, chunk, pages, addresses)
        return fetched

    def _search(self, kind: str, params: list[tuple[str, str]], max_rows: int, fresh: bool) -> list[Pages] | None:
        """By POST; None where this server has just turned out, or is known, not to take it."""
        if self._posts is False:
            return None
        try:
            pages = self._page(kind, params, max_rows, fresh, post=True)
        except (Unsupported, ServerRefused):
            if self._posts:
                raise
            return None
        self._posts = True
        return [pages]

    def _page(self, kind: str, params: list[tuple[str, str]], max_rows: int, fresh: bool, post: bool) -> Pages:
        return Paging(self._client, kind, params, max_rows=max_rows, post=post, fresh=fresh).run()

    # all chunks of a request

    def _finish(self, plan: Plan, futures: Iterable[Any], addresses: Addresses) -> SearchResult | DashboardError:
        try:
            return self._join(plan, [pages for future in futures for pages in future.result()], addresses)
        except DashboardError as error:
            return error

    def _join(self, plan: Plan, parts: list[Pages], addresses: Addresses) -> SearchResult:
        request, notices = plan.request, list(plan.notices)
        tally = _Tally(len(parts), sum(p.pages for p in parts), sum(p.bytes for p in parts))
        rows: dict[str, Row] = {}
        pool: dict[str, Row] = {}
        for part in parts:
            rows |= part.rows
            pool |= part.included
            notices += part.notices
        truncated = any(part.truncated for part in parts)
        rows = _kept(plan, rows, notices)
        if len(parts) > 1 and request.sort and not plan.sort_here:
            notices.append(Notice(NoticeKind.UNSORTED, f"{request.type}.{request.sort}"))
        for key, descending in plan.sort_here:
            rows = dict(sorted(rows.items(), key=lambda item: key(item[1]), reverse=descending))
        if len(rows) > request.max_rows:
            truncated = True
            notices.append(Notice(NoticeKind.CAPPED, request.type))
            rows = dict(list(rows.items())[: request.max_rows])
        if truncated and plan.sort_here:
            notices.append(Notice(NoticeKind.UNSORTED, f"{request.type}.{request.sort}"))
        included = self._included(plan, rows, pool, notices, tally, addresses)
        return SearchResult(
            request,
            list(rows.values()),
            included,
            tally.pages,
            tally.searches,
            tally.bytes,
            truncated,
            tuple(dict.fromkeys(notices)),
            min((part.server_time for part in parts if part.server_time), default=None),
        )

    def _included(
        self,
        plan: Plan,
        rows: dict[str, Row],
        pool: dict[str, Row],
        notices: list[Notice],
        tally: _Tally,
        addresses: Addresses,
    ) -> dict[str, Row]:
        request = plan.request
        if not (request.include or request.revinclude):
            return {}
        for value in (*plan.revinclude_here, *plan.revinclude_unsure):
            kind = value.split(":")[0]
            if value in plan.revinclude_unsure and (not rows or any(key.startswith(f"{kind}/") for key in pool)):
                continue
            pool |= self._read_reverse(value, rows, tally)
            if value in plan.revinclude_here:
                notices.append(Notice(NoticeKind.NO_REVINCLUDE, value))
        for value in (*plan.include_here, *plan.include_unsure):
            if self._read_included(value, rows, pool, tally, addresses):
                notices.append(Notice(NoticeKind.NO_INCLUDE, value.removeprefix("iterate:")))
        kept = reachable(request, rows, pool, addresses)
        if request.patients:
            patients = frozenset(request.patients)
            kept = {key: record for key, record in kept.items() if not of_other_patients(record, patients, addresses)}
        return kept

    def _read_included(
        self, value: str, rows: dict[str, Row], pool: dict[str, Row], tally: _Tally, addresses: Addresses
    ) -> bool:
        """Reads what `value` would have included; True if there was anything to read."""
        sources, read = rows, False
        for _ in range(DEEPEST_ITERATION):
            if value.startswith("iterate:"):
                sources = rows | pool
            missing = (
                include_references(value.removeprefix("iterate:"), sources.values(), addresses)
                - pool.keys()
                - rows.keys()
            )
            if not missing:
                break
            read = True
            before = len(pool)
            by_type: dict[str, list[str]] = {}
            for reference in sorted(missing):
                kind, _, identity = reference.partition("/")
                by_type.setdefault(kind, []).append(identity)
            for kind, ids in by_type.items():
                pool |= self._read_lists(kind, "_id", ids, tally)
            if not value.startswith("iterate:") or len(pool) == before:
                break
        return read

    def _read_reverse(self, value: str, rows: dict[str, Row], tally: _Tally) -> dict[str, Row]:
        kind, parameter = value.split(":")[:2]
        return self._read_lists(kind, parameter, list(rows), tally)

    def _read_lists(self, kind: str, parameter: str, values: list[str], tally: _Tally) -> dict[str, Row]:
        """Records by lists of ids or references, as many in an address as fit.
        A type the server lacks gives nothing.
        """
        lists: list[list[str]] = [[]]
        for value in values:
            if lists[-1] and is_long([(parameter, ",".join([*lists[-1], value])), ("_count", "1000")]):
                lists.append([])
            lists[-1].append(value)
        jobs: list[Callable[[], Pages]] = [
            partial(self._page, kind, [(parameter, ",".join(ids)), ("_count", "1000")], 100_000, True, post=False)
            for ids in lists
            if ids
        ]
        found: dict[str, Row] = {}
        for future in self._lane.run(jobs):
            try:
                pages = future.result()
            except Unsupported:
                continue
            tally.searches, tally.pages, tally.bytes = (
                tally.searches + 1,
                tally.pages + pages.pages,
                tally.bytes + pages.bytes,
            )
            found |= pages.rows
        return found


def _pieces(plan: Plan, chunk: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A chunk cut so that each piece fits in an address."""
    pieces: list[tuple[str, ...]] = [()]
    for patient in chunk:
        longer = (*pieces[-1], patient)
        if pieces[-1] and is_long([*plan.params, *patient_value(plan, longer)]):
            pieces.append((patient,))
        else:
            pieces[-1] = longer
    return pieces


def _check(plan: Plan, chunk: tuple[str, ...], pages: Pages, addresses: Addresses) -> None:
    """Raises UnexpectedAnswer for a row that was not asked for; the row itself is not told."""
    tests = [*plan.demand]
    if chunk:
        tests.append(belongs_to(plan.request.type, plan.request.patient_param, chunk, addresses))
    for test in tests:
        if not all(map(test, pages.rows.values())):
            raise UnexpectedAnswer(
                f"The FHIR server answered a search for {plan.request.type} with records that were not asked for. "
                "None is shown; tell the administrator."
            )


def _kept(plan: Plan, rows: dict[str, Row], notices: list[Notice]) -> dict[str, Row]:
    for name, test in plan.keep:
        kept = {key: row for key, row in rows.items() if test(row)}
        if len(kept) < len(rows):
            notices.append(Notice(NoticeKind.FILTERED_HERE, f"{plan.request.type}.{name}"))
        rows = kept
    return rows
