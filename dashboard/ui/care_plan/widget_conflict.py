"""The decisions that a save waits for, where two people changed the same at once: each is asked, then all are saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import streamlit as st

from dashboard.domain.care_plan.merge import Choice, Conflict, ConflictKind
from dashboard.domain.care_plan.plan_item import AGREEMENT, FieldKind, FieldValue, kind_of
from dashboard.domain.care_plan.validation import LIMITS
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.words import without_control_characters
from dashboard.ui.care_plan.conflict_html import arrived_without_conflict, conflict_head_html, conflict_html
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.offered import people, worded
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_changes import OpenConflict, close_conflict, save_decision
from dashboard.ui.care_plan.widget_fields import Filling, ask_code, ask_person, ask_targets
from dashboard.ui.care_plan.widget_filled import forget_refusal, refusal
from dashboard.ui.care_plan.widget_form import ask_status
from dashboard.ui.care_plan.words import AGREEMENTS, GOAL_PRIORITIES, field_word
from dashboard.ui.record.names import ACHIEVEMENTS, PRIORITIES
from dashboard.ui.session import session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.draft_text import draft_text
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t, tn

_OTHER = "other"
Chosen = Choice | Mapping[str, FieldValue]


def show_conflict(open_: OpenConflict, page: PlanPage) -> None:
    """The decision in place of the plan's forms: it is saved once every conflict is decided."""
    merged = open_.found.merged
    others = arrived_without_conflict(merged.arrived, merged.conflicts)
    panel(f"plan-conflicts-{page.summary.person.id}", conflict_head_html(len(merged.conflicts), len(others)))
    with st.container(key="plan-form"):
        _decide(open_, page, merged.conflicts)


@st.fragment
def _decide(open_: OpenConflict, page: PlanPage, conflicts: Sequence[Conflict]) -> None:
    """A choice for each conflict, and saving."""
    with error_boundary("plan-conflict"):
        ident, zone, me = page.summary.person.id, page.at.zone, session.user().name
        chosen: dict[Conflict, Chosen] = {}
        for place, conflict in enumerate(conflicts):
            by = open_.found.changes.get(conflict.origin)
            panel(f"plan-conflict-{ident}-{place}", conflict_html(conflict, by, page.names, zone, me))
            # One element whatever is asked in it: the buttons after it stand still, and are never there twice.
            with st.container():
                choice = _ask(conflict, place, page, open_.form)
            if choice is not None:
                chosen[conflict] = choice
        said = st.container()
        with st.container(horizontal=True):
            if st.button(t("Save my decision"), type="primary", key="plan_decide"):
                forget_refusal()
                with said:
                    _decided(open_, conflicts, chosen)
            if st.button(t("Not now"), key="plan_later"):
                close_conflict()
                st.rerun()
        if refused := refusal(open_.form):
            said.error(refused)
        words = t("“Not now” keeps what you typed as a draft; nothing of yours or theirs is lost.")
        if open_.form.do == "link":
            words = t("“Not now” leaves the plan as your colleagues have it; what you chose is to be chosen again.")
        panel(f"plan-conflictfoot-{ident}", h.p(class_="c3-sub")[words])


def _ask(conflict: Conflict, place: int, page: PlanPage, form: OpenForm) -> Chosen | None:
    """What the user chooses; None until something is chosen."""
    options = {Choice.MINE.value: t("Keep mine"), Choice.THEIRS.value: t("Take theirs")}
    if conflict.kind is ConflictKind.ADDED_TWICE:
        options[Choice.BOTH.value] = t("Keep both")
    elif _can_be_written(conflict):
        options[_OTHER] = t("Write another")
    chosen = st.radio(
        t("What is right?"),
        list(options),
        index=None,
        format_func=lambda each: options.get(each, str(each)),
        key=f"plan_choice-{place}",
        horizontal=True,
    )
    if chosen not in options:
        return None
    if chosen != _OTHER:
        return Choice(chosen)
    [name] = conflict.fields
    if conflict.mine is not None and name.partition(":")[0] in _ASKED:
        return _filled(replace(form, item=conflict.mine), name, page)
    return {name: _written(conflict, name, place, page)}


def _written(conflict: Conflict, name: str, place: int, page: PlanPage) -> FieldValue:
    """Another value than both, typed here; it begins with the own one."""
    mine = conflict.mine[name] if conflict.mine is not None else ""
    label = field_word(name, conflict.origin.type, page.names)
    if name in _DAYS:
        day = mine.end if isinstance(mine, PartialDate) else page.at.today
        chosen = st.date_input(label, day, format="DD/MM/YYYY", key=f"plan_otherday-{place}")
        return PartialDate(chosen.isoformat()) if isinstance(chosen, date) else mine
    text = draft_text(label, str(mine), f"plan_other-{place}", most=LIMITS.get(name, LONGEST_REASON))
    return without_control_characters(text)


_DAYS = ("due", "start")


def _filled(form: OpenForm, name: str, page: PlanPage) -> Chosen | None:
    """Another value than both, in the field that the form itself has for it; None while it is filled in wrongly."""
    filling = Filling(form, page)
    _ASKED[name.partition(":")[0]](filling, name)
    for sentence in filling.wrong:
        st.error(sentence)
    return {name: filling.values[name]} if not filling.wrong else None


_ASKED: Final[Mapping[str, Callable[[Filling, str], None]]] = {
    "status": lambda filling, name: ask_status(filling),
    "achievement_status": lambda filling, name: ask_code(filling, name, {"": t("not recorded")} | worded(ACHIEVEMENTS)),
    "priority": lambda filling, name: ask_code(
        filling,
        name,
        {"": t("not recorded")} | worded(GOAL_PRIORITIES) if filling.kind == "Goal" else worded(PRIORITIES),
    ),
    "owner": lambda filling, name: ask_person(filling, name, people(filling.page)),
    "expressed_by": lambda filling, name: ask_person(filling, name, people(filling.page, wishing=True)),
    "targets": lambda filling, name: ask_targets(filling),
    AGREEMENT: lambda filling, name: ask_code(filling, name, worded(AGREEMENTS)),
}
"""How another value of these fields is asked for."""


def _can_be_written(conflict: Conflict) -> bool:
    """Whether another value can be given: of one field that has an input of its own, of one text, or of one day."""
    [first, *more] = conflict.fields or ("",)
    asked = first.partition(":")[0] in _ASKED and conflict.mine is not None
    return not more and bool(first) and (asked or first in _DAYS or kind_of(first) is FieldKind.TEXT)


def _decided(
    open_: OpenConflict,
    conflicts: Sequence[Conflict],
    chosen: Mapping[Conflict, Chosen],
) -> None:
    if len(chosen) < len(conflicts):
        left = len(conflicts) - len(chosen)
        st.error(tn("{n} decision is still open.", "{n} decisions are still open.", left))
        return
    save_decision(open_, chosen)
    st.rerun()
