"""The condition of a rule in FHIRPath, over named facts: `%metformin.value and %egfr.value < 30`.

`fhirpathpy` evaluates it; its empty result is "cannot say". What would turn a missing fact into an answer (`exists`,
`empty`, `iif` ...) is refused, so that a rule cannot take "not known" for "no". https://hl7.org/fhirpath/N1/
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import fhirpathpy
from fhirpathpy.parser import parse

_FACT: Final = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*)(\.value)?")
_NUMBER: Final = re.compile(r"(?<![\w.%])\d+(?:\.\d+)?(?![\w.])")
_TEXT: Final = re.compile(r"'([^'\\]*)'")
_FUNCTION: Final = re.compile(r"\b([A-Za-z]\w*)\s*\(")
_COMPARISON: Final = re.compile(r"<=|>=|<|>|!=|=")
_REMEMBERED: Final = 512
"""Conditions that are kept compiled (5 ms each), so that a file that changed does not cost all others."""
_MOST_ANSWERS: Final = 5_000
"""Answers of one condition that are remembered; they are a few dozen but for what an attack makes of them."""
_NEAR: Final = Decimal("0.000001")
_COMPARED: Final = re.compile(
    r"%\w+\.value\s*(?:<=|>=|<|>|!=|=)\s*(?:\d+(?:\.\d+)?(?![\w.])|'')|(?<![\w.%])\d+(?:\.\d+)?\s*(?:<=|>=|<|>|!=|=)\s*%\w+\.value"
)
"""A fact compared with a literal, and the other way round."""
_ARITHMETIC: Final = re.compile(r"-|\b(?:div|mod)\b")
ALLOWED: Final = frozenset({"not"})
"""Functions whose result is empty where what they are asked of is empty; `in`, `and` and `or` are operators."""
_SIGNS: Final = re.compile(r"[\w\s%.'()<>=!|-]*\Z")
_KEYWORDS: Final = frozenset({"and", "or", "in", "implies", "xor"})


@dataclass(frozen=True, slots=True)
class FhirPathCondition:
    """A compiled condition. `facts` are the names it uses, `numbers` and `words` the literals it compares with."""

    expression: str
    facts: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    words: tuple[str, ...]
    _evaluate: Any = field(compare=False, repr=False)
    _limits: tuple[Decimal, ...] = field(default=(), compare=False, repr=False)
    _answers: dict[tuple[Any, ...], bool | None] = field(default_factory=dict, compare=False, repr=False)

    def holds(self, values: Mapping[str, bool | str | Decimal | None]) -> bool | None:
        """Whether it holds; None where the result is empty. ValueError for a result that is no truth value.

        An answer is remembered: the library takes 0.1 ms for each, and a team of 200 has 18,000. Where numbers are only
        compared with those of the expression, all numbers between two of these have one answer.
        """
        key = tuple([self._place(values[name]) for name in self.facts])
        if key in self._answers:
            return self._answers[key]
        answer = self._ask(values)
        if len(self._answers) >= _MOST_ANSWERS:
            self._answers.clear()
        self._answers[key] = answer
        return answer

    def _place(self, value: bool | str | Decimal | None) -> Any:
        """Where a number lies among the limits, as (number of smaller ones, of those that are no greater); itself where
        it is too near to one for the library to tell them apart for certain. A truth value is no number here.
        """
        if not isinstance(value, Decimal) or not self._limits:
            return (type(value), value)
        lower, upper = bisect_left(self._limits, value), bisect_right(self._limits, value)
        near = self._limits[max(0, lower - 1) : upper + 1]
        if lower == upper and any(abs(value - limit) < _NEAR for limit in near):
            return value
        return lower, upper

    def _ask(self, values: Mapping[str, bool | str | Decimal | None]) -> bool | None:
        environment = {
            name: [] if values[name] is None else {"value": values[name]} for name in self.facts
        }  # fmt: skip
        try:
            found = self._evaluate({}, environment)
        except Exception as error:  # fhirpathpy raises bare Exception
            raise ValueError(f"FHIRPath cannot be evaluated: {error}") from error
        if not found:
            return None
        if len(found) == 1 and isinstance(found[0], bool):
            return found[0]
        raise ValueError("the result of a condition is true, false or empty")


@lru_cache(maxsize=_REMEMBERED)
def compile_condition(expression: str) -> FhirPathCondition:
    """Compiles a condition. ValueError says what in it cannot be used."""
    bare = _TEXT.sub("''", expression)
    for name in _FUNCTION.findall(bare):
        if name not in ALLOWED | _KEYWORDS:
            raise ValueError(f"{name}() could take a missing fact for an answer; facts are compared, and not() negates")
    names = _FACT.findall(bare)
    if not names:
        raise ValueError("a condition asks for at least one fact, as %egfr.value")
    for name, member in names:
        if not member:
            raise ValueError(f"%{name} is not compared itself but its value: %{name}.value")
    _check_all_is_read(expression)
    found = tuple(dict.fromkeys(Decimal(each) for each in _NUMBER.findall(bare)))
    return FhirPathCondition(
        expression=expression,
        facts=tuple(dict.fromkeys(name for name, _ in names)),
        numbers=found,
        words=tuple(dict.fromkeys(_TEXT.findall(expression))),
        _evaluate=fhirpathpy.compile(expression),
        _limits=tuple(sorted(found)) if _compares_with_literals(bare) else (),
    )


def _compares_with_literals(bare: str) -> bool:
    """Whether every number is only compared with literals: no fact with another, nothing is computed."""
    return not _ARITHMETIC.search(bare) and len(_COMPARED.findall(bare)) == len(_COMPARISON.findall(bare))


def _check_all_is_read(expression: str) -> None:
    """fhirpathpy passes over what follows a complete expression: "%a.value ) and %b.value" would be "%a.value"."""
    if not _SIGNS.match(expression):
        raise ValueError("this is not FHIRPath of facts, numbers, words and comparisons")
    try:
        tree = parse(expression)
    except Exception as error:  # its parser raises bare Exception
        raise ValueError(f"this is not FHIRPath: {error}") from error
    read = "".join(_tokens(tree))
    if len(_without_spaces(read)) != len(_without_spaces(expression)):
        raise ValueError("this is not FHIRPath: only a part of it can be read")


def _tokens(node: Mapping[str, Any]) -> Iterator[str]:
    yield from node.get("terminalNodeText", ())
    for child in node.get("children", ()):
        yield from _tokens(child)


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def comparisons(expression: str) -> list[re.Match[str]]:
    """Every comparison in an expression, in its order."""
    return list(_COMPARISON.finditer(expression))


def numbers(expression: str) -> list[re.Match[str]]:
    """Every number in an expression, in its order."""
    return list(_NUMBER.finditer(expression))
