"""What a press on a card asks before anything is written: until when, why, and what is written."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import streamlit as st

from dashboard.actions.save import new_reference
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import new_activity
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import (
    LONGEST_PAUSE,
    LONGEST_WORDS,
    Guidance,
    Reply,
    card_of,
    new_guidance,
    record_of,
)
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import Failure
from dashboard.ui.care_plan.proposal import Proposal, propose
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.recommendations.answer_words import offered_words, reason_words, what_words
from dashboard.ui.recommendations.fact_words import known_words
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.record.names import rule_label
from dashboard.ui.record.people import show_name
from dashboard.ui.session import recommendations as reads
from dashboard.ui.session import session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.tasks.widget_dialogs import try_change

DAYS: Final = 28
"""What "not now" proposes: four weeks, the usual time to the next visit."""
DOES: Final = ("to-plan", "not-now", "not-for", "take-back")
"""What the presses of cards are called that this module does."""
_PLAN_KINDS: Final = ("Task", "ServiceRequest", "CommunicationRequest")


def answer(page: RecommendationsPage, do: str, key: str, place: str) -> None:
    """Does what a press asked for, or opens its dialog; nothing for a card that is gone."""
    finding = page.finding(key)
    if finding is None or not page.may_answer:
        return
    if do == "to-plan":
        _open_plan(finding, page, place)
    elif do == "not-now":
        not_now_dialog(finding, page)
    elif do == "not-for":
        not_for_dialog(finding, page)
    elif do == "take-back" and page.found.stance(finding) is not None:
        take_back_dialog(finding, page)


def shown_guidance(finding: Finding, page: RecommendationsPage) -> Guidance:
    """The record of what is shown: the one that is there, else one to be made."""
    known = record_of(finding, page.found.guidance.value or ())
    if known is not None:
        return known
    who, versions = session.user(), page.found.versions
    return new_guidance(
        finding,
        Reference("Patient", page.ident),
        NamedReference(who.practitioner, who.name),
        session.as_of(),
        lambda record: versions.get(record, ""),
        new_reference("GuidanceResponse"),
    )


def note_seen(page: RecommendationsPage) -> None:
    """Notes what the page has shown, once it is drawn; says where that could not be written."""
    failed = note_findings(page, page.seen)
    if failed is not None:
        words = t("That these recommendations were shown could not be noted yet: {why}", why=error_words(failed))
        panel(f"rec-noted-{page.ident}", h.p(class_="c3-sub")[words])


def note_findings(page: RecommendationsPage, findings: Iterable[Finding]) -> Failure | None:
    """Notes that these cards were shown; returns why the last try failed. Nothing is noted of what is old."""
    if page.stale or page.found.stale or not page.found.guidance.ok:
        return None
    seen = [shown_guidance(each, page) for each in findings]
    return reads.note_seen(page.ident, [each for each in seen if each.source == {}])


# --- adding to the plan ------------------------------------------------------------------------------------------


def _open_plan(finding: Finding, page: RecommendationsPage, place: str) -> None:
    """Goes to the care plan, where the form of a new activity opens filled in."""
    why = t("Recommended: {summary}", summary=clean(finding.advice.summary, 200))
    who = session.user()
    item = proposed_item(finding, NamedReference(who.practitioner, who.name), place)
    propose(Proposal(page.ident, item, shown_guidance(finding, page), why))
    navigation.open_care_plan(page.ident)


def proposed_item(finding: Finding, owner: NamedReference, place: str = "0") -> PlanItem:
    """The activity that a card suggests, for whoever accepts it until another is chosen.

    What concerns a medicine is a task for whoever prescribes: the dashboard prescribes nothing.
    """
    suggestions = finding.advice.suggestions
    number = int(place) if place.isascii() and place.isdigit() else 0
    chosen = suggestions[number] if number < len(suggestions) else None
    kind = chosen.kind if chosen is not None and chosen.kind in _PLAN_KINDS and not chosen.not_to_do else "Task"
    text = chosen.text if chosen is not None else finding.advice.summary
    return new_activity(new_reference(kind), clean(text, 200), owner, reason=clean(finding.advice.summary, 200))


# --- declining ---------------------------------------------------------------------------------------------------


@st.dialog(mark("Not now"))
def not_now_dialog(finding: Finding, page: RecommendationsPage) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("not-now"):
        _about(finding, page)
        first = page.found.on + timedelta(days=1)
        until = st.date_input(
            t("It comes back on"),
            page.found.on + timedelta(days=DAYS),
            min_value=first,
            max_value=page.found.on + LONGEST_PAUSE,
            format="DD/MM/YYYY",
            key=f"rec_until-{finding_key(finding)}",
        )
        reason = st.text_input(
            t("Why (the team sees it)"), max_chars=LONGEST_WORDS, key=f"rec_why-{finding_key(finding)}"
        )
        day = until if isinstance(until, date) else None
        _preview(t("Not now, until {date}", date=show_day(day)) if day else "", str(reason or ""), finding, page)
        if st.button(t("Save"), type="primary", key="rec_save"):
            if day is None:
                st.error(t("Choose a day."))
            elif not str(reason or "").strip():
                st.error(t("Say in a few words why; the team reads it."))
            else:
                _decline(finding, page, day, "", str(reason))


@st.dialog(mark("Not for this person"))
def not_for_dialog(finding: Finding, page: RecommendationsPage) -> None:
    with error_boundary("not-for"):
        _about(finding, page)
        words = offered_words(finding.advice)
        code = st.selectbox(
            t("Why it is not for this person"),
            list(words),
            index=None,
            format_func=lambda each: words.get(each, str(each)),
            placeholder=t("Choose a reason"),
            key=f"rec_reason-{finding_key(finding)}",
        )
        label = t("In words (the team sees it)")
        said = st.text_input(label, max_chars=LONGEST_WORDS, key=f"rec_words-{finding_key(finding)}")
        chosen = str(code) if code in words else ""
        reason = str(said or "").strip() or (words.get(chosen, "") if chosen != "other" else "")
        _preview(t("Not for this person") if chosen else "", _shown_reason(chosen, reason, words), finding, page)
        if st.button(t("Save"), type="primary", key="rec_save"):
            if not chosen:
                st.error(t("Choose why it is not for this person."))
            elif not reason:
                st.error(t("Say in a few words why it is not for this person."))
            else:
                _decline(finding, page, None, chosen, reason)


def _shown_reason(code: str, reason: str, words: Mapping[str, str]) -> str:
    label = words[code] if code and code != "other" else ""
    return label if reason == label else ": ".join(filter(None, (label, reason)))


def _decline(finding: Finding, page: RecommendationsPage, until: date | None, code: str, reason: str) -> None:
    shown = shown_guidance(finding, page)
    try_change(lambda: reads.decline(finding, page.ident, shown, until, code, reason), t("Declined."))
    st.rerun()


def _about(finding: Finding, page: RecommendationsPage) -> None:
    """Which recommendation for whom: what is done from a dialog must not reach the wrong person."""
    st.text(clean(finding.advice.summary, 200))
    st.text(show_name(page.found.person.name))


def _preview(what: str, why: str, finding: Finding, page: RecommendationsPage) -> None:
    """What will be written, in words; nothing where it is not filled in yet."""
    if not what:
        return
    facts = [
        " ".join(filter(None, (each.name, each.value, each.when))) for each in known_words(finding.used, page.named())
    ]
    said = ": ".join(filter(None, (what, clean(why, LONGEST_WORDS))))
    st.text(
        t(
            "Will be recorded: {said}. By {who}, of {rule}, while this is the same: {facts}",
            said=said,
            who=clean(session.user().name, 120),
            rule=rule_label(card_of(finding).canonical),
            facts="; ".join(facts) or t("nothing is known"),
        )
    )


# --- the way back ------------------------------------------------------------------------------------------------


@st.dialog(mark("Take the answer back"))
def take_back_dialog(finding: Finding, page: RecommendationsPage) -> None:
    with error_boundary("take-back"):
        stance = page.found.stance(finding)
        if stance is None:
            return
        _about(finding, page)
        st.text(_answer_words(stance.reply))
        st.text(t("The recommendation is open again, and the answer stays readable."))
        if stance.reply.made:
            st.text(t("What was added to the plan stays there: change it in the care plan."))
        reason = st.text_input(
            t("Why it is taken back (the team sees it)"),
            max_chars=LONGEST_WORDS,
            key=f"rec_back-{finding_key(finding)}",
        )
        if st.button(t("Take back"), type="primary", key="rec_save"):
            if not str(reason or "").strip():
                st.error(t("Say in a few words why; the team reads it."))
            else:
                try_change(lambda: reads.take_back(page.ident, stance.guidance, str(reason).strip()), t("Taken back."))
                st.rerun()


def _answer_words(reply: Reply) -> str:
    return ": ".join(filter(None, (what_words(reply), reason_words(reply))))
