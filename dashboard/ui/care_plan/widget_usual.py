"""What something new begins with: what is usual for the person's conditions, or another kind of record."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.actions.save import new_reference
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import new_activity
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.ui.care_plan.usual_items import usual_activity, usual_goal, usual_label
from dashboard.ui.care_plan.widget_changes import begin_from
from dashboard.ui.care_plan.widget_fields import Filling, ask_choice
from dashboard.ui.care_plan.widget_filled import filled_so_far
from dashboard.ui.care_plan.widget_start import for_whom, usual_of
from dashboard.ui.care_plan.words import kind_word
from dashboard.ui.shared.wording import t


def ask_usual(filling: Filling) -> None:
    """What is usual for the person's conditions, to begin with; each is a draft, and says from where it comes."""
    page, form = filling.page, filling.form
    whom = for_whom(page.summary, page.shared.team, page.at)
    made: dict[str, tuple[str, Callable[[], PlanItem]]] = {}
    for usual in usual_of(page.summary):
        if form.origin.type == "Goal":
            for goal in usual.goals:
                made[f"{usual.condition}-{goal.key}"] = (
                    f"{usual_label(goal.text, usual)}: {goal.citation.cited}",
                    partial(usual_goal, goal, usual, whom),
                )
        else:
            held = form.item["goals"] if isinstance(form.item["goals"], frozenset) else frozenset()
            goals = frozenset(each for each in held if isinstance(each, Reference))
            for activity in usual.activities:
                made[f"{usual.condition}-{activity.key}"] = (
                    f"{usual_label(activity.text, usual)}: {activity.citation.cited}",
                    partial(usual_activity, activity, usual, whom, goals),
                )
    if not made:
        return
    options = {"": t("In my own words"), **{key: label for key, (label, _) in made.items()}}
    label = t("From what is usual (drafts, to be agreed with the person)")
    chosen = ask_choice(filling, "usual", options, label, "")
    if chosen:
        begin_from(form, made[chosen][1]())
        st.rerun()


def ask_kind(filling: Filling) -> None:
    """What kind of record the activity becomes: another kind is another item with the same words."""
    kinds = {each: kind_word(each) for each in ("Task", "ServiceRequest", "CommunicationRequest")}
    now = filling.kind
    chosen = ask_choice(filling, "kind", kinds, t("Kind"), now)
    if chosen != now:
        item = filled_so_far(filling.form)
        title, owner = str(item["title"]), item["owner"]
        made = new_activity(new_reference(chosen), title, owner if isinstance(owner, NamedReference) else NOBODY)
        begin_from(filling.form, made.with_fields({"goals": item["goals"]}))
        st.rerun()
