"""Turns one search parameter with its value into a condition in SQL: https://hl7.org/fhir/R4/search.html.

In every condition `r` is the row of `resource` that is tried, and `v` a row of `search_value`. What the server does not
understand is refused, whatever the client prefers: rows of other patients would come back if it were ignored.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from dashboard.server.definitions import RESOURCE_TYPES, SearchParameter, find_parameter, find_reference_parameter
from dashboard.server.outcome import FhirError
from dashboard.server.value_conditions import Sql, match_values, one_of, split, split_prefix
from dashboard.server.values import date_range, to_instant

MODIFIERS: Final = {
    "string": {"exact", "contains"}, "token": {"text", "not"}, "reference": {"identifier"}, "uri": {"below"},
    "date": set(), "number": set(), "quantity": set(),
}  # fmt: skip
LONGEST_CHAIN: Final = 4  # links; where a reference may point to many types, each link multiplies the searches
# How much of a type a condition usually lets through: the smallest leads, the others are tried on what it finds.
SHARE_OF_ID, SHARE_OF_IDENTIFIER, SHARE_OF_CHAIN, SHARE_OF_UPDATED, SHARE_OF_MOST = 0, 0.7, 2, 8, 9
SHARE_OF_TAG: Final = 0.9  # before references: who counts by tags has as many of them as there are things to count
SHARE: Final = {
    "reference": 1, "string": 3, "uri": 4, "token": 5, "date": 6, "number": SHARE_OF_MOST, "quantity": SHARE_OF_MOST,
}  # fmt: skip


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
    keys: str = ""  # the same keys as a condition on `v`, whose parameter is of one type alone; "" where there is none
    by_key: bool = False  # the probing form asks for nothing of `r` but its key


def build_condition(resource_type: str, name: str, value: str) -> Condition:
    """The condition of `name=value`, where the name has its chain and modifiers. Raises FhirError 400."""
    if name.count(".") + name.count("_has:") > LONGEST_CHAIN:
        raise FhirError(400, f"A chain may have {LONGEST_CHAIN} links", "too-costly")
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
    share = {"identifier": SHARE_OF_IDENTIFIER, "_tag": SHARE_OF_TAG}.get(code, SHARE[parameter.kind])
    if modifier in ("not", "text"):
        share = SHARE_OF_MOST
    return _by_values(parameter, match_values(parameter, modifier, split(value, ",")), share, negated=modifier == "not")


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
        return Condition(share, probing, probing, arguments, by_key=True)
    leading = f"r.key IN (SELECT v.key FROM search_value v WHERE {where})"
    return Condition(share, leading, probing, arguments, by_value=True, keys=where, by_key=True)


def _id(value: str, modifier: str) -> Condition:
    test, arguments = one_of("r.id", split(value, ","))
    if modifier:
        return Condition(SHARE_OF_MOST, f"NOT ({test})", f"NOT ({test})", arguments)
    return Condition(SHARE_OF_ID, test, test, arguments)


def _last_updated(value: str) -> Condition:
    """Compares the row's own instant, text of one length, with the range that each value covers."""
    tests, arguments = [], []
    for text in split(value, ","):
        prefix, rest = split_prefix(text)
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
    tests, probes, arguments = [], [], []
    for target in targets:
        try:
            inner = build_condition(target, name, value)
        except FhirError as refusal:
            if refusal.issues[0]["code"] != "not-supported" or len(targets) == 1:
                raise
            continue  # this type has no such parameter; another may
        rows, used = select_resources("r.id", target, [inner])
        tests.append(f"(v.target_type = ? AND v.target_id IN ({rows}))")
        # `c`, since `v` may be taken inside.
        there = (
            f"SELECT 1 FROM resource r WHERE r.id = c.target_id AND r.type = ? AND r.deleted = 0 AND {inner.probing}"
        )
        probes.append(f"(c.target_type = ? AND EXISTS ({there}))")
        arguments += [target, *used]
    if not tests:
        raise FhirError(400, f"No type that '{parameter.name}' refers to can be searched by '{name}'", "not-supported")
    condition = _by_values(parameter, (" OR ".join(tests), arguments), SHARE_OF_CHAIN)
    own = "search_value c INDEXED BY sqlite_autoindex_search_value_1 WHERE c.key = r.key AND c.parameter = ?"
    # What is tried on one resource looks at that one's own records, and lists those of no other.
    return replace(condition, keys="", probing=f"EXISTS (SELECT 1 FROM {own} AND ({' OR '.join(probes)}))")


def _has(resource_type: str, name: str, value: str) -> Condition:
    """`_has:Observation:patient:code=1`: the resources that a matching Observation refers to as its patient."""
    _, source, through, *rest = [*name.split(":", 3), "", ""][:4]
    parameter = find_reference_parameter(source, through)
    if parameter is None or not rest[0]:
        raise FhirError(400, f"'{name}' is not _has:[type]:[reference]:[parameter]", "not-supported")
    inner = build_condition(source, rest[0], value)
    rows, arguments = select_resources("r.key", source, [inner])
    leading = (
        "r.id IN (SELECT v.target_id FROM search_value v "
        f"WHERE v.parameter = ? AND v.target_type = ? AND v.key IN ({rows}))"
    )
    referring = "SELECT 1 FROM search_value h WHERE h.target_id = r.id AND h.parameter = ? AND h.target_type = ?"
    there = f"SELECT 1 FROM resource r WHERE r.key = h.key AND r.type = ? AND r.deleted = 0 AND {inner.probing}"
    probing = f"EXISTS ({referring} AND EXISTS ({there}))"
    return Condition(SHARE_OF_CHAIN, leading, probing, [parameter.number, resource_type, *arguments])


def count_keys(conditions: list[Condition], many: bool) -> Sql:
    """A SELECT of how many resources meet conditions that all look at the resource's key alone (`by_key`, the first one
    with `keys`), from the index. Where `many` meet the first, the keys of the others are listed too: each that is tried
    on a resource by itself costs twenty times as much.
    """
    first, *others = conditions
    tests = [
        f"r.key IN (SELECT v.key FROM search_value v WHERE {other.keys})" if many and other.keys else other.probing
        for other in others
    ]
    keys = f"SELECT DISTINCT v.key AS key FROM search_value v WHERE {first.keys}"
    arguments = [argument for condition in conditions for argument in condition.arguments]
    return f"SELECT COUNT(*) FROM ({keys}) r WHERE {' AND '.join(['1', *tests])}", arguments


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
