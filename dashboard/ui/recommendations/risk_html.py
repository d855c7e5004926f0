"""The scores of risk as a table: value, what it is made of, where it is published."""

from dashboard.domain.risk.score import Outcome, RiskScore
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.risk_words import RISKS, input_words, value_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, fragment, unbroken_dates
from dashboard.ui.shared.wording import t, tn

INPUTS_AT_ONCE = 6
"""Inputs that stand in a line; the others are folded: an index may count twenty problems."""


def risks_html(page: RecommendationsPage) -> Html | None:
    """The section; None of somebody of whom none is computed."""
    scores = page.found.risks
    if not scores or page.found.person.deceased:
        return None
    return h.section(class_="c3-risks")[
        h.h2(class_="c3-sectionhead")[t("Scores of risk")],
        h.p(class_="c3-sub")[t("Drafts: no clinician has signed how a record answers them.")],
        h.table(class_="c3-table c3-risktable")[
            h.caption(class_="c3-sr")[t("Scores of risk with what they are made of and their sources")],
            h.thead[h.tr[(h.th(scope="col")[t(label)] for label in (t("Score"), t("Value"), t("Made of")))]],
            h.tbody[(_row(score) for score in scores)],
        ],
    ]


def _row(score: RiskScore) -> Html:
    known = score.outcome is Outcome.KNOWN
    return h.tr(data_risk=score.key.value)[
        h.th(scope="row")[t(RISKS[score.key]), _source(score)],
        h.td[h.b[value_words(score)]] if known else h.td(class_="c3-quiet")[value_words(score)],
        h.td[_inputs(score)],
    ]


def _inputs(score: RiskScore) -> list[Html]:
    words = [input_words(each) for each in score.inputs]
    first, rest = words[:INPUTS_AT_ONCE], words[INPUTS_AT_ONCE:]
    shown = [h.p(class_="c3-sub")[unbroken_dates("; ".join(first))]] if first else []
    if rest:
        label = tn("{n} more", "{n} more", len(rest))
        shown.append(
            h.details(data_key=f"risk-{score.key}")[
                h.summary[label], h.p(class_="c3-sub")[unbroken_dates("; ".join(rest))]
            ]
        )
    return shown


def _source(score: RiskScore) -> Html:
    links = [
        fragment[", ", h.a(href=f"https://doi.org/{doi}", target="_blank", rel="noopener noreferrer")[doi]]
        for doi in score.source.dois
    ]
    return h.p(class_="c3-sub c3-risksource")[score.source.edition, links]
