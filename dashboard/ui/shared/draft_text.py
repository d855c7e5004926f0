"""A field for clinical text that reaches the server while one types: after a pause, not only when one leaves it.

    text = draft_text(t("What we want to reach"), goal.title, key=f"title-{goal.origin.id}")

It is Streamlit's own text area; beside it, `assets/draft_text.js` has the text sent after a pause, and counts. The
script that shows the field runs again then: put the field into a fragment, and give what it returns to
`dashboard.ui.session.drafts`, so that a reload or a lost connection takes nothing away. Nothing is cut off: of a text
that is too long the field says so, and keeps it until somebody shortens it.

Streamlit draws a field anew where the number of containers and elements before it changes, and what is being typed is
gone then: what stands before a form belongs into one container, however much it is.
"""

import streamlit as st

from dashboard.ui.shared.panel import ASSETS
from dashboard.ui.shared.wording import get_language, t, tn

LONGEST_TEXT = 4000
"""Characters that a text of the plan may have."""
PAUSE_SECONDS = 0.7
"""How long nothing is typed before the text is sent."""
_LONGEST_SECONDS = 3.0  # after which it is sent while one types on
_SPOKEN_FROM = 0.9  # of the limit: before that, a screen reader that counts along only disturbs

_COUNTER = st.components.v2.component(
    "c3_draft_text",
    html='<p class="c3-counter"></p><p class="c3-counter-said c3-sr" role="status"></p>',
    js=(ASSETS / "draft_text.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def draft_text(
    label: str,
    value: str,
    key: str,
    most: int = LONGEST_TEXT,
    rows: int = 3,
    *,
    help: str | None = None,
    placeholder: str = "",
    saved: str | None = None,
) -> str:
    """Shows the field and returns what has been typed so far. `value` is what it begins with; what was typed since
    stays through reruns, whatever `value` is then, until another `key` is shown.

    most: characters allowed; a longer text is returned too, and `too_long` refuses it when it is saved. rows: lines in
    sight at first; the field grows with its text. saved: the text on the server, where the field begins with a draft:
    the field says of another text that it is not saved yet. Nothing is sent within `st.form`.
    """
    with st.container(key=f"draft-text-{key}", gap=None):
        text = st.text_area(label, value, key=key, height="content", help=help, placeholder=placeholder) or ""
        data = {
            "most": most,
            "rows": rows,
            "pause": PAUSE_SECONDS * 1000,
            "longest": _LONGEST_SECONDS * 1000,
            "spoken": _SPOKEN_FROM,
            "saved": value if saved is None else saved,
            "sent": text,
            "language": get_language().replace("_", "-"),
            "words": _words(),
        }
        _COUNTER(key=f"{key}-counter", data=data)
    return text


def too_long(label: str, text: str, most: int = LONGEST_TEXT) -> str:
    """Returns the sentence that refuses a text with more characters than allowed, "" where it is short enough."""
    over = len(text) - most
    if over <= 0:
        return ""
    return tn(
        "“{label}” is {n} character too long; it may have {most}. Nothing was cut off: shorten it and save again.",
        "“{label}” is {n} characters too long; it may have {most}. Nothing was cut off: shorten it and save again.",
        over,
        label=label,
        most=most,
    )


def _words() -> dict[str, str]:
    """What is said; the browser fills in the numbers, for it knows them at every key."""
    return {
        "within": t("{n} of {most} characters"),
        "over": t("{n} of {most} characters: {over} too many to be saved"),
        "left": t("{left} characters left"),
        "kept": t("not saved yet, kept for you"),
    }
