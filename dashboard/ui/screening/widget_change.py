"""The change of one person or several: what it needs, a preview of what will be saved, and the saving."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard.actions.change_enrolment import Outcome
from dashboard.domain.pilot.enrolment import LAYERS, Arm, EnrolmentAction
from dashboard.domain.pilot.enrolment_reasons import REASONS
from dashboard.domain.pilot.planned_change import Form, PlannedChange, WantedChange, plan_changes
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.study_consent import LONGEST_FORM
from dashboard.domain.pilot.subject import Details
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.datatypes import NOBODY, NamedReference
from dashboard.errors import DashboardError, ServerUnavailable
from dashboard.ui.pilot.enrolment_words import ARMS, DO, DONE, reason_words
from dashboard.ui.record.people import distinct_labels, show_name
from dashboard.ui.screening import chosen
from dashboard.ui.screening.change_html import preview_html
from dashboard.ui.session import screening, session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn


def change_form(found: ScreeningList, asked: chosen.Asked, stale: str) -> None:
    """The fields, the preview, and the two ways on. Those of the chosen who are on the list no more are left out."""
    lines = [line for line in found.lines if line.person.id in asked.patients]
    study, at = found.study, ViewTime(session.as_of(), session.zone())
    if not lines or study is None:
        chosen.stop_asking()
        st.rerun()
    panel("screening-change-heading", h.div(class_="c3-head")[h.h1[heading_words(asked.action, lines)]])
    with st.container(key="screening-change"):
        wanted, why = _fields(asked.action, lines, study, at.today)
    me = NamedReference(session.user().practitioner, session.user().name)
    said = why.strip() or DONE[asked.action]
    planned = plan_changes(lines, study, wanted, by=me, why=said, at=at.as_of)
    possible = sum(each.error is None for each in planned)
    moves_to = clean(wanted.details.site.name, 120) if asked.action is EnrolmentAction.MOVE else ""
    panel("screening-preview", preview_html(planned, at, moves_to))
    with st.container(key="screening-save", horizontal=True):
        # Never greyed out for what is missing: a press on it right after typing would be lost. It says what is missing.
        save = st.button(
            tn("Save for {n} person", "Save for {n} people", possible) if possible else t("Save"),
            type="primary",
            key="screening_save",
            disabled=bool(stale),
        )
        st.button(t("Back to the list"), key="screening_back", on_click=chosen.stop_asking)
    seen, st.session_state["screening_possible"] = st.session_state.get("screening_possible"), possible
    if not save or stale:
        return
    if not possible:
        st.error(t("Nobody can be changed so; the table says why."))
    elif possible > 1 and possible != seen:
        st.info(t("What you typed changed who can be saved. Look at the table, then save."))
    else:
        _save(asked, planned, study, wanted, said)


def heading_words(action: EnrolmentAction, lines: Sequence[ScreenedPatient]) -> str:
    """`Approach: 3 people`, or the name of the one."""
    who = show_name(lines[0].person.name) if len(lines) == 1 else tn("{n} person", "{n} people", len(lines))
    return t("{change}: {who}", change=t(DO[action]), who=who)


def _fields(
    action: EnrolmentAction, lines: Sequence[ScreenedPatient], study: Study, today: date
) -> tuple[WantedChange, str]:
    with st.container(horizontal=True):
        day = _day(today)
        reason = _reason(action)
    form = _form() if action is EnrolmentAction.CONSENT else Form()
    arm, layer = _group() if action is EnrolmentAction.ENROL else ("", None)
    needs_site = any(line.subject is None and study.site(line.site_id) is None for line in lines)
    site = NOBODY
    if action is EnrolmentAction.MOVE or needs_site:
        site = _site(study, t("New site") if action is EnrolmentAction.MOVE else t("Site of those whose own has none"))
    why = st.text_area(
        t("In your words, if there is more to say (the team sees it)"),
        chosen.typed("why", ""),
        max_chars=LONGEST_REASON,
        height=68,
        key="screening_why",
    )
    chosen.keep_typed("why", str(why or ""))
    details = Details(day, reason, arm=arm, layer=layer, site=site if action is EnrolmentAction.MOVE else NOBODY)
    return WantedChange(action, details, form, site.to.id if site.to is not None else ""), str(why or "")


def _day(today: date) -> date:
    day = st.date_input(
        t("Day on which it happened"),
        chosen.typed("day", today),
        max_value=today,
        format="DD/MM/YYYY",
        key="screening_day",
        width=220,
    )
    day = day if isinstance(day, date) else today
    chosen.keep_typed("day", day)
    return day


def _reason(action: EnrolmentAction) -> str:
    if action not in REASONS:
        return ""
    return _one_of("reason", t("Reason"), REASONS[action], reason_words, t("Choose a reason"))


def _form() -> Form:
    with st.container(horizontal=True):
        name = _text("form", t("Form that was signed"))
        version = _text("version", t("Version of the form"))
    return Form(name, version)


def _text(name: str, label: str) -> str:
    said = st.text_input(label, chosen.typed(name, ""), max_chars=LONGEST_FORM, key=f"screening_{name}", width=320)
    chosen.keep_typed(name, str(said or ""))
    return str(said or "")


def _group() -> tuple[str, int | None]:
    with st.container(horizontal=True):
        arm = _one_of("arm", t("Group"), tuple(map(str, Arm)), lambda key: t(ARMS[key]), t("Choose the group"))
        layer = _one_of("layer", t("Layer of the evaluation"), tuple(map(str, LAYERS)), str, t("Choose the layer"))
    return arm, int(layer) if layer else None


def _site(study: Study, label: str) -> NamedReference:
    sites = {each.site.to.id: each.site for each in study.sites if each.site.to is not None}
    words = distinct_labels({key: clean(each.name, 120) or key for key, each in sites.items()})
    picked = _one_of("site", label, tuple(sites), lambda key: words.get(key, key), t("Choose a site"))
    return sites.get(picked, NOBODY)


def _one_of(name: str, label: str, options: Sequence[str], words: Callable[[str], str], none: str) -> str:
    """One of the options; "" while none is chosen, and for what a browser says and nobody offered."""
    now = chosen.typed(name, "")
    picked = st.selectbox(
        label,
        options,
        options.index(now) if now in options else None,
        format_func=lambda key: words(key) if key in options else str(key),
        placeholder=none,
        key=f"screening_{name}",
        width=320,
    )
    said = picked if picked is not None and picked in options else ""
    chosen.keep_typed(name, said)
    return said


@uninterrupted()
def _save(asked: chosen.Asked, planned: Sequence[PlannedChange], study: Study, wanted: WantedChange, why: str) -> None:
    """Saves, with a bar of how far it is. What is wrong with all of it is said here, and nothing typed is lost."""
    number = sum(each.error is None for each in planned)
    bar, saved = st.progress(0.0, t("Saving …")), 0

    def tell(outcome: Outcome) -> None:
        nonlocal saved
        saved += 1
        bar.progress(min(1.0, saved / number), t("{n} of {m} saved", n=saved, m=number))

    outcomes = screening.change(planned, study, wanted, why, tell)
    bar.empty()
    failed: dict[str, DashboardError] = {each.line.person.id: each.error for each in planned if each.error is not None}
    failed |= {patient: each.error for patient, each in outcomes.items() if each.error is not None}
    done = [each for each in outcomes.values() if each.saved is not None and each.error is None]
    if not done and any(isinstance(error, ServerUnavailable) for error in failed.values()):
        st.error(error_words(next(error for error in failed.values() if isinstance(error, ServerUnavailable))))
        return
    for words in dict.fromkeys(notice_words(notice) for each in done if each.saved for notice in each.saved.notices):
        queue_message(words, caution=True)
    if not failed:
        chosen.forget_typed()
    chosen.say_done(
        chosen.Done(asked.action, tuple(screening.seen_of(done)), tuple(each.patient_id for each in done), failed)
    )
    st.session_state.pop("screening_asked", None)
    chosen.choose(failed)
    st.rerun()


def take_back(what: chosen.Done) -> None:
    """Takes back what was just done; says it, and who could not be."""
    outcomes = screening.take_back(what.saved, "Taken back on the screening page")
    failed = {patient: each.error for patient, each in outcomes.items() if each.error is not None}
    saved: Mapping[str, Any] = {patient: each for patient, each in outcomes.items() if each.error is None}
    chosen.say_done(
        chosen.Done(EnrolmentAction.TAKE_BACK, tuple(screening.seen_of(saved.values())), tuple(saved), failed)
    )
    chosen.choose(failed)
