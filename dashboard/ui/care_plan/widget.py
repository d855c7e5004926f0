"""The page of the shared care plan: read first, and changed where it stands. Everything on it belongs to the one
patient of the address; another one clears it first.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

import streamlit as st

from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.ui.care_plan import widget_changes as changes
from dashboard.ui.care_plan.activity_html import item_id, small_button
from dashboard.ui.care_plan.blocks import blocks_html, plan_blocks, split
from dashboard.ui.care_plan.live import live_part
from dashboard.ui.care_plan.other_html import (
    broken_html,
    looked_into_html,
    none_html,
    other_plans_html,
    two_active_html,
    waiting_item_html,
    warnings_html,
)
from dashboard.ui.care_plan.page import PlanPage, plan_page
from dashboard.ui.care_plan.plan_html import heading_html
from dashboard.ui.care_plan.proposal import open_proposal, proposed
from dashboard.ui.care_plan.view import PlanView, read_reference
from dashboard.ui.care_plan.widget_at_once import (
    SHOWN,
    change_at_once,
    change_shown_plan,
    may_change,
    read_page,
    undo_html,
)
from dashboard.ui.care_plan.widget_conflict import show_conflict
from dashboard.ui.care_plan.widget_drafts import (
    add_to_plan,
    drafts_html,
    drafts_without_plan_html,
    start_draft_html,
    throw_away,
)
from dashboard.ui.care_plan.widget_form import plan_form
from dashboard.ui.care_plan.widget_history import plan_history
from dashboard.ui.care_plan.widget_mending import mend
from dashboard.ui.care_plan.widget_print import print_plan
from dashboard.ui.care_plan.widget_start import forget_start, start_form
from dashboard.ui.care_plan.words import item_name
from dashboard.ui.conference.widget_back import back_to_conference
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.emergency_access.widget import beyond_refusal, on_emergency_press
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.widget import waiting_html
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.large_html import large_switch
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.html import patient_nav_html


def care_plan(view: PlanView) -> None:
    """Banner, tabs, and the plan. The keys of the parts carry the id, so that the browser never mixes two patients."""
    with st.container(key="banner"):
        banner = st.empty()
        about = st.empty()
    rechecked = st.container()
    known = st.session_state.get(SHOWN) == view.id
    # A place that is emptied loses for a moment all that is in it, and with it what somebody types.
    body = st.container() if known else st.empty()
    if not known:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[SHOWN] = view.id
        changes.forget()
        forget_start()
        with banner:
            panel("plan-banner-none", waiting_html())
        about.empty()
        with body:
            panel("plan-body-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("care-plan", lambda: beyond_refusal(view.id)):
        show_messages()
        try:
            summary, plans, stale = read_page(view.id)
        except Exception:
            banner.empty()
            about.empty()
            if not known:
                body.empty()
            show_title(t("Care plan"), navigation.address_of("care_plan"))
            raise
        show_title(t("Care plan"), navigation.address_of("care_plan"), person=summary.person.name)
        with rechecked:
            recheck("care-plan", _on_screen((summary, plans, stale)), lambda: _on_screen(read_page(view.id)))
        at = ViewTime(session.as_of(), session.zone())
        with rechecked:
            back_to_conference(view.id)
        with banner:
            emergency_access = (
                emergency_access_html(plans.emergency_access, at) if plans.emergency_access is not None else None
            )
            shown = banner_html(summary, at, similar=view.id in reads.similar_people())
            panel(f"plan-banner-{view.id}", fragment[emergency_access, shown], on_emergency_press)
        with about.container(horizontal=True, vertical_alignment="center"):
            panel(f"plan-about-{view.id}", patient_nav_html(view.id, "care_plan"), on_press, narrow=True)
            st.space("stretch")
            panel(f"plan-large-{view.id}", large_switch(view.large), on_press, narrow=True)
            print_plan(view, plans, summary, at, stale)
        with body if known else body.container():
            _body(view, summary, plans, at, stale)


def _on_screen(found: tuple[PatientSummary, CarePlanView, str]) -> OnScreen:
    summary, plans, away = found
    return OnScreen((summary.person.id, plans.emergency_access), plans.fetched, away or plans.stale)


def _body(view: PlanView, summary: PatientSummary, plans: CarePlanView, at: ViewTime, stale: str) -> None:
    if view.plan is not None and (plans.ours is None or view.plan != plans.ours.plan.origin):
        _another(view, summary, plans, at, stale)
        return
    if plans.ours is None:
        _warnings(view, plans, at, stale)
        of, do, item, whose = take_asked("care_plan") or ("", "", None, "")
        if of == view.id:
            throw_away(view.id, do, item, whose)
        typed = drafts_without_plan_html(view.id, at.zone)
        if typed is not None and "CarePlan" not in plans.failed:
            panel(f"plan-drafts-{view.id}", typed, on_press)
        if (waiting := proposed(view.id)) is not None:
            panel(f"plan-waits-{view.id}", waiting_item_html(str(waiting.item["title"])))
        none = none_html(plans)
        if none is not None:
            panel(f"plan-empty-{view.id}", none)
            if may_change(plans) and not plans.unread_plans:
                start_form(summary, plans.teams, at)
        _others(view, plans)
        return
    page = plan_page(plans, plans.ours, summary, at, may_change=may_change(plans), large=view.large)
    of, do, item, whose = take_asked("care_plan") or ("", "", None, "")
    if of == view.id:
        changes.begin(page, do, item, whose)
    open_proposal(page)
    _live(view, page)
    if view.history:
        plan_history(view, page, stale)
        return
    _plan(view, page, stale)
    _others(view, plans)


def _live(view: PlanView, page: PlanPage) -> None:
    """Who else is here, and what others save while this is on screen."""
    shared, ident = page.shared, view.id
    parts = shared.parts()
    titles = {origin: item_name(item, page.names) for origin, item in items_of(shared).items()}

    def changed_by(item: Reference) -> tuple[str, datetime | None]:
        last = page.view.changes.get(item)
        return (last.who, last.when) if last is not None else ("", None)

    def item_open() -> Reference | None:
        form = changes.open_form(ident)
        return form.origin if form is not None else None

    live_part(
        ident,
        on_screen={shared.plan.origin: shared.plan.version, **{each: part.version for each, part in parts.items()}},
        titles=titles,
        ids={origin: item_id(origin) for origin in titles},
        item_open=item_open,
        changed_by=changed_by,
        forget=reads.forget_patient,
    )


def _warnings(view: PlanView, plans: CarePlanView, at: ViewTime, stale: str) -> None:
    warnings = warnings_html(plans, at, stale)
    if warnings is not None:
        panel(f"plan-warnings-{view.id}", warnings)


def _another(view: PlanView, summary: PatientSummary, plans: CarePlanView, at: ViewTime, stale: str) -> None:
    """A plan that is not the team's own, only to be read."""
    shared = plans.plan(view.plan) if view.plan is not None else None
    _warnings(view, plans, at, stale)
    panel(f"plan-other-{view.id}", looked_into_html(plans), on_press)
    if shared is None:
        raise UserFacingError("plan-not-found")
    page = plan_page(plans, shared, summary, at, large=view.large)
    panel(f"plan-read-{view.id}", blocks_html(plan_blocks(page, heading_html(page)), large=view.large), on_press)


