"""Puts the official R4 search parameters in the place of the ones sekmet ships, and indexes resources by them.

sekmet's own table misses CareTeam, Goal, QuestionnaireResponse, List and more. The table it reads is a module
constant, so ours is written into it: everything that sekmet does with parameters (chains, _has, includes, sorting)
then follows. Only `_lastUpdated` is answered from the resource's row instead (see `search.py`).
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sekmet.fhir import indexer
from sekmet.fhir.search_params import PARAMS, SearchParam

TABLE = Path(__file__).resolve().parents[2] / "data" / "fhir" / "search-parameters.json"

# (type, parameter) of kind quantity. sekmet knows only numbers and would compare 7 % with 7 mmol/mol; these are given
# to it as numbers, so that sorting works, and are indexed and compared with their unit here and in `search.py`.
QUANTITIES: set[tuple[str, str]] = set()

# param, s (normalised text), sys, code, rtype, rid, lo, hi, num: sekmet's index columns after type and id
Row = tuple[str, str | None, str | None, str | None, str | None, str | None, float | None, float | None, float | None]
Step = tuple[str, str, str]  # element, and the field and value that its entries must have ("" for all)


def install() -> None:
    """Write the official table into sekmet's; done once, before the first search."""
    if "CareTeam" in PARAMS:
        return
    indexer.norm = _norm
    common = {name: p for name, p in PARAMS["*"].items() if name != "_lastUpdated"}
    PARAMS.clear()
    PARAMS["*"] = common
    for rtype, parameters in json.loads(TABLE.read_text("utf-8")).items():
        PARAMS[rtype] = {}
        for name, (kind, paths, targets) in parameters.items():
            if kind == "quantity":
                QUANTITIES.add((rtype, name))
            target = targets[0] if len(targets) == 1 else None
            sekmet_kind = "number" if kind == "quantity" else kind
            PARAMS[rtype][name] = SearchParam(name, sekmet_kind, tuple(paths), target)
    _readers.cache_clear()


def _norm(text: Any, _sekmet_norm: Callable[[Any], str] = indexer.norm) -> str:
    """sekmet's normalised text; ASCII, nearly all of it, has nothing to decompose."""
    return text.lower().strip() if isinstance(text, str) and text.isascii() else _sekmet_norm(text)


def _steps(path: str) -> tuple[Step, ...]:
    steps = []
    for part in path.split("."):
        key, _, condition = part.rstrip("]?").partition("[")
        field, _, value = condition.partition("=")
        steps.append((key, field, value))
    return tuple(steps)


def _walk(node: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    if not steps:
        yield node
        return
    key, field, wanted = steps[0]
    found = node.get(key) if isinstance(node, dict) else None
    if found is None:
        return
    for value in found if isinstance(found, list) else [found]:
        if not field or (isinstance(value, dict) and value.get(field) == wanted):
            yield from _walk(value, steps[1:])


def _quantity_rows(name: str, value: Any) -> Iterator[indexer.IndexRow]:
    if isinstance(value, dict) and isinstance(value.get("value"), (int, float)):
        unit = value.get("code") or value.get("currency") or value.get("unit")
        yield indexer.IndexRow(name, num=float(value["value"]), sys=value.get("system"), code=unit)


def _number_rows(name: str, value: Any) -> Iterator[indexer.IndexRow]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield indexer.IndexRow(name, num=float(value))


def _uri_rows(name: str, value: Any) -> Iterator[indexer.IndexRow]:
    if isinstance(value, str):
        yield indexer.IndexRow(name, code=value)


RowsOf = Callable[[str, Any], Iterator[indexer.IndexRow]]
_ROWS: dict[str, RowsOf] = {
    "string": indexer._string_rows,
    "token": indexer._token_rows,
    "date": indexer._date_rows,
    "number": _number_rows,
    "quantity": _quantity_rows,
    "uri": _uri_rows,
}


def _rows_of(rtype: str, name: str, parameter: SearchParam) -> RowsOf:
    if parameter.kind == "reference":
        return lambda n, value: indexer._reference_rows(n, value, parameter.target)
    return _ROWS["quantity" if (rtype, name) in QUANTITIES else parameter.kind]


@cache
def _readers(rtype: str) -> dict[str, list[tuple[str, RowsOf, tuple[Step, ...]]]]:
    """What to index of a type, by top-level element: most resources have a tenth of their type's elements, and
    sekmet's own loop tries every path of every parameter on each."""
    readers: dict[str, list[tuple[str, RowsOf, tuple[Step, ...]]]] = {}
    for name, parameter in {**PARAMS["*"], **PARAMS.get(rtype, {})}.items():
        if parameter.paths[0].endswith("?"):
            continue
        for path in parameter.paths:
            steps = _steps(path)
            readers.setdefault(steps[0][0], []).append((name, _rows_of(rtype, name, parameter), steps))
    return readers


@cache
def _presence(rtype: str) -> list[tuple[str, list[str]]]:
    """Parameters that ask whether an element is there and not false (Patient.deceased)."""
    parameters = PARAMS.get(rtype, {}).items()
    return [(name, [q.rstrip("?") for q in p.paths]) for name, p in parameters if p.paths[0].endswith("?")]


def index_rows(resource: dict[str, Any]) -> list[Row]:
    """The index rows of a resource, each once."""
    rtype = resource["resourceType"]
    rows: dict[Row, None] = {}
    readers = _readers(rtype)
    for element in resource:
        for name, rows_of, steps in readers.get(element, ()):
            for value in _walk(resource, steps):
                for r in rows_of(name, value):
                    # the text of a date or a reference is never searched; left in, it would only fill the indexes
                    code = None if r.lo is not None else r.code
                    text = None if r.rid is not None else r.s
                    rows[(r.param, text, r.sys, code, r.rtype, r.rid, r.lo, r.hi, r.num)] = None
    for name, elements in _presence(rtype):
        is_there = any(resource.get(e) not in (None, False) for e in elements)
        rows[(name, None, None, "true" if is_there else "false", None, None, None, None, None)] = None
    return list(rows)
