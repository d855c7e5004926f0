"""Every word on screen goes through `t()`, and the catalogues hold every one of them."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from dashboard.ui.shared.error_words import ERRORS
from tests.unit.house.source import ROOT, Module, dotted, modules

TEMPLATE = ROOT / "data" / "locales" / "dashboard.pot"
KEYWORDS = {"t": None, "tn": (1, 2), "mark": None}

# Streamlit calls whose first argument or one of whose keywords is read by the user.
SHOWN_BY = {
    *("title", "header", "subheader", "write", "markdown", "caption", "text", "badge", "metric", "Page"),
    *("button", "download_button", "link_button", "page_link", "menu_button", "form_submit_button", "file_uploader"),
    *("checkbox", "toggle", "selectbox", "multiselect", "radio", "pills", "segmented_control", "feedback"),
    *("text_input", "text_area", "number_input", "date_input", "datetime_input", "time_input"),
    *("info", "warning", "error", "success", "toast", "progress", "status", "spinner"),
    *("expander", "popover", "dialog"),
}
SHOWN_AS = {"label", "help", "placeholder", "title", "body", "alt", "aria_label", "text"}
LETTERS = re.compile(r"[A-Za-z]{2,}")


def test_words_go_through_t() -> None:
    complaints = [each for module in modules("dashboard/ui", "pages") for each in _bare_words(module)]
    assert not complaints, "\n" + "\n".join(complaints)


def _bare_words(module: Module) -> Iterator[str]:
    for node, name in module.calls():
        method = name.rpartition(".")[2]
        shown: list[ast.expr] = []
        if "." in name and method in SHOWN_BY:
            # A page's first argument is its file.
            shown = node.args[:1] if method not in {"Page", "page_link"} else []
            shown += [keyword.value for keyword in node.keywords if keyword.arg in SHOWN_AS]
        elif name.startswith("h."):
            shown = [keyword.value for keyword in node.keywords if keyword.arg in SHOWN_AS]
        yield from _complaints(module, name, shown)
    for subscript in module.nodes:
        if isinstance(subscript, ast.Subscript):
            element = subscript.value.func if isinstance(subscript.value, ast.Call) else subscript.value
            name = dotted(element) if isinstance(element, ast.Attribute | ast.Name) else ""
            if name.startswith("h.") or name == "fragment":
                inside = subscript.slice
                yield from _complaints(module, name, inside.elts if isinstance(inside, ast.Tuple) else [inside])


def _complaints(module: Module, name: str, shown: list[ast.expr]) -> Iterator[str]:
    for value in shown:
        words = _words(value)
        if LETTERS.search(words):
            yield f"{module.where(value)}: {name} shows {words!r}, which is not in t()"


def _words(node: ast.expr) -> str:
    """The literal text of an argument that a reader would see; markup, icons and places for values left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    else:
        return ""
    return re.sub(r"<style>.*?</style>|<[^>]*>|:material/\w+:|&\w+;", "", text, flags=re.S)


def test_what_t_gets_is_a_constant() -> None:
    """A sentence put together at run time is in no catalogue; values go into its {places}."""

    def computed(module: Module) -> Iterator[str]:
        for node, name in module.calls():
            if name.rpartition(".")[2] in {"t", "tn", "mark"} and "wording" not in module.name:
                for argument in node.args[: 2 if name.endswith("tn") else 1]:
                    if isinstance(argument, ast.JoinedStr | ast.BinOp):
                        yield f"{module.where(node)}: {ast.unparse(argument)}"

    complaints = [each for module in modules() for each in computed(module)]
    assert not complaints, "\n" + "\n".join(complaints)


def test_words_are_only_in_the_rooms_of_words() -> None:
    """Below ui/ there are no words for users, not even those of errors."""
    for module in modules(
        *("dashboard/" + layer for layer in ("domain", "fhir", "access", "audit", "cache", "queries", "actions"))
    ):
        for node, name in module.imports():
            assert "dashboard.ui" not in name, module.where(node)


CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
# Where sentences are for whoever runs the dashboard: OperatorError.
FOR_OPERATORS = {"settings", "sign_in_settings", "cds_settings", "cds", "launcher", "server", "evaluation"}
FOR_OPERATORS_TOO = {"dashboard.fhir.client.credentials", "dashboard.fhir.client.transport"}
FOR_OPERATORS_TOO |= {"dashboard.fhir.measure_files"}


