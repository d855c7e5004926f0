"""The test in SQL whether a row of the index has a value that is searched for, by kind of search parameter.

https://hl7.org/fhir/R4/search.html#ptypes. `v` is the row of `search_value`.
"""

import re
from decimal import Decimal
from typing import Any, Final

from dashboard.server.definitions import SearchParameter
from dashboard.server.json_text import encode
from dashboard.server.outcome import FhirError
from dashboard.server.values import date_range, normalise, parse_reference

Sql = tuple[str, list[Any]]  # a piece of SQL, and the arguments for its question marks

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
AROUND_SECONDS: Final = 86_400  # what `ap` adds at both ends of a date
AROUND_SHARE: Final = Decimal("0.1")  # and of a number, as R4 recommends
LAST_CHARACTER: Final = "\U0010ffff"

_UP_TO = {separator: re.compile(rf"(?:\\.|\\\Z|[^\\{separator}])*", re.DOTALL) for separator in (",", "|")}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"\\([,|$\\])")


def match_values(parameter: SearchParameter, modifier: str, values: list[str]) -> Sql:
    """The test of one of the values, of which `modifier` says how they are compared ("" for the usual way).

    Raises FhirError 400 for a value that the kind of parameter does not take.
    """
    if parameter.kind == "quantity":
        return _any([_quantity(value) for value in values])
    if parameter.kind == "token" and modifier != "text":
        return _tokens(values)
    if parameter.kind == "reference" and modifier == "identifier":
        sql, arguments = _tokens(values)
        return f"v.target_id IS NULL AND ({sql})", arguments
    values = [unescape(value) for value in values]
    if parameter.kind == "reference":
        return _references(modifier or parameter.only_target, values)
    if parameter.kind == "uri" and not modifier:
        return one_of("v.code", values)
    # The column that is never null in the partial index that has these values: SQLite must read it to use the index.
    test, indexed = {
        ("string", ""): (_starts_with, "original"), ("string", "exact"): (_is_exactly, "original"),
        ("string", "contains"): (_contains, "original"), ("date", ""): (_date, "low"),
        ("uri", "below"): (_is_below, ""), ("token", "text"): (_starts_with, ""), ("number", ""): (_number, ""),
    }[parameter.kind, modifier]  # fmt: skip
    sql, arguments = _any([test(value) for value in values])
    return (f"v.{indexed} IS NOT NULL AND ({sql})" if indexed else sql), arguments


def _any(tests: list[Sql]) -> Sql:
    return " OR ".join(f"({sql})" for sql, _ in tests), [argument for _, arguments in tests for argument in arguments]


def one_of(column: str, values: list[str]) -> Sql:
    """One argument for a list of any length: SQLite takes only so many, and need not plan each length anew."""
    if len(values) == 1:
        return f"{column} = ?", values
    return f"{column} IN (SELECT value FROM json_each(?))", [encode(values).decode()]


def _references(only: str, values: list[str]) -> Sql:
    """`Patient/1`, an absolute address or `1`; only of one type, unless `only` is empty."""
    ids: dict[str, list[str]] = {}
    for value in values:
        target, id_ = parse_reference(value) or (only, value)
        if only in ("", target):
            ids.setdefault(target, []).append(id_)
    tests = []
    for target, of_target in ids.items():
        sql, arguments = one_of("v.target_id", of_target)
        tests.append((f"{sql} AND v.target_type = ?", [*arguments, target]) if target else (sql, arguments))
    return _any(tests) if tests else ("0", [])


def _tokens(values: list[str]) -> Sql:
    """`code` in any system, `system|code`, `|code` without a system, `system|` for all its codes."""
    codes: dict[str | None, list[str]] = {}
    tests: list[Sql] = []
    for value in values:
        system, *code = map(unescape, split(value, "|"))
        if not code:
            codes.setdefault(None, []).append(system)
        elif code[0]:
            codes.setdefault(system, []).append("|".join(code))
        else:
            tests.append(("v.code IS NOT NULL AND v.system = ?", [system]))
    for wanted, of_system in codes.items():
        sql, arguments = one_of("v.code", of_system)
        if wanted:
            tests.append((f"{sql} AND v.system = ?", [*arguments, wanted]))
        else:
            tests.append((sql if wanted is None else f"{sql} AND v.system IS NULL", arguments))
    return _any(tests)


