"""The rules of the house: which way imports point, who may ask the clock, the environment and the network."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.unit.house.source import ROOT, Module, dotted, modules

# The layers, read from the picture in the README: a layer imports only from those to its right, and layers named
# together, with a comma, do not import each other.
LAYERS = [
    [name.strip() for name in group.split(",")]
    for group in re.search(r"^pages -> .+$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)[0].split(" -> ")
    if not group.startswith("(")
]
MAY_IMPORT = {
    layer: {name for group in LAYERS[place + 1 :] for name in group}
    for place, group in enumerate(LAYERS)
    for layer in group
}
# The rest of dashboard/: what serves beside the layers.
MAY_IMPORT["ui"] |= {"web", "stored_file"}
MAY_IMPORT["evaluation"] |= {"stored_file"}  # the reports of other systems, which no FHIR server has
MAY_IMPORT |= {
    "web": {"domain"},
    "app": {"ui", "queries", "fhir", "domain"},
    "asgi": {"app", "cds", "queries", "ui", "web"},
    "cds": {"fhir", "domain", "web", "stored_file", "cds_settings"},
    "server": set(),
    # The program of a layer reads settings and words errors at its edge; nothing imports it.
    "evaluation.__main__": {"evaluation", "fhir", "domain", "ui", "settings"},
    # The programs of a terminal word errors as the pages do.
    "loading": {"fhir", "domain", "ui"},
    "demo": {"loading", "fhir", "domain", "ui"},
    "guidelines": {"fhir", "domain"},
    "launcher": {"fhir", "ui", "stored_file"},
    "__main__": {"launcher", "ui"},
    "errors": set(),
    "stored_file": set(),
    "settings": {"domain", "cds_settings", "sign_in_settings", "web"},
    "cds_settings": {"domain", "web"},
    "sign_in_settings": {"domain", "web"},
}
# Every room may raise these; settings are read at the edges and handed down as values.
FOR_ALL = {"errors"}
READ_SETTINGS = {"app", "asgi", "cds", "__main__", "launcher", "server", "demo", "ui", "guidelines"}

# Libraries that only some rooms may import.
RESERVED = {
    "streamlit": {"ui", "pages", "app", "asgi", "web"},
    **{name: {"fhir"} for name in ("fhirpy", "requests", "urllib3", "httpx", "aiohttp", "authlib")},
    "urllib.request": {"fhir"},
    "uvicorn": {"server", "cds"},
    "jsonpatch": {"server"},
    "starlette": {"server", "asgi", "cds"},
    # The server asks itself whether it is ready.
    "http.client": {"fhir", "server"},
    "yaml": {"fhir", "demo"},
    "fhirkit": {"demo", "fhir", "server"},
    "sqlonfhir": {"evaluation"},
    "pyspark": {"evaluation"},
    "fhirpathpy": {"fhir"},
    "openpyxl": set(),
}

# The moment of view is an argument everywhere else.
CLOCK = {"datetime.now", "datetime.datetime.now", "datetime.utcnow", "date.today", "datetime.date.today", "time.time"}
MAY_ASK_THE_CLOCK = {"dashboard.ui.session.session", "dashboard.demo.__main__", "dashboard.__main__", "dashboard.app"}
MAY_ASK_THE_CLOCK |= {"dashboard.evaluation.__main__", "dashboard.cds.__main__"}
MAY_ASK_THE_CLOCK |= {"dashboard.fhir.client.transport"}  # Retry-After may be a date
# How long a sign-in or a token holds is counted on the real clock, whatever the moment of view.
MAY_ASK_THE_CLOCK |= {"dashboard.web.sessions", "dashboard.fhir.client.credentials", "dashboard.cds.callers"}
MAY_ASK_THE_CLOCK |= {"dashboard.fhir.cds_hooks.ask"}  # the tokens that it signs
# The embedded server stamps what it stores, as every FHIR server does.
STAMPS = {"server"}

LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
MOST_LINES_OF_A_FILE = 420
MOST_LINES_OF_A_FUNCTION = 70


def complain(rule: Callable[[Module], Iterator[str]]) -> None:
    """Asserts that no module of the product gives the rule anything to complain about; all complaints at once."""
    complaints = [complaint for module in modules() for complaint in rule(module)]
    assert not complaints, "\n" + "\n".join(complaints)


def test_imports_point_one_way() -> None:
    def rule(module: Module) -> Iterator[str]:
        room = "evaluation.__main__" if module.name == "dashboard.evaluation.__main__" else module.room
        if module.room not in MAY_IMPORT:
            if module.name != "dashboard":
                yield f"{module.path}: a room that the house does not know"
            return
        allowed = MAY_IMPORT[room] | FOR_ALL | {module.room}
        if module.room in READ_SETTINGS:
            allowed |= {"settings", "sign_in_settings"}
        for node, name in module.imports():
            top, _, rest = name.partition(".")
            target = rest.split(".")[0] if top == "dashboard" else top
            if top in {"dashboard", "pages"} and target not in allowed:
                yield f"{module.where(node)}: {room} may not import {target}"

    complain(rule)


def test_only_the_rooms_for_it_import_a_library() -> None:
    def rule(module: Module) -> Iterator[str]:
        for node, name in module.imports():
            for library, rooms in RESERVED.items():
                if f"{name}.".startswith(f"{library}.") and module.room not in rooms:
                    yield f"{module.where(node)}: only {sorted(rooms)} may import {library}"

    complain(rule)


def test_the_domain_stands_on_the_standard_library_and_pandas() -> None:
    def rule(module: Module) -> Iterator[str]:
        if module.room != "domain":
            return
        for node, name in module.imports():
            if name.split(".")[0] not in {*sys.stdlib_module_names, "pandas", "numpy", "dashboard"}:
                yield module.where(node)

    complain(rule)


def test_the_clock_is_asked_only_at_the_edges() -> None:
    def rule(module: Module) -> Iterator[str]:
        if module.name in MAY_ASK_THE_CLOCK or module.room in STAMPS:
            return
        for node, name in module.calls():
            if name in CLOCK:
                yield f"{module.where(node)}: as_of is an argument"

    complain(rule)


def test_a_day_is_that_of_the_sites() -> None:
    """A moment's own `.date()` is a day of whatever zone it happens to be in."""

    def rule(module: Module) -> Iterator[str]:
        if module.room in {"demo", "server", "launcher", "__main__"} or module.name.endswith("values.site_time"):
            return
        for line, text in enumerate(module.text.splitlines(), 1):
            if ".date()" in text and "astimezone(" not in text and "local.date()" not in text:
                yield f"{module.path}:{line}: the day of a moment is site_day(moment)"

    complain(rule)


