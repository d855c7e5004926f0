"""sekmet's search engine with a query plan, paging and includes that bear a pilot's size.

It keeps sekmet's conditions and changes how they are asked:

* The most selective condition finds the candidates, the others are probed per candidate. sekmet collects the ids of
  every condition in full: with 400,000 Observations `patient=...&code=...&date=...` takes seconds instead of
  milliseconds.
* Many values are one `IN` instead of a chain of ORs, which SQLite refuses beyond 1,000.
* Without `_sort`, a next link names the last row seen, not an offset: a row written between two pages cannot push
  another one out of sight.
* Includes are fetched per page and parameter, not per row, and JSON is passed on as text.
* What cannot be answered exactly is refused: unknown parameters, modifiers, includes and sort orders.
"""

import json
import re
import sqlite3
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import orjson
from sekmet.fhir import search as sekmet_search
from sekmet.fhir.common import FhirError, issue, parse_reference
from sekmet.fhir.indexer import date_range
from sekmet.fhir.search import SearchEngine, SearchResult, Unsupported, split_unescaped
from sekmet.fhir.search_params import SPECIAL, get_param

from dashboard.server.search_parameters import QUANTITIES
from dashboard.server.store import ServerStore

Params = list[tuple[str, str]]
Key = tuple[str, str]  # (type, id)

CONTROL = {  # parameters that shape the answer; the rest of sekmet's SPECIAL it would ignore on a search
    "_count", "_offset", "_after", "_sort", "_include", "_include:iterate", "_revinclude", "_revinclude:iterate",
    "_summary", "_elements", "_total", "_format", "_pretty",
}  # fmt: skip
MODIFIERS = {
    "string": {"missing", "exact", "contains"},
    "token": {"missing", "text", "not"},
    "reference": {"missing", "identifier"},
    "uri": {"missing", "below"},
    "date": {"missing"},
    "number": {"missing"},
}
# Which condition finds the candidates: the smaller the kind's usual share of a type, the earlier.
RANK = {"_id": 0, "reference": 1, "string": 3, "number": 4, "uri": 4, "token": 5, "date": 6}
RECENT_ROWS = 2000  # `_lastUpdated` finds the candidates when fewer rows than this of the type are that new
KEPT_RESULTS = 32  # whole results kept for their next pages, until something is written
LARGEST_KEPT = 50_000  # rows; larger results are not kept

# From "whose id is among all that have the code" to "of this one, is there a row with the code"; read from the
# resource's own few rows (the clustered index), not by trying each of twenty codes in the index of codes.
_OUTER = re.compile(r"^r\.id (NOT )?IN \(SELECT (i\d+)\.id FROM idx \2 WHERE ")
_PROBE = r"\1EXISTS (SELECT 1 FROM idx \2 INDEXED BY sqlite_autoindex_idx_1 WHERE \2.id=r.id AND "


@dataclass(frozen=True)
class Found:
    """One page of a search: the rows' JSON text, how many match in all, and where the next page starts."""

    total: int
    matches: list[tuple[str, str]]  # (id, JSON text)
    included: list[tuple[Key, str]]
    next_page: tuple[str, str] | None  # ("_after", sequence number) or ("_offset", rows)
    count: int


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _last_updated(alias: str, value: str) -> tuple[str, list[Any]]:
    """Compares the row's own instant, text of one length in UTC with milliseconds, with the value's range."""
    prefix, text = sekmet_search._prefix(value)
    span = date_range(text)
    if not span:
        raise FhirError(400, "Invalid _lastUpdated value", "value")
    low, high = _instant(span[0]), _instant(span[1])  # [low, high)
    column = f"{alias}.last_updated"
    at_least, below = (f"{column} >= ?", [low]), (f"{column} < ?", [low])
    after, up_to = (f"{column} >= ?", [high]), (f"{column} < ?", [high])
    table: dict[str, tuple[str, list[Any]]] = {
        "eq": (f"({column} >= ? AND {column} < ?)", [low, high]),
        "ne": (f"NOT ({column} >= ? AND {column} < ?)", [low, high]),
        "ge": at_least, "lt": below, "eb": below, "gt": after, "sa": after, "le": up_to,
    }  # fmt: skip
    if prefix not in table:
        raise Unsupported(f"Prefix '{prefix}' is not supported on '_lastUpdated'")
    return table[prefix]


