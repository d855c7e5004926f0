"""R4's search in the obvious way: every condition is tried on every resource in memory. Tests compare the server with
it.

Only the data types of `linked_resources` are read.
"""

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PARAMETERS = json.loads((Path(__file__).resolve().parents[3] / "data/fhir/search-parameters.json").read_text("utf-8"))
PREFIXES = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}
DAY = timedelta(days=1)


class ObviousSearch:
    """Searches a list of resources, in their order."""

    def __init__(self, resources: list[Json]) -> None:
        self.resources = resources
        self.by_name = {f"{r['resourceType']}/{r['id']}": r for r in resources}

    def find(self, resource_type: str, parameters: list[tuple[str, str]]) -> list[str]:
        """Returns the ids of the matches, sorted by `_sort` if it is given."""
        conditions = [(name, value) for name, value in parameters if name[0] != "_" or name.startswith(("_id", "_has"))]
        rows = [r for r in self.resources if r["resourceType"] == resource_type]
        rows = [r for r in rows if all(self.matches(r, name, value) for name, value in conditions)]
        for term in reversed(dict(parameters).get("_sort", "").split(",")):
            if term:
                rows = self._sorted(rows, term.lstrip("-"), descending=term[0] == "-")
        return [r["id"] for r in rows]

    def _sorted(self, rows: list[Json], name: str, *, descending: bool) -> list[Json]:
        def sort_values(row: Json) -> list[Any]:
            if name == "_id":
                return [row["id"]]
            kind = PARAMETERS[row["resourceType"]][name][0]
            return [comparable(kind, value) for value in values_of(row, name)]

        present = [row for row in rows if sort_values(row)]
        best = max if descending else min
        present.sort(key=lambda row: best(sort_values(row)), reverse=descending)
        return present + [row for row in rows if not sort_values(row)]

    def matches(self, row: Json, name: str, value: str) -> bool:
        if name.startswith("_has:"):
            _, source, through, rest = name.split(":", 3)
            referring = [r for r in self.resources if r["resourceType"] == source and row in self.targets(r, through)]
            return any(self.matches(r, rest, value) for r in referring)
        head, chained, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        if code == "_id":
            return (row["id"] in value.split(",")) != (modifier == "not")
        if chained:
            wanted = [t for t in self.targets(row, code) if modifier in ("", t["resourceType"])]
            return any(
                self.matches(t, rest, value) for t in wanted if rest.split(".")[0] in PARAMETERS[t["resourceType"]]
            )
        values = values_of(row, code)
        if modifier == "missing":
            return (not values) == (value == "true")
        kind, _, targets = PARAMETERS[row["resourceType"]][code]
        fits = any(has_value(kind, targets, modifier, v, wanted) for v in values for wanted in value.split(","))
        return fits != (modifier == "not")

    def targets(self, row: Json, name: str) -> list[Json]:
        """Returns the stored resources that a reference parameter points to."""
        names = ["/".join(value["reference"].split("/")[:2]) for value in values_of(row, name)]
        return [self.by_name[n] for n in names if n in self.by_name]

    def included(self, ids: list[str], resource_type: str, parameters: list[tuple[str, str]]) -> set[str]:
        """Returns type/id of the resources that `_include` and `_revinclude` add to the matches."""
        matches = [self.by_name[f"{resource_type}/{id_}"] for id_ in ids]
        known, newest = list(matches), matches
        for depth in range(4):
            reached = []
            for name, value in parameters:
                if name in ("_include", "_include:iterate") and (depth == 0 or name.endswith("iterate")):
                    reached += [target for row in newest for target in self._forward(row, value)]
                elif name in ("_revinclude", "_revinclude:iterate") and (depth == 0 or name.endswith("iterate")):
                    source, through = value.split(":")
                    rows = [r for r in self.resources if r["resourceType"] == source]
                    reached += [r for r in rows if any(t in newest for t in self.targets(r, through))]
            newest = []
            for row in reached:
                if row not in known:
                    known.append(row)
                    newest.append(row)
        return {f"{r['resourceType']}/{r['id']}" for r in known[len(matches) :]}

    def _forward(self, row: Json, value: str) -> list[Json]:
        source, name, only = [*value.split(":"), "", ""][:3]
        if source not in ("*", row["resourceType"]):
            return []
        every = [n for n, (kind, _, _) in PARAMETERS[row["resourceType"]].items() if kind == "reference"]
        targets = [t for n in ([name] if name not in ("", "*") else every) for t in self.targets(row, n)]
        return [t for t in targets if only in ("", t["resourceType"])]


def values_of(row: Json, name: str) -> list[Any]:
    _, paths, targets = PARAMETERS[row["resourceType"]][name]
    values = [value for path in paths for value in at(row, path.split("."))]
    if len(targets) == 1:
        values = [value for value in values if value["reference"].startswith(targets[0] + "/")]
    return values


def at(node: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for entry in node:
            yield from at(entry, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from at(node[path[0]], path[1:])


def has_value(kind: str, targets: list[str], modifier: str, value: Any, wanted: str) -> bool:
    """Returns whether a value of an element matches the value of the search."""
    if kind == "reference":
        if "/" not in wanted:
            types = [modifier] if modifier else targets
            return any(value["reference"] == f"{t}/{wanted}" for t in types) if types else False
        return value["reference"].split("/_history")[0] == wanted and modifier in ("", wanted.split("/")[0])
    if kind == "string":
        texts = [value] if isinstance(value, str) else [value.get("family", ""), *value.get("given", [])]
        return any(
            text == wanted if modifier == "exact" else bare(wanted) in bare(text) if modifier == "contains" else
            bare(text).startswith(bare(wanted)) for text in texts
        )  # fmt: skip
    if kind == "token":
        tokens = value.get("coding", [value]) if isinstance(value, dict) else [{"code": value}]
        if modifier == "text":
            return any(bare(token.get("display", "")).startswith(bare(wanted)) for token in tokens)
        system, bar, code = wanted.rpartition("|")
        return any(
            (not code or token.get("code", token.get("value")) == code)
            and (not bar or (token.get("system") or "") == system)
            for token in tokens
        )
    if kind == "date":
        return has_date(value, wanted)
    raise NotImplementedError(kind)


def has_date(value: str, wanted: str) -> bool:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2] in PREFIXES else ("eq", wanted)
    (low, high), (from_, to) = span(value), span(text)
    return {
        "eq": from_ <= low and high <= to, "ne": not (from_ <= low and high <= to),
        "gt": high > to, "lt": low < from_, "ge": high > from_, "le": low < to,
        "sa": low >= to, "eb": high <= from_, "ap": low < to + DAY and high > from_ - DAY,
    }[prefix]  # fmt: skip


def span(text: str) -> tuple[datetime, datetime]:
    """Returns the first moment of a date and the first moment after it."""
    if "T" in text:
        moment = datetime.fromisoformat(text)
        return moment, moment + timedelta(seconds=1)
    start = datetime.fromisoformat((text + "-01-01")[:10]).replace(tzinfo=UTC)
    if len(text) == 4:
        return start, start.replace(year=start.year + 1)
    if len(text) == 7:
        return start, (start + 31 * DAY).replace(day=1)
    return start, start + DAY


def comparable(kind: str, value: Any) -> Any:
    """Returns the part of a value that `_sort` compares."""
    if kind == "date":
        return span(value)[0]
    if kind == "string":
        return bare(value)
    return min(coding["code"] for coding in value["coding"])


def bare(text: str) -> str:
    """Returns the text in lower case without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
