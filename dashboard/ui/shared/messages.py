"""Messages after a change: queued by the callback, shown by the run that follows it."""

import streamlit as st

_WAITING = "messages"
_ICONS = {"wrong": ":material/error:", "caution": ":material/warning:", "done": ":material/check:"}


def queue_message(sentence: str, *, wrong: bool = False, caution: bool = False) -> None:
    """Leaves a sentence to be shown next; a callback may call it (Streamlit shows nothing from inside one).

    `wrong` is for what was not done, `caution` for what the user must know about what was done.
    """
    kind = "wrong" if wrong else "caution" if caution else "done"
    st.session_state[_WAITING] = [*st.session_state.get(_WAITING, []), (sentence, kind)]


def show_messages() -> None:
    """Shows what waits. What went wrong and what needs caution stay longer; all are read out by a screen reader."""
    for sentence, kind in st.session_state.pop(_WAITING, []):
        st.toast(_plain(sentence), icon=_ICONS[kind], duration="short" if kind == "done" else "long")


def _plain(sentence: str) -> str:
    """A toast reads Markdown: what a sentence quotes must not become a link or an image."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+!|~:$" else letter for letter in sentence)
