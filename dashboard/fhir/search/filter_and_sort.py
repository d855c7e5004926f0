"""Step 4 of a search: joins the rows of all chunks, and filters, sorts and caps them where the server could not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.domain.record.views import Notice
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import Plan

Json = dict[str, Any]


@dataclass
class JoinedRows:
    """The rows of a search by `Type/id`. `truncated`: rows are known to be missing; the notices say why."""

    by_key: dict[str, Json]
    truncated: bool
    notices: list[Notice]

    def cap(self, most: int, notice: Notice) -> None:
        if len(self.by_key) > most:
            self.by_key = dict(list(self.by_key.items())[:most])
            self.truncated = True
            self.notices.append(notice)


def filter_and_sort(plan: Plan, parts: Sequence[Pages]) -> JoinedRows:
    request = plan.request
    rows = JoinedRows(
        {key: row for part in parts for key, row in part.rows.items()},
        any(part.truncated for part in parts),
        [*plan.notices, *(notice for part in parts for notice in part.notices)],
    )
    _filter(plan, rows)
    unsorted = Notice(NoticeKind.UNSORTED, f"{request.type}.{request.sort}")
    if len(parts) > 1 and request.sort and not plan.sort_here:
        rows.notices.append(unsorted)
    for key, descending in plan.sort_here:
        rows.by_key = dict(sorted(rows.by_key.items(), key=lambda item: key(item[1]), reverse=descending))
    rows.cap(request.max_rows, Notice(NoticeKind.CAPPED, request.type))
    if rows.truncated and plan.sort_here:  # what is missing might have come first
        rows.notices.append(unsorted)
    return rows


def _filter(plan: Plan, rows: JoinedRows) -> None:
    if plan.list_filters:
        passed = {key: row for key, row in rows.by_key.items() if all(test(row) for test in plan.list_filters)}
        rows.by_key = passed
    for name, test in plan.filters:
        passing = {key: row for key, row in rows.by_key.items() if test(row)}
        if len(passing) < len(rows.by_key):
            rows.notices.append(Notice(NoticeKind.FILTERED_HERE, f"{plan.request.type}.{name}"))
        rows.by_key = passing
