"""What every test may rely on, and what none may do.

* The network ends at loopback: a test that looks further fails, whatever the code under test made of the refusal.
* The clock is a zone nobody lives in by chance (Chatham: UTC+12:45, +13:45 in summer), and the date of view is fixed.
* A test that needs Chromium, Java, Node, PostgreSQL or Helios is marked `browser`, `java`, `node`, `postgresql` or
  `helios` (those that ask for a server below are marked by asking), and skipped with the reason where that is missing.
  `--require java,node` makes the session fail when a test of that kind was skipped, or when none ran at all: `.ci/run`
  requires all of them, and Helios where it is built.
* Tests against HAPI go to one worker of pytest-xdist (`--dist loadgroup`), so that one HAPI serves them all. The same
  holds for each server with a cohort, for the dashboard of the browser tests, and for every fixture of a module.
"""

import gc
import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.nodeid import NodeId

from dashboard.audit.audited import install
from dashboard.domain.audit.record import AuditRecord
from dashboard.errors import AuditUnavailable
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.port import FhirServer
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.patience import PATIENCE
from tests.selection import mark_by_folder
from tests.servers.cohorts import start_with_cohort
from tests.servers.kinds import why_missing
from tests.servers.start import CannotFetch, Server, start_embedded, start_hapi, start_medplum
from tests.unit.house.source import modules

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
KINDS = ("browser", "java", "node", "postgresql", "helios")
# The fixture of a server: the kinds of tests that ask for it, and the group whose tests one worker runs, if any.
KINDS_OF_FIXTURE = {
    "hapi_server": (("java",), "hapi"),
    "medplum_server": (("node",), ""),
    "hapi_h2_120": (("java",), "hapi_h2_120"),
    "hapi_postgresql_602": (("java", "postgresql"), "hapi_postgresql_602"),
    "embedded_602": ((), "hapi_postgresql_602"),
    "embedded_120": ((), "hapi_h2_120"),
    "helios_602": (("helios",), "helios_602"),
}
# What begins first, and what comes after every file of Chromium. A big cohort takes minutes to load, in which its
# worker waits: not two at the same time.
FIRST_GROUPS, LATER_GROUPS = ("hapi_postgresql_602",), ("hapi_h2_120", "hapi", "helios_602")
AS_OF = date(2026, 11, 23)  # the date of view; the demo cohort's history ends before it
NO_SHARED = "the shared data are not beside this checkout"

os.environ["TZ"] = "Pacific/Chatham"
time.tzset()
os.environ["DASHBOARD_AS_OF"] = AS_OF.isoformat()
for name in ("FHIR_BASE_URL", "FHIR_TOKEN"):
    os.environ.pop(name, None)  # a developer's own server is no test server


# A client that is given no time of its own waits as the tests do.
HttpFhirServer.__init__.__kwdefaults__["timeout"] = (PATIENCE, PATIENCE)  # type: ignore[misc]

# A busy machine is no reason for a law to fail: time is looked at by the tests that are about time.
hypothesis.settings.register_profile("house", deadline=None, max_examples=examples(100))
hypothesis.settings.load_profile("house")


# --- servers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project's own FHIR server, empty at the start of the session."""
    yield from _serve("python", start_embedded, tmp_path_factory.mktemp("embedded") / "fhir.sqlite")


@pytest.fixture(scope="session")
def hapi_server() -> Iterator[Server]:
    """HAPI FHIR, the reference server."""
    yield from _serve("java", start_hapi)


@pytest.fixture(scope="session")
def medplum_server() -> Iterator[Server]:
    """Medplum's memory server: no includes, chains, next links or rollback (tests/servers/README.md)."""
    yield from _serve("node", start_medplum)


@pytest.fixture(scope="session")
def embedded_602() -> Iterator[Server]:
    """The embedded server with the demo's 602 patients: a copy for this session, as those below are."""
    yield from _serve("python", start_with_cohort, "embedded", 602)


@pytest.fixture(scope="session")
def embedded_120() -> Iterator[Server]:
    """The embedded server with as many patients as HAPI on H2 has."""
    yield from _serve("python", start_with_cohort, "embedded", 120)


