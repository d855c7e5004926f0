"""The seam for unsaved work: who keeps drafts registers here, and is called before a sign-in ends.

Nothing is kept yet: pages save as they go. A keeper writes to a place that outlives the sign-in (the server's, under
`user.subject`), never to the browser; whoever signs in again under the same subject finds it there.
"""

import logging
from collections.abc import Callable

import streamlit as st

from dashboard.domain.record.people import User

_log = logging.getLogger("dashboard.pages")
_KEEPERS = "unsaved_keepers"

Keeper = Callable[[User], None]


def register_draft_saver(name: str, keeper: Keeper) -> None:
    """From now on, in this session, `keeper(user)` is called when a sign-in is about to end; again replaces it."""
    st.session_state.setdefault(_KEEPERS, {})[name] = keeper


def unregister_draft_saver(name: str) -> None:
    """There is nothing left to keep under this name."""
    st.session_state.get(_KEEPERS, {}).pop(name, None)


def save_drafts(who: User) -> None:
    """Every keeper in turn; one that fails does not keep the others from it, nor anybody from signing out."""
    for keeper in tuple(st.session_state.get(_KEEPERS, {}).values()):
        try:
            keeper(who)
        except Exception as problem:
            _log.log(logging.ERROR, "unsaved work could not be kept: %s", type(problem).__name__)
