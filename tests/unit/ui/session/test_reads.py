"""The value that a page has: for how long no query is asked, and what is never shown again."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    DashboardError,
    NotFound,
    ServerRefused,
    ServerUnavailable,
    UnexpectedAnswer,
    Unsupported,
)
from dashboard.ui.session import plans, reads, session
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

C1 = Reference("Condition", "c1")
READS: dict[str, tuple[Callable[[], Any], str, float]] = {
    "patient": (lambda: reads.read_patient("p1")[0], "get_patient", 2),
    "timeline": (lambda: reads.read_timeline("p1")[0], "get_timeline", 2),
    "own": (lambda: reads.read_own_record("p1")[0], "get_own_record", 15),
    "pilot": (lambda: reads.read_pilot()[0], "get_counts", 15),
    "event": (lambda: reads.read_event("p1", C1), "get_event", 55),
    "tasks": (reads.read_tasks, "get_my_tasks", 2),
}
WITH_REASON = {
    "patient": lambda: reads.read_patient("p1"),
    "timeline": lambda: reads.read_timeline("p1"),
    "own": lambda: reads.read_own_record("p1"),
    "pilot": reads.read_pilot,
}
AWAY = ServerUnavailable("server-timeout", reference="r1")


class Page:
    """A page outside Streamlit: the queries count how often they are asked, and a test sets the time and who reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.who, self.page, self.asked = AS_OF, make.scope("gp"), "first", 0
        self.error: Exception | None = None
        self.access: Any = None
        self.gate = threading.Event()
        self.gate.set()
        monkeypatch.setattr(reads.st, "session_state", {})
        monkeypatch.setattr(reads, "viewing_session_id", lambda: self.page)
        monkeypatch.setattr(session, "as_of", lambda: self.now)
        monkeypatch.setattr(session, "scope", lambda: self.who)
        monkeypatch.setattr(reads, "_pseudonym_key", lambda: "key")
        for name in ("fhir", "terminology"):
            monkeypatch.setattr(session, name, lambda: None)
        self.user = replace(make.user("gp"), roles=(Role.PATIENT,))
        monkeypatch.setattr(session, "user", lambda: self.user)
        for _, query, _ in READS.values():
            monkeypatch.setattr(reads, query, self._query)

    def _query(self, *arguments: Any, **named: Any) -> Any:
        self.asked += 1
        assert self.gate.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return SimpleNamespace(number=self.asked, emergency_access=self.access)

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


@pytest.mark.parametrize("name", READS)
def test_a_press_soon_after_asks_no_query(opened: Page, name: str) -> None:
    read, _, seconds = READS[name]
    first = read()
    opened.after(seconds - 0.1)
    assert (read() is first, opened.asked) == (True, 1)
    opened.after(0.1)
    assert (read() is first, opened.asked) == (False, 2)


@pytest.mark.parametrize("name", READS)
def test_with_a_fixed_moment_of_view_each_read_asks(opened: Page, name: str) -> None:
    read, _, _ = READS[name]
    read()
    read()
    assert opened.asked == 2


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("other", ["scope", "server", "viewing session"])
def test_a_value_is_not_given_to_another_user_server_or_viewing_session(opened: Page, name: str, other: str) -> None:
    read, _, _ = READS[name]
    read()
    opened.after(1)
    if other == "scope":
        opened.who = make.scope("nurse")
    elif other == "server":
        opened.who = AccessScope("http://else.test/fhir", opened.who.subject, opened.who.grant)
    else:
        opened.page = "second"
    opened.error = AWAY
    with pytest.raises(ServerUnavailable):
        read()


def test_a_carer_is_asked_for_sooner_than_a_patient(opened: Page) -> None:
    opened.user = replace(opened.user, roles=(Role.CARER,))
    first = reads.read_own_record("p1")[0]
    opened.after(7.9)
    assert reads.read_own_record("p1")[0] is first
    opened.after(0.1)
    assert reads.read_own_record("p1")[0] is not first


def test_a_value_is_not_given_for_another_record(opened: Page) -> None:
    reads.read_patient("p1")
    reads.read_event("p1", C1)
    opened.after(1)
    opened.error = AWAY
    with pytest.raises(ServerUnavailable):
        reads.read_patient("p2")
    with pytest.raises(ServerUnavailable):
        reads.read_event("p1", Reference("Condition", "c2"))


@pytest.mark.parametrize("name", WITH_REASON)
def test_while_the_server_is_away_the_last_value_stays_with_the_reason(opened: Page, name: str) -> None:
    read = WITH_REASON[name]
    first, reason = read()
    assert reason == ""
    opened.error = AWAY
    opened.after(600)
    last, reason = read()
    assert (last is first, bool(reason)) == (True, True)
    opened.error = None
    assert read()[1] == ""


