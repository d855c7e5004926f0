"""Streamlit's own controls, whose state is the page's address."""

from collections.abc import Callable
from typing import Any

import streamlit as st


def set_control(key: str, value: object) -> None:
    """Set a control to what the address says; untouched when it says so already, or the browser draws it anew."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def changed(key: str, then: Callable[[Any], None]) -> Callable[[], None]:
    """Returns the callback of a control, which gives what the control holds to `then`.

    It does nothing where the control holds nothing any more: a browser may send the change of a control that was on a
    page, or of a user, that has just been left.
    """

    def call() -> None:
        if key in st.session_state:
            then(st.session_state[key])

    return call
