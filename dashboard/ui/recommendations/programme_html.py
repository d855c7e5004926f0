"""Who may take part in the pilot: information for who may enrol somebody, after everything that is about care."""

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.ui.recommendations.card_html import absent_html, fact_list_html, sources_html
from dashboard.ui.recommendations.fact_words import fact_name, known_words, why_missing
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def programme_html(page: RecommendationsPage) -> Html | None:
    """The section; None for whoever enrols nobody, and of a person of whom it is decided, or already in the pilot."""
    if not page.of_programmes:
        return None
    return h.section(class_="c3-recprogramme")[
        h.h2(class_="c3-sectionhead")[t("For the pilot")],
        h.ul(class_="c3-reclist")[(_line(each, page) for each in page.of_programmes)],
    ]


def _line(finding: Finding, page: RecommendationsPage) -> Html:
    applies = finding.outcome is Outcome.APPLIES
    summary = clean(finding.advice.summary, 200)
    return h.li(class_="c3-rec c3-rec-info", data_finding=finding_key(finding))[
        h.h3[
            h.span(class_="c3-recword")[icon("info"), " ", t("To consider") if applies else t("Cannot say")],
            " ",
            h.span[summary],
        ],
        h.p(class_="c3-recdetail")[clean(finding.advice.detail, 600)] if applies else None,
        fact_list_html(known_words(finding.used, page.named()), page.ident) if applies else _missing(finding, page),
        absent_html(finding) if applies else None,
        sources_html(finding, page),
        h.div(class_="c3-actions")[
            h.a(class_="c3-action", href="screening", data_act=press("screening"))[t("Open Screening")]
        ],
    ]


def _missing(finding: Finding, page: RecommendationsPage) -> Html:
    return h.ul(class_="c3-recfacts")[
        (
            h.li[h.b[fact_name(each.fact)], " ", h.span(class_="c3-sub")[why_missing(each, page.named())]]
            for each in finding.missing
        )
    ]
