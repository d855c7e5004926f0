"""All facts of a person, folded away: what is known with its date, what is not so, and what is not known and why."""

from dashboard.domain.guidelines.fact import FactKind, FactValue
from dashboard.ui.recommendations.fact_words import absent_words, fact_name, known_words, why_missing
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, unbroken_dates
from dashboard.ui.shared.wording import t, tn


def facts_html(page: RecommendationsPage) -> Html | None:
    """The section; None of somebody of whom none is computed. No single answer stands on a screen that others see."""
    values = [each for each in page.found.facts.values() if not (page.shared and each.fact.kind is FactKind.SCORE)]
    if not values:
        return None
    known = sum(each.value is not None for each in values)
    absent = absent_words(values)
    return h.details(data_key="all-facts", class_="c3-recothers")[
        h.summary[tn("{n} fact is known", "{n} facts are known", known), ", ", _count_unknown(len(values) - known)],
        h.table(class_="c3-table")[
            h.caption(class_="c3-sr")[t("What is known of this person")],
            h.thead[h.tr[(h.th(scope="col")[label] for label in (t("Fact"), t("Value"), t("Date")))]],
            h.tbody[(_row(each, page) for each in values if each.value is not None and each.value is not False)],
        ],
        h.p[h.b[t("Known not to be:")], " ", absent] if absent else None,
        _unknown([each for each in values if each.value is None], page),
    ]


def _row(value: FactValue, page: RecommendationsPage) -> Html:
    """A problem or a medicine is named after the fact, with the records that it is told from as its value."""
    told = known_words([value], page.named())
    said = ", ".join(dict.fromkeys(each.value or each.name for each in told))
    when = ", ".join(dict.fromkeys(each.when for each in told))
    return h.tr[h.th(scope="row")[fact_name(value.fact)], h.td[said], h.td[unbroken_dates(when)]]


def _count_unknown(count: int) -> str:
    return tn("{n} is not", "{n} are not", count)


def _unknown(values: list[FactValue], page: RecommendationsPage) -> Html | None:
    if not values:
        return None
    lines = [f"{fact_name(each.fact)}: {why_missing(each, page.named())}" for each in values]
    return h.div[h.p[h.b[t("Not known:")]], h.ul[(h.li[unbroken_dates(line)] for line in lines)]]
