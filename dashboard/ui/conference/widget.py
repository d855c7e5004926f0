"""The page of the conferences: the list, or one of them with its agenda.

What a press asks for is done, or asked for in a dialog; whatever was changed has a way back.
"""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.domain.conference.agenda_change import Add, AgendaChange, Move, Remove
from dashboard.domain.conference.views import ConferenceView
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError
from dashboard.ui.conference.agenda_html import agenda_html, conference_heading_html, proposals_html, taken_off_html
from dashboard.ui.conference.decide import waiting_part
from dashboard.ui.conference.list_html import conferences_html
from dashboard.ui.conference.live_window import may_hold
from dashboard.ui.conference.widget_dialogs import (
    ask_dialog,
    cancel_dialog,
    move_dialog,
    note_dialog,
    plan_dialog,
    time_dialog,
)
from dashboard.ui.conference.widget_live import start
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.session import conferences, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.session.recommendations import read_new_recommendations
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import try_change

_TAKEN_OFF = "conference_taken_off"


def conference(ident: str) -> None:
    """The list of conferences, or with an id that one."""
    with error_boundary("conference"):
        show_messages()
        (_one if ident else _all)(ident)


def _time() -> ViewTime:
    return ViewTime(session.as_of(), session.zone())


def _all(_: str) -> None:
    found, away = read_with_skeleton(conferences.read_conferences, "conferences")
    at = _time()
    show_title(t("Conference"), navigation.address_of("conference"))
    age = as_of_words(found.fetched, None, at.as_of, at.zone)
    said = [*unreadable_words(found.unreadable), *map(notice_words, found.notices)]
    print_margins(t("Conference"), (age,))
    panel(
        "conferences-heading",
        _heading(h.h1[t("Case conferences")], age, stale_words(found.fetched, at.as_of, at.zone, away), said),
    )
    if found.teams and st.button(t("Plan a conference"), key="plan_conference", type="primary"):
        plan_dialog(found)
    panel("conferences", conferences_html(found, at, bool(found.teams)), on_list_press)


def on_list_press(pressed: Press) -> None:
    """A press on a conference, or on the history."""
    if pressed.get("do") == "open-conference":
        navigation.open_conference(press_text(pressed, "id"))
    elif pressed.get("do") == "history":
        navigation.open_history()


def _new_cards(view: ConferenceView) -> Mapping[str, NewSince]:
    """What guidelines say anew since the team last met about each patient of the agenda, of whom it never did all that
    applies; nothing where that cannot be read: the agenda is there without it.
    """
    met = {each.patient.id: each.proposal.since for each in view.lines}
    since = {ident: None if when is None else site_day(when) for ident, when in met.items()}
    try:
        return read_new_recommendations(since) if since else {}
    except DashboardError:
        return {}


def _one(ident: str) -> None:
    def read() -> tuple[ConferenceView, str]:
        return conferences.read_conference(ident)

    view, away = read_with_skeleton(read, "conference")
    at, me = _time(), session.user().practitioner
    show_title(t("Conference"), navigation.address_of("conference"), place=view.conference.title)
    age = as_of_words(view.fetched, None, at.as_of, at.zone)
    said = [*unreadable_words(view.unreadable), *map(notice_words, view.notices)]
    stale = stale_words(view.fetched, at.as_of, at.zone, away)
    recheck("conference", _on_screen(view, away), lambda: _on_screen(*read()))
    print_margins(t("Conference"), (view.conference.title, age))
    panel("conference-heading", _heading(conference_heading_html(view, at, me), age, stale, said), on_press)
    _holding(view)
    waiting_part(view)
    if view.may_plan:
        _planning(view)
    off = st.session_state.get(_TAKEN_OFF)
    panel("conference-undo", taken_off_html(*off) if off and off[0] == ident else fragment[""], on_press)
    panel("conference-agenda", agenda_html(view, at, _new_cards(view)), on_press)
    others = proposals_html(view, at)
    if others is not None:
        panel("conference-proposals", others, on_press)
    _ask(view)


