"""The time axis of the reading layout and the key of its signs: above the figure, and in sight while one scrolls."""

from collections.abc import Callable
from datetime import datetime

from dashboard.domain.timeline.reading.place import ReadingLayout
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Child, Html, fragment
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.timeline.figure.reading import ReadingPage

# Shapes within twelve by twelve, as the figure draws them: the font has few signs, and those differ.
_SHAPES: dict[str, Callable[[], Child]] = {
    "change": lambda: h.line(x1="6", y1="0", x2="6", y2="12"),
    "usual": lambda: h.circle(cx="6", cy="6", r="4"),
    "abnormal": lambda: h.path(d="M6 1 L11.5 11 L.5 11 Z"),
    "urgent": lambda: fragment[h.path(d="M6 0 L12.5 12 L-.5 12 Z"), h.text(x="6", y="10.5", text_anchor="middle")["!"]],
    "conference": lambda: h.line(x1="6", y1="0", x2="6", y2="12", stroke_dasharray="3 2"),
    "new": lambda: fragment[h.circle(cx="6", cy="6", r="4.6"), h.circle(cx="6", cy="6", r="4.6")],
}
SIGNS = {
    "change": mark("dose started, changed or ended"),
    "usual": mark("measured value"),
    "abnormal": mark("outside usual range"),
    "urgent": mark("urgent"),
    "conference": mark("conference"),
    "new": mark("new since the conference"),
}
"""Every kind of sign that the figure has, with its word."""


def axis_html(
    page: ReadingPage, conference: datetime | None, at: ViewTime, as_of: datetime, *, dark: bool = False
) -> Html:
    """The key, and the dates over their places in the figure, with today and the last conference.

    The figure says the same in its sentences, so a screen reader hears it once. `dark`: it is drawn for a dark screen.
    """
    layout = page.layout
    moments = []
    if conference is not None and conference in layout.time:
        day = show_day(conference.astimezone(at.zone).date())
        # To the left of its line, and today to the right of its own: the two are often close.
        moments.append(_moment(layout, conference, t("conference {date}", date=day), "c3-axisconference", "end"))
    if as_of in layout.time:
        moments.append(_moment(layout, as_of, t("today"), "c3-axistoday", "start"))
    ticks = [_tick(layout, moment, words) for moment, words in page.ticks]
    name = "c3-axis c3-darkfigure" if dark else "c3-axis"
    return h.div(class_=name, data_below_banner="yes")[
        key_html(), h.div(class_="c3-axisplot", aria_hidden="true")[h.svg(class_="c3-axisdates")[moments, ticks]]
    ]


def key_html() -> Html:
    """What each sign means."""
    return h.div(class_="c3-key")[h.b[t("Key")], h.ul[(h.li[sign_html(name), t(SIGNS[name])] for name in SIGNS)]]


def sign_html(name: str) -> Html:
    """One of `SIGNS`, as the figure draws it."""
    shape = _SHAPES[name]()
    return h.svg(class_=f"c3-sign c3-sign-{name}", viewBox="-1 -1 14 14", aria_hidden="true")[shape]


def _place(layout: ReadingLayout, when: datetime) -> str:
    return f"{layout.time.x(when) / layout.time.width * 100:.3f}%"


def _moment(layout: ReadingLayout, when: datetime, words: str, name: str, anchor: str) -> Html:
    return h.text(x=_place(layout, when), y="12", text_anchor=anchor, class_=name)[words]


def _tick(layout: ReadingLayout, when: datetime, words: str) -> Html:
    return h.text(x=_place(layout, when), y="28", text_anchor="middle", class_="c3-axistick")[words]
