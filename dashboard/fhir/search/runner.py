"""Searches carried out: chunks in parallel, every row checked, includes kept only where a row refers to them.

The steps: plan (what this server can), fetch the pages of each chunk, check, join, do here what the server could not.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from dashboard.domain.record.views import Notice
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.check_rows import check_rows, is_about, is_of_other_patients
from dashboard.fhir.search.includes import included_references, reachable
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.pages import Pages, Paging
from dashboard.fhir.search.plan import Plan, Tally, is_long, make_plan, patient_value
from dashboard.fhir.search.references import Addresses
from dashboard.fhir.search.request import SearchRequest, SearchResult

Row = dict[str, Any]

DEEPEST_ITERATION = 4  # levels of `_include:iterate` followed by our own requests


class SearchRunner:
    """Carries out searches on one server; remembers what the server turned out to lack."""

    def __init__(self, client: FhirClient, lane: Lane) -> None:
        self._client, self._lane = client, lane
        self._posts: bool | None = None  # whether POST _search works, once known
        self._or_lists: bool | None = None  # whether a comma means "or", once known

    def run(self, requests: Sequence[SearchRequest], can: Capabilities) -> list[SearchResult | DashboardError]:
        """All requests at the same time; an error stands in the place of its result and disturbs no other."""
        addresses = Addresses((self._client.url, can.address))
        plans = [self._plan(request, can, addresses) for request in requests]
        jobs = [(n, plan, chunk) for n, plan in enumerate(plans) if isinstance(plan, Plan) for chunk in plan.chunks]
        futures = self._lane.run([partial(self._fetch, plan, chunk, addresses) for _, plan, chunk in jobs])
        if self._or_lists is None:
            self._learn_lists([(chunk, future) for (_, _, chunk), future in zip(jobs, futures, strict=True)])
        if self._or_lists is False:
            futures = self._lane.run([partial(self._one_by_one, plan, chunk, addresses) for _, plan, chunk in jobs])
        parts: dict[int, list[Any]] = {n: [] for n in range(len(plans))}
        for (n, _, _), future in zip(jobs, futures, strict=True):
            parts[n].append(future)
        return [
            self._finish(plan, parts[n], addresses) if isinstance(plan, Plan) else plan for n, plan in enumerate(plans)
        ]

    def _plan(self, request: SearchRequest, can: Capabilities, addresses: Addresses) -> Plan | DashboardError:
        """The plan; an error where it cannot be carried out."""
        try:
            return make_plan(request, can, addresses)
        except DashboardError as error:
            return error

    # lists of patients: does the server know that a comma means "or"?

    def _learn_lists(self, parts: Sequence[tuple[tuple[str, ...], Any]]) -> None:
        """Rows for a list prove it. Only if all lists came back empty, one patient is asked for alone and in a list."""
        lists = [(chunk, future) for chunk, future in parts if len(chunk) > 1 and not future.exception()]
        if any(pages.rows for _, future in lists for pages in future.result()):
            self._or_lists = True
        if self._or_lists or not lists:
            return
        first, second = lists[0][0][:2]
        with suppress(DashboardError):  # then it is asked again next time
            if alone := self._patients(first):
                self._or_lists = alone <= self._patients(f"{second},{first}")

    def _patients(self, ids: str) -> set[str]:
        return set(self._page("Patient", [("_id", ids), ("_count", "2")], 2, False, post=False).rows)

    def _one_by_one(self, plan: Plan, chunk: tuple[str, ...], addresses: Addresses) -> list[Pages]:
        if len(chunk) < 2:
            return self._fetch(plan, chunk, addresses)
        fetched = [pages for patient in chunk for pages in self._fetch(plan, (patient,), addresses)]
        fetched[0].notices.append(Notice(NoticeKind.NO_OR_LISTS, plan.request.type))
        return fetched

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
                    request.type,
                    [*plan.params, *patient_value(plan, piece)],
                    request.max_rows,
                    plan.fresh,
                    post=False,
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
        tally = plan.tally
        tally.add(len(parts), sum(p.pages for p in parts), sum(p.bytes for p in parts))
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
        tally: Tally,
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
        if request.patients is not None:
            patients = frozenset(request.patients)
            kept = {
                key: record for key, record in kept.items() if not is_of_other_patients(record, patients, addresses)
            }
        return kept

    def _read_included(
        self, value: str, rows: dict[str, Row], pool: dict[str, Row], tally: Tally, addresses: Addresses
    ) -> bool:
        """Reads what `value` would have included; True if there was anything to read."""
        sources, read = rows, False
        for _ in range(DEEPEST_ITERATION):
            if value.startswith("iterate:"):
                sources = rows | pool
            missing = (
                included_references(value.removeprefix("iterate:"), sources.values(), addresses)
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

    def _read_reverse(self, value: str, rows: dict[str, Row], tally: Tally) -> dict[str, Row]:
        kind, parameter = value.split(":")[:2]
        return self._read_lists(kind, parameter, list(rows), tally)

    def _read_lists(self, kind: str, parameter: str, values: list[str], tally: Tally) -> dict[str, Row]:
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
            tally.add(1, pages.pages, pages.bytes)
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
    tests = [*plan.demand]
    if chunk:
        tests.append(is_about(plan.request.type, chunk, addresses))
    check_rows(plan.request.type, pages.rows.values(), tests)


def _kept(plan: Plan, rows: dict[str, Row], notices: list[Notice]) -> dict[str, Row]:
    for name, test in plan.keep:
        kept = {key: row for key, row in rows.items() if test(row)}
        if len(kept) < len(rows):
            notices.append(Notice(NoticeKind.FILTERED_HERE, f"{plan.request.type}.{name}"))
        rows = kept
    return rows
