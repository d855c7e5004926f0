"""Files that are made when a button is pressed: for the session that shows the button, while its sign-in lasts.

Streamlit calls what a download button holds outside any run, for whoever sends the id of the file: it says neither
which session asks nor whether anybody is signed in. So the one that asks is noted where Streamlit hands the request on,
and whatever makes a file asks first. Where that note is missing there is no file. Why there is none is said beside the
button, in the words of the pages: Streamlit's own say only that it failed.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.errors import DashboardError, NotPermitted
from dashboard.ui.session import session
from dashboard.ui.shared.defects import defect_words, report
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.wording import in_this_language, t
from dashboard.ui.sign_in.current import SignedOut
from dashboard.web.sessions import Ended, sessions

_OWNER: Final = "files_of"
_asking: ContextVar[str] = ContextVar("asking", default="")
_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)
"""Why there is no file, from the thread that was to make it."""
_handle = DeferredFileHandler.handle


async def _noting_who_asks(handler: DeferredFileHandler, request: Any, session_id: str) -> Any:
    words: list[str] = []
    tokens = _asking.set(session_id), _refused.set(words)
    try:
        response = await _handle(handler, request, session_id)  # in a thread, which takes the context along
    finally:
        _asking.reset(tokens[0])
        _refused.reset(tokens[1])
    if response.error_msg:
        # Without words of ours the page was drawn anew meanwhile, and the button with it.
        response.error_msg = words[0] if words else t("The page has changed meanwhile. Press the button again.")
    return response


DeferredFileHandler.handle = _noting_who_asks  # type: ignore[method-assign,assignment]


@dataclass(slots=True, eq=False)
class _Owner:
    """Whose files these are: a session while it has this user. `gone`: it has become another's."""

    session_id: str
    sign_in: str
    gone: bool = False


def when_pressed(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """`make` for a download button, in the language of this session. It raises NotPermitted for any other session, for
    another user of this one, and once the sign-in or the role has ended.
    """
    context = get_script_run_ctx(suppress_warning=True)
    owner = st.session_state.get(_OWNER)
    who = session.user()
    if owner is None or owner.sign_in != who.session_id:
        owner = st.session_state[_OWNER] = _Owner(context.session_id if context else "", who.session_id)

    require_role = session.role_check()

    def make_for_owner() -> bytes:
        try:
            _require_owner(owner)
            require_role()
            return make()
        except DashboardError as problem:
            _refuse(error_words(problem))
            raise
        except Exception as problem:
            _refuse(defect_words(report(problem)))
            # Streamlit writes what is raised into its log, and the message of a defect may quote a record.
            raise RuntimeError(type(problem).__name__) from None

    return in_this_language(make_for_owner)


def _refuse(words: str) -> None:
    refused = _refused.get()
    if refused is not None:
        refused.append(words)


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
