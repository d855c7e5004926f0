"""What is changed on the page of a care plan: which form is open, saving, the way back, and drafts that wait."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.domain.care_plan.choices import Chosen
from dashboard.domain.care_plan.history import brought_back
from dashboard.domain.care_plan.merge import Arrived, Items
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem
from dashboard.domain.care_plan.shared_plan import (
    SharedPlan,
    items_of,
    linked_as_ordered,
    new_activity,
    new_goal,
    references_in,
    with_links,
)
from dashboard.domain.care_plan.statuses import AFTER, stand_together
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.activity_html import small_button
from dashboard.ui.care_plan.conflict_html import arrived_html, arrived_without_conflict
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.proposal import open_again
from dashboard.ui.care_plan.widget_filled import OPEN, forget_filled, forget_refusal, refuse_in_form
from dashboard.ui.care_plan.words import Names, item_name
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads, session
from dashboard.ui.session.drafts import discard_draft, draft_of
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t

_OPEN, _UNDO, _CONFLICT = OPEN, "plan_undo", "plan_conflict"


@dataclass(frozen=True, slots=True)
class Undo:
    """How the last save is taken back: `item` was `before` when it was saved over (None: it was new), and `saved` is
    the plan with it. `known` are all items as they were, `arrived` came in with it, `accepted` is the recommendation
    that it followed.
    """

    patient_id: str
    item: Reference
    name: str
    before: PlanItem | None
    saved: SharedPlan
    known: Items
    arrived: tuple[Arrived, ...] = ()
    accepted: Guidance | None = None


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """What must be decided before a save can go on: the form it came from, the items it was to save, why, and what the
    server had meanwhile.
    """

    form: OpenForm
    mine: Items
    reason: str
    name: str
    found: PlanConflict


def forget() -> None:
    """Another patient is shown now: what was open stays as drafts."""
    for name in (_OPEN, _UNDO, _CONFLICT):
        st.session_state.pop(name, None)
    forget_refusal()
    forget_filled()


def open_form(patient_id: str) -> OpenForm | None:
    form = st.session_state.get(_OPEN)
    return form if isinstance(form, OpenForm) and form.patient_id == patient_id else None


def open_conflict(patient_id: str) -> OpenConflict | None:
    conflict = st.session_state.get(_CONFLICT)
    return conflict if isinstance(conflict, OpenConflict) and conflict.form.patient_id == patient_id else None


def _say_for_a_moment(form: OpenForm, sentence: str) -> None:
    """Of a change that has no form of its own."""
    queue_message(sentence, wrong=True)


def answer(page: PlanPage, do: str, item: Reference | None, whose: str) -> bool:
    """Does what a press asked for; True where the plan must be read again."""
    if do == "throw" and item is not None:
        discard_draft(page.summary.person.id, item, whose)
        return False
    if not page.may_change:
        return False
    if do == "undo":
        return _undo(page)
    if do in ("up", "down"):
        return item is not None and _move(page, item, -1 if do == "up" else 1)
    if do == "reopen":
        return item is not None and _reopen(page, item)
    form = _begun(page, do, item, whose)
    if form is not None:
        forget_filled()
        st.session_state[_OPEN] = form
    return False


def _begun(page: PlanPage, do: str, item: Reference | None, whose: str) -> OpenForm | None:
    """The form that a press asks for, with the draft of the user where there is one."""
    ident = page.summary.person.id
    current = open_form(ident)
    if current is not None and (current.do, current.origin) == (do, item):
        return None
    draft = draft_of(ident, item, whose if do == "go-on" else do) if item is not None else None
    if do == "go-on":
        begun = draft.base if draft is not None else None
        if draft is None or not isinstance(begun, OpenForm):
            return None
        return begun.begin_with(draft.fields, draft.typed)
    if do == "add-goal":
        by = NamedReference(page.patient, page.names.of(page.patient)) if whose == "patient" else _me()
        made = new_goal(new_reference("Goal"), "", by, page.at.today)
        return OpenForm(ident, "add", page.shared, made, near=Reference("Goal", "new"))
    if do == "add-activity":
        made = new_activity(new_reference("Task"), "", NOBODY, goals=frozenset({item} if item is not None else ()))
        return OpenForm(ident, "add", page.shared, made, near=item or Reference("Task", "new"))
    known = items_of(page.shared).get(item) if item is not None else None
    if do in ("sign", "agree", "link") and (current is None or current.do != do):
        near = Reference("Task", "new") if do == "link" else None
        return OpenForm(ident, do, page.shared, items_of(page.shared)[page.shared.plan.origin], near=near)
    if known is None or do not in ("edit", "note", "end"):
        return None
    form = OpenForm(ident, do, page.shared, known)
    if draft is not None and isinstance(draft.base, OpenForm):
        return draft.base.begin_with(draft.fields, draft.typed)
    return form


def _me() -> NamedReference:
    who = session.user()
    return NamedReference(who.practitioner, who.name)


def close_conflict() -> None:
    """The decision waits: what was typed is offered as a draft."""
    forget_refusal()
    st.session_state.pop(_CONFLICT, None)


def close_form() -> None:
    """The form closes; what was typed stays as a draft."""
    forget_refusal()
    st.session_state.pop(_OPEN, None)


def begin_anew(form: OpenForm) -> None:
    st.session_state[_OPEN] = form.begin_anew()


def begin_from(form: OpenForm, item: PlanItem) -> None:
    """The form of something new begins with this item instead."""
    discard_draft(form.patient_id, form.origin, form.do)
    st.session_state[_OPEN] = form.with_item(item)


def save_form(form: OpenForm, item: PlanItem, reason: str, names: Names) -> None:
    """Saves what was filled in. What must be decided first opens the decision instead; a refusal is said in the form
    until the next try, and what was typed stays.
    """
    if _save_items(form, form.items(item), reason, item_name(item, names, 80)):
        discard_draft(form.patient_id, form.origin, form.do)


def save_decision(conflict: OpenConflict, choices: Chosen) -> None:
    """Saves what was decided; a refusal is said there until the next try."""
    form = conflict.form
    if _save_items(form, conflict.mine, conflict.reason, conflict.name, choices):
        discard_draft(form.patient_id, form.origin, form.do)


def save_several(form: OpenForm, mine: Items, reason: str, name: str) -> bool:
    """Saves several new items at once; a refusal is shown for a moment. True where they are saved."""
    return _save_items(form, mine, reason, name, refuse=_say_for_a_moment)


def _save_items(
    form: OpenForm,
    mine: Items,
    reason: str,
    name: str,
    choices: Chosen = NO_CHOICES,
    refuse: Callable[[OpenForm, str], None] = refuse_in_form,
) -> bool:
    """Saves these items over the plan that the form was begun on; True where it is saved. `refuse` says why not."""
    change = partial(plans_read.save, form.patient_id, form.base, mine, reason, choices, form.accepts)
    return _saved(form, mine, reason, name, change, choices, refuse)


def link(form: OpenForm, put_in: Sequence[Reference], taken_out: Sequence[Reference], reason: str, name: str) -> None:
    """Puts medicines and appointments into the plan, and takes others out; a refusal is said in the form until the next
    try.
    """
    mine = with_links(items_of(form.base), put_in, taken_out)
    change = partial(plans_read.link, form.patient_id, form.base, put_in, taken_out, reason)
    _saved(form, mine, reason, name, change)


def _saved(
    form: OpenForm,
    mine: Items,
    reason: str,
    name: str,
    change: Callable[[], PlanSaved | PlanConflict],
    choices: Chosen = NO_CHOICES,
    refuse: Callable[[OpenForm, str], None] = refuse_in_form,
) -> bool:
    forget_refusal()
    try:
        found = change()
    except DashboardError as problem:
        refuse(form, error_words(problem))
        return False
    finally:
        reads.forget_patient()
    if isinstance(found, PlanConflict):
        st.session_state[_CONFLICT] = OpenConflict(form, mine, reason, name, found)
        st.session_state.pop(_OPEN, None)
        return False
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_CONFLICT, None)
    _remember(form, found, name, choices)
    queue_message(t("Saved, the team sees it."))
    for notice in found.notices:
        queue_message(notice_words(notice), caution=True)
    return True


def _remember(form: OpenForm, found: PlanSaved, name: str, choices: Chosen = NO_CHOICES) -> None:
    """Keeps what was saved for the way back, under the words that it has now: a decision may have given it others."""
    if form.before is None and form.origin not in found.made:  # more than one thing, which no press takes back
        st.session_state.pop(_UNDO, None)
        return
    origin = found.made.get(form.origin, form.origin)
    now = items_of(found.shared).get(origin)
    if choices and now is not None:
        name = clean(str(now["title"]), 80) or name
    # What colleagues changed of it meanwhile stays when the own change is taken back.
    meanwhile = {each.field: each.now for each in found.arrived if each.item == origin and each.field}
    before = form.before.with_fields(meanwhile) if form.before is not None else None
    arrived = arrived_without_conflict(found.arrived, choices)
    st.session_state[_UNDO] = Undo(
        form.patient_id, origin, name, before, found.shared, items_of(form.base), arrived, found.accepted
    )


def sign(form: OpenForm, status: str, day: PartialDate | None, reason: str) -> None:
    """Gives the plan another status and day of review, as it was read and no other."""
    _done(form, lambda: plans_read.sign(form.patient_id, form.base, status, day, reason), t("Signed."))


def agree(form: OpenForm, person: Reference, answers: Mapping[Reference, str], reason: str) -> None:
    """Records what a person says to goals."""
    _done(form, lambda: plans_read.agree(form.patient_id, form.base, person, answers, reason), t("Recorded."))


def _done(form: OpenForm, change: Callable[[], PlanSaved | PlanConflict], said: str) -> None:
    """Makes a change that is not merged field by field: what somebody else changed is to be looked at first. Why it
    could not be saved is said in the form until the next try.
    """
    forget_refusal()
    try:
        found = change()
    except DashboardError as problem:
        refuse_in_form(form, error_words(problem))
        return
    finally:
        reads.forget_patient()
    if isinstance(found, PlanConflict):
        refuse_in_form(
            form,
            t("Somebody else changed the same since you opened this. Close it, look at the plan, and try again."),
        )
        return
    close_form()
    queue_message(f"{said} {t('Saved, the team sees it.')}")
    for notice in found.notices:
        queue_message(notice_words(notice), caution=True)


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
    if isinstance(found, PlanConflict):
        queue_message(t("Somebody else is changing the same. Look at the plan, and try again."), wrong=True)
        return False
    _remember(form, found, item_name(form.item, page.names, 80))
    queue_message(t("Brought back. Saved, the team sees it."))
    return True


def _at_once(page: PlanPage, item: PlanItem, mine: Items, reason: str) -> bool:
    """Saves a change that asks nothing more."""
    known = items_of(page.shared)[item.origin]
    form = OpenForm(page.summary.person.id, "edit", page.shared, known)
    return _save_items(form, mine, reason, item_name(item, page.names, 80), refuse=_say_for_a_moment)


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


# --- the way back ----------------------------------------------------------------------------------------------------


def undo_html(page: PlanPage) -> Html | None:
    """What was saved last by this user, what came in with it, and the way back."""
    undo = _lastsave_items(page)
    if undo is None:
        return None
    said = t("Saved: {name}", name=undo.name)
    arrived = arrived_html(undo.arrived, items_of(page.shared), page.names)
    button = small_button(t("Undo"), press("undo"), "plan-undo", undo.name) if page.may_change else None
    return fragment[h.p(class_="c3-undo", role="status")[icon("check"), " ", h.bdi[said], " ", button], arrived]


def _lastsave_items(page: PlanPage) -> Undo | None:
    undo = st.session_state.get(_UNDO)
    return undo if isinstance(undo, Undo) and undo.patient_id == page.summary.person.id else None


def _undo(page: PlanPage) -> bool:
    """Takes the own change back, and nothing else: what others have saved since is merged as with every change. What
    was new is taken back as entered in error.
    """
    undo = _lastsave_items(page)
    st.session_state.pop(_UNDO, None)
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
    done = _save_items(form, mine, t("Taken back"), name, refuse=_say_for_a_moment)
    if done:
        st.session_state.pop(_UNDO, None)
        if undo.accepted is not None:
            open_again(undo.patient_id, undo.accepted)
    return done


def _in_error(item: PlanItem) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {"status": "entered-in-error"}
    return fields | ({"status_reason": t("Taken back")} if "status_reason" in item.fields else {})
