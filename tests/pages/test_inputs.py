"""The register of inputs is whole: every parameter, field and press that the code reads is in it, and the other way."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboard.ui.navigation import pages as navigation
from tests.pages.inputs import ADDRESSES, FIELDS, PANELS

ROOT = Path(__file__).resolve().parents[2]
# Streamlit's elements that take a value from the browser; buttons take none.
ENTRIES = frozenset({
    "text_input", "text_area", "selectbox", "multiselect", "date_input", "time_input", "datetime_input", "number_input",
    "checkbox", "radio", "toggle", "slider", "select_slider", "segmented_control", "pills", "feedback", "chat_input",
    "file_uploader", "camera_input", "audio_input", "color_picker", "data_editor", "dataframe", "plotly_chart", "map",
    "altair_chart", "vega_lite_chart", "pydeck_chart", "tabs", "menu_button",
})  # fmt: skip


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of ui and pages, inner ones too, as `audit.widget._day`."""
    for path in sorted([*(ROOT / "dashboard" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]):
        base = ROOT / "dashboard" / "ui" if "ui" in path.parts else ROOT
        name = ".".join(path.relative_to(base).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                yield f"{name}.{node.name}", node


def called(function: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_every_page_has_its_address_in_the_register() -> None:
    assert {each.page for each in ADDRESSES} == {page.stem for page in (ROOT / "pages").glob("*.py")}


def test_addresses_are_read_in_one_module_by_the_functions_in_the_register() -> None:
    users = [path for path in (ROOT / "dashboard").rglob("*.py") if "query_params" in path.read_text(encoding="utf-8")]
    users += [path for path in (ROOT / "pages").glob("*.py") if "query_params" in path.read_text(encoding="utf-8")]
    assert [path.name for path in users] == ["pages.py"]
    reading = {
        name.rpartition(".")[2]
        for name, function in functions()
        for node in ast.walk(function)
        if ast.unparse(node) == "st.query_params"
    }
    assert {name for name in reading if not name.startswith("show_")} == {each.reader for each in ADDRESSES}


class Params(dict[str, str]):
    """An address that notes which of its parameters are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return default

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return False

    def to_dict(self) -> Mapping[str, str]:
        return self

    def from_dict(self, params: Mapping[str, str]) -> None:
        pass


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda each: each.page)
def test_every_parameter_that_a_page_asks_for_is_in_the_register(address: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    params = Params()
    monkeypatch.setattr(navigation.st, "query_params", params)
    monkeypatch.setattr(navigation.st, "session_state", {})
    getattr(navigation, address.reader)()
    assert params.asked == set(address.params)


def _takes_something(call: ast.Call) -> bool:
    """Whether a browser can send what is chosen: of a chart only where something asks which of its points are."""
    chart = ast.unparse(call.func).endswith("plotly_chart")
    return not chart or any(keyword.arg == "on_select" for keyword in call.keywords)


def test_every_field_in_the_code_is_in_the_register() -> None:
    found = {
        name
        for name, function in functions()
        for call, node in called(function)
        if ("." in call and call.rpartition(".")[2] in ENTRIES and _takes_something(node)) or call == "draft_text"
    }
    assert found == {field.site for field in FIELDS}


def test_every_handler_of_presses_is_in_the_register_with_all_it_does() -> None:
    handlers: dict[str, set[str]] = {}
    for name, function in functions():
        inner = {node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef)}
        for call, node in called(function):
            if call == "panel" and len(node.args) > 2:
                handler = ast.unparse(node.args[2])
                assert handler not in inner, f"{name}: a handler of presses is a function of its module"
                handlers.setdefault(handler, set()).add(name.rpartition(".")[0])
    taking = {
        name: _words(function)
        for name, function in functions()
        if function.args.args and ast.unparse(function.args.args[0]) == "pressed: Press"
    }
    assert taking == {panel.handler: set(panel.does) for panel in PANELS}
    assert {name.rpartition(".")[2] for name in taking} >= {
        handler for handler in handlers if handler != "on_worklist_press"
    }


def _words(function: ast.FunctionDef) -> set[str]:
    """What `do`, or `pressed.get("do")`, is compared with."""
    words: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) in ("do", "pressed.get('do')"):
            words |= {
                each.value for part in node.comparators for each in ast.walk(part) if isinstance(each, ast.Constant)
            }
    return words