def _others(view: PlanView, plans: CarePlanView) -> None:
    shown = other_plans_html(plans, view)
    if shown is not None:
        panel(f"plan-others-{view.id}", shown, on_press)


def _plan(view: PlanView, page: PlanPage, stale: str) -> None:
    """The plan, with the form that is open right under what it changes, or the decision that a save waits for."""
    ident, form, conflict = view.id, changes.open_form(view.id), changes.open_conflict(view.id)
    buttons = [small_button(t("How it came to be"), press("history", item=""), "history-plan")]
    if page.may_change:
        plan = str(page.shared.plan.origin)
        buttons[:0] = [
            small_button(t("Sign off"), press("sign"), "sign-plan"),
            small_button(t("Who agrees"), press("agree"), "agree-plan"),
            small_button(t("Change title"), press("edit", item=plan), "edit-plan"),
        ]
    top = [
        two_active_html(page.view, view),
        broken_html(page),
        drafts_html(page, form),
        start_draft_html(page),
        undo_html(page),
    ]
    heading = fragment[top, heading_html(page, buttons)]
    before, after = split(plan_blocks(page, heading), form.anchor if form is not None else None)
    # One place, however much is in it: what is typed in a form stays while there is more or less before it.
    with st.container():
        _warnings(view, page.view, page.at, stale)
        if conflict is None:
            panel(f"plan-before-{ident}", blocks_html(before, large=view.large), on_press)
    if conflict is not None:
        show_conflict(conflict, page)
        return
    if form is not None:
        plan_form(form, page)
    if after:
        panel(f"plan-after-{ident}", blocks_html(after, large=view.large), on_press)


def on_press(pressed: Press) -> None:
    """A press on any of our own buttons and links of this page. What changes something is done before the next run,
    which may be another page's; a form is opened in it.
    """
    view, do = navigation.plan_view(), pressed.get("do")
    item = read_reference(press_text(pressed, "item"))
    if do == "summary":
        navigation.open_patient(view.id)
    elif do == "timeline":
        navigation.open_timeline(view.id)
    elif do == "recommendations":
        navigation.open_recommendations(view.id)
    elif do == "large":
        navigation.show_plan(replace(view, large=not view.large))
    elif do == "history":
        navigation.show_plan(replace(view, history=True, item=item))
    elif do == "plan":
        navigation.show_plan(PlanView(view.id, plan=read_reference(press_text(pressed, "plan")), large=view.large))
    elif do in ("up", "down", "reopen", "undo", "convert", "finish-save", "undo-save", "add-start"):
        change_shown_plan(partial(_change, do=str(do), item=item, save=press_text(pressed, "save")))
    elif do in ("edit", "note", "end", "add-goal", "add-activity", "sign", "agree", "link", "go-on", "throw"):
        ask("care_plan", view.id, do, item, press_text(pressed, "whose"))


def _change(page: PlanPage, do: str, item: Reference | None, save: str) -> None:
    if do == "add-start":
        add_to_plan(page)
    elif do in ("convert", "finish-save", "undo-save"):
        mend(page, do, save)
    else:
        change_at_once(page, do, item)
