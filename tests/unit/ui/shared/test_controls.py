"""The change of a control that has just been left does nothing."""

from typing import Any

import pytest
import streamlit as st

from dashboard.ui.shared.controls import changed


def test_a_callback_gets_what_its_control_holds_and_is_silent_where_it_holds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: dict[str, Any] = {"w_site": "Priory"}
    monkeypatch.setattr(st, "session_state", held)
    seen: list[str] = []
    callback = changed("w_site", seen.append)
    callback()
    held.clear()  # the user has changed
    callback()
    assert seen == ["Priory"]