@pytest.mark.parametrize("name", sorted(READS.keys() - WITH_REASON.keys()))
def test_an_event_and_tasks_are_not_shown_without_the_reason(opened: Page, name: str) -> None:
    read, _, _ = READS[name]
    read()
    opened.error = AWAY
    opened.after(600)
    with pytest.raises(ServerUnavailable):
        read()


@pytest.mark.parametrize("error", [UnexpectedAnswer, ServerRefused, Unsupported])
@pytest.mark.parametrize("name", WITH_REASON)
def test_any_answer_that_cannot_be_used_leaves_the_last_value_with_the_reason(
    opened: Page, name: str, error: type[DashboardError]
) -> None:
    read = WITH_REASON[name]
    first, _ = read()
    opened.error = error("answer-web-page")
    opened.after(600)
    last, reason = read()
    assert (last is first, reason) == (True, "answer-web-page")


@pytest.mark.parametrize("name", WITH_REASON)
def test_a_query_that_hangs_is_left_alone_and_its_answer_shown_when_it_comes(
    opened: Page, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(reads, "READ_PATIENCE", 0.01)
    read = WITH_REASON[name]
    first, _ = read()
    opened.gate.clear()
    opened.after(600)
    for _ in range(3):
        assert read() == (first, "server-silent")
    assert opened.asked == 2, "and is not asked again beside it"
    opened.gate.set()
    threads = [thread for thread in threading.enumerate() if thread.name == "refresh"]
    for thread in threads:
        thread.join(PATIENCE)
    last, reason = read()
    assert (last.number, reason) == (2, "")


@pytest.mark.parametrize("name", WITH_REASON)
def test_a_refusal_that_comes_late_drops_the_value(opened: Page, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(reads, "READ_PATIENCE", 0.01)
    read = WITH_REASON[name]
    read()
    opened.gate.clear()
    opened.after(600)
    read()
    opened.error = NotFound("patient-not-found")
    opened.gate.set()
    for thread in [thread for thread in threading.enumerate() if thread.name == "refresh"]:
        thread.join(PATIENCE)
    for _ in range(2):
        with pytest.raises(NotFound):
            read()


@pytest.mark.parametrize("name", READS)
def test_what_was_refused_once_does_not_come_back_while_the_server_is_away(opened: Page, name: str) -> None:
    read, _, _ = READS[name]
    read()
    opened.after(600)
    for error in (NotFound("patient-not-found"), AWAY):
        opened.error = error
        with pytest.raises(type(error)):
            read()


@pytest.mark.parametrize("name", ["patient", "timeline", "event"])
def test_a_value_goes_when_the_emergency_access_ends(opened: Page, name: str) -> None:
    read, _, _ = READS[name]
    opened.access = SimpleNamespace(until=AS_OF + timedelta(seconds=1))
    first = read()
    opened.after(0.9)
    assert read() is first
    opened.after(0.1)
    opened.error = AWAY
    with pytest.raises(ServerUnavailable):
        read()


def test_after_a_change_the_tasks_and_the_patient_are_asked_for_again(opened: Page) -> None:
    first, patient = reads.read_tasks(), reads.read_patient("p1")[0]
    opened.after(1)
    assert reads.read_tasks() is first and reads.read_patient("p1")[0] is patient
    reads.forget_patient()
    assert reads.read_tasks() is not first and reads.read_patient("p1")[0] is not patient


def test_a_history_that_hangs_is_said_after_a_while_and_asked_once(
    opened: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "get_plan_history", opened._query)
    monkeypatch.setattr(plans, "HISTORY_SECONDS", 0.01)

    def read() -> tuple[Any, str]:
        return plans.read_history("p1", [C1])

    opened.gate.clear()
    for _ in range(2):
        with pytest.raises(ServerUnavailable, match=r"^server-silent$"):
            read()
    assert opened.asked == 1
    opened.gate.set()
    reads.st.session_state["pending_plan-history"][1]._ended.wait(PATIENCE)
    found, why = read()
    assert (found.number, why, opened.asked) == (1, "", 1)
    opened.after(1)
    assert read()[0] is found
    reads.forget_patient()
    monkeypatch.setattr(plans, "HISTORY_SECONDS", 60.0)
    assert read()[0].number == 2, "somebody has saved"
    opened.after(30)
    opened.error = NotFound("patient-not-found")
    with pytest.raises(NotFound):
        read()
    opened.error = AWAY
    with pytest.raises(ServerUnavailable):
        read()
