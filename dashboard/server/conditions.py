"""Turns one search parameter with its value into a condition in SQL: https://hl7.org/fhir/R4/search.html.

In every condition `r` is the row of `resource` that is tried, and `v` a row of `search_value`. What the server does not
understand is refused, whatever the client prefers: rows of other patients would come back if it were ignored.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dashboard.server.definitions import RESOURCE_TYPES, SearchParameter, find_parameter, find_reference_parameter
from dashboard.server.json_text import encode
from dashboard.server.outcome import FhirError
from dashboard.server.values import date_range, normalise, parse_reference, to_instant

Sql = tuple[str, list[Any]]

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS: Final = {
    "string": {"exact", "contains"}, "token": {"text", "not"}, "reference": {"identifier"}, "uri": {"below"},
    "date": set(), "number": set(), "quantity": set(),
}  # fmt: skip
# How much of a type a condition usually lets through: the smallest leads, the others are tried on what it finds.
SHARE_OF_ID, SHARE_OF_IDENTIFIER, SHARE_OF_CHAIN, SHARE_OF_UPDATED, SHARE_OF_MOST = 0, 0.7, 2, 8, 9
SHARE: Final = {
    "reference": 1, "string": 3, "uri": 4, "token": 5, "date": 6, "number": SHARE_OF_MOST, "quantity": SHARE_OF_MOST,
}  # fmt: skip
AROUND_SECONDS: Final = 86_400  # what `ap` adds at both ends of a date
AROUND_SHARE: Final = Decimal("0.1")  # and of a number, as R4 recommends
LAST_CHARACTER: Final = "\U0010ffff"

_UP_TO = {separator: re.compile(rf"(?:\\.|\\\Z|[^\\{separator}])*", re.DOTALL) for separator in (",", "|")}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"\\([,|$\\])")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in two forms with the same meaning and the same arguments.

    leading: finds the resources by an index. probing: is tried on each that another condition has found.
    """

    share: float
    leading: str
    probing: str
    arguments: list[Any]
    by_value: bool = False  # the leading form gives the resources' keys


def build_condition(resource_type: str, name: str, value: str) -> Condition:
    """The condition of `name=value`, where the name has its chain and modifiers. Raises FhirError 400."""
    if name.startswith("_has:"):
        return _has(resource_type, name, value)
    head, is_chain, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    if code in ("_id", "_lastUpdated"):
        if is_chain or modifier not in (("", "not") if code == "_id" else ("",)):
            raise FhirError(400, f"Modifiers and chains are not supported on {code}", "not-supported")
        return _id(value, modifier) if code == "_id" else _last_updated(value)
    parameter = find_parameter(resource_type, code)
    if parameter is None:
        raise FhirError(400, f"{resource_type} cannot be searched by '{code}'", "not-supported")
    if is_chain:
        return _chain(parameter, modifier, rest, value)
    if modifier == "missing":
        if value not in ("true", "false"):
            raise FhirError(400, ":missing takes true or false", "value")
        return _by_values(parameter, ("1", []), SHARE_OF_MOST, negated=value == "true")
    is_type = parameter.kind == "reference" and modifier in RESOURCE_TYPES
    if modifier and not is_type and modifier not in MODIFIERS[parameter.kind]:
        raise FhirError(400, f"Modifier ':{modifier}' is not supported on '{code}'", "not-supported")
    share = SHARE_OF_IDENTIFIER if code == "identifier" else SHARE[parameter.kind]
    if modifier in ("not", "text"):
        share = SHARE_OF_MOST
    return _by_values(parameter, _test(parameter, modifier, split(value, ",")), share, negated=modifier == "not")


def _by_values(parameter: SearchParameter, test: Sql, share: float, *, negated: bool = False) -> Condition:
    """Resources that have a value of the parameter that passes the test; negated, all others.

    It leads only where an index has the values; else it is tried on every resource of the type.
    """
    sql, arguments = test
    where = f"v.parameter = ? AND ({sql})"
    own = f"SELECT 1 FROM search_value v INDEXED BY sqlite_autoindex_search_value_1 WHERE v.key = r.key AND {where}"
    probing = f"{'NOT ' if negated else ''}EXISTS ({own})"
    arguments = [parameter.number, *arguments]
    if share == SHARE_OF_MOST:
        return Condition(share, probing, probing, arguments)
    leading = f"r.key IN (SELECT v.key FROM search_value v WHERE {where})"
    return Condition(share, leading, probing, arguments, by_value=True)


def _id(value: str, modifier: str) -> Condition:
    test, arguments = _one_of("r.id", split(value, ","))
    if modifier:
        return Condition(SHARE_OF_MOST, f"NOT ({test})", f"NOT ({test})", arguments)
    return Condition(SHARE_OF_ID, test, test, arguments)


