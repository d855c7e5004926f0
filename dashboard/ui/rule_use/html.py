"""How often rules are shown and followed, as HTML: a line for each version of a rule."""

from collections.abc import Mapping, Sequence
from typing import Final

from dashboard.domain.guidelines.rule_use import RuleFeedback, RuleUse, UseOfRules
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.figure_words import share_words
from dashboard.ui.rule_use.words import (
    feedback_headings,
    feedback_name,
    feedback_numbers,
    headings,
    months,
    numbers,
    reasons,
    rule_name,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t, tn

_ADDED: Final = 1
"""The place among the numbers of a rule of how many people it was added to the plan for."""


def use_heading_html(as_of: str, stale: str, notices: Sequence[str]) -> Html:
    """Title, what is counted, age, what could not be read."""
    counted = t(
        "People to whom a card of the rule was shown, by the newest answer for each. Numbers under {n}, and those from "
        "which they could be worked out, are not shown; nobody is named.",
        n=FEWEST,
    )
    return fragment[
        h.div(class_="c3-head")[
            h.h1[t("Use of rules")],
            h.p(class_="c3-sub")[counted],
            h.p(class_="c3-sub")[t("How small numbers are held back is a draft, to be reviewed.")],
            h.p(class_="c3-asof")[icon("clock"), as_of],
        ],
        warning_html(stale),
        notices_html(notices),
    ]


def use_table_html(found: UseOfRules, known: Mapping[str, str]) -> Html:
    """The table; a sentence where nobody has seen a recommendation yet."""
    if not found.rules:
        return h.p(class_="c3-quiet", role="status")[t("No recommendation was shown to anybody yet.")]
    words = headings()
    return h.table(class_="c3-table c3-areas")[
        h.caption(class_="c3-sr")[t("How often each version of a rule was shown, and what was answered")],
        h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
        h.tbody[(_line(use, words, known) for use in found.rules)],
    ]


def _line(use: RuleUse, words: Sequence[str], known: Mapping[str, str]) -> Html:
    cells = zip(words[2:], numbers(use), strict=True)
    return h.tr[
        h.th(scope="row")[h.bdi[rule_name(use, known)], _reasons(use)],
        h.td(data_label=words[1])[clean(use.version, 40)],
        (_count(label, each, use.shown if place == _ADDED else None) for place, (label, each) in enumerate(cells)),
    ]


def feedback_html(found: UseOfRules, known: Mapping[str, str]) -> Html:
    """What other systems reported of our cards."""
    return h.section(aria_label=t("Reports of other systems"))[
        h.h2(class_="c3-sectionhead")[t("Reports of other systems")],
        h.p(class_="c3-sub")[
            t(
                "What programs that ask our rules by CDS Hooks said became of the cards, counted in reports: one "
                "person may be reported several times; who it was is not kept. Small numbers are held back as above."
            )
        ],
        _feedback(found, known),
        h.p(class_="c3-sub")[tn("{n} count could not be read.", "{n} counts could not be read.", found.unread)]
        if found.unread
        else None,
    ]


def _feedback(found: UseOfRules, known: Mapping[str, str]) -> Html:
    if found.feedback is None:
        return h.p(class_="c3-quiet", role="status")[t("The reports could not be read.")]
    if not found.feedback:
        return h.p(class_="c3-quiet", role="status")[t("No other system has reported anything yet.")]
    words = feedback_headings()
    return h.table(class_="c3-table c3-areas")[
        h.caption(class_="c3-sr")[t("What other systems reported of each version of a rule")],
        h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
        h.tbody[(_report(each, words, known) for each in found.feedback)],
    ]


def _report(use: RuleFeedback, words: Sequence[str], known: Mapping[str, str]) -> Html:
    cells = zip(words[2:], feedback_numbers(use), strict=False)  # the months come after them
    return h.tr[
        h.th(scope="row")[h.bdi[feedback_name(use, known)], _reasons(use)],
        h.td(data_label=words[1])[clean(use.version, 40)],
        (_count(label, each) for label, each in cells),
        h.td(class_="c3-nw", data_label=words[-1])[months(use)],
    ]


def _count(label: str, count: Count, whole: Count | None = None) -> Html:
    """With its share of the `whole`, where both may be shown: which rules are followed is seen down the column."""
    share = share_words(count, whole) if whole is not None else ""
    return h.td(class_="c3-n" if count.value is not None else "c3-wordy", data_label=label)[
        f"{count_words(count)} ({share})" if share else count_words(count)
    ]


def _reasons(use: RuleUse | RuleFeedback) -> Html | None:
    """Why it was not for people; nothing where none of the numbers may be shown."""
    shown = [(words, count) for words, count in reasons(use) if count.value is not None]
    if not shown:
        return None
    reported = isinstance(use, RuleFeedback)
    return h.details(data_key=f"{'reported' if reported else 'use'}-{use.rule}-{use.version}")[
        h.summary[t("Why overridden") if reported else t("Why not for people")],
        h.ul[(h.li[f"{words}: {count_words(count)}"] for words, count in shown)],
    ]