def test_only_settings_reads_the_environment_and_secrets() -> None:
    def rule(module: Module) -> Iterator[str]:
        # The launcher hands the environment on to its processes.
        if module.room not in {"settings", "__main__", "launcher"}:
            for found in re.findall(r"os\.environ|os\.getenv|st\.secrets", module.text):
                yield f"{module.path}: {found}; use dashboard.settings"

    complain(rule)


def test_no_cache_is_shared_between_users() -> None:
    """st.cache_data is global by default: what one user's token fetched would be shown to the next."""

    def rule(module: Module) -> Iterator[str]:
        for node in module.nodes:
            if isinstance(node, ast.Attribute | ast.Name) and dotted(node).endswith("cache_data"):
                yield module.where(node)

    complain(rule)


def test_logs_carry_no_values_of_records() -> None:
    """Best effort: a log line is a constant with %-places, and what fills them is not named like patient data."""
    private = re.compile(r"\b(family|given|birth|identifier|patient|person|text|display|resource|row|body|params|url)")

    def rule(module: Module) -> Iterator[str]:
        for node, name in module.calls():
            owner, _, method = name.rpartition(".")
            if "log" not in owner.lower() or method not in LOG_METHODS:
                continue
            if not node.args or not isinstance(node.args[0], ast.Constant):
                yield f"{module.where(node)}: a log line is a constant text with %-places"
            for argument in node.args[1:]:
                if private.search(ast.unparse(argument)):
                    yield f"{module.where(node)}: {ast.unparse(argument)} may be patient data"

    complain(rule)


