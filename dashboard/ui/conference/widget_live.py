"""The page of a running conference: one patient at a time, the same on the screen of the room and on every desk.

One window presents; all others follow its patient and its view, unless they look for themselves for a while. A part of
the page runs once a second: it says that this window is there, asks what is shown (which asks no server), and has the
page drawn anew where that is something else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.cache.meetings import MeetingState
from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.conference.minutes import How
from dashboard.domain.conference.views import ConferenceView, DiscussedPatient, Meeting
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import DashboardError, NotFound
from dashboard.ui.conference.decide import conclude, decide_part, send_waiting
from dashboard.ui.conference.end_dialog import end_dialog
from dashboard.ui.conference.live_html import (
    full_screen_html,
    keys_html,
    line_html,
    live_banner_html,
    live_changed_html,
    live_plan_html,
    live_timeline_html,
    not_shown_html,
)
from dashboard.ui.conference.live_words import key_of
from dashboard.ui.conference.mask import masked
from dashboard.ui.conference.widget_attendance import attendance_dialog
from dashboard.ui.conference.words import status_words, when_words
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.session import conferences, meetings, session
from dashboard.ui.session.meeting import hold_conference
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.tasks.widget_dialogs import try_change

BEAT_SECONDS: Final = 1
PEOPLE_SECONDS: Final = 5
"""Beats after which the page is drawn anew only because somebody came or went."""
AGAIN: Final = 5
"""Beats after which what could not be saved by itself (who is there, that a discussion began) is tried again."""
_OWN, _SHOWN, _DRAWN, _JOINED, _DISCUSSED, _DARK, _OPENED = (
    "live_own",
    "live_shown",
    "live_drawn",
    "live_joined",
    "live_discussed",
    "live_dark",
    "live_opened",
)


@dataclass(slots=True)
class _Drawn:
    """What the last whole run showed, by which a beat knows whether that is still so."""

    ident: str
    number: int
    people: int
    meeting: Meeting
    found: DiscussedPatient | None
    patient: Reference | None
    beats: int = 0
    dialog: bool = False
    """Whether a dialog is open: a page that is drawn anew would close it."""


def conference_live(ident: str) -> None:
    """The page. It shows no patient but the one who is discussed, and no list."""
    with error_boundary("conference-live"):
        show_messages()
        meeting = meetings.read_meeting(ident)
        show_title(t("Conference"), navigation.address_of("conference_live"), place=meeting.conference.title)
        if meeting.conference.running:
            _live(meeting)
        else:
            _not_running(meeting)


def may_hold() -> bool:
    """Whether the user may present, write and decide; the actions decide for themselves."""
    return is_permitted(session.user().roles, Action.HOLD_CONFERENCE)


def start(ident: str, first: Reference | None) -> None:
    """Starts the conference, and goes to its screen as who presents."""
    if not try_change(lambda: meetings.start(ident), t("The conference runs."), lambda: None):
        return
    meetings.join(ident)
    meetings.present(ident)
    if first is not None:
        meetings.show(ident, first, "timeline")
    navigation.open_conference_live(ident)


def _not_running(meeting: Meeting) -> None:
    """Before it and after it: what can be done; who waits is taken along when it starts."""
    conference, ident = meeting.conference, meeting.conference.origin.id
    at = ViewTime(session.as_of(), session.zone())
    hold_conference("")
    panel(
        "live-none",
        h.div(class_="c3-conference")[
            h.h1[clean(conference.title, 120) or t("Case conference")],
            h.p(class_="c3-lead")[f"{when_words(conference, at)}, {status_words(conference)}"],
            h.p[t("It has not begun. This page goes along when it does.")] if conference.to_come else None,
        ],
    )
    with st.container(horizontal=True):
        if conference.to_come and may_hold() and st.button(t("Start"), key="live_start", type="primary"):
            start(ident, next((each.patient for each in meeting.agenda.open_items()), None))
        if conference.over and may_hold() and st.button(t("Let it go on"), key="live_resume"):
            start(ident, None)
        if conference.over and st.button(t("Minutes"), key="live_minutes", type="primary"):
            navigation.open_minutes(ident)
        if st.button(t("Agenda"), key="live_agenda"):
            navigation.open_conference(ident)
    st.session_state[_DRAWN] = _Drawn(ident, 0, 0, meeting, None, None)
    _beat(ident)


def _live(meeting: Meeting) -> None:
    ident = meeting.conference.origin.id
    state = meetings.join(ident)
    if state.patient is None and meeting.going_on is not None:
        _resume(meeting, meeting.going_on)
        state = meetings.join(ident)
    own = _own(ident)
    patient, view = own or (state.patient, state.view)
    hold_conference(ident, _id(patient))
    with st.container(key="banner"):
        banner = st.empty()
    shown = (ident, patient)
    known = st.session_state.get(_SHOWN) == shown
    # A place that is emptied loses for a moment all that is in it, and with it what somebody types.
    body = st.container() if known else st.empty()
    if not known:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = shown
        banner.empty()
        body.empty()
    found, refused = _found(meeting, patient)
    hidden = state.masked or (found is not None and found.labelled)
    with banner:
        panel(f"live-banner-{_id(patient)}", _banner(found, hidden))
    with body if known else body.container():
        _columns(meeting, found, refused, view, hidden)
    with st.container(key="live-foot"):
        warning = found.stale if found is not None else ""
        _line(meeting, state, patient, own is not None, error_or_stale(meeting.stale or warning))
        _buttons(meeting, state, patient, view, own is not None)
    opened = bool(st.session_state.pop(_OPENED, False))
    st.session_state[_DRAWN] = _Drawn(ident, state.number, state.people, meeting, found, patient, dialog=opened)
    _record_by_itself(meeting, patient if found is not None else None)
    _beat(ident)


def error_or_stale(code: str) -> str:
    """What stands in the line where the server could not be asked again."""
    return t("The FHIR server does not answer; what is shown may be older.") if code else ""


def _resume(meeting: Meeting, patient: Reference) -> None:
    """After a restart: the patient whose discussion goes on."""
    try:
        discussion = meetings.read_discussed(meeting, patient).discussion
    except NotFound:
        discussion = None
    since = discussion.start.moment if discussion is not None and discussion.start is not None else None
    meetings.resume(meeting.conference.origin.id, patient, since)


def _found(meeting: Meeting, patient: Reference | None) -> tuple[DiscussedPatient | None, str]:
    """The patient, or in words why nobody is shown."""
    if patient is None:
        return None, t("No patient is shown yet.")
    try:
        return meetings.read_discussed(meeting, patient), ""
    except NotFound:
        return None, t("The patient who is discussed now is not in the care of your teams.")


def _id(patient: Reference | None) -> str:
    return patient.id if patient is not None else "none"


def _banner(found: DiscussedPatient | None, hidden: bool) -> Html:
    at = ViewTime(session.as_of(), session.zone())
    if found is None:
        return h.section(class_="c3-patientbanner c3-patient-none", aria_label=t("Patient"))[h.h1[t("Case conference")]]
    # Whether somebody else looks alike names nobody.
    html = live_banner_html(found, at, masked=hidden, similar=False)
    return masked(html, found.summary.person) if hidden else html


def _columns(meeting: Meeting, found: DiscussedPatient | None, refused: str, view: str, hidden: bool) -> None:
    if found is None:
        panel("live-nobody", not_shown_html(refused))
        return
    at = ViewTime(session.as_of(), session.zone())
    person = found.summary.person

    def draw(name: str, html: Html) -> None:
        panel(f"live-{name}-{person.id}", masked(html, person) if hidden else html)

    changed, middle, deciding = st.columns([30, 44, 26], gap="medium")
    with changed:
        draw("changed", live_changed_html(found, at))
    with middle:
        make = live_plan_html if view == "plan" else live_timeline_html
        draw(f"middle-{view}", make(found, at, ""))
    with deciding, st.container(key="live-decide"):
        if hidden:
            draw("hidden", not_shown_html(t("Decisions are hidden with the patient.")))
        else:
            decide_part(_view(meeting), found, may_hold=may_hold(), saved=_read_again)


def _view(meeting: Meeting) -> ConferenceView:
    """The conference as the parts that decide and end it take it: without any other patient."""
    return ConferenceView(meeting.conference, meeting.agenda, (), session.as_of(), minutes=meeting.minutes)


def _read_again() -> None:
    """After a save: this window reads anew at once, the others with their next beat."""
    st.rerun()


def _line(meeting: Meeting, state: MeetingState, patient: Reference | None, own: bool, warning: str) -> None:
    ident = meeting.conference.origin.id
    html = line_html(meeting, state, patient, presents=meetings.presents(ident), own=own, warning=warning)
    # The style sheet knows by it whether the screen is dark.
    panel("live-line", h.div(class_="c3-livedark")[html] if st.session_state.get(_DARK) else html)


def _buttons(meeting: Meeting, state: MeetingState, patient: Reference | None, view: str, own: bool) -> None:
    ident = meeting.conference.origin.id
    presents, holds = meetings.presents(ident), may_hold()
    with st.container(horizontal=True, vertical_alignment="center", key="live-buttons"):
        for action, words, by in (("previous", t("Previous"), -1), ("next", t("Next"), 1)):
            to = _neighbour(meeting, patient, by)
            if st.button(words, key=f"live_{action}", shortcut=key_of(action), disabled=to is None) and to is not None:
                _go(meeting, to, view, patient)
        for action, words in (("timeline", t("Timeline")), ("plan", t("Care plan"))):
            pressed = st.button(
                words, key=f"live_{action}", shortcut=key_of(action), type="primary" if view == action else "secondary"
            )
            if pressed and patient is not None:
                _go(meeting, patient, action, patient)
        if holds:
            _writing_buttons(meeting, patient)
        if st.button(t("Show again") if state.masked else t("Mask"), key="live_mask", shortcut=key_of("mask")):
            meetings.mask(ident, not state.masked)
            st.rerun()
        if own and st.button(t("Follow again"), key="live_follow", type="primary"):
            st.session_state.pop(_OWN, None)
            st.rerun()
        if holds and not presents and st.button(t("Present"), key="live_present"):
            st.session_state.pop(_OWN, None)
            meetings.present(ident)
            st.rerun()
        _more(meeting)


def _writing_buttons(meeting: Meeting, patient: Reference | None) -> None:
    ident = meeting.conference.origin.id
    if st.button(t("Decide"), key="live_decide_key", shortcut=key_of("decide"), disabled=patient is None):
        panel("live-focus", h.span[""], focus=".st-key-live-decide textarea")
    if st.button(t("Change the plan"), key="live_edit", disabled=patient is None) and patient is not None:
        hold_conference(ident, patient.id)
        navigation.open_care_plan(patient.id)


def _more(meeting: Meeting) -> None:
    """What is needed now and then."""
    ident = meeting.conference.origin.id
    if st.button(t("Who is here"), key="live_people"):
        st.session_state[_OPENED] = True
        attendance_dialog(meeting)
    with st.popover(t("More"), key="live_more"):
        panel("live-full", full_screen_html(), narrow=True)
        if st.button(t("Light") if st.session_state.get(_DARK) else t("Dark"), key="live_dark_button"):
            st.session_state[_DARK] = not st.session_state.get(_DARK)
            st.rerun()
        if st.button(t("Leave"), key="live_leave"):
            hold_conference("")
            meetings.leave(ident)
            navigation.open_conference(ident)
    if may_hold() and st.button(t("End"), key="live_end"):
        st.session_state[_OPENED] = True
        # With the patients whom the user may move to the next one; the dialog counts them.
        end_dialog(conferences.read_conference(ident)[0], meeting.agenda.open_items())
    if st.button(t("Keys"), key="live_keys", shortcut=key_of("keys")):
        st.session_state[_OPENED] = True
        keys_dialog()


@st.dialog(mark("Keys"), on_dismiss="rerun")
def keys_dialog() -> None:
    with error_boundary("live-keys"):
        panel("live-keys-list", keys_html())


def _neighbour(meeting: Meeting, patient: Reference | None, by: int) -> Reference | None:
    """The patient before or after; without one, the first of whom nothing has come yet."""
    patients = meeting.agenda.patients
    if patient is None or patient not in patients:
        first = next((each.patient for each in meeting.agenda.open_items()), None)
        return first if by > 0 else None
    place = patients.index(patient) + by
    return patients[place] if 0 <= place < len(patients) else None


def _go(meeting: Meeting, patient: Reference, view: str, before: Reference | None) -> None:
    """The presenter takes everybody along; everybody else looks there for himself."""
    ident = meeting.conference.origin.id
    if not meetings.show(ident, patient, view):
        st.session_state[_OWN] = (ident, patient, view)
    elif before is not None and before != patient:
        # After the others were sent on: they need not wait for it.
        drawn = st.session_state.get(_DRAWN)
        found = drawn.found if isinstance(drawn, _Drawn) else None
        item = meeting.agenda.item(before)
        if found is not None and found.patient == before and item is not None and not item.outcome and _spoken(found):
            conclude(_view(meeting), before)
    st.rerun()


def _spoken(found: DiscussedPatient) -> bool:
    """Whether something was written down about the patient at this conference."""
    entries = found.note.entries if found.note is not None else ()
    return any(each.kind in ("discussion", "decision") for each in entries)


def _own(ident: str) -> tuple[Reference, str] | None:
    """What this window looks at for itself; None where it follows, or leads."""
    own = st.session_state.get(_OWN)
    if own is None or own[0] != ident or meetings.presents(ident):
        return None
    return own[1], own[2]


def _record_by_itself(meeting: Meeting, patient: Reference | None) -> None:
    """Puts down that the user is there, and, for who presents, that the discussion goes on; once each. What could not
    be saved is tried again (`AGAIN`), and said.
    """
    if not may_hold():
        return
    ident, who = meeting.conference.origin.id, session.user()
    me = NamedReference(who.practitioner, who.name)
    minutes = meeting.minutes
    there = minutes is not None and (minutes.signed or (me.to is not None and minutes.was_there(me.to)))
    if not there:
        _once(_JOINED, (ident, who.identity), lambda: meetings.attend(ident, [me], How.REMOTE))
    if patient is not None and meetings.presents(ident):
        _once(_DISCUSSED, (ident, patient), lambda: meetings.discuss(ident, patient))


def _once(key: str, what: object, change: Callable[[], tuple[Notice, ...]]) -> None:
    if st.session_state.get(key) == what:
        return
    try:
        change()
    except DashboardError as problem:
        queue_message(error_words(problem), caution=True)
        return
    st.session_state[key] = what


@st.fragment(run_every=BEAT_SECONDS)
def _beat(ident: str) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return  # the page is being drawn
    with error_boundary("live-beat"):
        if _is_other(ident):
            st.rerun()


def _is_other(ident: str) -> bool:
    """Whether something else is to be shown than is on screen."""
    drawn = st.session_state.get(_DRAWN)
    if not isinstance(drawn, _Drawn) or drawn.ident != ident:
        return False
    drawn.beats += 1
    try:
        meeting = meetings.read_meeting(ident)
        if meeting.conference.running != drawn.meeting.conference.running:
            return True
        if not meeting.conference.running:
            return False
        state = meetings.join(ident)
        if state.number != drawn.number:
            return True
        found = meetings.read_discussed(meeting, drawn.patient) if drawn.found is not None and drawn.patient else None
    except DashboardError:
        return True  # the access or the sign-in has ended: the page says so
    moved = send_waiting(_view(meeting))
    if drawn.dialog:
        return False  # what is about another patient comes all the same
    if moved:
        return True
    if drawn.beats % AGAIN == 0 and _waits(drawn):
        return True
    came = state.people != drawn.people or meeting != drawn.meeting
    return found != drawn.found or (came and drawn.beats >= PEOPLE_SECONDS)


def _waits(drawn: _Drawn) -> bool:
    """Whether something was to be saved by itself and was not."""
    joined = st.session_state.get(_JOINED) == (drawn.ident, session.user().identity)
    minutes, me = drawn.meeting.minutes, session.user().practitioner
    there = joined or (minutes is not None and me is not None and (minutes.signed or minutes.was_there(me)))
    discussed = st.session_state.get(_DISCUSSED) == (drawn.ident, drawn.patient)
    leads = drawn.found is not None and meetings.presents(drawn.ident)
    return may_hold() and (not there or (leads and not discussed))
