"""The page of recommendations as HTML, put together of its parts: what to know first, what applies, what is missing."""

from collections import Counter
from typing import Final

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.rule import Indicator
from dashboard.ui.patient.parts import part_id
from dashboard.ui.recommendations.answers_html import answered_html
from dashboard.ui.recommendations.card_html import card_html
from dashboard.ui.recommendations.facts_html import facts_html
from dashboard.ui.recommendations.missing_html import missing_html
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.programme_html import programme_html
from dashboard.ui.recommendations.risk_html import risks_html
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import (
    as_of_words,
    notice_words,
    old_words,
    part_words,
    stale_words,
    unreadable_words,
)
from dashboard.ui.shared.wording import t, tn

WHAT_IF: Final = "what-if"
"""The part at the foot of the page in which something else is supposed."""
AT_ONCE: Final = 5
"""Cards that are shown before "more"."""


def warnings_html(page: RecommendationsPage) -> Html | None:
    """What must be known before anything is read off: how old it is, and what could not be read."""
    found, at = page.found, page.at
    stale = stale_words(found.fetched, at.as_of, at.zone, page.stale or found.stale)
    notices = [*unreadable_words(found.unreadable), *(notice_words(notice) for notice in found.notices)]
    if found.in_force.left_out:
        notices.append(
            tn(
                "{n} file of the guideline rules has a problem and is left out: an administrator can look into it.",
                "{n} files of the guideline rules have a problem and are left out: an administrator can look into it.",
                found.in_force.left_out,
            )
        )
    parts = [
        warning_html(stale),
        *(warning_html(words) for words in old_words(found.old, at.as_of, at.zone)),
        warning_html(_not_read(page)),
        *(warning_html(words) for words in _decisions_not_read(page)),
        notices_html(notices),
    ]
    shown = [each for each in parts if each is not None]
    return fragment[shown] if shown else None


def _not_read(page: RecommendationsPage) -> str:
    """What no rule could ask for; nothing is said to be absent for it."""
    if not page.found.unread:
        return ""
    names = ", ".join(part_words(kind) for kind in sorted(page.found.unread))
    return t("Not read in full: {what}. Rules that ask for it say that they cannot say.", what=names)


def _decisions_not_read(page: RecommendationsPage) -> list[str]:
    """What stands there again, or is not there, because what the team wrote could not be read."""
    found, words = page.found, []
    if found.guidance.failed is not None:
        words.append(
            t("What was answered to recommendations could not be read: they are shown as if nobody had answered.")
        )
    if found.goals.failed is not None:
        words.append(t("The goals could not be read: what guidelines have against them is not shown."))
    return words


def cards_html(page: RecommendationsPage, above: Html | None = None) -> Html:
    """How many apply, `above` (contradictions between guidelines), the cards, and what is missing. On a wide screen the
    cards stand on the left, so that neither contradictions nor what is missing push the first one out of sight.
    """
    applies = page.open
    first, rest = applies[:AT_ONCE], applies[AT_ONCE:]
    more = tn("{n} more recommendation", "{n} more recommendations", len(rest))
    return h.div(class_="c3-recs c3-recgrid")[
        _heading(page, applies),
        above,
        h.div(class_="c3-recfirst")[
            h.ul(class_="c3-reclist")[(card_html(each, page) for each in first)] if applies else _none(page),
            h.details(data_key="cards-more")[
                h.summary[more], h.ul(class_="c3-reclist")[(card_html(each, page) for each in rest)]
            ]
            if rest
            else None,
        ],
        h.div(class_="c3-recrest")[
            missing_html(page),
            answered_html(page),
            _others(page),
            facts_html(page),
            risks_html(page),
            programme_html(page),
        ],
    ]


def _heading(page: RecommendationsPage, applies: tuple[Finding, ...]) -> Html:
    found, at = page.found, page.at
    counts = counts_words(applies)
    drafts = any(rule.draft for rule in found.in_force.rules)
    return h.div(class_="c3-rechead")[
        h.h2(class_="c3-sectionhead")[
            tn("{n} recommendation", "{n} recommendations", len(applies)),
            h.span(class_="c3-quiet")[counts] if counts else None,
        ],
        h.p(class_="c3-sub")[
            as_of_words(found.fetched, None, at.as_of, at.zone),
            ". ",
            t("Rules advise and never order; the record and your judgement decide."),
            f" {t('All of them are drafts that no clinician has reviewed.')}"
            if drafts and all(rule.draft for rule in found.in_force.rules)
            else None,
            [" ", h.a(href=f"#{part_id(WHAT_IF)}", data_key="go-what-if")[t("Suppose another result or medicine")]]
            if found.findings
            else None,
        ],
        h.p(class_="c3-sub")[
            icon("info"), " ", t("Others see this screen: what rests on the answer to a single question is not shown.")
        ]
        if page.shared
        else None,
    ]


def counts_words(applies: tuple[Finding, ...]) -> str:
    """`1 critical, 2 warnings, 3 to consider`; "" for none."""
    n = Counter(each.advice.indicator for each in applies)
    counts = (
        (n[Indicator.CRITICAL], tn("{n} critical", "{n} critical", n[Indicator.CRITICAL])),
        (n[Indicator.WARNING], tn("{n} warning", "{n} warnings", n[Indicator.WARNING])),
        (n[Indicator.INFO], tn("{n} to consider", "{n} to consider", n[Indicator.INFO])),
    )
    return ", ".join(words for found, words in counts if found)


def _none(page: RecommendationsPage) -> Html:
    found = page.found
    if found.person.deceased:
        words = t("The patient has died: no rule is asked.")
    elif not found.in_force.rules:
        words = t("No guideline rule is in force.")
    elif page.of(Outcome.APPLIES):
        words = t("Everything that applies was answered: see below.")
    elif found.unread:
        words = t("Nobody can say whether a rule applies: not everything could be read.")
    elif page.of(Outcome.CANNOT_SAY):
        words = t("Of what is known, no rule applies. Some cannot say: see what is missing.")
    else:
        words = t("No rule applies to what is recorded.")
    return h.p(class_="c3-quiet c3-recnone", role="status")[words]


def _others(page: RecommendationsPage) -> Html | None:
    """The cards that do not apply, so that nobody wonders whether a rule was asked."""
    others = page.of(Outcome.DOES_NOT_APPLY)
    if not others:
        return None
    label = tn("{n} does not apply", "{n} do not apply", len(others))
    return h.details(data_key="cards-others", class_="c3-recothers")[
        h.summary[label], h.ul[(h.li[clean(each.advice.summary, 200)] for each in others)]
    ]