@pytest.fixture(scope="session")
def hapi_h2_120() -> Iterator[Server]:
    """HAPI on H2, the database it ships with, with 120 patients of the demo. 240, as `make bench` has them, take four
    times as long to load.
    """
    yield from _serve("java", start_with_cohort, "hapi-h2", 120)


@pytest.fixture(scope="session")
def hapi_postgresql_602() -> Iterator[Server]:
    """HAPI on PostgreSQL, as hospitals run it, with the demo's 602 patients, the size of the pilot."""
    yield from _serve("java", start_with_cohort, "hapi-postgresql", 602)


@pytest.fixture(scope="session")
def helios_602() -> Iterator[Server]:
    """Helios on SQLite with the demo's 602 patients: no `fhir` in its address, and no AuditEvent can be written."""
    yield from _serve("helios", start_with_cohort, "helios", 602)


SERVERS = [
    "embedded",
    pytest.param("hapi", marks=[pytest.mark.java, pytest.mark.xdist_group("hapi")]),
    pytest.param("medplum", marks=pytest.mark.node),
]


@pytest.fixture(scope="session", params=SERVERS)
def fhir_server(request: pytest.FixtureRequest) -> Server:
    """Each of the three in turn. Other tests of the session write to it too: look only for what you wrote."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture(scope="session", params=[*SERVERS, "fake"])
def named_fhir(request: pytest.FixtureRequest) -> Iterator[tuple[str, FhirServer]]:
    """The port to each of the three and to the fake in memory, with its name."""
    if request.param == "fake":
        yield request.param, FakeFhirServer()
        return
    server: Server = request.getfixturevalue(f"{request.param}_server")
    fhir = HttpFhirServer(server.base_url)
    yield request.param, fhir
    fhir.close()


def _serve(kind: str, start: Any, *arguments: Any) -> Iterator[Server]:
    try:
        server = start(*arguments)
    except CannotFetch as reason:
        pytest.skip(f"needs {kind}: {reason}")
    with server:
        yield server


# --- what tests share ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of designs and data beside the checkout; tests that read it are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The moment of view that the settings make of DASHBOARD_AS_OF: noon UTC."""
    return datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC)


class Trail:
    """What went on record, in a list. With `full`, nothing can be kept."""

    def __init__(self) -> None:
        self.begun: list[AuditRecord] = []
        self.records: list[AuditRecord] = []
        self.full = False

    def record(self, record: AuditRecord) -> None:
        self._room()
        self.records.append(record)

    def begin(self, record: AuditRecord) -> None:
        self._room()
        self.begun.append(record)

    def finish(self, record: AuditRecord) -> None:
        self.records.append(record)

    def _room(self) -> None:
        if self.full:
            raise AuditUnavailable("audit-not-recorded")


@pytest.fixture(autouse=True, scope="session")
def _some_trail() -> None:
    """Fixtures of a whole session or module read too, and nothing is read that is not put on record."""
    install(Trail())


@pytest.fixture(autouse=True)
def trail() -> Iterator[Trail]:
    """What this test put on record."""
    made = Trail()
    install(made)
    yield made
    install(Trail())


# --- the network ends at loopback ------------------------------------------------------------------------------------


class NetworkForbidden(ConnectionError):
    """A test tried to leave this machine."""


_strayed: list[str] = []
_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _refuse_beyond_loopback(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("localhost", "::1", "") or str(name).startswith("127."):
        return
    _strayed.append(str(name))
    raise NetworkForbidden(f"tests may not reach {name}: only loopback")


def _guarded_connect(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _refuse_beyond_loopback(address[0])
    return _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _refuse_beyond_loopback(address[0])
    return _connect_ex(self, address)


def _guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    _refuse_beyond_loopback(host)
    return _getaddrinfo(host, *arguments, **options)


socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign]
socket.getaddrinfo = _guarded_getaddrinfo  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _stay_on_loopback() -> Iterator[None]:
    _strayed.clear()
    yield
    if _strayed:
        pytest.fail(f"the test tried to reach {', '.join(sorted(set(_strayed)))}: only loopback is allowed")


# --- kinds of tests, and which are required --------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default=os.environ.get("REQUIRE", ""),
        metavar="KINDS",
        help=f"of {','.join(KINDS)}: fail when a test of that kind is skipped or none runs (default: $REQUIRE)",
    )


