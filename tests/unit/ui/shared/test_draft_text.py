"""The field for clinical text: what it returns, and what it says of a text that is too long."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.shared.draft_text import LONGEST_TEXT, too_long
from tests.patience import PATIENCE


def page() -> None:
    import streamlit as st

    from dashboard.ui.shared.draft_text import draft_text

    st.session_state["given"] = draft_text("Aim", st.session_state.get("value", "Walk"), key="aim", most=20)


def data(at: AppTest) -> dict[str, object]:
    """What the browser is told."""
    [counter] = at.get("bidi_component")
    return dict(json.loads(counter.proto.json))


def test_it_returns_what_was_typed_whatever_it_began_with_since() -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    assert at.session_state["given"] == "Walk"
    assert (data(at)["sent"], data(at)["saved"]) == ("Walk", "Walk")
    at.text_area(key="aim").input("Walk to the shop\n").run()
    at.session_state["value"] = "Another began"
    at.run()
    assert at.session_state["given"] == "Walk to the shop\n"
    assert (data(at)["sent"], data(at)["saved"]) == ("Walk to the shop\n", "Another began")


@pytest.mark.parametrize("text", ["x" * 10_000, "<b>\u202e\U0001f9e0\t", "\u00e9e\u0301", ""])
def test_it_cuts_and_changes_nothing(text: str) -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE).run()
    at.text_area(key="aim").input(text).run()
    assert at.session_state["given"] == text
    assert data(at)["sent"] == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("x" * LONGEST_TEXT, ""),
        ("\U0001f9e0" * LONGEST_TEXT, ""),
        ("x" * (LONGEST_TEXT + 1), "“Aim” is 1 character too long; it may have 4000."),
        ("x" * (LONGEST_TEXT + 6000), "“Aim” is 6000 characters too long; it may have 4000."),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    said = too_long("Aim", text)
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)
    assert not said or "Nothing was cut off" in said
