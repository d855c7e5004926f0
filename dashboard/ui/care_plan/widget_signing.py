"""Signing a plan off: its status and the day of its review; and what the patient, or a carer, says to its goals."""

from typing import Final

import streamlit as st

from dashboard.domain.care_plan.plan_item import AGREEMENT, field_of
from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.care_plan.statuses import PLAN_AFTER
from dashboard.domain.record.goal import ACCEPTANCES
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_changes import agree, close_form, sign
from dashboard.ui.care_plan.widget_fields import Filling, ask_choice, ask_day, ask_why
from dashboard.ui.care_plan.widget_filled import forget_refusal, refusal
from dashboard.ui.care_plan.words import AGREEMENTS
from dashboard.ui.record.names import PLAN_STATUSES, word
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import mark, t

# status -> what to know before it is given.
MEANS: Final = {
    "active": mark("The team works with this plan from now on."),
    "on-hold": mark("Nobody works on this plan for a time; nothing in it changes."),
    "completed": mark("All of it is done. It stays on record, and can be made active again."),
    "revoked": mark("It is given up. It stays on record, and can be made active again."),
    "entered-in-error": mark("It should never have been there. It is not shown any more."),
}


def signing_form(form: OpenForm, page: PlanPage) -> None:
    """Another status, as the present one allows, and the day of the review."""
    filling = Filling(form, page)
    plan = page.shared.plan
    after = [each for each in PLAN_STATUSES if each in PLAN_AFTER.get(plan.status, frozenset())]
    left, right = st.columns(2)
    with left:
        options = {plan.status: word(PLAN_STATUSES, plan.status), **{each: word(PLAN_STATUSES, each) for each in after}}
        status = ask_choice(filling, "status", options, t("Status of the plan"), plan.status)
    with right:
        due = ask_day(filling, "due", t("Review date"), plan.end.end if plan.end is not None else None)
    if status != plan.status and status in MEANS:
        panel("plan-signmeans", h.p(class_="c3-sub")[t(MEANS[status])])
    reason = ask_why(filling)
    said = st.container()
    with st.container(horizontal=True):
        if st.button(t("Sign"), type="primary", key="plan_sign"):
            forget_refusal()
            day = PartialDate(due.isoformat()) if due is not None else None
            if plan.end is not None and due == plan.end.end:
                day = plan.end
            if status == plan.status and day == plan.end:
                said.error(t("Choose another status, or another day of review."))
            elif not without_control_characters(reason):
                said.error(t("Say in a few words why; the team reads it."))
            else:
                sign(form, status, day, reason)
                st.rerun()
        if st.button(t("Close"), key="plan_close"):
            close_form()
            st.rerun()
    if refused := refusal(form):
        said.error(refused)


def agreement_form(form: OpenForm, page: PlanPage) -> None:
    """Who says what to which goal: one person at a time."""
    filling = Filling(form, page)
    people = distinct_labels({str(each): page.names.of(each) for each in page.people})
    asked = ask_choice(filling, "person", people, t("Who was asked"), str(page.patient))
    person = Reference.parse(asked)
    answers: dict[Reference, str] = {}
    items = items_of(page.shared)
    options = {"": t("not recorded"), **{each: t(AGREEMENTS[each]) for each in ACCEPTANCES}}
    for line in (*page.order.own, *page.order.team):
        before = str(items[line.goal.origin][field_of(AGREEMENT, person)])
        key = f"{person.type}-{person.id}-{line.goal.origin.id}"
        answer = ask_choice(filling, key, options, clean(line.goal.text, 160), before)
        if answer and answer != before:
            answers[line.goal.origin] = answer
    reason = ask_why(filling)
    said = st.container()
    with st.container(horizontal=True):
        if st.button(t("Save"), type="primary", key="plan_save"):
            forget_refusal()
            if not answers:
                said.error(t("Choose what the person says to a goal."))
            elif not without_control_characters(reason):
                said.error(t("Say in a few words why; the team reads it."))
            else:
                agree(form, person, answers, reason)
                st.rerun()
        if st.button(t("Close"), key="plan_close"):
            close_form()
            st.rerun()
    if refused := refusal(form):
        said.error(refused)
