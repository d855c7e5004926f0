"""A search: the matches in order, one page of them, and what they include. https://hl7.org/fhir/R4/search.html.

Without `_sort` the order is that of creation, which no later write changes: a next link names the last row of its page
and finds the rows after it, so no row is lost or shown twice while others write.
"""

import dataclasses
from bisect import bisect_right
from collections import OrderedDict
from threading import Lock
from typing import Any, Final, NamedTuple

from dashboard.server.conditions import SHARE_OF_UPDATED, Condition, build_condition, count_keys, select_resources
from dashboard.server.definitions import find_parameter
from dashboard.server.includes import find_included
from dashboard.server.outcome import FhirError
from dashboard.server.store import Store, Version

Parameters = list[tuple[str, str]]

# Parameters that shape the answer; every other one is a condition.
CONTROL: Final = {
    "_count", "_offset", "_after", "_sort", "_include", "_include:iterate", "_revinclude", "_revinclude:iterate",
    "_summary", "_elements", "_total", "_format", "_pretty",
}  # fmt: skip
PAGE_SIZE: Final = 20
LARGEST_PAGE: Final = 1000
# `_lastUpdated` leads when fewer rows than this of the type are that new: whoever polls for changes finds few.
FEW_ROWS: Final = 2000
SHARE_OF_FEW_ROWS: Final = 0.5
# Whole results, as keys, that are held for their next pages until something is written. At 50,000 keys of 36 bytes
# each they stay under 60 MB.
RESULTS_HELD: Final = 32
LARGEST_RESULT_HELD: Final = 50_000
SORT_COLUMNS: Final = {
    "date": "low", "string": "text", "token": "code", "number": "number", "quantity": "number",
    "reference": "target_id", "uri": "code",
}  # fmt: skip


class Page(NamedTuple):
    """One page of a search, how many match in all, and the parameter that the next link needs (None at the end)."""

    total: int
    page_size: int
    matches: list[Version]
    included: list[Version]
    next_page: tuple[str, str] | None


