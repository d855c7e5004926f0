"""What a press asks of the run that follows it: a dialog, or a form.

It is forgotten at the end of that run, whatever page that was. Whoever presses and leaves the page in the same moment
breaks the run off, and coming back minutes later they no longer want what they pressed.
"""

from typing import Any, Final

import streamlit as st

_ASKED: Final = "asked"


def ask(page: str, *what: Any) -> None:
    """Called before the run, by what follows the press. `page` is the one that can open it."""
    st.session_state[_ASKED] = (page, *what)


def take_asked(page: str) -> tuple[Any, ...]:
    """What was asked of this page, once; () for nothing."""
    if st.session_state.get(_ASKED, ("",))[0] != page:
        return ()
    return tuple(st.session_state.pop(_ASKED)[1:])


def forget_asked() -> None:
    """At the end of a run of a page, or of a part that is as good as the page."""
    st.session_state.pop(_ASKED, None)
