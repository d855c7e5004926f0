"""Which layout of the timeline is shown: by the width of the browser, and large type by its switch.

Only the browser knows its width: it says so when the page assumed the other layout (`panel.js`), and the style sheet
never shows the wrong one meanwhile. A telephone is known by its name, so that no figure is built for it in vain.
"""

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboard.domain.timeline.events import Timeline
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.timeline.widget_room import room

NARROW_BELOW: Final = 1100
"""Pixels; the style sheet `timeline-layouts.css` has the same number, by test."""
_NARROW, _DRAWN = "timeline_narrow", "timeline_drawn"


def layouts(
    view: TimelineView,
    timeline: Timeline,
    at: ViewTime,
    stale: str,
    reading: Callable[[], None],
    narrow: Callable[[], None],
) -> None:
    """Shows the layout that fits. In large type the other one stays as it was, out of sight: whoever turns large type
    off has it back at once, with what was open in it and where it was scrolled to.
    """
    panel(f"tl-width-{view.id}", _width_html(), on_width)
    large = view.large and bool(timeline.events)
    under = st.container(key="layout-narrow" if is_narrow() else "layout-reading")
    above = st.container(key="layout-room")
    if large:
        with above:
            room(view, timeline, at, stale)
        if st.session_state.get(_DRAWN) != view.id:
            # Large from the beginning: there is nothing to come back to, and a figure is work for the browser.
            return
    st.session_state[_DRAWN] = view.id
    with under:
        (narrow if is_narrow() else reading)()


def is_narrow() -> bool:
    """Whether the browser said that it is narrow; until it has said anything, whether it is a telephone's."""
    said = st.session_state.get(_NARROW)
    return said if isinstance(said, bool) else "Mobi" in (st.context.headers.get("User-Agent") or "")


def _width_html() -> Html:
    return h.div(data_below=NARROW_BELOW, data_narrow="yes" if is_narrow() else "")[
        h.div(class_="c3-skeleton c3-otherlayout")[None]
    ]


def on_width(pressed: Press) -> None:
    """What the browser says of its width."""
    if pressed.get("do") == "width":
        st.session_state[_NARROW] = press_text(pressed, "narrow") == "yes"
