"""Reads data/evaluation: a YAML file a measure of the evaluation."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from dashboard.domain.evaluation.measure import BEFORE, OF_OBSERVATIONS, EvaluationMeasure, Statistic, Window
from dashboard.domain.record.observation import Measure
from dashboard.errors import OperatorError

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "evaluation"
_NEEDED: Final = (
    "key", "title", "numerator", "denominator", "statistic", "unit", "before", "after", "source", "edition",
)  # fmt: skip
_OTHERS: Final = ("link", "draft", "of", "least", "values", "span", "classes")
_OWN: Final = {
    Statistic.VALUE: ("of",),
    Statistic.SLOPE: ("of", "values", "span"),
    Statistic.RATE: ("classes",),
    Statistic.AT_LEAST: ("least",),
}
"""What a statistic needs besides."""


class _Unusable(ValueError):
    """Why a file cannot be used, and at which line of it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def load_measures(folder: Path | None = None) -> tuple[EvaluationMeasure, ...]:
    """The measures of a folder (default: the project's) in the order of the files' names, read once per process.

    Raises OperatorError with the file, the line and what is wrong there.
    """
    return _load(folder or FOLDER)


@lru_cache(maxsize=8)
def _load(folder: Path) -> tuple[EvaluationMeasure, ...]:
    found: dict[str, EvaluationMeasure] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            measure = _measure(path.read_text(encoding="utf-8"))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
            raise OperatorError(f"{path.name}, line {line}: this is no YAML: {error.problem}.") from None
        except UnicodeDecodeError:
            raise OperatorError(f"{path.name}, line 1: this is no text in UTF-8.") from None
        except _Unusable as error:
            raise OperatorError(f"{path.name}, line {error.line}: {error}.") from None
        if measure.key in found:
            raise OperatorError(f"{path.name}, line 1: another file has the key {measure.key} too.")
        found[measure.key] = measure
    if not found:
        raise OperatorError(f"No measure is in {folder.name}: a measure is a file that ends in .yaml.")
    return tuple(found.values())


class _Map:
    """A YAML map whose values know their lines."""

    def __init__(self, node: yaml.Node | None, what: str) -> None:
        if not isinstance(node, yaml.MappingNode):
            raise _Unusable(_line(node), f"{what} is written as `key: value`")
        self.line = _line(node)
        self.nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if str(key.value) in self.nodes:
                raise _Unusable(_line(key), f"{key.value} is there twice")
            self.nodes[str(key.value)] = value

    def check(self, needed: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        for name in needed:
            if name not in self.nodes:
                raise _Unusable(self.line, f"{name} is missing")
        for name, node in self.nodes.items():
            if name not in (*needed, *allowed):
                raise _Unusable(_line(node), f"{name} is no part of a measure")

    def words(self, name: str) -> str:
        node = self.nodes.get(name)
        words = " ".join(node.value.split()) if isinstance(node, yaml.ScalarNode) else ""
        if not words and node is not None:
            raise _Unusable(_line(node), f"{name} needs words")
        return words

    def number(self, name: str) -> int:
        try:
            return int(self.words(name) or 0)
        except ValueError:
            raise _Unusable(_line(self.nodes[name]), f"{name} is a whole number") from None

    def one_of(self, name: str, make: Callable[[str], Any], known: tuple[str, ...]) -> Any:
        try:
            return make(self.words(name))
        except ValueError:
            raise _Unusable(_line(self.nodes[name]), f"{name} is one of {', '.join(known)}") from None


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _measure(text: str) -> EvaluationMeasure:
    found = _Map(yaml.compose(text, Loader=yaml.SafeLoader), "a measure")
    found.check(_NEEDED, _OTHERS)
    statistic = found.one_of("statistic", Statistic, tuple(Statistic))
    for name in _OWN.get(statistic, ()):
        if name not in found.nodes:
            raise _Unusable(found.line, f"{name} is missing, which a {statistic} needs")
    after = found.nodes["after"]
    if not isinstance(after, yaml.SequenceNode) or not after.value:
        raise _Unusable(_line(after), "after is a list of periods")
    draft = found.words("draft") or "true"
    if draft not in ("true", "false"):
        raise _Unusable(_line(found.nodes["draft"]), "draft is true or false")
    return EvaluationMeasure(
        key=found.words("key"),
        title=found.words("title"),
        statistic=statistic,
        numerator=found.words("numerator"),
        denominator=found.words("denominator"),
        unit=found.words("unit"),
        before=_window(found.nodes["before"], BEFORE),
        after=tuple(_window(each, "") for each in after.value),
        source=found.words("source"),
        edition=found.words("edition"),
        link=found.words("link"),
        draft=draft == "true",
        of=found.one_of("of", Measure, tuple(Measure)) if statistic in OF_OBSERVATIONS else None,
        least=found.number("least"),
        values=found.number("values"),
        span=found.number("span"),
        classes=_classes(found.nodes.get("classes")),
    )


def _window(node: yaml.Node, name: str) -> Window:
    found = _Map(node, "a period")
    found.check(("first", "last") if name else ("name", "first", "last"), ("nearest",))
    first, last = found.number("first"), found.number("last")
    if last < first:
        raise _Unusable(found.line, "the last day of a period is before its first")
    if name == BEFORE and last > 0:
        raise _Unusable(found.line, "the period before enrolment ends on day 0 or earlier")
    if name != BEFORE and first < 0:
        raise _Unusable(found.line, "a period after enrolment begins on day 0 or later")
    nearest = found.number("nearest") if "nearest" in found.nodes else None
    if nearest is not None and not first <= nearest <= last:
        raise _Unusable(found.line, "nearest is a day of the period")
    return Window(name or found.words("name"), first, last, nearest)


def _classes(node: yaml.Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise _Unusable(_line(node), "classes is a list of codes")
    return tuple(str(each.value) for each in node.value)
