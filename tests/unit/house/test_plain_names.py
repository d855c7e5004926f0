"""Names are plain English: classes, functions, arguments and files use no private metaphor (see GLOSSARY.md)."""

import ast
import re
from collections.abc import Iterator

from tests.unit.house.source import Module, modules

# Words with a meaning of their own in this project once, each replaced by what it meant.
NOT_USED = frozenset(
    {"told", "glass", "glasses", "deed", "deeds", "standing", "beside", "saying", "kept", "mine", "look", "looks"}
)
# The field's word for one side of a three-way merge: base, mine, theirs.
_MERGING = {"mine"}
_MERGES = {"care_plan", "change_plan.py", "save_plan.py"}


def test_names_of_classes_functions_arguments_and_files_are_plain() -> None:
    complaints = [complaint for module in modules("dashboard", "pages") for complaint in _complaints(module)]
    assert not complaints, "\n" + "\n".join(complaints)


def _complaints(module: Module) -> Iterator[str]:
    for name in _names(module):
        private = (NOT_USED - _MERGING if _MERGES & set(module.path.parts) else NOT_USED) & _words(name)
        if private:
            yield f"{module.path}: {name}: {sorted(private)} is not a word of the glossary"


def _names(module: Module) -> Iterator[str]:
    yield module.path.stem
    for node in module.nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for part in name.split("_") for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", part)}
