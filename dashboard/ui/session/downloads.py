"""Files that are made when a button is pressed: for the session that shows the button, while its sign-in lasts.

Streamlit calls what a download button holds outside any run, for whoever sends the id of the file: it says neither
which session asks nor whether anybody is signed in. So the one that asks is noted where Streamlit hands the request on,
and whatever makes a file asks first. Where that note is missing there is no file.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.errors import NotPermitted
from dashboard.ui.session import session
from dashboard.ui.shared.wording import in_this_language
from dashboard.ui.sign_in.current import SignedOut
from dashboard.web.sessions import Ended, sessions

_OWNER: Final = "files_of"
_asking: ContextVar[str] = ContextVar("asking", default="")
_handle = DeferredFileHandler.handle


async def _noting_who_asks(handler: DeferredFileHandler, request: Any, session_id: str) -> Any:
    token = _asking.set(session_id)
    try:
        return await _handle(handler, request, session_id)  # in a thread, which takes the context along
    finally:
        _asking.reset(token)


DeferredFileHandler.handle = _noting_who_asks  # type: ignore[method-assign,assignment]


@dataclass(slots=True, eq=False)
class _Owner:
    """Whose files these are: a session while it has this user. `gone`: it has become another's."""

    session_id: str
    sign_in: str
    gone: bool = False


def when_pressed(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """`make` for a download button, in the language of this session. It raises NotPermitted for any other session, for
    another user of this one, and once the sign-in has ended.
    """
    context = get_script_run_ctx(suppress_warning=True)
    owner = st.session_state.get(_OWNER)
    who = session.user()
    if owner is None or owner.sign_in != who.session_id:
        owner = st.session_state[_OWNER] = _Owner(context.session_id if context else "", who.session_id)

    def make_for_owner() -> bytes:
        _require_owner(owner)
        return make()

    return in_this_language(make_for_owner)


def end_files() -> None:
    """Ends the files of this session's user, who is about to become another (the demo)."""
    owner = st.session_state.pop(_OWNER, None)
    if owner is not None:
        owner.gone = True


def _require_owner(owner: _Owner) -> None:
    if owner.gone or not owner.session_id or _asking.get() != owner.session_id:
        raise NotPermitted("file-of-another-session")
    if session.is_demo():
        return
    state = sessions().state(owner.sign_in)
    if not state.alive:
        raise SignedOut(state.ended or Ended.UNKNOWN)
