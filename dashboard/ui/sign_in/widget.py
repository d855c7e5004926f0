"""The sign-in page, the button to sign out, and the part of every page that watches how long the sign-in holds."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.errors import NotPermitted
from dashboard.settings import Settings
from dashboard.sign_in_settings import SignIn
from dashboard.ui.session import session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t
from dashboard.ui.sign_in.audit import record_refusal
from dashboard.ui.sign_in.current import SignedOut, end_sign_in, page_fingerprint, session_id
from dashboard.web.guard import SESSION_PATH
from dashboard.web.sessions import Ended

ASSETS = Path(__file__).resolve().parents[1] / "assets"

# A minute to read one sentence and press; of short idle times a third.
WARNING_SECONDS = 60.0
# Asked so often: what is signed out in one tab leaves the others after this time at most.
ASK_SECONDS = 4

_GUARD = st.components.v2.component(
    "c3_sign_in_guard",
    html='<div class="c3-guard"></div>',
    js=(ASSETS / "sign_in_guard.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def signed_in() -> bool:
    """Whether the page may go on; if not, the sign-in page has been shown. Asks nothing of anybody in the demo."""
    settings = session.process().settings
    if settings.sign_in is None:
        return True
    try:
        session.user()
    except SignedOut as problem:
        _sign_in_page(settings.sign_in, _reason(problem.why))
        return False
    except NotPermitted as problem:
        _refused_page(settings.sign_in, problem)
        return False
    _watch(settings, settings.sign_in)
    return True


def sign_out_button() -> None:
    """Out, in every tab and at the provider."""
    sign_in = session.process().settings.sign_in
    if sign_in and st.button(t("Sign out"), key="sign-out", icon=":material/logout:"):
        end_sign_in(sign_in)


def sign_in_html(sentence: str) -> Html:
    """What the page says above its buttons."""
    return h.div(class_="c3-signin")[
        h.h1[t("Sign in")],
        h.p(role="status")[sentence] if sentence else None,
        h.p[t("Choose where you have your account.")],
    ]


def refused_html(sentence: str) -> Html:
    return h.div(class_="c3-error", role="alert")[h.h1[t("Not permitted")], h.p[clean(sentence, 600)]]


def _sign_in_page(sign_in: SignIn, sentence: str) -> None:
    with st.container(key="sign-in-page"):
        panel("sign-in", sign_in_html(sentence))
        for provider in sign_in.providers:
            if st.button(clean(provider.label, 80), key=f"sign-in-{provider.name}", type="primary", width="stretch"):
                st.login(provider.name)
    # Notices when another tab signs in, so that nobody needs to do it twice.
    _guard({"path": SESSION_PATH, "session": "", "ask": ASK_SECONDS, "warn": 0})


def _refused_page(sign_in: SignIn, problem: NotPermitted) -> None:
    if not st.session_state.get("refusal_noted"):
        record_refusal(st.user.to_dict(), session_id(sign_in), session.as_of())
        st.session_state["refusal_noted"] = True
    panel("refused", refused_html(error_words(problem)))
    if st.button(t("Sign out"), key="sign-out", type="primary"):
        end_sign_in(sign_in)
    _guard({"path": SESSION_PATH, "session": page_fingerprint(sign_in), "ask": ASK_SECONDS, "warn": 0})


def _guard(data: dict[str, object], on_change: Callable[[], None] = lambda: None) -> None:
    with st.container(key="guard"):
        _GUARD(key="sign_in_guard", data=data, on_act_change=on_change)


def _reason(why: Ended) -> str:
    return {
        Ended.IDLE: t("You were signed out because nothing was pressed for a while."),
        Ended.EXPIRED: t("Your sign-in has ended. Sign in again to go on where you were."),
        Ended.SIGNED_OUT: t("You are signed out."),
        Ended.REPLACED: t("You signed in again in another tab. Load this page again."),
        Ended.UNKNOWN: "",
    }[why]


def _watch(settings: Settings, sign_in: SignIn) -> None:
    def on_change() -> None:
        act = getattr(st.session_state.get("sign_in_guard"), "act", None)
        if act == "renew":
            st.session_state["sign_in_again"] = True

    data = {
        "path": SESSION_PATH,
        "session": page_fingerprint(sign_in),
        "ask": ASK_SECONDS,
        "warn": min(WARNING_SECONDS, settings.idle_seconds / 3),
        "words": {
            "idle": t("Nothing was pressed for a while. You will be signed out in {seconds} seconds."),
            "ends": t("Your sign-in ends in {seconds} seconds, whatever you do."),
            "stay": t("Stay signed in"),
            "renew": t("Sign in again now"),
            "title": t("Are you still there?"),
        },
    }
    _guard(data, on_change)
    if st.session_state.pop("sign_in_again", False):
        st.login(str(st.user.get("provider", "")))
