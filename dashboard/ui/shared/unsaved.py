"""Drafts that outlive a sign-in: a page that holds one registers a function that saves it before the sign-in ends.

No page registers one yet: pages save as they go. Such a function writes to a place that outlives the sign-in (on the
server, under `user.subject`), never to the browser; whoever signs in again under the same subject finds it there.
"""

import logging
from collections.abc import Callable

import streamlit as st

from dashboard.domain.access.user import User

_log = logging.getLogger("dashboard.pages")
_SAVERS = "draft_savers"

DraftSaver = Callable[[User], None]


def register_draft_saver(name: str, save: DraftSaver) -> None:
    """From now on, in this session, `save(user)` is called before a sign-in ends. The same name replaces the former."""
    st.session_state.setdefault(_SAVERS, {})[name] = save


def unregister_draft_saver(name: str) -> None:
    """To be called when there is no draft of this name any more."""
    st.session_state.get(_SAVERS, {}).pop(name, None)


def save_drafts(who: User) -> None:
    """Saves every draft in turn; one that fails stops neither the others nor anybody from signing out."""
    for save in tuple(st.session_state.get(_SAVERS, {}).values()):
        try:
            save(who)
        except Exception as problem:
            _log.log(logging.ERROR, "a draft could not be saved: %s", type(problem).__name__)