def pytest_configure(config: pytest.Config) -> None:
    unknown = _required(config) - set(KINDS)
    if unknown:
        raise pytest.UsageError(f"--require takes {', '.join(KINDS)}; not {', '.join(sorted(unknown))}")
    config.addinivalue_line("markers", "xdist_group(name): tests that pytest-xdist keeps on one worker")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Requirements(_required(config)), "requirements")
    config.pluginmanager.register(Groups(), "groups")


def _required(config: pytest.Config) -> set[str]:
    return set(filter(None, config.getoption("--require").replace(" ", "").split(",")))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by the servers asked for, before `-m` selects and before pytest-xdist reads its groups."""
    mark_by_folder(items)
    for item in items:
        for fixture, (kinds, group) in KINDS_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                for kind in kinds:
                    item.add_marker(kind)
                if group:
                    item.add_marker(pytest.mark.xdist_group(group))
        if not item.get_closest_marker("xdist_group") and _asks_for_a_fixture_of_its_module(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition(".py::")[0]))
        if not item.get_closest_marker("xdist_group") and _reads_the_source(item):
            item.add_marker(pytest.mark.xdist_group("source"))
        # on the report, because with pytest-xdist only reports travel to the process that judges
        item.user_properties.extend(("kind", kind) for kind in KINDS if item.get_closest_marker(kind))


def _asks_for_a_fixture_of_its_module(item: pytest.Item) -> bool:
    """Such a fixture is a loaded server or a cohort that takes seconds to make: one worker makes it, and runs all tests
    that ask for it.
    """
    fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return any(definitions[-1].scope == "module" for definitions in fixtures.values())


def _reads_the_source(item: pytest.Item) -> bool:
    """Whether it goes over the syntax trees of all our files: one worker makes them, once."""
    return isinstance(item, pytest.Function) and vars(item.module).get("modules") is modules


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not walk half a million objects again and again."""
    gc.collect()
    gc.freeze()


class Groups:
    """Tells pytest which group a test is of, as pytest-xdist 3.8 means to: it writes the group behind the name of the
    test, in `_nodeid`, and pytest 9.2 reads `_id`. Without this nothing is grouped and nothing says so: each
    worker starts its own HAPI, Keycloak and dashboard, and loads every cohort again.

    The groups that take longest come first, and the tests of no group last (the workers take them in this order with
    `--no-loadscope-reorder`): a group is not divided, so that one which is begun at the end would let the other worker
    wait.
    """

    # Last, so that pytest-xdist has written it.
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        grouped = [item for item in items if "_nodeid" in vars(item)]
        for item in grouped:
            item._id = NodeId.parse(item._nodeid)
        sizes = Counter(map(_group, grouped))
        by_size = [name for name, _ in sizes.most_common()]
        browser = [name for name in by_size if name.startswith("browser-")]
        places = {name: n for n, name in enumerate(dict.fromkeys([*FIRST_GROUPS, *browser, *LATER_GROUPS, *by_size]))}
        items.sort(key=lambda item: places.get(_group(item), len(places)))


def _group(item: pytest.Item) -> str:
    """As pytest-xdist has written it; "" for none."""
    return item.nodeid.rpartition("@")[2] if "_nodeid" in vars(item) else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for kind in KINDS:
        if item.get_closest_marker(kind) and (why := why_missing(kind)):
            pytest.skip(f"needs {kind}: {why}")


class Requirements:
    """Counts the tests of each kind that ran and that were skipped, and fails the session for a required one."""

    def __init__(self, required: set[str]) -> None:
        self.required = required
        self.ran: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kinds = [kind for name, kind in report.user_properties if name == "kind"]
        if report.skipped and not hasattr(report, "wasxfail") and NO_SHARED not in str(report.longrepr):
            self.skipped.update(kinds)
        elif report.when == "call" and not report.skipped:
            self.ran.update(kinds)

    def faults(self) -> list[str]:
        return [
            f"{kind}: {self.skipped[kind]} skipped, {self.ran[kind]} run"
            for kind in sorted(self.required)
            if self.skipped[kind] or not self.ran[kind]
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.faults() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.required:
            terminalreporter.section("required kinds of tests")
            for line in self.faults() or [f"{', '.join(sorted(self.required))}: all run, none skipped"]:
                terminalreporter.write_line(line)
