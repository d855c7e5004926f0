"""A reason why a patient needs attention, as HTML."""

from dashboard.domain.attention.severity import URGENT_LIFT
from dashboard.ui.record.reasons import ReasonWords
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, for_screen_readers, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t


def reason_html(words: ReasonWords) -> Html:
    """A reason: mark, sentence, points. The rule's source is in the title."""
    points = h.span(class_="c3-points", title=words.source or None)[
        f"+{words.points}", for_screen_readers(t("points of urgency"))
    ]
    return h.li(class_=f"c3-reason c3-{words.tone}")[icon(words.tone), h.span[unbroken_dates(words.text)], points]


def urgency_words(points: int, urgent: bool) -> str:
    """What the urgency is the sum of."""
    if urgent:
        return t(
            "Urgency {points}: the sum of the points, and {more} for what is urgent", points=points, more=URGENT_LIFT
        )
    return t("Urgency {points}: the sum of the points", points=points)
