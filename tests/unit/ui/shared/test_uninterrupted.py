"""A change that was begun is made to its end, though the user presses something else meanwhile."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from dashboard.ui.shared import uninterrupted as module
from dashboard.ui.shared.uninterrupted import uninterrupted


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    """What Streamlit asks whether the run of this test is to be broken off."""
    requests = ScriptRequests()
    monkeypatch.setattr(module, "get_script_run_ctx", lambda **_: SimpleNamespace(script_requests=requests))
    return requests


def pressed(requests: ScriptRequests) -> None:
    assert requests.request_rerun(RerunData(page_script_hash="another page"))


def test_the_next_press_waits_until_the_change_is_made(requests: ScriptRequests) -> None:
    with uninterrupted():
        pressed(requests)
        assert requests.on_scriptrunner_yield() is None
    answer = requests.on_scriptrunner_yield()
    assert answer is not None and answer.rerun_data.page_script_hash == "another page"


def test_one_inside_another_ends_with_the_outer_one(requests: ScriptRequests) -> None:
    pressed(requests)
    with uninterrupted():
        with uninterrupted():
            pass
        assert requests.on_scriptrunner_yield() is None
    assert requests.on_scriptrunner_yield() is not None


def test_a_change_that_fails_holds_up_nothing(requests: ScriptRequests) -> None:
    @uninterrupted()
    def change() -> None:
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            change()
    pressed(requests)
    assert requests.on_scriptrunner_yield() is not None


@pytest.mark.parametrize("context", [lambda **_: None, lambda **_: SimpleNamespace(script_requests=None)])
def test_outside_of_a_page_it_changes_nothing(monkeypatch: pytest.MonkeyPatch, context: Callable[..., object]) -> None:
    monkeypatch.setattr(module, "get_script_run_ctx", context)
    done = []
    with uninterrupted():
        done.append(True)
    assert done
