"""Large type is one setting: in the address of the worklist and of the timeline, and taken along from page to page."""

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.worklist import widget
from dashboard.ui.worklist.view import WorklistView, clear, read_worklist_view, without_text, write_worklist_view


def test_the_address_says_it_and_only_where_it_is_on() -> None:
    assert write_worklist_view(WorklistView(large=True)) == {"large": "yes"}
    assert write_worklist_view(WorklistView()) == {}
    assert read_worklist_view({"large": "yes"}).large and not read_worklist_view({"large": "no"}).large


def test_filters_and_large_type_do_not_touch_each_other() -> None:
    view = WorklistView(large=True, condition=frozenset({ConditionKey.CKD}), sort="name")
    assert clear(view) == WorklistView(large=True, sort="name")
    # A saved view is of the list, not of the screen.
    assert not without_text(view).large


def test_a_press_turns_it_on_and_off_and_changes_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[WorklistView] = []
    view = WorklistView(q="x", sort="name", page=2)
    monkeypatch.setattr(navigation, "worklist_view", lambda: shown[-1] if shown else view)
    monkeypatch.setattr(navigation, "show_worklist", shown.append)
    widget.on_press({"do": "large"})
    widget.on_press({"do": "large"})
    assert [each.large for each in shown] == [True, False] and shown[-1] == view


@pytest.mark.parametrize("large", [True, False])
def test_the_next_page_is_as_the_page_before_it(monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    went: list[dict[str, str]] = []
    state: dict[str, object] = {
        "large_type": large,
        "timeline_address": {"id": "p1", "span": "5y", "large": "yes"},
        "worklist_address": {"sort": "name", "large": "yes"},
    }
    monkeypatch.setattr(navigation.st, "session_state", state)
    monkeypatch.setattr(navigation.st, "switch_page", lambda page, query_params: went.append(query_params))
    navigation.open_timeline("p1")
    navigation.open_timeline("p2")
    navigation.open_worklist()
    more = {"large": "yes"} if large else {}
    assert went == [{"id": "p1", "span": "5y", **more}, {"id": "p2", **more}, {"sort": "name", **more}]
    assert ("large" in navigation.worklist_address()) is large