def _starts_with(value: str) -> Sql:
    start = normalise(value)
    return "v.text >= ? AND v.text < ?", [start, start + LAST_CHARACTER]


def _is_exactly(value: str) -> Sql:
    return "v.original = ?", [value]


def _contains(value: str) -> Sql:
    return "instr(v.text, ?) > 0", [normalise(value)]


def _is_below(value: str) -> Sql:
    return "v.code >= ? AND v.code < ?", [value, value + LAST_CHARACTER]


def _date(value: str) -> Sql:
    """Compares the ranges that both cover: https://hl7.org/fhir/R4/search.html#date."""
    prefix, text = split_prefix(value)
    covered = date_range(text)
    if covered is None:
        raise FhirError(400, "A date is expected: yyyy, yyyy-mm, yyyy-mm-dd or with a time", "value")
    low, high = covered
    return {
        "eq": ("v.low >= ? AND v.high <= ?", [low, high]),
        "ne": ("v.low < ? OR v.high > ?", [low, high]),
        "gt": ("v.high > ?", [high]),
        "lt": ("v.low < ?", [low]),
        "ge": ("v.high > ?", [low]),
        "le": ("v.low < ?", [high]),
        "sa": ("v.low >= ?", [high]),
        "eb": ("v.high <= ?", [low]),
        "ap": ("v.low < ? AND v.high > ?", [high + AROUND_SECONDS, low - AROUND_SECONDS]),
    }[prefix]


def _number(value: str) -> Sql:
    """`100` is 99.5 to 100.5, by its precision; with gt, lt, ge, le, sa and eb it is exactly 100."""
    prefix, text = split_prefix(value)
    if not _NUMBER.fullmatch(text):
        raise FhirError(400, "A number is expected", "value")
    number = Decimal(text)
    half = Decimal((0, (5,), int(number.as_tuple().exponent) - 1))
    if prefix == "ap":
        half = abs(number) * AROUND_SHARE
    low, high, exact = float(number - half), float(number + half), float(number)
    return {
        "eq": ("v.number >= ? AND v.number < ?", [low, high]),
        "ne": ("v.number < ? OR v.number >= ?", [low, high]),
        "ap": ("v.number >= ? AND v.number <= ?", [low, high]),
        "gt": ("v.number > ?", [exact]),
        "sa": ("v.number > ?", [exact]),
        "ge": ("v.number >= ?", [exact]),
        "lt": ("v.number < ?", [exact]),
        "eb": ("v.number < ?", [exact]),
        "le": ("v.number <= ?", [exact]),
    }[prefix]


def _quantity(value: str) -> Sql:
    """`number|system|code`; the unit, where given, must be the stored one: nothing is converted."""
    number, system, code = [*map(unescape, split(value, "|")), "", ""][:3]
    sql, arguments = _number(number)
    for column, unit in (("system", system), ("code", code)):
        if unit:
            sql, arguments = f"({sql}) AND v.{column} = ?", [*arguments, unit]
    return sql, arguments


def split_prefix(value: str) -> tuple[str, str]:
    if value[:2] in PREFIXES:
        return value[:2], value[2:]
    return "eq", value


def split(value: str, separator: str) -> list[str]:
    r"""The parts of a value between separators, except those written `\,` or `\|`; the parts stay escaped."""
    parts, start = [], 0
    while True:
        part = _UP_TO[separator].match(value, start)
        assert part is not None  # it matches the empty text
        parts.append(part[0])
        if part.end() >= len(value):
            return parts
        start = part.end() + 1


def unescape(text: str) -> str:
    r"""`\,`, `\|`, `\$` and `\\` as the characters that they stand for."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
