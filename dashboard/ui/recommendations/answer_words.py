"""What a team has answered to a recommendation, in words."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from dashboard.domain.guidelines.fact import Fact
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind, Returned
from dashboard.domain.guidelines.override_reasons import offered
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.ui.recommendations.fact_words import fact_name
from dashboard.ui.record.names import rule_label, word
from dashboard.ui.shared.dates import show_day, show_moment
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

REPLIES: Final = {
    ReplyKind.ACCEPTED: mark("Added to the plan"),
    ReplyKind.NOT_NOW: mark("Not now"),
    ReplyKind.NOT_FOR_THIS_PERSON: mark("Not for this person"),
    ReplyKind.TAKEN_BACK: mark("Taken back"),
}
REASONS: Final = {
    "done-already": mark("Done already, or elsewhere"),
    "not-tolerated": mark("Tried, and not tolerated"),
    "contraindicated": mark("Something that the rule does not know speaks against it"),
    "other-problem-first": mark("Another problem comes first"),
    "burden": mark("Too much treatment, frailty or limited life expectancy"),
    "person-declines": mark("The person does not want it"),
    "facts-wrong": mark("A fact is not right"),
    "other": mark("Another reason, in words"),
}
"""Why a recommendation is not for somebody, by the code of its override reason."""


def offered_words(advice: Advice) -> dict[str, str]:
    """The reasons that a card offers, by their codes: its own, then those of every card."""
    return {
        each.code: t(REASONS[each.code]) if each.code in REASONS else clean(each.display, 120)
        for each in offered(advice)
    }


def reason_words(reply: Reply) -> str:
    """The coded reason and the words; the words alone where they say the same. "" for neither."""
    code = word(REASONS, clean(reply.reason, 60)) if reply.reason and reply.reason != "other" else ""
    code = clean(reply.display, 120) or code
    said = clean(reply.words, 300)
    return code if said == code else ": ".join(filter(None, (code, said)))


def what_words(reply: Reply) -> str:
    """`Not now, until 23-Dec-2026`; on that day it comes back."""
    kind = t(REPLIES[reply.kind])
    return t("{answer}, until {date}", answer=kind, date=show_day(reply.until)) if reply.until else kind


def who_words(reply: Reply, zone: tzinfo) -> str:
    """`Dr Jane Okafor, 23-Nov-2026 09:00`."""
    who = clean(reply.by.name, 120) or t("somebody who is not named")
    return f"{who}, {show_moment(reply.at.moment, zone)}"


def returned_words(back: Returned, facts: Iterable[Fact]) -> str:
    """Why a card that was declined is there again."""
    known = {fact.name: fact_name(fact) for fact in facts}
    why = []
    if back.other_version:
        why.append(t("the rule has another version"))
    if back.facts:
        names = ", ".join(known.get(name, clean(name, 60)) for name in back.facts)
        why.append(t("changed since: {facts}", facts=names))
    if back.day_over:
        why.append(t("its day has come"))
    return "; ".join(why)


def card_words(guidance: Guidance, rules: Iterable[Rule]) -> str:
    """What a record is about: the summary of its card, or the rule where that has no such card any more."""
    name = guidance.card.rule.rpartition("/")[2]
    for rule in rules:
        if rule.id == name:
            for advice in rule.advice:
                if advice.key == guidance.card.key:
                    return clean(advice.summary, 200)
    return f"{rule_label(guidance.card.canonical)}, {clean(guidance.card.key, 80)}"
