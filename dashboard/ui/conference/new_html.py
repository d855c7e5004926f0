"""What guidelines say anew of the patient whom a running conference discusses, for ten people four metres away."""

from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from dashboard.domain.conference.views import DiscussedRecommendations
from dashboard.ui.recommendations.card_html import INDICATORS
from dashboard.ui.recommendations.new_words import NewLine, new_lines
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.room_words import CHANGES, GAP_HEIGHT, MORE_HEIGHT, WHAT_HEIGHT

AT_ONCE: Final = 3
"""Lines of what is new; the patient's own page has them all."""


@dataclass(frozen=True, slots=True)
class LiveNew:
    """What the screen shows of it; `found` is None where it could not be read: then nothing is said to be new or not.
    `linked`: with the way to the page of the patient, which has the patient's name.
    """

    found: DiscussedRecommendations | None
    linked: bool = True

    @property
    def lines(self) -> list[NewLine]:
        return new_lines(self.found.new) if self.found is not None else []

    @property
    def height(self) -> float:
        """How high it is at most, in hundredths of the screen's width, as `ColumnRoom` counts."""
        words = (f"{t(INDICATORS[each.indicator][0])} {_said(each)}" for each in self.lines[:AT_ONCE])
        lines = sum(len(wrap(each, CHANGES.more)) * MORE_HEIGHT + GAP_HEIGHT for each in words)
        return WHAT_HEIGHT + 3 * MORE_HEIGHT + lines


def live_new_html(new: LiveNew) -> Html | None:
    """How many there are and how many of them are new, these in a line each, and the way to all of them. Nothing where
    there is none.
    """
    found = new.found
    if found is None:
        return h.section(class_="c3-livenew")[h.p(class_="c3-roommore")[t("Recommendations could not be read.")]]
    lines, whole = new.lines, not found.found.unread
    applies = len(found.found.open(shared=True))
    if not lines and not applies and whole:
        return None
    more = len(lines) - AT_ONCE
    return h.section(class_="c3-livenew", aria_label=t("Recommendations"))[
        h.h2[t("Recommendations")],
        h.p(class_="c3-roommore")[_counted(new, applies)] if lines or applies else None,
        None if whole else h.p(class_="c3-roommore")[t("Not everything could be read.")],
        h.ul[(_line(each) for each in lines[:AT_ONCE])] if lines else None,
        h.p(class_="c3-roommore")[tn("and {n} more", "and {n} more", more)] if more > 0 else None,
        _link(found) if new.linked else None,
    ]


def _counted(new: LiveNew, applies: int) -> str:
    """`2 new of 5, and a new contradiction`."""
    cards = len(new.found.new.findings) if new.found is not None else 0
    clashes = len(new.lines) - cards
    words = t("{new} new of {all}", new=cards, all=applies)
    if not clashes:
        return words
    return f"{words}; {tn('{n} new contradiction', '{n} new contradictions', clashes)}"


def _line(line: NewLine) -> Html:
    return h.li(class_=f"c3-live-{line.indicator}")[
        h.b[icon(line.sign), " ", t(INDICATORS[line.indicator][0])], " ", h.span[_said(line)]
    ]


def _said(line: NewLine) -> str:
    what = t("Guidelines contradict each other: {what}", what=line.what) if line.contradiction else line.what
    return f"{what} {t('(draft)')}" if line.draft else what


def _link(found: DiscussedRecommendations) -> Html:
    address = f"recommendations?id={found.found.person.id}"
    return h.p(class_="c3-roommore")[
        h.a(href=address, data_act=press("recommendations"), data_key="live-recommendations")[
            t("Look at them and answer")
        ]
    ]
