"""What could not be said, by the fact that is missing, with the button that orders the check."""

from dashboard.domain.guidelines.fact import Why
from dashboard.domain.guidelines.recommendations import MissingFact
from dashboard.ui.patient.urgent_html import action_button
from dashboard.ui.recommendations.fact_words import fact_name, is_check, task_words, why_missing
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.tasks_html import tasks_html
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn

AT_ONCE = 5
"""Missing facts that are shown before "more"."""


def missing_html(page: RecommendationsPage) -> Html | None:
    """The section; None where every card has its answer."""
    missing = page.missing
    if not missing:
        return None
    first, rest = missing[:AT_ONCE], missing[AT_ONCE:]
    more = tn("{n} more missing fact", "{n} more missing facts", len(rest))
    return h.section(class_="c3-recmissing")[
        h.h2(class_="c3-sectionhead")[t("Cannot say, because something is missing")],
        h.ul(class_="c3-recgroups")[(_group(each, page) for each in first)],
        h.details(data_key="missing-more")[
            h.summary[more], h.ul(class_="c3-recgroups")[(_group(each, page) for each in rest)]
        ]
        if rest
        else None,
    ]


def _group(missing: MissingFact, page: RecommendationsPage) -> Html:
    value, fact = missing.value, missing.value.fact
    button = None
    # A record that could not be read is read again, not ordered anew.
    if page.may_change and value.why is not Why.NOT_READ:
        label = t("Order check") if is_check(fact) else t("Add task")
        button = action_button(label, press("order", fact=fact.name), f"order-{fact.name}", clean(fact.words, 120))
    waiting = tn("{n} recommendation waits for it", "{n} recommendations wait for it", len(missing.findings))
    return h.li(class_="c3-recgroup", data_fact=fact.name)[
        h.div[h.b[fact_name(fact)], " ", h.span(class_="c3-sub")[unbroken_dates(why_missing(value, page.named()))]],
        h.div(class_="c3-actions")[button] if button is not None else None,
        tasks_html(page, task_words(fact), f"{fact_name(fact)}:"),
        h.details(data_key=f"missing-{fact.name}")[
            h.summary[icon("late"), " ", waiting],
            h.ul[(h.li[clean(each.advice.summary, 200)] for each in missing.findings)],
        ],
    ]
