"""The patient page. Everything on it belongs to the one patient of the address; another one clears it first."""

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.user import User
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, Failure, UserFacingError
from dashboard.paper.document import Document
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.emergency_access.widget import beyond_refusal, on_emergency_press
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.patient_document import patient_document
from dashboard.ui.paper.sheet import identity
from dashboard.ui.paper.widget import print_button, why_not
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.patient.advice_html import advice_line_html
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import attention_html, record_html
from dashboard.ui.patient.since_html import since_html
from dashboard.ui.patient.tasks_html import allowed
from dashboard.ui.patient.urgent_html import action_button, fact_key, fact_origin, fact_words
from dashboard.ui.record.reasons import check_name, show_checks
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.session.recommendations import read_recommendations
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import (
    NewTask,
    add_dialog,
    comment_dialog,
    reassign_dialog,
    try_change,
    withdraw_dialog,
)
from dashboard.ui.timeline.html import patient_nav_html

_SHOWN, _STORY = "patient_shown", "patient_story"
_ASIDE, _UNDO = "patient_aside", "patient_undo"


def patient(patient_id: str) -> None:
    """Banner and summary. The keys of the parts carry the id, so that the browser never mixes two patients."""
    # Two places, filled twice: what waits is replaced by what was read.
    with st.container(key="banner"):
        banner = st.empty()
        about = st.empty()
    rechecked = st.container()
    body = st.empty()
    if st.session_state.get(_SHOWN) != patient_id:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = patient_id
        for name in (_STORY, _ASIDE, _UNDO):
            st.session_state.pop(name, None)
        with banner:
            panel("banner-none", waiting_html())
        about.empty()
        with body:
            panel("summary-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("patient", lambda: beyond_refusal(patient_id)):
        show_messages()
        try:
            summary, stale = _read(patient_id)
        except Exception:
            banner.empty()
            about.empty()
            body.empty()
            show_title(t("Patient"), navigation.address_of("patient"))
            raise
        show_title(t("Patient"), navigation.address_of("patient"), person=summary.person.name)
        with rechecked:
            recheck("patient", _on_screen((summary, stale)), lambda: _on_screen(reads.read_patient(patient_id)))
        at = ViewTime(session.as_of(), session.zone())
        with banner:
            emergency_access = (
                emergency_access_html(summary.emergency_access, at) if summary.emergency_access is not None else None
            )
            shown = banner_html(summary, at, similar=patient_id in reads.similar_people())
            panel(f"banner-{patient_id}", fragment[emergency_access, shown], on_emergency_press)
        address, sheet = urlencode({"id": patient_id}), identity(summary.person, at)
        listen_for_print("patient", [patient_id], address, sheet, may_not=why_not(summary))
        story = _StoryRead()
        with about.container(horizontal=True, vertical_alignment="center"):
            panel(f"about-{patient_id}", patient_nav_html(patient_id, "summary"), on_press, narrow=True)
            st.space("stretch")
            _print(summary, stale, story)
        with body.container():
            _body(summary, at, stale, story)
        _ask(summary, at)


@dataclass(slots=True)
class _StoryRead:
    """The timeline of the run, or why it could not be read, for the sheets: it comes after the button that prints."""

    timeline: Timeline | None = None
    failed: Failure | None = None


def _body(summary: PatientSummary, at: ViewTime, stale: str, story: _StoryRead) -> None:
    """What is urgent beside what is new, then the record. What is new comes from the timeline, which is read last: the
    rest of the page does not wait for it.
    """
    ident, me = summary.person.id, session.user().practitioner
    changes = may_change(summary)
    with st.container(key="patient-top"):
        panel(
            f"urgent-{ident}",
            attention_html(
                summary, at, stale, may_change=changes, aside=_aside(ident), undo=_undo_html(summary, at, me)
            ),
            on_press,
        )
        since = st.empty()
    if st.session_state.get(_STORY) != ident:
        with since:
            panel(f"since-none-{ident}", _since(since_html(summary, None, at, may_change=changes)))
    advice = st.empty()
    if st.session_state.get(_STORY) != ident:
        with advice:
            panel(f"advice-none-{ident}", advice_line_html(ident, None))
    panel(f"record-{ident}", record_html(summary, at, may_change=changes, me=me), on_press)
    timeline, failed = story.timeline, story.failed = _story(ident)
    st.session_state[_STORY] = ident
    with since:
        shown = since_html(summary, timeline, at, failed=failed, may_change=changes)
        panel(f"since-{ident}", _since(shown), on_press)
    with advice:
        panel(f"advice-{ident}", _advice(ident), on_press)


def _since(shown: Html) -> Html:
    return h.div(class_="c3-patient")[shown]


def _story(patient_id: str) -> tuple[Timeline | None, Failure | None]:
    """The timeline, or why it could not be read."""
    try:
        return reads.read_timeline(patient_id)[0], None
    except DashboardError as problem:
        return None, problem.failure


def _advice(patient_id: str) -> Html:
    """How many recommendations there are. They are read last of all, for a page of their own."""
    try:
        found, _ = read_recommendations(patient_id)
    except DashboardError:
        return advice_line_html(patient_id, None)
    shared = session.shared_screen()
    contradictions = len(found.open_contradictions(shared=shared))
    return advice_line_html(patient_id, found.open(shared=shared), contradictions, whole=found.whole)


def may_change(summary: PatientSummary) -> bool:
    """Whether the user is shown the buttons that change something; the actions decide for themselves. Emergency access
    is for reading.
    """
    return summary.emergency_access is None and is_permitted(session.user().roles, Action.ADD_TASK, Relation.TEAM)


def _aside(patient_id: str) -> frozenset[str]:
    """The facts that the user has set aside, of this patient, while the page is open."""
    of, keys = st.session_state.get(_ASIDE, ("", frozenset()))
    return keys if of == patient_id else frozenset()


def _undo_html(summary: PatientSummary, at: ViewTime, me: Reference | None) -> Html | None:
    """How the last change is taken back, as long as the record is as that change left it."""
    of, do, task_id = st.session_state.get(_UNDO, ("", "", ""))
    task = _task(summary, task_id) if of == summary.person.id else None
    if task is None or do not in allowed(task, me):
        return None
    said = t("Completed: {task}", task=clean(task.text, 160))
    if do == "withdraw":
        said = t("Added: {task}", task=clean(task.text, 160))
    label = t("Undo") if do == "reopen" else t("Take back")
    does = press(do, id=task.origin.id, version=task.version)
    return h.p(class_="c3-undo", role="status")[
        icon("check"), " ", h.bdi[said], " ", action_button(label, does, "undo", clean(task.text, 80))
    ]


def _task(summary: PatientSummary, task_id: str) -> Task | None:
    return next((task for task in summary.tasks.value or () if task.origin.id == task_id), None)


def _print(summary: PatientSummary, stale: str, story: _StoryRead) -> None:
    ident = summary.person.id
    similar = ident in reads.similar_people()

    def make(who: User, at: ViewTime) -> Document:
        return patient_document(summary, story.timeline, who, at, stale, failed=story.failed, similar=similar)

    print_button("patient", [ident], urlencode({"id": ident}), make, may_not=why_not(summary))


def _on_screen(found: tuple[PatientSummary, str]) -> OnScreen:
    summary, away = found
    return OnScreen((summary.person.id, summary.emergency_access), summary.fetched, away or summary.stale)


def on_press(pressed: Press) -> None:
    """What a press on the page does before its next run; what must be asked first opens a dialog in it."""
    ident, do = navigation.asked_patient(), pressed.get("do")
    task_id, version = press_text(pressed, "id"), press_text(pressed, "version")
    if do == "timeline":
        navigation.open_timeline(ident)
    elif do == "care_plan":
        navigation.open_care_plan(ident)
    elif do == "recommendations":
        navigation.open_recommendations(ident)
    elif do == "event":
        navigation.open_event(ident, press_text(pressed, "at"))
    elif do == "conferences":
        navigation.open_history(navigation.asked_patient())
    elif do == "since":
        navigation.open_since(ident)
    elif do == "aside":
        st.session_state[_ASIDE] = (ident, _aside(ident) | {press_text(pressed, "fact")})
    elif do == "back":
        st.session_state[_ASIDE] = (ident, _aside(ident) - {press_text(pressed, "fact")})
    elif do == "complete":
        if try_change(lambda: reads.complete(task_id, version), t("Completed.")):
            st.session_state[_UNDO] = (ident, "reopen", task_id)
    elif do == "reopen":
        try_change(lambda: reads.reopen(task_id, version), t("Open again."))
    elif do == "add":
        ask("patient", ident, "add", press_text(pressed, "fact"))
    elif do in ("reassign", "comment", "withdraw"):
        ask("patient", ident, do, task_id)


def _ask(summary: PatientSummary, at: ViewTime) -> None:
    """The dialog that a press asked for, once."""
    of, do, what = take_asked("patient") or ("", "", "")
    if of != summary.person.id or not may_change(summary):
        return
    if do == "add":
        new = _new_task(summary, at, what)
        if new is not None:
            add_dialog(new, _added)
        return
    task = _task(summary, what)
    dialogs = {"reassign": reassign_dialog, "comment": comment_dialog, "withdraw": withdraw_dialog}
    if task is not None:
        dialogs[do](task, summary.person)


def _added(task_id: str) -> None:
    st.session_state[_UNDO] = (navigation.asked_patient(), "withdraw", task_id)


def _new_task(summary: PatientSummary, at: ViewTime, fact: str) -> NewTask | None:
    """What a new task begins with: "" asks for an empty one, "checks" for those that are overdue, else it names a fact.
    None for a fact that there is no more.
    """
    if not fact:
        return NewTask(summary.person)
    if fact == "checks":
        late = [check for check in summary.checks if check.overdue(at.today)]
        names = ", ".join(dict.fromkeys(check_name(check) for check in late))
        return NewTask(summary.person, t("Arrange: {checks}", checks=names), show_checks(late)) if late else None
    for same, words in fact_words(summary, at):
        if fact_key(same) == fact:
            about = fact_origin(same)
            return NewTask(summary.person, t("Look into: {what}", what=words.text), words.text, about)
    return None


def _read(patient_id: str) -> tuple[PatientSummary, str]:
    if not patient_id:
        raise UserFacingError("no-patient-chosen")
    return reads.read_patient(patient_id)


def waiting_html() -> Html:
    """Where the banner will be."""
    return h.div(class_="c3-patientbanner c3-idline c3-quiet", role="status")[h.span[t("Reading the record…")]]
