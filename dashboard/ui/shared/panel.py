"""A part of the page in our own HTML: real tables, links and buttons, which Streamlit's own elements are not.

The one component of the dashboard. It takes HTML that a presenter made with `dashboard.ui.shared.html` (so
everything in it that came from a record is escaped) and calls `on_press` with what was pressed.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.errors import DashboardError
from dashboard.ui.shared.defects import press_defect_words, report
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.press import Press
from dashboard.ui.shared.uninterrupted import uninterrupted

ASSETS = Path(__file__).resolve().parents[1] / "assets"

# isolate_styles=False: one style sheet for the whole page, and what a screen reader, a search or a printer sees is
# the page itself.
_PANEL = st.components.v2.component(
    "c3_panel",
    html='<div class="c3-panel">\n</div>',
    js=(ASSETS / "panel.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True, slots=True)
class Picks:
    """Which rows of a list are ticked. The browser keeps them, and takes these where the round is another one."""

    round: int
    ids: tuple[str, ...]


def panel(
    key: str,
    html: Html,
    on_press: Callable[[Press], None] | None = None,
    *,
    cookie: str = "",
    focus: str = "",
    narrow: bool = False,
    picks: Picks | None = None,
) -> None:
    """Show the HTML. `on_press` is called before the next run, with the `data-act` of what was pressed.

    `picks` are the boxes with `data-pick` that are ticked; a press on one of them gives `{"do": "pick"}` with all that
    are ticked then. `cookie` is set in the browser; `focus` is a selector that gets the focus when the panel first
    appears; `narrow` makes it as wide as what is in it, for a row with other elements.
    """

    def forward() -> None:
        pressed = getattr(st.session_state.get(key), "act", None)
        if on_press is None or not isinstance(pressed, Mapping) or not isinstance(pressed.get("do"), str):
            return
        # Light or dark has changed: the run that follows draws the figure anew, and nothing was pressed.
        if pressed["do"] != "scheme":
            _follow(on_press, pressed)

    data: dict[str, Any] = {"html": str(html), "cookie": cookie, "focus": focus}
    if picks is not None:
        data["picks"] = {"round": picks.round, "ids": list(picks.ids)}
    _PANEL(key=key, data=data, on_act_change=forward, width="content" if narrow else "stretch")


@uninterrupted()
def _follow(on_press: Callable[[Press], None], pressed: Press) -> None:
    """What goes wrong is said by the page that comes next: there is none yet that could show it."""
    try:
        on_press(pressed)
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
    except Exception as problem:
        queue_message(press_defect_words(report(problem)), wrong=True)


def style() -> None:
    """The style sheet, on every page."""
    add_style(_css())


def add_style(rules: str) -> None:
    """Adds rules to the page's style sheets; words of a record in them must be escaped as CSS strings."""
    st.html(_Sheet(f"<style>{rules}</style>"))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """HTML that Streamlit takes as it is: in a text it would look for an indent common to all lines, at every run."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@lru_cache(maxsize=1)
def page_icon() -> str:
    """The browser tab's icon, within the page: Streamlit's own place for pictures is open to signed-in users only."""
    return f"data:image/png;base64,{base64.b64encode((ASSETS / 'icon.png').read_bytes()).decode()}"


@lru_cache(maxsize=1)
def _css() -> str:
    """tokens.css, style.css, and then what pages have of their own, by name."""
    first = [ASSETS / "tokens.css", ASSETS / "style.css"]
    others = sorted(set(ASSETS.glob("*.css")) - set(first))
    return "\n".join(each.read_text(encoding="utf-8") for each in (*first, *others))