def test_nothing_is_printed_but_by_programs() -> None:
    def rule(module: Module) -> Iterator[str]:
        if not module.name.endswith("__main__") and module.room != "launcher":
            for node, name in module.calls():
                if name in {"print", "pprint"}:
                    yield module.where(node)

    complain(rule)


def test_a_module_begins_with_a_sentence() -> None:
    def rule(module: Module) -> Iterator[str]:
        told = ast.get_docstring(module.tree) or ""
        if not told and (module.text.strip() or module.path.name != "__init__.py"):
            yield f"{module.path}: what is this file for?"
        elif told and not told.split("\n\n")[0].rstrip().endswith((".", ":", "?", "!", ")")):
            yield f"{module.path}: a sentence ends in a full stop"

    complain(rule)


def test_names_are_lower_case_words() -> None:
    def rule(module: Module) -> Iterator[str]:
        stem = module.path.stem
        if not re.fullmatch(r"(__)?[a-z][a-z0-9_]*?(__)?", stem) or re.search(r"util|helper|misc|manager", stem):
            yield f"{module.path}: a verb or a noun, please"

    complain(rule)


def test_files_and_functions_stay_small() -> None:
    def rule(module: Module) -> Iterator[str]:
        if module.text.count("\n") > MOST_LINES_OF_A_FILE:
            yield f"{module.path} has {module.text.count(chr(10))} lines"
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MOST_LINES_OF_A_FUNCTION:
                    yield f"{module.where(node)}: {node.name} has {length} lines"

    complain(rule)


@pytest.mark.slow
def test_every_import_is_a_direct_requirement_and_every_requirement_is_used() -> None:
    required = _required()
    optional = _required("data/evaluation/requirements-spark.txt") | {"py4j"}  # which comes with pyspark
    optional |= _required("tests/servers/healthchain/requirements.txt")
    provided_by = packages_distributions()
    imported: set[str] = set()
    for module in modules("dashboard", "pages", "tests"):
        for _, name in module.imports():
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top in {"dashboard", "pages", "tests"}:
                continue
            names = {_normal(each) for each in provided_by.get(top, [top])}
            assert names & (required | optional), f"{module.path} imports {top}, which requirements.txt does not name"
            imported |= names
    # Used by name on a command line, as a plug-in, or under another that is pinned with it.
    tools = {"ruff", "mypy", "pytest-xdist", "pytest-playwright", "oidc-provider-mock", "nanoidp", "pytest-cov"}
    tools |= {"plotly"}  # imported by Streamlit for st.plotly_chart; our own figures are plain dicts
    assert not required - imported - tools, f"nobody imports {sorted(required - imported - tools)}"


def _required(file: str = "requirements.txt") -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = set()
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        pinned = re.fullmatch(r"([A-Za-z0-9._-]+)(\[[a-z,]+\])?==[0-9][0-9A-Za-z.]* +# \S.+", line)
        assert pinned, f"{file}: pinned with ==, and a comment why: {line}"
        found.add(_normal(pinned[1]))
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_make_target_is_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.M)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^{target}:[^#\n]*# \S", text, re.M), f"make {target} has no comment"


def test_the_readme_names_every_layer_once() -> None:
    """The picture in the README is what the imports are held to (`LAYERS`), and it leaves out no folder."""
    names = [name for group in LAYERS for name in group]
    assert len(names) == len(set(names))
    folders = {path.name for path in (ROOT / "dashboard").iterdir() if any(path.glob("*.py"))}
    beside = {"web", "server", "demo", "loading", "launcher", "guidelines", "cds"}
    assert set(names) == folders - beside | {"pages"}
