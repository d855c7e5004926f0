"""A server that hangs, refuses or answers with what is none, under open pages: what is shown stays, in new tabs too.

The server gets into trouble after 281 s on the clock of all caches, when everything that is cached is due. One that
hangs answers nothing until the test has ended, and its client would wait for ten minutes: a page that waited for it
would not come within the time that a run may take here. No time is measured.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cache.patient_cache import PLAN_CACHE, RECOMMENDATIONS_CACHE, SUMMARY_CACHE, TIMELINE_CACHE
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client import transport
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.ui.session import plans, reads, session
from tests.pages import real
from tests.patience import PATIENCE
from tests.unit.fhir.hostile_server import ReceivedRequest, Reply

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

PAGE = b"<!DOCTYPE html><html><body>We are back soon</body></html>"
NOT_READY = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "transient"}]}
SOON = 281.0
# What the server does -> its answer, and what the pages say of it.
TROUBLE: dict[str, tuple[Reply | None, str]] = {
    "hangs": (None, "has not answered"),
    "refuses": (Reply(hang_up=True), "has not answered in time"),
    "busy": (Reply(503, NOT_READY), "too busy"),
    "web page": (Reply(200, PAGE), "with a web page"),
    "web page with 404": (Reply(404, PAGE), "with a web page"),
    "nothing": (Reply(200), "with nothing"),
    "truncated": (Reply(200, b'{"resourceType": "Bundle", "entry": [{"reso'), "have broken off"),
    "redirect": (Reply(302, headers={"Location": "https://elsewhere.test/"}), "to another address"),
}


@dataclass
class Troubled:
    """The server in between; `trouble` is what it does from now on, `failing` the type whose searches it
    answers with 500, and `later` lets time pass for all caches."""

    between: real.Between
    seconds: float = 0.0
    trouble: str = ""
    failing: str = ""
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, received: ReceivedRequest) -> Reply:
        if self.failing and self.failing in received.path.split("?")[0].split("/"):
            return Reply(500, NOT_READY)
        if not self.trouble:
            return self.between.answer(received)
        reply, _ = TROUBLE[self.trouble]
        if reply is None:
            self.go_on.wait(600)
            return Reply(hang_up=True)
        return reply

    def clock(self) -> float:
        return time.monotonic() + self.seconds


@contextmanager
def troubled(behind: real.Server, folder: Path, read_seconds: float = 600.0) -> Iterator[Troubled]:
    with (
        real.between(behind) as between,
        real.pages_on(between.hostile.base_url, folder),
        pytest.MonkeyPatch.context() as patch,
    ):
        server = Troubled(between)
        between.hostile.answer = server.answer
        made = session.process()
        patient_client = HttpFhirServer(made.fhir.base_url, timeout=(3.0, read_seconds))
        process = session.Process(made.settings, patient_client, made.terminology)
        patch.setattr(session, "process", lambda: process)
        patch.setattr(transport, "BACKOFF", 0.001)
        lookups = (session._USERS, session._EXISTING, session._ROLES)
        teams = (TEAM_CACHE, TEAM_CACHE.access, TEAM_CACHE._team_access)
        for cache in (
            *teams,
            SUMMARY_CACHE,
            TIMELINE_CACHE,
            PLAN_CACHE,
            RECOMMENDATIONS_CACHE,
            *lookups,
            *(each._values for each in lookups),
        ):
            patch.setattr(cache, "_clock", server.clock)
        try:
            yield server
        finally:
            server.go_on.set()
            patient_client.close()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real.Server]:
    with real.loaded_server(tmp_path_factory.mktemp("behind")) as server:
        yield server


def said(at: AppTest) -> str:
    assert not at.exception, at.exception
    return real.everything(at).decode(errors="replace")


OPEN: dict[str, Callable[[], AppTest]] = {
    "worklist": lambda: real.app("", "gp"),
    "patient": lambda: real.app("patient", "gp", id="p1"),
    "timeline": lambda: real.app("timeline", "gp", id="p1"),
    "care plan": lambda: real.app("care_plan", "gp", id="p1"),
    "recommendations": lambda: real.app("recommendations", "gp", id="p1"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_pages_stay_and_say_what_happened_and_open_in_new_tabs(
    behind: real.Server, tmp_path: Path, trouble: str
) -> None:
    with troubled(behind, tmp_path) as server:
        sessions = {name: [make(), make()] for name, make in OPEN.items()}
        for tabs in sessions.values():
            for tab in tabs:
                assert "ALDOUS" in said(tab.run())
        server.trouble, server.seconds = trouble, SOON
        for _ in range(2):
            for name, tabs in sessions.items():
                for tab in [*tabs, OPEN[name]()]:
                    page = said(tab.run())
                    assert "ALDOUS" in page, name
        for name, tabs in sessions.items():
            assert TROUBLE[trouble][1] in said(tabs[0].run()), name


# What asks the server anew each time, whatever the process has -> who opens it, and what it says while all is well.
FRESH: dict[str, tuple[Callable[[], AppTest], tuple[str, ...]]] = {
    "screening": (lambda: real.app("screening", "gp"), ("ALDOUS", "Rang about it")),
    "enrolment": (lambda: real.app("enrolment", "demo-pilot-manager"), ("Screened", "Patients in care")),
    "rule use": (lambda: real.app("rule_use", real.ADMINISTRATOR), ("fewer than 5", "Use of rules")),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_pages_without_a_cache_stay_and_a_new_tab_says_what_happened_until_it_is_over(
    behind: real.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(transport, "TRIES", 1)
    with troubled(behind, tmp_path, read_seconds=0.5) as server:
        tabs = {name: make() for name, (make, _) in FRESH.items()}
        before = {name: said(tab.run()) for name, tab in tabs.items()}
        for name, (_, words) in FRESH.items():
            assert [each for each in words if each not in before[name]] == [], name
        server.trouble, server.seconds = trouble, SOON
        new = {name: make() for name, (make, _) in FRESH.items()}
        for name, (_, words) in FRESH.items():
            for _ in range(2):
                page = said(tabs[name].run())
                assert [each for each in words if each not in page] == [], name
                assert TROUBLE[trouble][1] in page, name
            page = said(new[name].run())
            assert TROUBLE[trouble][1] in page or NOT_SAVED[trouble] in page, name
        server.trouble = ""
        server.seconds += SOON
        for name, (_, words) in FRESH.items():
            page = said(new[name].run())
            assert [each for each in words if each not in page] == [], name


@pytest.mark.parametrize("name", list(FRESH))
def test_a_new_tab_says_that_the_server_is_silent_and_has_the_answer_once_it_comes(
    behind: real.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(reads, "SILENT_SECONDS", 0.3)
    make, words = FRESH[name]
    with troubled(behind, tmp_path) as server:
        assert words[0] in said(make().run())
        tab, server.trouble = make(), "hangs"
        page = said(tab.run())
        assert "has not answered yet. It is still being asked" in page and words[0] not in page
        assert ("It counts everybody in the pilot" in page) == (name == "enrolment")
        server.trouble = ""
        server.go_on.set()
        end = time.monotonic() + PATIENCE
        while words[0] not in said(tab.run()):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_history_of_a_plan_stays_and_where_it_was_not_read_the_way_back_stays(
    behind: real.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(plans, "HISTORY_SECONDS", 0.3)
    with troubled(behind, tmp_path) as server:
        tab, new = OPEN["care plan"](), OPEN["care plan"]()
        new.run()
        tab.query_params["view"] = "history"
        assert "How it came to be" in said(tab.run()) and "Dr Jane Okafor" in said(tab)
        server.trouble, server.seconds = trouble, SOON
        new.query_params["view"] = "history"
        for _ in range(2):
            assert "Dr Jane Okafor" in said(tab.run()) and TROUBLE[trouble][1] in said(tab)
            assert "Back to the plan" in said(new.run()) and "Try again" in said(new)


# What the server does -> why nothing was read for the first time, or saved.
NOT_SAVED = {
    "hangs": "did not answer in time",
    "refuses": "did not answer in time",
    "busy": "too busy",
    "web page": "with a web page",
    "web page with 404": "with a web page",
    "nothing": "with nothing",
    "truncated": "broke off in the middle",
    "redirect": "sends us elsewhere",
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_what_cannot_be_saved_is_said_in_the_form_until_the_next_try(
    behind: real.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(transport, "TRIES", 1)
    with troubled(behind, tmp_path, read_seconds=2.0) as server:
        tab = OPEN["care plan"]().run()
        goal = Reference("Goal", "g1")
        real.send_press(tab, "plan-before-p1", {"do": "edit", "item": str(goal)})
        tab.text_area("plan_title-Goal-g1").set_value(f"Walk when it is {trouble}").run()
        tab.selectbox("plan_why-Goal-g1").select("New result or finding").run()
        server.trouble, server.seconds = trouble, SOON
        tab.button("plan_save").click().run()
        for _ in range(2):  # it stays
            assert [NOT_SAVED[trouble] in each.value for each in tab.error] == [True]
            assert tab.text_area("plan_title-Goal-g1").value == f"Walk when it is {trouble}"
            said(tab.run())
        server.trouble = ""
        tab.button("plan_save").click().run()
        assert not tab.error and f"Saved: Walk when it is {trouble}" in said(tab)


def test_a_search_that_fails_alone_leaves_what_was_known_and_says_how_old_it_is(
    behind: real.Server, tmp_path: Path
) -> None:
    """The same of a patient's own record is in test_my_record_page."""
    with troubled(behind, tmp_path) as server:
        tabs = {name: OPEN[name]() for name in ("patient", "timeline")}
        before = {name: said(tab.run()) for name, tab in tabs.items()}
        server.failing, server.seconds = "Observation", SOON
        for name, tab in tabs.items():
            tab.run()
            server.seconds += SOON
            page = said(tab.run())
            assert "Results could not be read again since" in page and "these are as of" in page, name
            assert "Results could not be read, so" not in page and "This could not be read." not in page, name
            assert ("HbA1c" in page) is ("HbA1c" in before[name]), name


def test_a_server_that_hung_is_asked_again_and_shown_as_it_is(behind: real.Server, tmp_path: Path) -> None:
    with troubled(behind, tmp_path) as server:
        tab = OPEN["worklist"]()
        tab.run()
        server.trouble, server.seconds = "web page", SOON
        assert "with a web page" in said(tab.run())
        server.trouble = ""
        end = time.monotonic() + PATIENCE
        while True:
            server.seconds += 30
            if "with a web page" not in said(tab.run()):
                break
            assert time.monotonic() < end, "the page goes on to say that the server is away"
            time.sleep(0.1)
