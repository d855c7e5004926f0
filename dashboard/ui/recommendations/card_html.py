"""One card: a sentence, the facts with their values and dates, where it comes from, what can be done with it."""

from collections.abc import Sequence
from typing import Final

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.rule import Citation, Indicator
from dashboard.ui.recommendations.card_actions import card_actions
from dashboard.ui.recommendations.fact_words import FactWords, absent_words, known_words, unknown_words
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import mark, t

INDICATORS: Final = {
    Indicator.CRITICAL: (mark("Critical"), "danger"),
    Indicator.WARNING: (mark("Warning"), "warn"),
    Indicator.INFO: (mark("To consider"), "info"),
}
"""The word and the icon of how urgent a card is, in the order of urgency."""
READ: Final = {
    "S": mark("read in a secondary source"),
    "M": mark("from memory, to be checked"),
    "S/M": mark("read in a secondary source, in part from memory: to be checked"),
}
"""How a source was read, where not in the source itself."""


def card_html(finding: Finding, page: RecommendationsPage) -> Html:
    """A card of a rule that applies."""
    advice, named = finding.advice, page.named()
    word, sign = INDICATORS[advice.indicator]
    return h.li(class_=f"c3-rec c3-rec-{advice.indicator}", data_finding=finding_key(finding))[
        h.h3[h.span(class_="c3-recword")[icon(sign), " ", t(word)], " ", h.span[clean(advice.summary, 200)]],
        h.p(class_="c3-recdetail")[clean(advice.detail, 600)],
        fact_list_html(known_words(finding.used, named), page.ident),
        absent_html(finding),
        _suggestions(finding),
        sources_html(finding, page),
        card_actions(finding, page),
    ]


def fact_list_html(facts: Sequence[FactWords], ident: str) -> Html | None:
    """Facts with their values and dates, which lead to the timeline; None without any."""
    if not facts:
        return None
    return h.ul(class_="c3-recfacts")[(_fact(each, ident) for each in facts)]


def _fact(fact: FactWords, ident: str) -> Html:
    said = fragment[h.span[fact.name], " ", h.b[fact.value]] if fact.value else h.b[fact.name]
    return h.li[said, " ", _when(fact, ident)]


def _when(fact: FactWords, ident: str) -> Html | None:
    """The date, which leads to the record on the timeline."""
    words = fact.when or (t("in the record") if fact.origin is not None and fact.origin.type != "Patient" else "")
    if not words:
        return None
    if fact.origin is None or fact.origin.type == "Patient":
        return h.span(class_="c3-sub")[unbroken_dates(words)]
    address, does = f"timeline?id={ident}&at={fact.origin}", press("event", at=str(fact.origin))
    return h.a(class_="c3-sub", href=address, data_act=does, title=t("Show on the timeline"))[unbroken_dates(words)]


def absent_html(finding: Finding) -> Html | None:
    """What is known not to be, and what is not known and did not matter."""
    absent, unknown = absent_words(finding.used), unknown_words(finding.used)
    parts = [t("Not: {facts}", facts=absent)] if absent else []
    parts += [t("Not known, and without it the answer is the same: {facts}", facts=unknown)] if unknown else []
    return h.p(class_="c3-sub")["; ".join(parts)] if parts else None


def _suggestions(finding: Finding) -> Html | None:
    texts = [clean(each.text, 160) for each in finding.advice.suggestions]
    return h.p(class_="c3-recsuggests")[h.b[t("Suggests")], " ", "; ".join(texts)] if texts else None


def sources_html(finding: Finding, page: RecommendationsPage) -> Html:
    """The sources as links with their editions, the rule with its version, and that it is a draft."""
    rule = finding.rule
    number = t("rule {number}, version {version}", number=clean(rule.number or rule.id, 40), version=rule.version)
    return h.p(class_="c3-sub c3-recsource")[
        t("Source"),
        " ",
        ([citation_html(each), "; "] for each in finding.advice.citations),
        number,
        h.span(class_="c3-recdraft")[" ", icon("warn"), " ", t("Draft: no clinician has reviewed this rule")]
        if rule.draft
        else None,
        f" {t('It was to be reviewed again by {date}.', date=show_day(rule.review_by))}"
        if rule.is_past_review(page.at.today)
        else None,
    ]


def citation_html(citation: Citation) -> Html:
    """A source as a link, with its edition and how it was read."""
    how = f" ({t(READ[citation.read])})" if citation.read in READ else ""
    link = h.a(href=citation.link, target="_blank", rel="noopener noreferrer")[clean(citation.source, 160)]
    return fragment[link, f", {clean(citation.edition, 400)}{how}"]