def _heading(title: Html, age: str, stale: str, said: list[str]) -> Html:
    return fragment[h.div(class_="c3-head")[title, h.p(class_="c3-asof")[age]], warning_html(stale), notices_html(said)]


def _on_screen(view: ConferenceView, away: str) -> OnScreen:
    return OnScreen(frozenset(view.patients), view.fetched, away)


def _holding(view: ConferenceView) -> None:
    """The way to its screen: who holds it starts it there, everybody else joins."""
    conference, ident = view.conference, view.conference.origin.id
    if conference.running and st.button(t("Join"), key="conference_join", type="primary"):
        navigation.open_conference_live(ident)
    if conference.to_come and may_hold() and st.button(t("Start"), key="conference_start", type="primary"):
        if not view.agenda.items:
            _try(lambda: conferences.fill(view), t("The agenda holds who is most pressing."))
            view = conferences.read_conference(ident)[0]
        start(ident, next((each.patient for each in view.agenda.open_items()), None))


def _planning(view: ConferenceView) -> None:
    """What a coordinator does with the conference as a whole."""
    with st.container(horizontal=True):
        changing = view.conference.to_come or view.conference.running
        if changing and st.button(t("Change"), key="conference_change"):
            move_dialog(view)
        if view.conference.to_come and st.button(t("Call off"), key="conference_cancel"):
            cancel_dialog(view)
        if view.conference.status == "cancelled" and st.button(t("Plan it again"), key="conference_again"):
            _try(lambda: conferences.cancel(view.conference.origin.id, "Planned again", undo=True), t("Planned again."))
            st.rerun()


def on_press(pressed: Press) -> None:
    """A press on the agenda, the answer, the way back, or who else has something new."""
    do, ident = pressed.get("do"), navigation.conference_id()
    patient = _patient(press_text(pressed, "id"))
    if do == "conferences":
        navigation.open_conference()
    elif do == "minutes":
        navigation.open_minutes(ident)
    elif do == "open":
        navigation.open_patient(press_text(pressed, "id"))
    elif do == "answer":
        _try(lambda: conferences.answer(ident, press_text(pressed, "answer")), t("Answered."))
    elif do == "fill":
        _try(lambda: conferences.fill(conferences.read_conference(ident)[0]), t("Filled."))
    elif patient is None:
        return
    elif do == "add":
        st.session_state.pop(_TAKEN_OFF, None)
        _change(ident, Add(patient), "Put on the agenda", t("On the agenda."))
    elif do == "remove":
        if _change(ident, Remove(patient), "Taken off the agenda", t("Off the agenda.")):
            st.session_state[_TAKEN_OFF] = (ident, patient.id)
    elif do in ("earlier", "later"):
        _change(ident, Move(patient, _patient(press_text(pressed, "before"))), "Moved on the agenda", t("Moved."))
    elif do in ("note", "ask", "time"):
        ask("conference", do, patient.id)


def _ask(view: ConferenceView) -> None:
    """The dialog that the last press asked for, if it was about a patient of this agenda."""
    do, ident = take_asked("conference") or ("", "")
    line = next((each for each in view.lines if each.patient.id == ident), None)
    dialogs = {"note": note_dialog, "ask": ask_dialog, "time": time_dialog}
    if line is not None and do in dialogs:
        dialogs[do](view, line)


def _patient(ident: str) -> Reference | None:
    """What a browser names as a patient; None for what is no id."""
    try:
        return Reference("Patient", ident)
    except ValueError:
        return None


def _change(ident: str, change: AgendaChange, reason: str, done: str) -> bool:
    return _try(lambda: conferences.change(ident, [change], reason), done)


def _try(change: Callable[[], tuple[Notice, ...]], done: str) -> bool:
    return try_change(change, done, conferences.forget)