def test_every_error_has_words_and_they_get_their_values() -> None:
    """Every error is raised with a code, never with a sentence; the table of words has all codes and no others."""
    raised: set[str] = set()
    complaints = []
    for module in modules("dashboard"):
        for call in _errors_made(module):
            codes = _texts(call.args[0], module) if call.args else None
            if not codes:
                complaints.append(f"{module.where(call)}: its code is not to be seen: {ast.unparse(call)}")
                continue
            raised |= codes
            values = {keyword.arg for keyword in call.keywords}
            for code in codes:
                if not CODE.fullmatch(code):
                    complaints.append(f"{module.where(call)}: {code!r} is no code")
                elif code in ERRORS and values != set(re.findall(r"{(\w+)", ERRORS[code])):
                    complaints.append(f"{module.where(call)}: {sorted(map(str, values))} do not fill {ERRORS[code]!r}")
    assert not complaints, "\n" + "\n".join(complaints)
    assert raised == set(ERRORS) - {"operator"}


def test_sentences_for_operators_are_raised_only_at_the_start() -> None:
    for module in modules():
        for node, name in module.calls():
            if name == "OperatorError":
                assert module.room in FOR_OPERATORS or module.name in FOR_OPERATORS_TOO, module.where(node)


def test_an_error_is_shown_in_words_and_never_as_its_code() -> None:
    """In ui/ a caught error goes through `error_words`; `str` of it is for logs."""
    for module in modules("dashboard/ui", "pages"):
        caught = {node.name for node in module.nodes if isinstance(node, ast.ExceptHandler) and node.name}
        for node, name in module.calls():
            if name == "str" and node.args:
                assert ast.unparse(node.args[0]) not in caught, module.where(node)


def test_a_file_takes_the_language_of_its_session_along() -> None:
    """What a download button calls is called outside any run, in a thread that has no language and for whoever asks:
    `when_pressed` takes the language along, and asks whose file it is.
    """
    sites = [(module, node) for module in modules("dashboard/ui", "pages") for node, name in module.calls()]
    sites = [(module, node) for module, node in sites if dotted(node.func).endswith("download_button")]
    assert sites
    for module, node in sites:
        data = next(keyword.value for keyword in node.keywords if keyword.arg == "data")
        assert isinstance(data, ast.Call) and dotted(data.func) == "when_pressed", module.where(node)


def _errors_made(module: Module) -> Iterator[ast.Call]:
    """The calls that make a DashboardError or a Failure, also from the `__init__` of a class of its own."""
    if module.name == "dashboard.errors":
        return
    made = {
        name.removeprefix("dashboard.errors.") for _, name in module.imports() if name.startswith("dashboard.errors.")
    }
    made -= {"OperatorError"}
    for node, name in module.calls():
        if name in made:
            yield node
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and any(dotted(base) in made for base in node.bases):
            calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
            yield from (call for call in calls if ast.unparse(call.func) == "super().__init__")


def _texts(node: ast.expr, module: Module) -> set[str]:
    """The texts that an expression may have: a constant, either side of an `if`, a value of a table in the module."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return _texts(node.body, module) | _texts(node.orelse, module)
    if isinstance(node, ast.Dict):
        return {text for value in node.values for text in _texts(value, module)}
    if isinstance(node, ast.Subscript):
        return _texts(node.value, module)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return {text for part in (node.func.value, *node.args[1:]) for text in _texts(part, module)}
    if isinstance(node, ast.Name):
        return {
            text
            for each in module.nodes
            if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None
            for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
            if dotted(target) == node.id
            for text in _texts(each.value, module)
        }
    return set()


def test_the_template_holds_the_words_of_the_source() -> None:
    source = {message for module in modules() for message in _extracted(module)}
    stored = _ids(TEMPLATE)
    assert source, "no words found"
    assert stored == source, f"`make messages`: missing {sorted(source - stored)}, gone {sorted(stored - source)}"


CATALOGUES = sorted((ROOT / "data" / "locales").glob("*/LC_MESSAGES/dashboard.po"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=[path.parts[-3] for path in CATALOGUES])
def test_a_translation_keeps_the_places_for_values(catalogue: Path) -> None:
    with catalogue.open("rb") as file:
        for entry in read_po(file):
            ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
            strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
            places = {place for text in ids for place in re.findall(r"{(\w+)", text)}
            for text in filter(None, strings if ids[0] else ()):
                assert set(re.findall(r"{(\w+)", text)) <= places, f"{text} has places that {ids[0]} has not"
    assert _ids(catalogue) == _ids(TEMPLATE), "run `make messages`"


def _extracted(module: Module) -> Iterator[str]:
    if module.name == "dashboard.ui.shared.wording":
        return
    source = io.BytesIO(module.text.encode())
    for _, message, _, _ in extract("python", source, KEYWORDS, options={"encoding": "utf-8"}):
        yield message if isinstance(message, str) else message[0]


def _ids(path: Path) -> set[str]:
    with path.open("rb") as file:
        return {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in read_po(file) if entry.id}