def _last_updated(value: str) -> Condition:
    """Compares the row's own instant, text of one length, with the range that each value covers."""
    tests, arguments = [], []
    for text in split(value, ","):
        prefix, rest = _split_prefix(text)
        covered = date_range(rest)
        if covered is None or prefix == "ap":
            raise FhirError(400, "_lastUpdated takes a date or an instant, with any prefix but ap", "value")
        low, high = to_instant(covered[0]), to_instant(covered[1])
        test, used = {
            "eq": ("(r.updated >= ? AND r.updated < ?)", [low, high]),
            "ne": ("NOT (r.updated >= ? AND r.updated < ?)", [low, high]),
            "ge": ("r.updated >= ?", [low]),
            "gt": ("r.updated >= ?", [high]),
            "sa": ("r.updated >= ?", [high]),
            "le": ("r.updated < ?", [high]),
            "lt": ("r.updated < ?", [low]),
            "eb": ("r.updated < ?", [low]),
        }[prefix]
        tests.append(test)
        arguments += used
    leading = f"({' OR '.join(tests)})"
    return Condition(SHARE_OF_UPDATED, leading, leading.replace("r.updated", "+r.updated"), arguments)


def _chain(parameter: SearchParameter, modifier: str, name: str, value: str) -> Condition:
    """`patient.identifier=1`: the resources that refer to one that matches the rest of the name."""
    if parameter.kind != "reference" or (modifier and modifier not in RESOURCE_TYPES):
        raise FhirError(400, f"'{parameter.name}' is no reference to search through", "not-supported")
    targets = (modifier,) if modifier else parameter.targets or sorted(RESOURCE_TYPES)
    tests, arguments = [], []
    for target in targets:
        try:
            inner = build_condition(target, name, value)
        except FhirError as refusal:
            if refusal.issues[0]["code"] != "not-supported" or len(targets) == 1:
                raise
            continue  # this type has no such parameter; another may
        rows, used = select_resources("r.id", target, [inner])
        tests.append(f"(v.target_type = ? AND v.target_id IN ({rows}))")
        arguments += [target, *used]
    if not tests:
        raise FhirError(400, f"No type that '{parameter.name}' refers to can be searched by '{name}'", "not-supported")
    return _by_values(parameter, (" OR ".join(tests), arguments), SHARE_OF_CHAIN)


def _has(resource_type: str, name: str, value: str) -> Condition:
    """`_has:Observation:patient:code=1`: the resources that a matching Observation refers to as its patient."""
    _, source, through, *rest = [*name.split(":", 3), "", ""][:4]
    parameter = find_reference_parameter(source, through)
    if parameter is None or not rest[0]:
        raise FhirError(400, f"'{name}' is not _has:[type]:[reference]:[parameter]", "not-supported")
    rows, arguments = select_resources("r.key", source, [build_condition(source, rest[0], value)])
    test = (
        "r.id IN (SELECT v.target_id FROM search_value v "
        f"WHERE v.parameter = ? AND v.target_type = ? AND v.key IN ({rows}))"
    )
    return Condition(SHARE_OF_CHAIN, test, test, [parameter.number, resource_type, *arguments])


def select_resources(column: str, resource_type: str, conditions: list[Condition]) -> Sql:
    """A SELECT of the resources of a type that meet all conditions: one leads, the others are tried on its rows."""
    ordered = sorted(conditions, key=lambda condition: condition.share)
    # `+` keeps SQLite from the index of types where a condition gives the keys, and so few rows.
    by_value = bool(ordered) and ordered[0].by_value
    tests = [f"{'+' if by_value else ''}r.type = ?", *([] if by_value else ["r.deleted = 0"])]
    arguments: list[Any] = [resource_type]
    for place, condition in enumerate(ordered):
        tests.append(condition.probing if place else condition.leading)
        arguments += condition.arguments
    return f"SELECT {column} FROM resource r WHERE {' AND '.join(tests)}", arguments


# --- tests of one value, by kind of parameter ------------------------------------------------------------------------


def _test(parameter: SearchParameter, modifier: str, values: list[str]) -> Sql:
    """Whether a row of the index has one of the values."""
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
        return _one_of("v.code", values)
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


def _one_of(column: str, values: list[str]) -> Sql:
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
        sql, arguments = _one_of("v.target_id", of_target)
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
        sql, arguments = _one_of("v.code", of_system)
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
    prefix, text = _split_prefix(value)
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
    prefix, text = _split_prefix(value)
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


def _split_prefix(value: str) -> tuple[str, str]:
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
