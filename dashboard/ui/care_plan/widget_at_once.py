"""Changes of the plan on screen that ask nothing more: made before the next run, which may be that of another page."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboard.actions.change_plan import PlanConflict
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.care_plan.history import brought_back
from dashboard.domain.care_plan.merge import Items
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem
from dashboard.domain.care_plan.shared_plan import items_of, linked_as_ordered, references_in
from dashboard.domain.care_plan.statuses import AFTER, stand_together
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, UserFacingError
from dashboard.ui.care_plan.activity_html import small_button
from dashboard.ui.care_plan.conflict_html import arrived_html
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage, plan_page
from dashboard.ui.care_plan.proposal import open_again
from dashboard.ui.care_plan.widget_changes import LAST_SAVE, Undo, remember_save, save_several
from dashboard.ui.care_plan.words import item_name
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads, session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

SHOWN: Final = "plan_shown"
"""Where the session keeps whose plan is on screen."""


def read_page(patient_id: str) -> tuple[PatientSummary, CarePlanView, str]:
    """What the page of a plan shows, and the code of the error why it could not be read anew. Raises DashboardError."""
    if not patient_id:
        raise UserFacingError("no-patient-chosen")
    plans, stale = plans_read.read_care_plan(patient_id)
    summary, away = reads.read_patient(patient_id)
    return summary, plans, stale or away


def may_change(plans: CarePlanView) -> bool:
    """Whether the user is shown the buttons that change something; the actions decide for themselves. Emergency access
    is for reading.
    """
    return plans.emergency_access is None and is_permitted(session.user().roles, Action.CHANGE_PLAN, Relation.TEAM)


def change_shown_plan(change: Callable[[PlanPage], object]) -> None:
    """Makes a change of the plan that is on screen, if the user may; why not is said by the page that comes next."""
    try:
        summary, plans, _ = read_page(st.session_state.get(SHOWN, ""))
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return
    if plans.ours is not None and may_change(plans):
        at = ViewTime(session.as_of(), session.zone())
        change(plan_page(plans, plans.ours, summary, at, may_change=True))


def change_at_once(page: PlanPage, do: str, item: Reference | None) -> None:
    """Takes the last save back, reopens an item, or moves a goal."""
    if do == "undo":
        _undo(page)
    elif item is not None and do == "reopen":
        _reopen(page, item)
    elif item is not None:
        _move(page, item, -1 if do == "up" else 1)


def bring_back(page: PlanPage, do: str, item: Reference | None, version: str, field: str) -> bool:
    """From the history: brings back a field, or a whole item, or takes the last change back; True where it is saved."""
    if do == "undo":
        return _undo(page)
    if do != "restore" or item is None:
        return False
    ident = page.summary.person.id
    reason = t("Version {number} brought back", number=version)
    form = OpenForm(ident, "edit", page.shared, items_of(page.shared).get(item) or PlanItem(item, {}))
    try:
        found = plans_read.restore(ident, page.shared, item, version, field, reason)
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return False
    finally:
        reads.forget_patient()
    if isinstance(found, PlanConflict):
        queue_message(t("Somebody else is changing the same. Look at the plan, and try again."), wrong=True)
        return False
    remember_save(form, found, item_name(form.item, page.names, 80))
    queue_message(t("Brought back. Saved, the team sees it."))
    return True


def _at_once(page: PlanPage, item: PlanItem, mine: Items, reason: str) -> bool:
    """Saves a change that asks nothing more."""
    known = items_of(page.shared)[item.origin]
    form = OpenForm(page.summary.person.id, "edit", page.shared, known)
    return save_several(form, mine, reason, item_name(item, page.names, 80))


def _move(page: PlanPage, goal: Reference, by: int) -> bool:
    """Puts a goal before or behind the next one of its kind, the person's own or the team's."""
    groups = ([line.goal.origin for line in group] for group in (page.order.own, page.order.team))
    group = next((group for group in groups if goal in group), [])
    if not group or not 0 <= (other := group.index(goal) + by) < len(group):
        return False
    plan = items_of(page.shared)[page.shared.plan.origin]
    order = [each for each in references_in(plan["goal_order"]) if each != goal]
    order.insert(order.index(group[other]) + (by > 0), goal)
    moved = plan.with_fields({"goal_order": tuple(order)})
    return _at_once(page, moved, {**items_of(page.shared), moved.origin: moved}, t("Order of the goals changed"))


def _reopen(page: PlanPage, origin: Reference) -> bool:
    """Back to the first status in which somebody works on it."""
    known = items_of(page.shared).get(origin)
    after = AFTER.get(origin.type, {}).get(str(known["status"]), frozenset()) if known is not None else frozenset()
    status = next((each for each in ("active", "in-progress", "requested", "proposed") if each in after), "")
    if known is None or not status:
        queue_message(t("This cannot be reopened."), wrong=True)
        return False
    fields: dict[str, FieldValue] = {"status": status}
    if "status_reason" in known.fields:
        fields["status_reason"] = ""
    if not stand_together(status, str(known["achievement_status"])):
        fields["achievement_status"] = ""
    item = known.with_fields(fields)
    return _at_once(page, item, {**items_of(page.shared), origin: item}, t("Reopened"))


def undo_html(page: PlanPage) -> Html | None:
    """What was saved last by this user, what came in with it, and the way back."""
    undo = _last_save(page)
    if undo is None:
        return None
    said = t("Saved: {name}", name=undo.name)
    arrived = arrived_html(undo.arrived, items_of(page.shared), page.names)
    button = small_button(t("Undo"), press("undo"), "plan-undo", undo.name) if page.may_change else None
    return fragment[h.p(class_="c3-undo", role="status")[icon("check"), " ", h.bdi[said], " ", button], arrived]


def _last_save(page: PlanPage) -> Undo | None:
    undo = st.session_state.get(LAST_SAVE)
    return undo if isinstance(undo, Undo) and undo.patient_id == page.summary.person.id else None


def _undo(page: PlanPage) -> bool:
    """Takes the own change back, and nothing else: what others have saved since is merged as with every change. What
    was new is taken back as entered in error.
    """
    undo = _last_save(page)
    st.session_state.pop(LAST_SAVE, None)
    items = items_of(undo.saved) if undo is not None else {}
    saved = items.get(undo.item) if undo is not None else None
    if undo is None or saved is None:
        queue_message(t("This cannot be taken back here any more: change it as it should be."), wrong=True)
        return False
    item = brought_back(saved, undo.before) if undo.before is not None else saved.with_fields(_in_error(saved))
    form = OpenForm(undo.patient_id, "edit", undo.saved, saved)
    name, mine = item_name(item, page.names, 80), {**items, item.origin: item}
    if item.origin.type == "CarePlan":
        mine = linked_as_ordered(mine, undo.known)
    done = save_several(form, mine, t("Taken back"), name)
    if done:
        st.session_state.pop(LAST_SAVE, None)
        if undo.accepted is not None:
            open_again(undo.patient_id, undo.accepted)
    return done


def _in_error(item: PlanItem) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {"status": "entered-in-error"}
    return fields | ({"status_reason": t("Taken back")} if "status_reason" in item.fields else {})
