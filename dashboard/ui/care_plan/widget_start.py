"""How a plan begins: empty, or with what is usual for the person's conditions; it is a draft until it is signed.

What is typed and chosen is kept as in the other forms (`session.drafts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import streamlit as st

from dashboard.domain.care_plan.usual import Usual
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.start_form import DO, START, Chosen, StartForm, activities_of, goals_of, items_of_start
from dashboard.ui.care_plan.usual_items import ForWhom, sources
from dashboard.ui.care_plan.words import REASONS
from dashboard.ui.record.people import distinct_labels, show_name_as_spoken
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads, session
from dashboard.ui.session.drafts import discard_draft, draft_of, keep_draft
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

LONGEST_TITLE: Final = 200
REVIEW_IN: Final = timedelta(weeks=26)
"""What a new plan proposes as its review, from today: a plan that nobody reviewed for six months is on the worklist."""
_FORM: Final = "plan_start"


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


def forget_start() -> None:
    """The form closes; what was typed stays as a draft."""
    st.session_state.pop(_FORM, None)


@st.fragment
def start_form(summary: PatientSummary, teams: Sequence[CareTeam], at: ViewTime) -> None:
    """Title, review, and what of the usual the plan begins with; for which team, where there are several."""
    with error_boundary("plan-start"), st.container(key="plan-form"):
        form, usual = _form(summary.person.id), usual_of(summary)
        panel("plan-starthead", h.div[h.h3[t("Start a shared plan")], _draft_html(form)])
        team = _team(form, teams)
        title = st.text_input(
            t("Title"),
            form.words("title", t("Shared care plan")),
            max_chars=LONGEST_TITLE,
            key=form.key("title"),
            live=True,
        )
        due = st.date_input(
            t("Review date"),
            form.day("due", at.today + REVIEW_IN),
            min_value=min(at.today, form.day("due", at.today) or at.today),
            format="DD/MM/YYYY",
            key=form.key("due"),
        )
        goals = goals_of(usual)
        picked = _several(form, t("Usual goals to begin with"), "goals", {key: goals[key].label for key in goals})
        activities = activities_of(usual, [goals[key] for key in picked])
        doing = _several(
            form, t("Usual activities for them"), "activities", {key: activities[key].label for key in activities}
        )
        if picked:
            cited = "; ".join(sources([*(goals[key].what for key in picked), *(activities[key].what for key in doing)]))
            said = t("Drafts that no clinician has reviewed, to be agreed with the person. From: {cited}", cited=cited)
            panel("plan-startsources", h.p(class_="c3-sub")[said])
        words = [t(each) for each in REASONS]
        why = st.selectbox(
            t("Why this change (the team sees it)"),
            words,
            index=words.index(form.words("why", "")) if form.words("why", "") in words else None,
            key=form.key("why"),
            placeholder=t("Choose"),
        )
        chosen = Chosen(
            str(title or ""),
            due if isinstance(due, date) else None,
            tuple(picked),
            tuple(doing),
            why if why in words else "",
            team.origin if team is not None else None,
        )
        typed = _keep(form, chosen, at)
        with st.container(horizontal=True):
            if st.button(t("Start as a draft"), type="primary", key="start_plan"):
                _start(form, summary, chosen, for_whom(summary, team, at))
            if typed and st.button(t("Throw away what I typed"), key="start_throw"):
                _begin_anew(form)
                st.rerun()


def _form(patient_id: str) -> StartForm:
    """The form as it was begun. Streamlit forgets what is in fields that one run does not draw, as on another page:
    then it goes on from the draft.
    """
    form = st.session_state.get(_FORM)
    if not isinstance(form, StartForm) or form.patient_id != patient_id:
        form = StartForm(patient_id)
    elif form.key("title") in st.session_state:
        return form
    draft = draft_of(patient_id, START, DO)
    if draft is not None:
        form = replace(form, fields=draft.fields, typed=draft.typed)
    st.session_state[_FORM] = form
    return form


def _draft_html(form: StartForm) -> Html | None:
    if form.typed is None:
        return None
    when = show_moment(form.typed, session.zone())
    return h.p(class_="c3-sub")[t("These are your words of {when}, which were not saved yet.", when=when)]


def _team(form: StartForm, teams: Sequence[CareTeam]) -> CareTeam | None:
    """The team whose plan it will be; None until one of several is chosen."""
    if len(teams) < 2:
        return next(iter(teams), None)
    known = {str(team.origin): team for team in teams}
    labels = distinct_labels({name: clean(team.team_name, 120) or name for name, team in known.items()})
    before = form.words("team", "")
    chosen = st.selectbox(
        t("Whose plan it is"),
        list(labels),
        index=list(labels).index(before) if before in labels else None,
        format_func=lambda name: labels.get(name, str(name)),
        key=form.key("team"),
        placeholder=t("Choose a team"),
    )
    return known.get(str(chosen))


def _several(form: StartForm, label: str, name: str, words: Mapping[str, str]) -> list[str]:
    if not words:
        return []
    labels = distinct_labels(words)
    picked = st.multiselect(
        label,
        list(labels),
        default=[each for each in form.keys(name) if each in labels],
        format_func=lambda each: labels.get(each, str(each)),
        key=form.key(name),
        placeholder=t("None chosen"),
        select_all=False,
    )
    return [each for each in picked if each in labels]


def _keep(form: StartForm, chosen: Chosen, at: ViewTime) -> bool:
    """Keeps what is filled in otherwise than the form proposes it; whether there is anything."""
    proposed = Chosen(t("Shared care plan"), at.today + REVIEW_IN).fields()
    fields = {name: value for name, value in chosen.fields().items() if value != proposed[name]}
    if not fields.keys() - {"team"}:
        discard_draft(form.patient_id, START, DO)
        return False
    if not keep_draft(form.patient_id, START, DO, "", fields):
        st.warning(t("There is no room for more drafts: this one is kept in this window only. Save it, or others."))
    return True


def _begin_anew(form: StartForm) -> None:
    """What was typed is saved, or thrown away: the fields are empty ones."""
    discard_draft(form.patient_id, START, DO)
    st.session_state[_FORM] = StartForm(form.patient_id, round=form.round + 1)


@uninterrupted()
def _start(form: StartForm, summary: PatientSummary, chosen: Chosen, whom: ForWhom) -> None:
    if not chosen.why:
        st.error(t("Say why in a few words, or choose a reason: the team reads it."))
        return
    review = PartialDate(chosen.due.isoformat()) if chosen.due is not None else None
    addresses = [each.origin for each in whom.problems if each.active and each.keys]
    items = items_of_start(usual_of(summary), chosen.goals, chosen.activities, whom)
    try:
        plans_read.start(summary.person.id, chosen.title, review, addresses, items, chosen.why, chosen.team)
    except DashboardError as problem:
        if problem.code != "plan-there-already":
            st.error(error_words(problem))
            return
        queue_message(t("Somebody else has started the plan meanwhile. What you chose is kept for you."), caution=True)
    else:
        _begin_anew(form)
        queue_message(t("The plan is a draft until you sign it off. Saved, the team sees it."))
    finally:
        reads.forget_patient()
    st.rerun()
