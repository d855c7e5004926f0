"""Rules of the house about markup, caches and secrets; where each exception stands is named here."""

import ast
import re
from collections.abc import Iterator

from tests.unit.house.source import ROOT, Module, dotted, modules
from tests.unit.house.test_house import complain

# The one helper that shows markup: what it takes is made by dashboard/ui/shared/html.py, which cleans and escapes.
MARKUP = {"dashboard.ui.shared.panel"}
# Components are scripts of our own in dashboard/ui/assets.
COMPONENTS = MARKUP | {f"dashboard.ui.{name}" for name in ("sign_in.widget", "connection.widget", "shared.draft_text")}
# Where texts are cleaned before htpy escapes them: an element that is made elsewhere would take them as they are.
MAKES_ELEMENTS = "dashboard.ui.shared.html"
# HTML that is not built of elements: the shapes of the icons.
WRITES_HTML = {MAKES_ELEMENTS, "dashboard.ui.shared.icons"}


def test_markup_is_shown_by_one_helper_only() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.keyword) and (node.arg or "").startswith("unsafe_allow"):
                yield f"{module.where(node.value)}: {node.arg}; use dashboard.ui.shared.panel"
        for node, name in module.calls():
            if name in {"st.html", "st.iframe"} and module.name not in MARKUP:
                yield f"{module.where(node)}: {name}; use dashboard.ui.shared.panel"
            if "components" in name and module.name not in COMPONENTS:
                yield f"{module.where(node)}: {name}; components stand in {sorted(COMPONENTS)}"

    complain(rule)


def test_markdown_takes_our_own_words_only() -> None:
    """Markdown has links, pictures and colours: a name with brackets would become one."""

    def rule(module: Module) -> Iterator[str]:
        for node, name in module.calls():
            if name in {"st.markdown", "st.write", "st.caption", "st.header", "st.subheader", "st.title"}:
                for argument in node.args:
                    if not all(_ours(part) for part in _parts(argument)):
                        yield f"{module.where(node)}: {name} of something that is not t('...')"

    complain(rule)


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    return [node]


def _ours(node: ast.expr) -> bool:
    """A constant, or t("...") whose places take nothing but a number."""
    if isinstance(node, ast.Constant):
        return True
    places = {word.arg for word in node.keywords} if isinstance(node, ast.Call) else set()
    return isinstance(node, ast.Call) and dotted(node.func) in {"t", "tn"} and places <= {"n"}


def test_elements_are_made_where_their_texts_are_cleaned() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.imports():
            if name.split(".")[0] in {"htpy", "markupsafe"} and module.name != MAKES_ELEMENTS:
                yield f"{module.where(node)}: {name}; use dashboard.ui.shared.elements"

    complain(rule)


def test_html_is_written_by_hand_for_icons_only() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.calls():
            if name.rpartition(".")[2] in {"Html", "Markup"} and module.name not in WRITES_HTML:
                yield f"{module.where(node)}: {name}(...) says that a text is safe; use dashboard.ui.shared.elements"

    complain(rule)


def test_scripts_insert_no_markup_but_the_panels() -> None:
    for script in (ROOT / "dashboard" / "ui" / "assets").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)
        assert found == (["innerHTML"] if script.name == "panel.js" else []), script.name


def test_nothing_is_unpickled_evaluated_or_run_in_a_shell() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.calls():
            if name in {"eval", "exec", "compile", "os.system"} or name.startswith(("pickle.", "marshal.")):
                yield f"{module.where(node)}: {name}"
            if name == "yaml.load" and "_LOADER" not in ast.unparse(node):
                yield f"{module.where(node)}: yaml.load without the safe loader"
            if any(word.arg == "shell" for word in node.keywords):
                yield f"{module.where(node)}: shell"
            if any(word.arg == "verify" for word in node.keywords):
                yield f"{module.where(node)}: certificates are verified as the system says"

    complain(rule)


def test_cached_resources_are_few_and_named() -> None:
    """st.cache_resource is shared by everybody: only what is the same for everybody, or keyed by whose it is."""
    found = set()
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    target = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if "cache" in dotted(target) and dotted(target).startswith("st."):
                        found.add(f"{module.name}.{node.name}")
    assert found == {"dashboard.ui.session.session._process"}


def test_streamlit_is_configured_for_patients_data() -> None:
    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for line in (
        "gatherUsageStats = false",
        'showErrorDetails = "none"',
        "disableDataExport = true",
        "maxUploadSize = 1",
        "maxWidgetStateSize = 1",
        "enableAgentApi = false",
        "enableStaticServing = false",
        "enableXsrfProtection = true",
        "enableCORS = true",
    ):
        assert f"\n{line}\n" in text, line
