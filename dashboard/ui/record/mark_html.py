"""A mark of a result: a sign and a word, the same on every part of a page."""

from typing import Final

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html

_NAMES: Final = {"!": "urgent", "o": "outside", "g": "goal", "p": "preliminary"}


def mark_html(sign: str, words: str) -> Html:
    """`[g] misses goal`; the signs are those of `ui.record.results.signed_marks`."""
    return h.span(class_=f"c3-mark c3-mark-{_NAMES[sign]}")[h.b[sign], " ", words]
