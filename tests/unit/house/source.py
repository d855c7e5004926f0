"""The project's own source as the house tests read it: modules, what they import, what they call."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Module:
    """A source file: `name` as imported ("dashboard.fhir.client.http_server"), its syntax tree, its text."""

    name: str
    path: Path
    tree: ast.Module
    text: str

    @property
    def room(self) -> str:
        """ "fhir", "ui" ..., "pages", or the file's own name directly under dashboard/ ("app", "errors")."""
        parts = self.name.split(".")
        return parts[0] if parts[0] == "pages" or len(parts) == 1 else parts[1]

    def where(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree: many tests walk over all of it."""
        return tuple(ast.walk(self.tree))

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every module named by an import, wherever it stands, with the statement."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.where(node)}: imports are absolute"
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with its dotted name as written ("st.button", "datetime.now"); "" where it is no plain name."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)


def dotted(node: ast.AST) -> str:
    """ "a.b.c" for names and attributes of names; for attributes of anything else ".c"."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """All modules under the folders, by default the product: dashboard/ and pages/."""
    return tuple(
        _read(path) for folder in folders or ("dashboard", "pages") for path in sorted((ROOT / folder).rglob("*.py"))
    )


@cache
def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts).removesuffix(".__init__"), path, ast.parse(text), text)
