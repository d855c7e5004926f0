"""Has an open page come back by itself, in a small part at its top that asks again what the page shows.

Where somebody on the page may not be shown any more, or somebody new may, the whole page is drawn anew. Where only the
server cannot be used, the part says so itself: a page drawn anew would close a dialog in which somebody is writing.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.errors import DashboardError, NotPermitted
from dashboard.ui.session import session
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.notices import stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.redraw import redraw_page

BEAT_SECONDS: Final = 5
"""How often: with `ACCESS_AGE`, an access that ends is gone from every open page within 15 s. What is asked is cached,
and mostly asks the server nothing."""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Who is shown (by what right), as of when, and the code of the error why it is not newer, "" where it is."""

    who: Hashable
    fetched: datetime
    stale: str


def recheck(name: str, drawn: OnScreen, read: Callable[[], OnScreen]) -> None:
    """Asks again what the page of this name shows; it draws `drawn` just now, and `read` says what it would later."""
    st.session_state[f"rechecked_{name}"] = drawn
    _beat(name, read)


@st.fragment(run_every=BEAT_SECONDS)
def _beat(name: str, read: Callable[[], OnScreen]) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return  # the page is being drawn
    with error_boundary(f"recheck-{name}"):
        compare(name, read)


@st.fragment(run_every=BEAT_SECONDS)
def wait_for_role() -> None:
    """On the page of a user whose role has ended: has everything drawn anew once there is a role again."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return  # the page is being drawn
    try:
        session.user()
    except DashboardError:
        return
    st.rerun()


def watch_role() -> None:
    """On a page that shows no patients and is drawn anew only by a press: closes it once the user's role has ended."""
    if session.user().practitioner is not None:  # whoever else may be here has no role on the server
        _watch_role()


@st.fragment(run_every=BEAT_SECONDS)
def _watch_role() -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.fragment_ids_this_run:
        close_without_role()


def close_without_role() -> None:
    """Has everything drawn anew where the user has no role any more; the app says so then."""
    try:
        session.user()
    except NotPermitted:
        st.rerun()
    except DashboardError:
        return  # the server is away: the page is what it was


def compare(name: str, read: Callable[[], OnScreen]) -> None:
    """Has the page drawn anew where its people are others now, and says where the server cannot be used."""
    drawn = st.session_state.get(f"rechecked_{name}")
    try:
        now = read()
    except DashboardError:
        st.rerun()
    if drawn is None or now.who != drawn.who:
        # Only more people than before: what somebody is writing over the page need not go.
        if drawn is not None and _are_more(now.who, drawn.who):
            redraw_page()
            return
        st.rerun()
    if now.stale and now.stale != drawn.stale:
        said = warning_html(stale_words(now.fetched, session.as_of(), session.zone(), now.stale))
        if said is not None:
            panel(f"recheck-{name}", said)


def _are_more(now: Hashable, before: Hashable) -> bool:
    return isinstance(now, frozenset) and isinstance(before, frozenset) and now > before
