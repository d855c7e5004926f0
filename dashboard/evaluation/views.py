"""Runs SQL on FHIR ViewDefinitions (https://sql-on-fhir.org, version 2.0.0) over resources, by `sqlonfhir`.

`sqlonfhir` evaluates select, forEach, unionAll and where, and each path by fhirpathpy. Plain paths are walked here
instead: element names, `ofType`, `first()`, and `where` with one text. Two reasons: inside a forEach the library
forgets the type of an element and finds no `value.ofType(Quantity)` of a component; and it takes some 20 microseconds a
path, a walk less than one. A test holds both to the same rows wherever the library finds any.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlonfhir.sqlonfhir import ViewDefinitionEvaluator, normalize

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "evaluation" / "views"
"""The views of the project, one file a resource type."""

Json = dict[str, Any]
Nodes = list[Any]
Step = Callable[[Nodes], Nodes]

_NAME = r"[a-z][A-Za-z]*"
_PLAIN: Final = re.compile(rf"{_NAME}(\.({_NAME}(?!\()|ofType\([A-Za-z]+\)|first\(\)|where\({_NAME} = '[^']*'\)))*\Z")
_STEP: Final = re.compile(rf"(first\(\))|where\(({_NAME}) = '([^']*)'\)|({_NAME})")


class View:
    """One ViewDefinition, ready to run. Raises ValueError for one without resource type or columns."""

    def __init__(self, definition: Json) -> None:
        try:
            self.resource = str(definition["resource"])
            self._definition = normalize(json.loads(json.dumps(definition)))  # `normalize` changes what it gets
            self._evaluator = _Evaluator()
            self.columns = _columns(definition)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no ViewDefinition: {error}") from error
        if not self.columns:
            raise ValueError("this ViewDefinition has no columns")

    def rows(self, resources: Iterable[Json]) -> Iterator[Json]:
        """The rows of these resources, all of the view's type: a value by column name, None where there is none."""
        run, definition = self._evaluator.call_fn, self._definition
        for resource in resources:
            yield from run(definition, resource, definition)


class _Evaluator(ViewDefinitionEvaluator):  # type: ignore[misc]
    """The library's evaluator, with plain paths walked."""

    def __init__(self) -> None:
        super().__init__()
        self._walks: dict[str, Callable[[Any], Nodes] | None] = {}
        self._plans: dict[int, list[tuple[str, Callable[[Any], Any] | None]]] = {}

    def column(self, expr: Json, resource: Any, view_definition: Json) -> list[Json]:
        """One row of the columns: as the library's, with the walk of each looked up once."""
        plan = self._plans.get(id(expr))
        if plan is None:
            plan = self._plans[id(expr)] = [(each["name"], _single(each)) for each in expr["column"]]
        record = {}
        for name, walk in plan:
            if walk is None:  # not plain, or a collection
                rows: list[Json] = super().column(expr, resource, view_definition)
                return rows
            record[name] = walk(resource)
        return [record]

    def eval_fhirpath(self, resource: Any, path: str) -> Nodes:
        if path not in self._walks:
            self._walks[path] = plain_walk(path)
        walk = self._walks[path]
        if walk is not None:
            return walk(resource)
        found: Nodes = super().eval_fhirpath(resource, path)
        return found


def _single(column: Json) -> Callable[[Any], Any] | None:
    """A function from a resource to the one value of a column; None where the path is not plain, or gives a list."""
    path = str(column["path"])
    walk = plain_walk(path)
    if walk is None or column.get("collection") or "%" in path:
        return None
    names = _typed(path).split(".")
    straight = all(re.fullmatch(_NAME, name) for name in names)

    def value(resource: Any) -> Any:
        if straight:
            node = resource
            for name in names:
                if type(node) is not dict:
                    break
                node = node.get(name)
                if node is None:
                    return None
            else:
                if type(node) is not list:
                    return node
        found = walk(resource)
        if len(found) > 1:
            raise ValueError("a column has one value")
        return found[0] if found else None

    return value


def _typed(path: str) -> str:
    """The path with the names of choices: the element value.ofType(Quantity) is valueQuantity."""
    return re.sub(r"\.ofType\(([A-Za-z])([A-Za-z]*)\)", lambda found: found[1].upper() + found[2], path)


def plain_walk(path: str) -> Callable[[Any], Nodes] | None:
    """A function from a resource to what the path finds in it; None for a path that is not plain."""
    if path == "getResourceKey()":
        return lambda resource: [resource["id"]] if "id" in resource else []
    if not _PLAIN.match(path):
        return None
    path = _typed(path)
    steps: list[Step] = []
    for _, key, words, name in _STEP.findall(path):
        if name:
            steps.append(_member(name))
        else:
            steps.append(_having(key, words) if key else lambda nodes: nodes[:1])
    return lambda resource: _through(steps, resource)


def _through(steps: list[Step], resource: Any) -> Nodes:
    nodes: Nodes = [resource]
    for step in steps:
        nodes = step(nodes)
        if not nodes:
            break
    return nodes


def _member(name: str) -> Step:
    def step(nodes: Nodes) -> Nodes:
        found: Nodes = []
        for node in nodes:
            value = node.get(name) if isinstance(node, dict) else None
            if isinstance(value, list):
                found += [part for part in value if part is not None]
            elif value is not None:
                found.append(value)
        return found

    return step


def _having(name: str, words: str) -> Step:
    return lambda nodes: [node for node in nodes if isinstance(node, dict) and node.get(name) == words]


def _columns(part: Json) -> tuple[str, ...]:
    """The names of the columns, in the order in which they stand; those of a unionAll once."""
    own = [str(column["name"]) for column in part.get("column", ())]
    for each in (*part.get("select", ()), *part.get("unionAll", ())):
        own += _columns(each)
    return tuple(dict.fromkeys(own))


@lru_cache(maxsize=8)
def load_views(folder: Path = FOLDER) -> MappingProxyType[str, View]:
    """The views of a folder by the resource type that they are of. ValueError names the file that cannot be used."""
    found: dict[str, View] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            view = View(json.loads(path.read_text(encoding="utf-8")))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path.name}, line {error.lineno}: this is no JSON: {error.msg}") from error
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        found[view.resource] = view
    return MappingProxyType(found)
