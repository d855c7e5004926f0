"""Streamlit's own controls, whose state is the page's address."""

import streamlit as st


def set_control(key: str, value: object) -> None:
    """Set a control to what the address says; untouched when it says so already, or the browser draws it anew."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
