"""How often rules are shown and followed, as HTML: a line for each version of a rule."""

from collections.abc import Mapping, Sequence

from dashboard.domain.guidelines.rule_use import RuleUse, UseOfRules
from dashboard.domain.pilot.disclosure import FEWEST
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.rule_use.words import headings, numbers, reasons, rule_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t


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
        (h.td(class_="c3-n" if each.value is not None else "c3-wordy", data_label=label)[count_words(each)]
         for label, each in cells),
    ]  # fmt: skip


def _reasons(use: RuleUse) -> Html | None:
    """Why it was not for people; nothing where none of the numbers may be shown."""
    shown = [(words, count) for words, count in reasons(use) if count.value is not None]
    if not shown:
        return None
    return h.details(data_key=f"use-{use.rule}-{use.version}")[
        h.summary[t("Why not for people")],
        h.ul[(h.li[f"{words}: {count_words(count)}"] for words, count in shown)],
    ]
