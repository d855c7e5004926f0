"""What is changed on the page of a care plan with a form: which one is open, saving it, and what the save leaves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.domain.care_plan.choices import Chosen
from dashboard.domain.care_plan.merge import Arrived, Items
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import (
    SharedPlan,
    items_of,
    new_activity,
    new_goal,
    with_links,
)
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.conflict_html import arrived_without_conflict
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_filled import OPEN, forget_filled, forget_refusal, refuse_in_form
from dashboard.ui.care_plan.words import Names, item_name
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads, session
from dashboard.ui.session.drafts import discard_draft, draft_of
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import t

LAST_SAVE = "plan_undo"
"""Where the session keeps the `Undo` of the last save."""
_OPEN, _CONFLICT = OPEN, "plan_conflict"


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
    for name in (_OPEN, LAST_SAVE, _CONFLICT):
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


def begin(page: PlanPage, do: str, item: Reference | None, whose: str) -> None:
    """Opens the form that a press asked for, or throws away what is in it."""
    if do == "throw" and item is not None:
        discard_draft(page.summary.person.id, item, whose)
        return
    form = _begun(page, do, item, whose) if page.may_change else None
    if form is not None:
        forget_filled()
        st.session_state[_OPEN] = form


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


@uninterrupted()
def save_form(form: OpenForm, item: PlanItem, reason: str, names: Names) -> None:
    """Saves what was filled in. What must be decided first opens the decision instead; a refusal is said in the form
    until the next try, and what was typed stays.
    """
    if _save_items(form, form.items(item), reason, item_name(item, names, 80)):
        discard_draft(form.patient_id, form.origin, form.do)


@uninterrupted()
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


@uninterrupted()
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
    remember_save(form, found, name, choices)
    queue_message(t("Saved, the team sees it."))
    for notice in found.notices:
        queue_message(notice_words(notice), caution=True)
    return True


def remember_save(form: OpenForm, found: PlanSaved, name: str, choices: Chosen = NO_CHOICES) -> None:
    """Keeps what was saved for the way back, under the words that it has now: a decision may have given it others."""
    if form.before is None and form.origin not in found.made:  # more than one thing, which no press takes back
        st.session_state.pop(LAST_SAVE, None)
        return
    origin = found.made.get(form.origin, form.origin)
    now = items_of(found.shared).get(origin)
    if choices and now is not None:
        name = clean(str(now["title"]), 80) or name
    # What colleagues changed of it meanwhile stays when the own change is taken back.
    meanwhile = {each.field: each.now for each in found.arrived if each.item == origin and each.field}
    before = form.before.with_fields(meanwhile) if form.before is not None else None
    arrived = arrived_without_conflict(found.arrived, choices)
    st.session_state[LAST_SAVE] = Undo(
        form.patient_id, origin, name, before, found.shared, items_of(form.base), arrived, found.accepted
    )


def sign(form: OpenForm, status: str, day: PartialDate | None, reason: str) -> None:
    """Gives the plan another status and day of review, as it was read and no other."""
    _done(form, lambda: plans_read.sign(form.patient_id, form.base, status, day, reason), t("Signed."))


def agree(form: OpenForm, person: Reference, answers: Mapping[Reference, str], reason: str) -> None:
    """Records what a person says to goals."""
    _done(form, lambda: plans_read.agree(form.patient_id, form.base, person, answers, reason), t("Recorded."))


@uninterrupted()
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
