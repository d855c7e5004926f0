"""How a plan begins: empty, or with what is usual for the person's conditions; it is a draft until it is signed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import streamlit as st

from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.usual import Usual, UsualActivity, UsualGoal
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.usual_items import ForWhom, sources, usual_activity, usual_goal, usual_label
from dashboard.ui.care_plan.words import REASONS
from dashboard.ui.record.people import distinct_labels, show_name_as_spoken
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads, session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

LONGEST_TITLE: Final = 200
REVIEW_IN: Final = timedelta(weeks=26)
"""What a new plan proposes as its review, from today: a plan that nobody reviewed for six months is on the worklist."""


def for_whom(summary: PatientSummary, team: CareTeam | None, at: ViewTime) -> ForWhom:
    """The person for whom a plan is made."""
    who = session.user()
    return ForWhom(
        NamedReference(Reference("Patient", summary.person.id), show_name_as_spoken(summary.person.name)),
        NamedReference(who.practitioner, who.name),
        team.members if team is not None else summary.team.value or (),
        summary.problems.value or (),
        at.today,
    )


def usual_of(summary: PatientSummary) -> tuple[Usual, ...]:
    """What is usual for the person's conditions."""
    return plans_read.usual_plans({key for each in summary.problems.value or () if each.active for key in each.keys})


@st.fragment
def start_form(summary: PatientSummary, team: CareTeam | None, at: ViewTime) -> None:
    """Title, review, and what of the usual the plan begins with."""
    with error_boundary("plan-start"), st.container(key="plan-form"):
        whom, usual = for_whom(summary, team, at), usual_of(summary)
        panel("plan-starthead", h.div[h.h3[t("Start a shared plan")]])
        title = st.text_input(t("Title"), t("Shared care plan"), max_chars=LONGEST_TITLE, key="start_title")
        due = st.date_input(
            t("Review date"), at.today + REVIEW_IN, min_value=at.today, format="DD/MM/YYYY", key="start_due"
        )
        goals = _goals(usual)
        labels = {key: label for key, (label, _) in goals.items()}
        picked = [goals[key][1] for key in _several(t("Usual goals to begin with"), "start_goals", labels)]
        activities = _activities(usual, picked)
        labels = {key: label for key, (label, _) in activities.items()}
        doing = [activities[key][1] for key in _several(t("Usual activities for them"), "start_activities", labels)]
        if picked:
            cited = "; ".join(sources([*(goal for goal, _ in picked), *(activity for activity, _ in doing)]))
            said = t("Drafts that no clinician has reviewed, to be agreed with the person. From: {cited}", cited=cited)
            panel("plan-startsources", h.p(class_="c3-sub")[said])
        words = [t(each) for each in REASONS]
        label = t("Why this change (the team sees it)")
        why = st.selectbox(label, words, index=None, key="start_why", placeholder=t("Choose"))
        if st.button(t("Start as a draft"), type="primary", key="start_plan"):
            if why not in words:
                st.error(t("Say why in a few words, or choose a reason: the team reads it."))
                return
            items = _items(picked, doing, whom)
            _start(summary, title, due if isinstance(due, date) else None, items, why, whom)


def _several(label: str, key: str, words: Mapping[str, str]) -> list[str]:
    if not words:
        return []
    labels = distinct_labels(words)
    picked = st.multiselect(
        label, list(labels), format_func=lambda each: labels.get(each, str(each)), key=key, placeholder=t("None chosen")
    )
    return [each for each in picked if each in labels]


GoalOf = tuple[UsualGoal, Usual]
ActivityOf = tuple[UsualActivity, Usual]


def _goals(usual: Sequence[Usual]) -> dict[str, tuple[str, GoalOf]]:
    return {
        f"{one.condition}-{goal.key}": (usual_label(goal.text, one), (goal, one)) for one in usual for goal in one.goals
    }


def _activities(usual: Sequence[Usual], chosen: Sequence[GoalOf]) -> dict[str, tuple[str, ActivityOf]]:
    """Those that serve the goals chosen."""
    return {
        f"{one.condition}-{activity.key}": (usual_label(activity.text, one), (activity, one))
        for goal, one in chosen
        for activity in one.serving(goal)
    }


def _items(goals: Sequence[GoalOf], activities: Sequence[ActivityOf], whom: ForWhom) -> list[PlanItem]:
    """The new items, each activity with the goals that it serves."""
    made = {(one.condition, goal.key): usual_goal(goal, one, whom) for goal, one in goals}
    found = list(made.values())
    for activity, one in activities:
        served = frozenset(made[one.condition, key].origin for key in activity.goals if (one.condition, key) in made)
        found.append(usual_activity(activity, one, whom, served))
    return found


def _start(
    summary: PatientSummary, title: str, due: date | None, items: Sequence[PlanItem], why: str, whom: ForWhom
) -> None:
    review = PartialDate(due.isoformat()) if due is not None else None
    addresses = [each.origin for each in whom.problems if each.active and each.keys]
    try:
        plans_read.start(summary.person.id, title, review, addresses, items, why)
    except DashboardError as problem:
        st.error(error_words(problem))
        return
    finally:
        reads.forget_patient()
    queue_message(t("The plan is a draft until you sign it off. Saved, the team sees it."))
    st.rerun()
