"""What the team has answered: what it declined, what it added to the plan, and what was answered to earlier facts."""

from typing import Final

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.guidance import DECLINED, Guidance, Reply, Stance
from dashboard.ui.patient.urgent_html import action_button
from dashboard.ui.recommendations.answer_words import card_words, reason_words, what_words, who_words
from dashboard.ui.recommendations.card_actions import not_added, to_plan_buttons
from dashboard.ui.recommendations.fact_words import known_words
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn

MOST_EARLIER: Final = 30
"""Earlier answers that are listed, the newest first."""


def answered_html(page: RecommendationsPage) -> Html | None:
    """The sections; None where nobody has answered anything."""
    given = [(each, stance) for each in page.of(Outcome.APPLIES) if (stance := page.found.stance(each)) is not None]
    parts = [
        _section(t("Declined"), "declined", [each for each in given if each[1].reply.kind in DECLINED], page),
        _section(t("In the plan"), "accepted", [each for each in given if each[1].reply.kind not in DECLINED], page),
        _earlier(page, {stance.guidance.origin for _, stance in given}),
    ]
    shown = [each for each in parts if each is not None]
    return fragment[shown] if shown else None


def _section(title: str, name: str, given: list[tuple[Finding, Stance]], page: RecommendationsPage) -> Html | None:
    if not given:
        return None
    return h.section(class_="c3-recmissing")[
        h.h2(class_="c3-sectionhead")[title],
        h.ul(class_="c3-recgroups")[(_line(name, finding, stance, page) for finding, stance in given)],
    ]


def _line(name: str, finding: Finding, stance: Stance, page: RecommendationsPage) -> Html:
    """The card, the answer to it, and the facts that it stands on: while these are the same it stays here."""
    key, added = finding_key(finding), stance.guidance.accepted
    facts = [
        " ".join(filter(None, (each.name, each.value, each.when))) for each in known_words(finding.used, page.named())
    ]
    button = None
    if page.may_change:
        button = action_button(t("Take back"), press("take-back", card=key), f"back-{key}", finding.advice.summary)
    return h.li(class_="c3-recgroup", data_answered=f"{name}-{key}")[
        h.div[h.b[clean(finding.advice.summary, 200)], [_reply(each, page) for each in added or (stance.reply,)]],
        h.div(class_="c3-actions")[button] if button is not None else None,
        _rest(finding, stance, page) if added else None,
        h.p(class_="c3-sub c3-recstands")[
            unbroken_dates(t("Stands while this is the same: {facts}", facts="; ".join(facts) or t("nothing is known")))
        ],
    ]


def _rest(finding: Finding, stance: Stance, page: RecommendationsPage) -> Html | None:
    """What the card suggests beside what was added to the plan, so that a part is not taken for the whole."""
    rest = not_added(finding, stance.guidance)
    if not rest:
        return None
    names = "; ".join(clean(finding.advice.suggestions[place].text, 160) for place in rest)
    return h.div(class_="c3-recpart")[
        h.p[t("Also suggested, and not added: {what}", what=names)],
        h.div(class_="c3-actions")[to_plan_buttons(finding, rest)] if page.may_change else None,
    ]


def _reply(reply: Reply, page: RecommendationsPage) -> Html:
    why = reason_words(reply)
    return h.div[
        h.span[unbroken_dates(what_words(reply))],
        [": ", h.bdi[why]] if why else None,
        " ",
        h.span(class_="c3-sub")[unbroken_dates(who_words(reply, page.at.zone))],
    ]


def _earlier(page: RecommendationsPage, stands: set[object]) -> Html | None:
    """Answers that stand no more: to other facts, to another version, taken back, or whose day is over."""
    if page.shared:
        return None
    old = [
        (reply, guidance)
        for guidance in page.found.guidance.value or ()
        for place, reply in enumerate(guidance.replies)
        if not (guidance.origin in stands and place >= len(guidance.replies) - max(1, len(guidance.accepted)))
    ]
    if not old:
        return None
    newest = sorted(old, key=lambda each: each[0].at.moment, reverse=True)
    label = tn("{n} earlier answer", "{n} earlier answers", len(old))
    return h.details(data_key="answers-earlier", class_="c3-recothers")[
        h.summary[label], h.ul[(_old(reply, guidance, page) for reply, guidance in newest[:MOST_EARLIER])]
    ]


def _old(reply: Reply, guidance: Guidance, page: RecommendationsPage) -> Html:
    name = card_words(guidance, page.found.in_force.rules)
    return h.li[name, _reply(reply, page)]
