"""A reason why a patient needs attention, as HTML."""

from collections.abc import Collection

from dashboard.domain.attention.severity import URGENT_LIFT
from dashboard.ui.record.reasons import ReasonWords
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, for_screen_readers, fragment, unbroken, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t


def reason_html(words: ReasonWords) -> Html:
    """A reason: mark, sentence, points. The rule's source is in the title."""
    return h.li(class_=f"c3-reason c3-{words.tone}")[reason_parts(words)]


def reason_parts(words: ReasonWords) -> Html:
    """What stands in the line of a reason."""
    points = h.span(class_="c3-points", title=words.source or None)[
        f"+{words.points}", for_screen_readers(t("points of urgency"))
    ]
    return fragment[icon(words.tone), h.span[unbroken_dates(words.text)], points]


def brief_reason_html(words: ReasonWords, shown: Collection[str]) -> Html:
    """A reason in one line: mark and sentence, the whole of it in the title. `shown` are the results that stand in the
    same row (`ResultWords.name_and_date`). A line that is too long ends after a whole word.
    """
    said = words.brief if words.result in shown else ""
    return h.li(class_=f"c3-reason c3-{words.tone}", title=words.text)[
        icon(words.tone), h.span(class_="c3-oneline")[h.span[unbroken(said or words.text)]]
    ]


def urgency_words(points: int, urgent: bool) -> str:
    """What the urgency is the sum of."""
    if urgent:
        return t(
            "Urgency {points}: the sum of the points, and {more} for what is urgent", points=points, more=URGENT_LIFT
        )
    return t("Urgency {points}: the sum of the points", points=points)
