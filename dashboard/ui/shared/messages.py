"""Sentences said after a deed: kept by the callback, shown by the run that follows it."""

import streamlit as st

_WAITING = "said"


def say(sentence: str, *, wrong: bool = False) -> None:
    """To be shown next; a callback may call it (Streamlit shows nothing from inside one)."""
    st.session_state[_WAITING] = [*st.session_state.get(_WAITING, []), (sentence, wrong)]


def show_said() -> None:
    """Show what waits. What went wrong stays longer, and both are read out by a screen reader."""
    for sentence, wrong in st.session_state.pop(_WAITING, []):
        icon = ":material/error:" if wrong else ":material/check:"
        st.toast(_plain(sentence), icon=icon, duration="long" if wrong else "short")


def _plain(sentence: str) -> str:
    """A toast reads Markdown: what a sentence quotes must not become a link or an image."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+!|~:$" else letter for letter in sentence)