class Searches:
    """Searches in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._results: OrderedDict[Any, list[int]] = OrderedDict()
        self._results_lock = Lock()

    def find(self, resource_type: str, parameters: Parameters, refers_to: tuple[str, str] | None = None) -> Page:
        """One page; with `refers_to` (type, id) of resources that refer to this one. Raises FhirError 400."""
        control: dict[str, list[str]] = {}
        conditions = []
        for name, value in parameters:
            if name in CONTROL:
                control.setdefault(name, []).append(value)
            else:
                conditions.append(self._condition(resource_type, name, value))
        if refers_to:
            conditions.append(_referring_to(*refers_to))
        count = min(_number(control, "_count", PAGE_SIZE), LARGEST_PAGE)
        _require_known_shape(control)
        is_sorted = any(control.get("_sort", []))
        writes = self._store.writes  # before the snapshot: what is held under it is then never older than it says
        with self._store.snapshot():
            if control.get("_summary", [""])[-1] == "count" or count == 0:
                return Page(self._count(resource_type, conditions), 0, [], [], None)
            if not conditions and not is_sorted:
                return self._everything(resource_type, control, count)
            sql, arguments = select_resources("r.key", resource_type, conditions)
            order, of_order = _order(resource_type, control.get("_sort", []))
            keys = self._keys(writes, f"{sql} ORDER BY {order}", [*arguments, *of_order])
            start = _number(control, "_offset", 0)
            if "_after" in control:
                start = bisect_right(keys, _number(control, "_after", 0))
            page = keys[start : start + count]
            more = start + count < len(keys)
            next_page = ("_offset", str(start + count)) if is_sorted else ("_after", str(page[-1])) if more else None
            return self._page(len(keys), count, page, control, next_page if more else None)

    def _count(self, resource_type: str, conditions: list[Condition]) -> int:
        ordered = sorted(conditions, key=lambda condition: condition.share)
        if ordered and ordered[0].keys and all(condition.by_key for condition in ordered[1:]):
            few = f"SELECT COUNT(*) FROM (SELECT 1 FROM search_value v WHERE {ordered[0].keys} LIMIT ?)"
            found = self._store.query(few, [*ordered[0].arguments, FEW_ROWS])[0][0] if len(ordered) > 1 else 0
            sql, arguments = count_keys(ordered, found == FEW_ROWS)
        else:
            sql, arguments = select_resources("COUNT(*)", resource_type, conditions)
        number: int = self._store.query(sql, arguments)[0][0]
        return number

    def _condition(self, resource_type: str, name: str, value: str) -> Condition:
        condition = build_condition(resource_type, name, value)
        if condition.share == SHARE_OF_UPDATED and value[:2] in ("ge", "gt", "sa") and "," not in value:
            sql, arguments = select_resources("1", resource_type, [condition])
            rows = self._store.query(f"SELECT COUNT(*) FROM ({sql} LIMIT ?)", [*arguments, FEW_ROWS])
            if rows[0][0] < FEW_ROWS:
                return dataclasses.replace(condition, share=SHARE_OF_FEW_ROWS)
        return condition

    def _everything(self, resource_type: str, control: dict[str, list[str]], count: int) -> Page:
        """A page of all resources of a type, straight from their index: 400,000 need not be listed for 1,000."""
        sql = "SELECT COUNT(*) FROM resource WHERE type = ? AND deleted = 0"
        total = self._store.query(sql, [resource_type])[0][0]
        after, offset = _number(control, "_after", 0), _number(control, "_offset", 0)
        sql = "SELECT key FROM resource WHERE type = ? AND deleted = 0 AND key > ? ORDER BY key LIMIT ? OFFSET ?"
        keys = [row[0] for row in self._store.query(sql, [resource_type, after, count + 1, offset])]
        next_page = ("_after", str(keys[count - 1])) if len(keys) > count else None
        return self._page(total, count, keys[:count], control, next_page)

    def _page(
        self, total: int, count: int, keys: list[int], control: dict[str, list[str]], next_page: tuple[str, str] | None
    ) -> Page:
        versions = self._store.by_keys(keys)
        # A result that was held by another thread may be of a moment later than this snapshot.
        matches = [versions[key] for key in keys if key in versions]
        return Page(total, count, matches, find_included(self._store, keys, control), next_page)

    def _keys(self, writes: int, sql: str, arguments: list[Any]) -> list[int]:
        """The keys of all matches in order, held for the next page until something is written.

        What a transaction sees of its own writes is never held: it may be rolled back.
        """
        if self._store.is_writing:
            return [row[0] for row in self._store.query(sql, arguments)]
        search = (writes, sql, tuple(arguments))
        with self._results_lock:
            if search in self._results:
                self._results.move_to_end(search)
                return self._results[search]
        keys = [row[0] for row in self._store.query(sql, arguments)]
        if len(keys) <= LARGEST_RESULT_HELD:
            with self._results_lock:
                self._results[search] = keys
                while len(self._results) > RESULTS_HELD:
                    self._results.popitem(last=False)
        return keys

    def find_one(self, resource_type: str, parameters: Parameters, purpose: str) -> Version | None:
        """The one match of a conditional write or reference, or None. Raises FhirError 412 when there are several."""
        if not parameters:
            raise FhirError(400, f"{purpose} needs search parameters", "required")
        page = self.find(resource_type, [*parameters, ("_count", "2")])
        if page.total > 1:
            raise FhirError(412, f"{purpose}: {page.total} resources match", "multiple-matches")
        return page.matches[0] if page.matches else None


def _referring_to(resource_type: str, id_: str) -> Condition:
    test = "v.target_type = ? AND v.target_id = ?"
    leading = f"r.key IN (SELECT v.key FROM search_value v WHERE {test})"
    probing = f"EXISTS (SELECT 1 FROM search_value v WHERE v.key = r.key AND {test})"
    return Condition(1, leading, probing, [resource_type, id_], by_value=True)


def _order(resource_type: str, sorts: list[str]) -> tuple[str, list[Any]]:
    """ORDER BY for `_sort`: rows without a value last, rows of equal value in the order of their creation."""
    terms, arguments = [], []
    for term in ",".join(sorts).split(","):
        name, direction = term.strip().lstrip("-"), "DESC" if term.strip().startswith("-") else "ASC"
        if name in ("_id", "_lastUpdated"):
            terms.append(f"r.{'id' if name == '_id' else 'updated'} {direction}")
        elif name:
            parameter = find_parameter(resource_type, name)
            if parameter is None:
                raise FhirError(400, f"{resource_type} cannot be sorted by '{name}'", "not-supported")
            least_or_most = "MAX" if direction == "DESC" else "MIN"
            value = f"(SELECT {least_or_most}(v.{SORT_COLUMNS[parameter.kind]}) FROM search_value v "
            value += "WHERE v.key = r.key AND v.parameter = ?)"
            terms.append(f"{value} {direction} NULLS LAST")
            arguments.append(parameter.number)
    return ", ".join([*terms, "r.key"]), arguments


def _number(control: dict[str, list[str]], name: str, default: int) -> int:
    text = control.get(name, [str(default)])[-1]
    if not text.isascii() or not text.isdigit():
        raise FhirError(400, f"{name} takes a whole number", "value")
    return int(text)


def _require_known_shape(control: dict[str, list[str]]) -> None:
    """Raises FhirError 400 for a `_summary` or `_total` that the server cannot give."""
    for name, known in (("_summary", ("count", "data", "false")), ("_total", ("none", "estimate", "accurate"))):
        for value in control.get(name, []):
            if value not in known:
                raise FhirError(400, f"{name} takes {', '.join(known)}", "not-supported")
