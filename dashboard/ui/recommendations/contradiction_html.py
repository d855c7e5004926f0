"""Where guidelines contradict each other, over the recommendations: both sides with their sources and facts, and what
the team decided.
"""

from collections.abc import Iterable

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.pull import Puller, PullerKind
from dashboard.domain.guidelines.reconciliation import Reconciliation, Way, in_force, returned
from dashboard.domain.guidelines.rule import Indicator
from dashboard.ui.patient.urgent_html import action_button
from dashboard.ui.recommendations.card_html import INDICATORS, citation_html, fact_list_html, sources_html
from dashboard.ui.recommendations.contradiction_words import (
    brief_words,
    contradict_words,
    effect_words,
    puller_words,
    subject,
)
from dashboard.ui.recommendations.fact_words import fact_name, known_words, why_missing
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn


def contradictions_html(page: RecommendationsPage) -> Html | None:
    """The section; None where none contradict each other and none might."""
    sure = [each for each in page.contradictions if each.outcome is Outcome.APPLIES]
    unsure = [each for each in page.contradictions if each.outcome is Outcome.CANNOT_SAY and each.half_sure]
    if not sure and not unsure:
        return None
    known = page.found.reconciled.value or ()
    opened = page.found.open_contradictions(shared=page.shared)
    grave = [each for each in opened if each.indicator is not Indicator.INFO]
    others = [each for each in opened if each.indicator is Indicator.INFO]
    closed = [(each, record) for each in sure if (record := in_force(each, known)) is not None]
    return h.section(class_="c3-clashes", aria_label=t("Contradictions between guidelines"))[
        _heading(len(opened)) if sure else None,
        h.p(class_="c3-sub")[
            icon("warn"), " ", t("What was decided of them could not be read: they are shown as if nobody had.")
        ]
        if page.found.reconciled.failed is not None
        else None,
        h.ul(class_="c3-reclist")[(_card(each, page, known) for each in grave)] if grave else None,
        # What is only to consider must not push a critical card out of sight.
        h.details(data_key="clashes-more")[
            h.summary[tn("{n} to consider", "{n} to consider", len(others))],
            h.ul(class_="c3-reclist")[(_card(each, page, known) for each in others)],
        ]
        if others
        else None,
        h.details(data_key="clashes-decided")[
            h.summary[tn("{n} is decided", "{n} are decided", len(closed))],
            h.ul(class_="c3-reclist")[(_decided(each, record, page) for each, record in closed)],
        ]
        if closed
        else None,
        _cannot_say(unsure, page) if unsure else None,
    ]


def _heading(opened: int) -> Html:
    words = contradict_words(opened) if opened else t("Guidelines contradict each other, and the team has decided")
    return h.h2(class_="c3-sectionhead")[words]


def _card(found: Contradiction, page: RecommendationsPage, known: Iterable[Reconciliation]) -> Html:
    word, sign = INDICATORS[found.indicator]
    before = returned(found, known)
    return h.li(class_=f"c3-rec c3-clash c3-rec-{found.indicator}", data_contradiction=found.target)[
        h.h3[h.span(class_="c3-recword")[icon(sign), " ", t(word)], " ", h.span[subject(found)]],
        _came_back(before, page) if before is not None else None,
        _in_short(found, page),
        _whole(found, page),
        h.div(class_="c3-actions")[
            action_button(
                t("Decide"), press("reconcile", target=found.target), f"reconcile-{found.target}", subject(found)
            )
        ]
        if page.may_decide
        else None,
    ]


def _in_short(found: Contradiction, page: RecommendationsPage) -> Html:
    """Who stands on either side, so that the contradiction is read at a glance."""
    return h.dl(class_="c3-clashshort")[
        (h.div[h.dt[title], h.dd[brief_words(found, way, page)]] for title, way in _titles())
    ]


def _whole(found: Contradiction, page: RecommendationsPage) -> Html:
    return h.details(data_key=f"clash-{found.target}")[
        h.summary[t("Both sides with their facts and sources")], _sides(found, page)
    ]


def _titles() -> tuple[tuple[str, Way], ...]:
    return (t("More of it, or leave it as it is"), Way.MORE), (t("Less of it"), Way.LESS)


def _sides(found: Contradiction, page: RecommendationsPage) -> Html:
    return h.div(class_="c3-sides")[
        (_side(title, found.up if way is Way.MORE else found.down, found, page) for title, way in _titles())
    ]


def _side(title: str, side: Iterable[Puller], found: Contradiction, page: RecommendationsPage) -> Html:
    return h.div(class_="c3-side")[h.h4[title], h.ul[(_puller(each, found, page) for each in side)]]


def _puller(puller: Puller, found: Contradiction, page: RecommendationsPage) -> Html:
    effect = effect_words(puller, page)
    facts = fact_list_html(known_words(puller.facts, page.named()), page.ident)
    if puller.kind is PullerKind.MEDICINE:
        # The fact is the medicine itself.
        return h.li[facts or h.b[puller_words(puller, found, page)], h.span[effect], _source_of_medicine(puller)]
    return h.li[
        h.b[puller_words(puller, found, page)],
        facts,
        sources_html(puller.finding, page) if puller.finding is not None else None,
    ]


def _source_of_medicine(puller: Puller) -> Html | None:
    if puller.effect is None:
        return None
    return h.p(class_="c3-sub c3-recsource")[t("Source"), " ", citation_html(puller.effect.citation)]


def _came_back(record: Reconciliation, page: RecommendationsPage) -> Html | None:
    if record.decision is None:
        return None
    return h.p(class_="c3-sub")[
        icon("info"), " ", t("Decided before, and back because its facts have changed."), " ", _decision(record, page)
    ]


def _decided(found: Contradiction, record: Reconciliation, page: RecommendationsPage) -> Html:
    return h.li(class_="c3-rec c3-clash", data_contradiction=found.target)[
        h.h3[h.span[subject(found)]],
        h.p[_decision(record, page)],
        _whole(found, page),
        h.div(class_="c3-actions")[
            action_button(
                t("Take back"), press("unreconcile", target=found.target), f"unreconcile-{found.target}", subject(found)
            )
        ]
        if page.may_decide
        else None,
    ]


def _decision(record: Reconciliation, page: RecommendationsPage) -> Html:
    decision = record.decision
    if decision is None:
        return fragment[None]
    who = clean(decision.by.name, 80) or t("Name not known")
    when = show_moment(decision.at.moment, page.at.zone)
    return fragment[
        h.b[t("Decided: {what}", what=clean(decision.words, 300) or t("no words were kept"))],
        " ",
        t("by {who} on {when}.", who=who, when=when),
        f" {t('Why: {reason}', reason=clean(decision.reason, 300))}" if decision.reason else None,
        f" {t('Two goals are marked as in conflict.')}" if decision.goals else None,
    ]


def _cannot_say(unsure: list[Contradiction], page: RecommendationsPage) -> Html:
    """What might be a contradiction, with what is missing to say so."""
    label = tn(
        "Of {n} thing nobody can say whether guidelines contradict each other",
        "Of {n} things nobody can say whether guidelines contradict each other",
        len(unsure),
    )
    return h.details(data_key="clashes-unsure", class_="c3-recothers")[
        h.summary[label], h.ul[(_unsure(each, page) for each in unsure)]
    ]


def _unsure(found: Contradiction, page: RecommendationsPage) -> Html:
    named = page.named()
    missing = [f"{fact_name(each.fact)} ({why_missing(each, named)})" for each in found.missing]
    return h.li[h.b[subject(found)], ": ", t("missing is {what}", what="; ".join(missing))]
