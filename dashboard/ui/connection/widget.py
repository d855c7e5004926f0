"""The part of every page that says, in our words, when the connection to the dashboard is lost and when it is back."""

import streamlit as st

from dashboard.ui.session import session
from dashboard.ui.shared.panel import ASSETS
from dashboard.ui.shared.wording import t
from dashboard.web.guard import HEALTH

# A cut that the browser does not notice by itself is noticed within about twice this time.
ASK_SECONDS = 10

_GUARD = st.components.v2.component(
    "c3_connection_guard",
    html='<div class="c3-guard"></div>',
    js=(ASSETS / "connection_guard.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def connection_guard() -> None:
    """Watches the connection from now on, on every page (assets/connection_guard.js)."""
    data = {"path": HEALTH, "ask": ASK_SECONDS, "zone": str(session.zone()), "words": connection_words()}
    with st.container(key="connection"):
        _GUARD(key="connection_guard", data=data)


def connection_words() -> dict[str, str]:
    """What is said; the browser fills in the times, for the server cannot."""
    return {
        "title": t("The connection to the dashboard is lost"),
        "since": t("Since {time}. It tries again by itself every few seconds."),
        "kept": t("What you saved is kept. This page stays as it was, and so does what you have typed."),
        "wait": t("Leave this window open and wait. What you see may be out of date: do not act on it alone."),
        "call": t(
            "If it takes longer than a few minutes, look whether this device has a network, and call your support."
        ),
        "load": t("Load the page again"),
        "back": t("Connected again at {time}. You can go on where you were."),
        "typed": t("You had typed this, and it is not saved:"),
        "close": t("Close"),
    }
