"""An open page that comes back by itself: when it is drawn anew, and when it only says that the server is away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from dashboard.cache.cache import ACCESS_AGE
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable
from dashboard.ui.session import recheck, session
from dashboard.ui.session.recheck import BEAT_SECONDS, OnScreen, close_without_role, compare
from tests.unit.people_and_teams import AS_OF

DRAWN = OnScreen(frozenset({"p1", "p2"}), AS_OF, "")


class DrawnAnew(Exception):
    """The whole page is drawn anew."""


class Page:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []

        def rerun() -> None:
            raise DrawnAnew

        monkeypatch.setattr(recheck.st, "session_state", {"rechecked_worklist": DRAWN})
        monkeypatch.setattr(recheck.st, "rerun", rerun)
        monkeypatch.setattr(recheck, "panel", lambda key, html: self.said.append(str(html)))
        monkeypatch.setattr(session, "as_of", lambda: AS_OF + timedelta(minutes=7))
        monkeypatch.setattr(session, "zone", lambda: UTC)

    def back(self, read: Callable[[], OnScreen], name: str = "worklist") -> list[str]:
        compare(name, read)
        return self.said


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_nothing_happens_while_the_same_people_are_shown(page: Page) -> None:
    assert page.back(lambda: DRAWN) == []
    assert page.back(lambda: replace(DRAWN, fetched=AS_OF + timedelta(minutes=1))) == [], "others' changes wait"


@pytest.mark.parametrize("who", [{"p1"}, {"p1", "p2", "p3"}, set()])
def test_other_people_have_the_page_drawn_anew(page: Page, who: set[str]) -> None:
    with pytest.raises(DrawnAnew):
        page.back(lambda: replace(DRAWN, who=frozenset(who)))


@pytest.mark.parametrize(
    "error",
    [NotFound("patient-not-found"), NotPermitted("role-ended"), ServerUnavailable("server-timeout", reference="r")],
)
def test_a_page_that_may_not_be_shown_any_more_is_drawn_anew(page: Page, error: DashboardError) -> None:
    def read() -> Any:
        raise error

    with pytest.raises(DrawnAnew):
        page.back(read)


def test_a_page_that_nobody_has_drawn_is_drawn(page: Page) -> None:
    with pytest.raises(DrawnAnew):
        page.back(lambda: DRAWN, "patient")


def test_trouble_of_the_server_is_said_without_drawing_the_page_anew(page: Page) -> None:
    """A page that is drawn anew closes a dialog in which somebody is writing."""
    [said] = page.back(lambda: replace(DRAWN, stale="server-silent"))
    assert "has not answered since" in said and "7 minutes old" in said


def test_trouble_that_the_page_says_already_is_not_said_twice(page: Page) -> None:
    stale = replace(DRAWN, stale="server-silent")
    recheck.st.session_state["rechecked_worklist"] = stale
    assert page.back(lambda: stale) == []


def test_a_page_without_patients_is_drawn_anew_once_the_role_has_ended(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raised(error: DashboardError) -> Callable[[], Any]:
        def user() -> Any:
            raise error

        return user

    monkeypatch.setattr(session, "user", lambda: None)
    close_without_role()
    monkeypatch.setattr(session, "user", raised(ServerUnavailable("server-timeout", reference="r")))
    close_without_role()
    monkeypatch.setattr(session, "user", raised(NotPermitted("role-ended")))
    with pytest.raises(DrawnAnew):
        close_without_role()


def test_an_access_that_ends_is_gone_within_fifteen_seconds() -> None:
    """The last answer is at its oldest, and the page has just come back."""
    assert ACCESS_AGE.wait_after + BEAT_SECONDS < 15
