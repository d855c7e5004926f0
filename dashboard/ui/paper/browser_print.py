"""What the browser's own print puts on each sheet: who it is about, who printed it, and its number.

It is for when there is no PDF. Chromium fills the margins of each sheet from a style sheet, in which a text of a record
is written letter by letter, so that nothing in it can end the text.
"""

from collections.abc import Sequence

from dashboard.ui.session import session
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import bounded
from dashboard.ui.shared.panel import add_style
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

MOST_LETTERS = 160
"""Of a text that stands on one line of a sheet."""


def print_margins(name: str, facts: Sequence[str], *, wide: bool = False) -> None:
    """The margins of the page on screen, when it is printed; `wide`: on sheets that lie on their long side."""
    at = ViewTime(session.as_of(), session.zone())
    add_style(margins_css(name, facts, session.user().name, at, wide=wide))


def part_words(first: int, last: int, total: int) -> tuple[str, ...]:
    """The fact that only these rows of a list are on the page, from 1; none where it has all."""
    words = t("On these sheets: {first} to {last} of {n}", first=first, last=last, n=total)
    return (words,) if last - first + 1 < total else ()


def print_instead(words: str) -> None:
    """What the browser prints in place of a page that is not for paper: a sentence, and nothing of the page."""
    add_style(
        "@media print{.stApp *{display:none!important}"
        f".stApp::after{{content:{css_text(words)};font-family:'IBM Plex Sans',sans-serif;display:block}}}}"
    )


def margins_css(name: str, facts: Sequence[str], who: str, at: ViewTime, *, wide: bool = False) -> str:
    """The style sheet of the margins. Without a moment of the print, which the server does not know, it says when the
    page was drawn.
    """
    drawn = show_moment(at.as_of, at.zone)
    printed = t("Printed from the screen by {who}; the page is of {time}", who=who, time=drawn)
    page, of = (css_text(part) for part in t("Page {page} of {pages}", page="|", pages="|").split("|")[:2])
    boxes = (
        ("top-left", css_text(name), "font-weight:600;font-size:11pt"),
        ("top-right", css_text("\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} ".join(facts)), "font-size:8.5pt"),
        ("bottom-left", css_text(printed), "font-size:8pt"),
        ("bottom-right", f"{page} counter(page) {of} counter(pages)", "font-size:8pt"),
    )
    size = f"size:A4 {'landscape' if wide else 'portrait'};"
    return "@media print{@page{" + size + "".join(_box(*box) for box in boxes) + "}}"


def _box(place: str, content: str, style: str) -> str:
    width = "width:auto;white-space:nowrap;" if place.endswith("left") else ""
    return f"@{place}{{content:{content};font-family:'IBM Plex Sans',sans-serif;{width}{style}}}"


def css_text(text: str) -> str:
    """The text as a string of a style sheet: letters and digits as they are, anything else by its number."""
    shown = bounded(text)[:MOST_LETTERS]
    letters = (letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}" for letter in shown)
    return f'"{"".join(letters)}"'
