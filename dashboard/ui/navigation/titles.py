"""The title of the browser's window: which page, about whom or what, in which program.

`Mary ALDOUS, Timeline - C3`, `Worklist - Warwick North - C3`. Titles stay in the browser's history and on the screen's
edge for everybody who passes: on a shared screen a person is initials there (`MA, Timeline - C3`).
"""

import streamlit as st

from dashboard.domain.record.people import HumanName
from dashboard.ui.record.people import show_initials, show_name_as_spoken
from dashboard.ui.session import session
from dashboard.ui.shared.html import clean

PROGRAMME = "C3"
_SHOWN = "title_shown"
# Longer ones are cut by every browser.
LONGEST = 60


def title_words(page: str, *, about: str = "", place: str = "") -> str:
    """The title of a page: `about` is a person and stands first, `place` is a team."""
    what = f"{about}, {page}" if about else page
    return " - ".join(filter(None, (what, clean(place, LONGEST), PROGRAMME)))


def begin_title(page: str, address: str) -> None:
    """At the start of a run: the title that this address has had, else the page alone. Another patient's name goes at
    once, and the same one stays, so that a title does not change to and fro at every press.
    """
    known = st.session_state.pop(_SHOWN, None)
    st.set_page_config(page_title=known[1] if known and known[0] == address else title_words(page))


def end_title(page: str) -> None:
    """At the end of a run: a page that showed nobody has the title of the page alone. A name over a refusal would stay
    in the window and in the browser's history.
    """
    if _SHOWN not in st.session_state:
        st.set_page_config(page_title=title_words(page))


def show_title(page: str, address: str, *, person: HumanName | None = None, place: str = "") -> None:
    """The title once it is known whom or what the page is about; without a person or place that of the page alone."""
    about = ""
    if person is not None:
        about = show_initials(person) if session.shared_screen() else show_name_as_spoken(person)
    title = title_words(page, about=clean(about, LONGEST), place=place)
    st.session_state[_SHOWN] = (address, title)
    st.set_page_config(page_title=title)
