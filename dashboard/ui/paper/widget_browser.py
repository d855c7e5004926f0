"""The browser's own print: what stands on each of its sheets, and that it goes on record when the page hears of it
(assets/panel.js).
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.errors import DashboardError
from dashboard.ui.paper.browser_print import print_instead, print_margins
from dashboard.ui.session import reads
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press

_ON_SCREEN = "browser_print_of"
_WIDE = frozenset({"worklist", "tasks", "care_plan", "screening"})
"""Pages whose sheets lie on their side."""


def listen_for_print(
    page: str, patients: Sequence[str], query: str, sheet: tuple[str, Sequence[str]], *, may_not: str = ""
) -> None:
    """From now on a print of this page by the browser is on record: as one of these patients, with the page's view.

    Called before the page is drawn, in every layout of it. `sheet` is the name and the facts that stand on each sheet;
    `may_not` the sentence why it may not be printed, which is printed in its place.
    """
    if may_not:
        print_instead(may_not)
    else:
        print_margins(*sheet, wide=page in _WIDE)
    st.session_state[_ON_SCREEN] = (tuple(patients), f"{page}.browser?{query}")
    about = f"{page} {' '.join(patients)}"
    with st.container(key="printing"):
        panel("browser-print", h.span(data_print=about)[None], on_browser_print)


def on_browser_print(pressed: Press) -> None:
    """The browser has begun to print."""
    if pressed.get("do") != "printed" or _ON_SCREEN not in st.session_state:
        return
    patients, query = st.session_state[_ON_SCREEN]
    try:
        reads.note_browser_print(patients, query)
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
