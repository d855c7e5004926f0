"""One dashboard for the session, started by the real command; a browser page that tells of errors and strays."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.screens import Patient, Worklist
from tests.patience import PATIENCE, PATIENCE_MS
from tests.running import Launched, copy_database, launched
from tests.servers.kinds import browser_path

# The default user's team then has two pages of patients.
PATIENTS = 90
# A data folder to copy instead of loading the demo, so that one test can be run again at once.
READY_MADE = os.environ.get("BROWSER_DATA", "")
expect.set_options(timeout=PATIENCE_MS)


# First, because tests/conftest.py counts the kinds of tests by their marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # A file is a group: the workers share the files, and each has one dashboard for all of its own. As one
            # group they would take longer than everything else, and the other worker would wait for them.
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.stem}"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--process-per-site"]
    return {"executable_path": browser_path(), "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "viewport": {"width": 1280, "height": 720},
        "locale": "en-GB",
        "timezone_id": "Europe/London",
        "color_scheme": "light",
    }


# What a page can leave behind, for every address that was opened.
STORED = "cookies,local_storage,indexeddb,cache_storage,service_workers,file_systems,shared_storage,storage_buckets"


class KeptOpen:
    """An empty page of this machine that stays open, in the context of every test that asks for a page.

    The process of a site lives as long as a page of it (`--process-per-site`), and has Streamlit's and plotly's scripts
    compiled: to compile them again is half of what a page in a context of its own costs.
    """

    def __init__(self, browser: Browser, arguments: dict[str, Any]) -> None:
        self._browser, self._arguments = browser, arguments
        self._open()

    def _open(self) -> None:
        self.page = self._browser.new_context(**self._arguments).new_page()
        self.page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
        self.page.goto("http://localhost/")

    def clean(self) -> None:
        """Closes the other pages and clears what they have stored. A clock that was put in cannot be taken out: then
        the context is another one.
        """
        context = self.page.context
        if "native code" not in self.page.evaluate("String(setTimeout)"):
            context.close()
            self._open()
            return
        for page in context.pages:
            if page is not self.page:
                page.close()
        context.set_offline(False)
        context.clear_permissions()
        self.clear_cookies()
        session = context.new_cdp_session(self.page)
        session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": STORED})
        session.detach()

    def clear_cookies(self) -> None:
        """Until there are none. What a page sets in its last moment arrives after it is closed, and would make the next
        test somebody else: this page's own question comes after it, because both are of one process.
        """
        context = self.page.context
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.page.evaluate("document.cookie")
            if not context.cookies():
                return
            context.clear_cookies()
        raise AssertionError("A page that is closed still sets cookies.")


@pytest.fixture(scope="session")
def kept_open(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[KeptOpen]:
    """One for all tests of a worker."""
    kept = KeptOpen(browser, browser_context_args)
    yield kept
    kept.page.context.close()


@pytest.fixture
def context(kept_open: KeptOpen) -> Iterator[BrowserContext]:
    """As a new one: after each test its pages are closed, and what they have left is gone."""
    yield kept_open.page.context
    kept_open.clean()


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """The running dashboard with a demo cohort; tests that change data use a task each of their own."""
    folder = tmp_path_factory.mktemp("data")
    if READY_MADE:
        copy_database(Path(READY_MADE) / "fhir.sqlite", folder / "fhir.sqlite")
        shutil.copy(Path(READY_MADE) / "cohort.json", folder)
    with launched(folder, "--patients", str(PATIENTS)) as running:
        yield running


@pytest.fixture(autouse=True)
def _watched(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test whose page wrote an error to the console, or asked anybody but this machine."""
    if "page" not in request.fixturenames:
        yield
        return
    page: Page = request.getfixturevalue("page")
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    expected: list[str] = [mark.args[0] for mark in request.node.iter_markers("console_may_say")]

    def heard(message: ConsoleMessage) -> None:
        where = str(message.location.get("url"))
        # Streamlit first looks for itself under the page's own address.
        looks_for_itself = "/_stcore/" in where and "404" in message.text
        if message.type == "error" and not looks_for_itself and not any(each in message.text for each in expected):
            complaints.append(f"console: {message.text} ({where})")

    def asked(sent: Request) -> None:
        host = sent.url.split("/")[2].split(":")[0] if "://" in sent.url else ""
        if sent.url.startswith(("http", "ws")) and host not in ("localhost", "127.0.0.1"):
            complaints.append(f"asked {sent.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
    page.on("request", asked)
    yield
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def worklist(page: Page, dashboard: Launched) -> Worklist:
    """The worklist, opened."""
    return Worklist(page, dashboard.url).open()


@pytest.fixture
def patient(page: Page, dashboard: Launched) -> Patient:
    """The patient page, not opened yet."""
    return Patient(page, dashboard.url)
