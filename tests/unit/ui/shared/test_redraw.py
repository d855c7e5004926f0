"""A page that a part of it has drawn anew: the page alone where it is a fragment, so that a dialog over it stays."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.errors import StreamlitAPIException

from dashboard.ui.navigation.pages import PAGES
from dashboard.ui.session import recheck
from dashboard.ui.session.recheck import OnScreen, compare
from dashboard.ui.shared import redraw
from tests.unit.people_and_teams import AS_OF


class AllDrawnAnew(Exception):
    pass


class Session:
    """A run of a fragment with the id `part`, on a page whose fragment has an id, or that is none."""

    query_string, page_script_hash, cached_message_hashes, context_info = "tab=tasks", "h", frozenset(), None

    def __init__(self, page: list[str], this_run: list[str]) -> None:
        self.asked: list[Any] = []
        self.fragment_ids_this_run = this_run
        self.script_requests = SimpleNamespace(request_rerun=self.asked.append)
        self.fragment_storage = SimpleNamespace(resolve_target=lambda key: page if page else self._unknown())

    def _unknown(self) -> Any:
        raise StreamlitAPIException("no fragment")


def drawn(monkeypatch: pytest.MonkeyPatch, session: Session | None) -> list[Any]:
    def everything() -> None:
        raise AllDrawnAnew

    monkeypatch.setattr(redraw.st, "rerun", everything)
    monkeypatch.setattr(redraw, "get_script_run_ctx", lambda **_: session)
    redraw.redraw_page()
    return session.asked if session else []


def test_a_page_that_is_a_fragment_is_drawn_alone_at_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    [asked] = drawn(monkeypatch, Session(["page-id"], ["part"]))
    assert asked.fragment_id_queue == ["page-id"]
    assert (asked.query_string, asked.page_script_hash) == ("tab=tasks", "h")


@pytest.mark.parametrize("session", [None, Session([], ["part"]), Session(["page-id"], [])])
def test_else_everything_is_drawn(monkeypatch: pytest.MonkeyPatch, session: Session | None) -> None:
    with pytest.raises(AllDrawnAnew):
        drawn(monkeypatch, session)


def test_every_page_that_refreshes_itself_can_be_drawn_alone() -> None:
    refreshed = [page for page in PAGES.glob("*.py") if "run_every" in page.read_text(encoding="utf-8")]
    assert len(refreshed) == 4
    assert all("key=PAGE" in page.read_text(encoding="utf-8") for page in refreshed)


def test_more_people_than_before_close_no_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[bool] = []
    monkeypatch.setattr(recheck.st, "session_state", {"rechecked_tasks": OnScreen(frozenset({"p1"}), AS_OF, "")})
    monkeypatch.setattr(recheck, "redraw_page", lambda: alone.append(True))
    compare("tasks", lambda: OnScreen(frozenset({"p1", "p2"}), AS_OF, ""))
    assert alone == [True]
