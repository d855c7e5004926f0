"""Reads YAML and JSON together with the line on which each element stands, so that a problem can be pointed at."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a file, with its line (1 is the first)."""

    file: Path
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: what it holds, and the line of each element by its place in it."""

    file: Path
    content: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def problem(self, place: Place, words: str) -> Problem:
        """The problem at a place; at the nearest part around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return Problem(self.file, self.lines.get(place, 1), words)


def read_document(file: Path) -> Document | Problem:
    """Reads a JSON or YAML file; a Problem where it is neither, or cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
        lines: dict[Place, int] = {}
        # JSON is YAML, whose parser knows the lines.
        _mark(yaml.compose(text.replace("\t", "  "), yaml.SafeLoader), (), lines)
    except json.JSONDecodeError as error:
        return Problem(file, error.lineno, f"this is not JSON: {error.msg}")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Problem(file, line, f"this is not YAML: {error.problem}")
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return Problem(file, 1, "the file cannot be read as text in UTF-8")
    return Document(file, content, lines)


def _mark(node: yaml.Node | None, place: Place, lines: dict[Place, int]) -> None:
    if node is None:
        return
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*place, key.value)] = key.start_mark.line + 1
            _mark(value, (*place, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _mark(value, (*place, number), lines)