def _quantity(i: str, value: str) -> tuple[str, list[Any]]:
    """number|system|code; the unit, where given, must be the stored one: nothing is converted."""
    number, *unit = split_unescaped(value, "|")
    condition, args = sekmet_search._number_cond(i, number)
    system, code = [*unit, "", ""][:2]
    if system:
        condition, args = f"{condition} AND {i}.sys = ?", [*args, system]
    if code:
        condition, args = f"{condition} AND {i}.code = ?", [*args, code]
    return f"({condition})", args


class ServerSearch(SearchEngine):  # type: ignore[misc]  # sekmet has no types
    """A `SearchEngine` on a `ServerStore`; see the module's text for what differs."""

    def __init__(self, store: ServerStore) -> None:
        super().__init__(store)
        self.store: ServerStore = store
        self._kept: OrderedDict[Any, list[tuple[int, str]]] = OrderedDict()
        self._kept_lock = Lock()

    # ---------------- conditions ----------------

    def _condition(self, alias: str, rtype: str, key: str, value: str, aliases: Any) -> tuple[str, list[Any]]:
        head, dot, _ = key.partition(".")
        name, _, modifier = head.partition(":")
        if name == "_lastUpdated" and not dot and not modifier:
            ors = [_last_updated(alias, v) for v in value.split(",")]
            return "(" + " OR ".join(c for c, _ in ors) + ")", [a for _, args in ors for a in args]
        parameter = get_param(rtype, name)
        if key.startswith("_has:") or dot or parameter is None:
            return self._unchanged(alias, rtype, key, value, aliases)
        is_type = parameter.kind == "reference" and modifier[:1].isupper()
        if modifier and modifier not in MODIFIERS[parameter.kind] and not is_type:
            raise Unsupported(f"Modifier ':{modifier}' is not supported on '{name}'")
        many = None
        if modifier in ("", "not") or is_type:
            many = self._many_values(aliases("i"), rtype, name, parameter, modifier, split_unescaped(value, ","))
        if many is None:
            return self._unchanged(alias, rtype, key, value, aliases)
        i, condition, args = many
        negated = "NOT " if modifier == "not" else ""
        base = f"SELECT {i}.id FROM idx {i} WHERE {i}.type=? AND {i}.param=?"  # noqa: S608  # our own words
        return f"{alias}.id {negated}IN ({base} AND ({condition}))", [rtype, name, *args]

    def _unchanged(self, alias: str, rtype: str, key: str, value: str, aliases: Any) -> tuple[str, list[Any]]:
        sql, args = super()._condition(alias, rtype, key, value, aliases)
        return str(sql), list(args)

    def _many_values(
        self, i: str, rtype: str, name: str, parameter: Any, modifier: str, values: list[str]
    ) -> tuple[str, str, list[Any]] | None:
        """(alias, condition, arguments) of references, tokens and quantities; None for what sekmet does as well."""
        groups: dict[str, list[Any]] = {}
        if (rtype, name) in QUANTITIES:
            ors = [_quantity(i, v) for v in values]
            return i, " OR ".join(c for c, _ in ors), [a for _, args in ors for a in args]
        if parameter.kind == "reference":
            only = modifier or parameter.target
            for value in values:
                target, rid, _ = parse_reference(value)
                if target is None:
                    groups.setdefault(only or "", []).append(value)
                elif only in (None, "", target):
                    groups.setdefault(target, []).append(rid)
            tests = {t: f"{i}.rtype = ? AND " if t else "" for t in groups}
            parts = [(tests[t], [t] if t else [], f"{i}.rid", ids) for t, ids in groups.items()]
        elif parameter.kind == "token":
            for value in values:
                system, bar, code = value.partition("|")
                if bar and not code:
                    return None  # system| : any code of it
                groups.setdefault(system + "|" if bar else "", []).append(code if bar else value)
            parts = []
            for group, codes in groups.items():
                system = group.rstrip("|")
                test = "" if not group else (f"{i}.sys = ? AND " if system else f"{i}.sys IS NULL AND ")
                parts.append((test, [system] if system else [], f"{i}.code", codes))
        else:
            return None
        ors_sql = [f"({test}{column} IN ({','.join('?' * len(found))}))" for test, _, column, found in parts]
        return i, " OR ".join(ors_sql) or "0", [a for _, first, _, found in parts for a in (*first, *found)]

    def build_where(
        self, rtype: str, params: Params, strict: bool, issues: list[dict[str, Any]], used: Params
    ) -> tuple[str, list[Any]]:
        """sekmet's conditions, the most selective first and the rest as probes; always strict."""
        aliases = sekmet_search._Aliases()
        filters = [(key, value) for key, value in params if self._is_filter(key)]
        filters.sort(key=lambda f: self._rank(rtype, *f))
        where, args = ["r.type = ?", "r.deleted = 0"], [rtype]
        for place, (key, value) in enumerate(filters):
            try:
                condition, found = self._condition("r", rtype, key, value, aliases)
            except Unsupported as error:
                raise FhirError(400, str(error), "not-supported") from error
            if place:
                condition = _OUTER.sub(_PROBE, condition).replace("(r.last_updated", "(+r.last_updated")
            where.append(condition)
            args += found
            used.append((key, value))
        return " AND ".join(where), args

    def _is_filter(self, key: str) -> bool:
        if key in CONTROL:
            return False
        name = key.split(":")[0].split(".")[0]
        if name == "_after" or (name in SPECIAL and name not in ("_id", "_has")):
            raise FhirError(400, f"Parameter '{name}' is not supported on a search", "not-supported")
        return True

    def _rank(self, rtype: str, key: str, value: str) -> float:
        head, dot, _ = key.partition(".")
        name, _, modifier = head.partition(":")
        if modifier in ("not", "missing"):
            return 9
        if name == "_lastUpdated":
            return 0.5 if self._is_recent(rtype, value) else 8
        if dot or name == "_has":
            return 2
        if name == "identifier":
            return 0.7
        parameter = get_param(rtype, name)
        return RANK["_id"] if name == "_id" else RANK[parameter.kind] if parameter else 9

    def _is_recent(self, rtype: str, value: str) -> bool:
        if value[:2] not in ("ge", "gt", "sa") or "," in value:
            return False
        condition, args = _last_updated("r", value)
        sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM resources r WHERE r.type=? AND {condition} LIMIT ?)"  # noqa: S608
        row = self.store._one(sql, [rtype, *args, RECENT_ROWS])
        return row is not None and row[0] < RECENT_ROWS

    # ---------------- the search ----------------

    def find(self, rtype: str, params: Params, extra_where: tuple[str, list[Any]] | None = None) -> Found:
        """One page. Raises FhirError 400 for whatever is not understood."""
        with self.store.snapshot() as state:
            return self._find(state, rtype, params, extra_where)

    def _find(self, state: int, rtype: str, params: Params, extra_where: tuple[str, list[Any]] | None) -> Found:
        where, args = self.build_where(rtype, params, True, [], [])
        if extra_where:
            where, args = f"{where} AND {extra_where[0]}", [*args, *extra_where[1]]
        control: dict[str, list[str]] = {}
        for key, value in params:
            if key in CONTROL:
                control.setdefault(key, []).append(value)
        count = min(_whole(control, "_count", sekmet_search.DEFAULT_COUNT), sekmet_search.MAX_COUNT)
        if control.get("_summary", [""])[-1] == "count" or count == 0:
            counted = self.store._one(f"SELECT COUNT(*) FROM resources r WHERE {where}", args)  # noqa: S608
            return Found(counted[0] if counted else 0, [], [], None, 0)
        is_sorted = any(control.get("_sort", []))
        if not is_sorted and not extra_where and not any(self._is_filter(key) for key, _ in params):
            return self._all_of_type(rtype, control, count)
        order = self._order(rtype, control.get("_sort", []), [], True) if is_sorted else "+r.seq"
        keys = self._keys(state, where, args, order)
        start = _whole(control, "_offset", 0)
        if "_after" in control:
            start = bisect_right(keys, _whole(control, "_after", 0), key=lambda k: k[0])
        page = keys[start : start + count]
        texts = self.store.texts(rtype, [rid for _, rid in page])
        matches = [(rid, texts[rid]) for _, rid in page if rid in texts]
        included = self._included([(rtype, rid) for rid, _ in matches], control)
        next_page = None
        if start + count < len(keys):
            next_page = ("_offset", str(start + count)) if is_sorted else ("_after", str(page[-1][0]))
        return Found(len(keys), matches, included, next_page, count)

    def _all_of_type(self, rtype: str, control: dict[str, list[str]], count: int) -> Found:
        """A page of everything, straight from its index: 400,000 Observations need not be listed for 1,000."""
        counted = self.store._one("SELECT COUNT(*) FROM resources WHERE type=? AND deleted=0", [rtype])
        page = self.store._all(
            "SELECT id, json, seq FROM resources WHERE type=? AND deleted=0 AND seq>? ORDER BY seq LIMIT ? OFFSET ?",
            [rtype, _whole(control, "_after", 0), count + 1, _whole(control, "_offset", 0)],
        )
        matches = [(row[0], row[1]) for row in page[:count]]
        next_page = ("_after", str(page[count - 1][2])) if len(page) > count else None
        included = self._included([(rtype, rid) for rid, _ in matches], control)
        return Found(counted[0] if counted else 0, matches, included, next_page, count)

    def _keys(self, state: int, where: str, args: list[Any], order: str) -> list[tuple[int, str]]:
        """(sequence number, id) of every match in order; kept for the next page until something is written."""
        question = (state, where, tuple(args), order)
        with self._kept_lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question]
        sql = f"SELECT r.seq, r.id FROM resources r WHERE {where} ORDER BY {order}"  # noqa: S608  # our own words
        keys = [(row[0], row[1]) for row in self.store._all(sql, args)]
        if len(keys) <= LARGEST_KEPT:
            with self._kept_lock:
                self._kept[question] = keys
                while len(self._kept) > KEPT_RESULTS:
                    self._kept.popitem(last=False)
        return keys

    def search(
        self, rtype: str, params: Params, strict: bool = True, extra_where: tuple[str, list[Any]] | None = None
    ) -> SearchResult:
        """The same page as parsed resources, for sekmet's conditional writes."""
        found = self.find(rtype, params, extra_where)
        matches = [orjson.loads(text) for _, text in found.matches]
        return SearchResult(found.total, matches, [orjson.loads(text) for _, text in found.included], count=found.count)

    # ---------------- includes ----------------

    def _included(self, matches: list[Key], control: dict[str, list[str]]) -> list[tuple[Key, str]]:
        seen, frontier, out = set(matches), matches, []
        for depth in range(4):  # sekmet's bound on :iterate
            fresh: dict[Key, None] = {}
            for kind, follow in (("_include", self._referenced), ("_revinclude", self._referring)):
                specs = control.get(f"{kind}:iterate", []) + (control.get(kind, []) if depth == 0 else [])
                for spec in specs:
                    fresh.update((key, None) for key in follow(frontier, spec) if key not in seen)
            if not fresh:
                break
            seen |= fresh.keys()
            found = [(key, text) for key, text in self._texts(list(fresh))]
            out += found
            frontier = [key for key, _ in found]
        return out

    def _texts(self, keys: list[Key]) -> Iterator[tuple[Key, str]]:
        for rtype, ids in _by_type(keys).items():
            for rid, text in self.store.texts(rtype, ids).items():
                yield (rtype, rid), text

    def _referenced(self, frontier: list[Key], spec: str) -> Iterator[Key]:
        source, _, rest = spec.partition(":")
        name, _, target = rest.partition(":")
        if spec != "*" and name != "*" and not _is_reference(source, name):
            raise FhirError(400, f"Unknown _include '{spec}'", "not-supported")
        for rtype, ids in _by_type(frontier).items():
            if spec != "*" and rtype != source:
                continue
            sql = (
                "SELECT DISTINCT rtype, rid FROM idx WHERE type=? AND id IN (SELECT value FROM json_each(?)) "
                "AND rid IS NOT NULL"
            )
            args = [rtype, json.dumps(ids)]
            if name not in ("", "*"):
                sql, args = sql + " AND param=?", [*args, name]
            if target:
                sql, args = sql + " AND rtype=?", [*args, target]
            yield from _keys_of(self.store._all(sql, args))

    def _referring(self, frontier: list[Key], spec: str) -> Iterator[Key]:
        source, _, rest = spec.partition(":")
        name, _, target = rest.partition(":")
        if not _is_reference(source, name):
            raise FhirError(400, f"Unknown _revinclude '{spec}'", "not-supported")
        for rtype, ids in _by_type(frontier).items():
            if target and target != rtype:
                continue
            sql = (
                "SELECT DISTINCT type, id FROM idx INDEXED BY idx_reference "
                "WHERE rid IN (SELECT value FROM json_each(?)) AND rid IS NOT NULL AND rtype=? AND type=? AND param=?"
            )
            yield from _keys_of(self.store._all(sql, [json.dumps(ids), rtype, source, name]))


def _whole(control: dict[str, list[str]], name: str, default: int) -> int:
    text = control.get(name, [str(default)])[-1]
    if not text.isascii() or not text.isdigit():
        raise FhirError(400, f"{name} must be a whole number", "value", issues=[issue("error", "value", f"{name}?")])
    return int(text)


def _is_reference(rtype: str, name: str) -> bool:
    parameter = get_param(rtype, name)
    return parameter is not None and parameter.kind == "reference"


def _by_type(keys: list[Key]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for rtype, rid in keys:
        out.setdefault(rtype, []).append(rid)
    return out


def _keys_of(rows: list[sqlite3.Row]) -> Iterator[Key]:
    return ((row[0], row[1]) for row in rows)
