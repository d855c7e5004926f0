"""The buttons below a running conference, each with its key: where to go, what to write, who leads."""

import streamlit as st

from dashboard.cache.meetings import MeetingState
from dashboard.domain.conference.agenda import DISCUSSED
from dashboard.domain.conference.note import IN_THE_MEETING
from dashboard.domain.conference.views import DiscussedPatient, Meeting
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.conference.decide import conclude
from dashboard.ui.conference.end_dialog import end_dialog
from dashboard.ui.conference.live_html import (
    full_screen_html,
    keys_html,
)
from dashboard.ui.conference.live_window import DARK, DRAWN, OPENED, OWN, Drawn, may_hold, neighbour, without_patients
from dashboard.ui.conference.live_words import key_of
from dashboard.ui.conference.widget_attendance import attendance_dialog
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import conferences, meetings
from dashboard.ui.session.held_conference import hold_conference
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import mark, t


def live_buttons(meeting: Meeting, state: MeetingState, patient: Reference | None, view: str, own: bool) -> None:
    ident = meeting.conference.origin.id
    presents, holds = meetings.presents(ident), may_hold()
    with st.container(horizontal=True, vertical_alignment="center", key="live-buttons"):
        for action, words, by in (("previous", t("Previous"), -1), ("next", t("Next"), 1)):
            to = neighbour(meeting, patient, by)
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
            st.session_state.pop(OWN, None)
            st.rerun()
        if holds and not presents and st.button(t("Present"), key="live_present"):
            st.session_state.pop(OWN, None)
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
        st.session_state[OPENED] = True
        attendance_dialog(meeting)
    with st.popover(t("More"), key="live_more"):
        panel("live-full", full_screen_html(), narrow=True)
        if st.button(t("Light") if st.session_state.get(DARK) else t("Dark"), key="live_dark_button"):
            st.session_state[DARK] = not st.session_state.get(DARK)
            st.rerun()
        if st.button(t("Leave"), key="live_leave"):
            hold_conference("")
            meetings.leave(ident)
            navigation.open_conference(ident)
    if may_hold() and st.button(t("End"), key="live_end"):
        st.session_state[OPENED] = True
        # With the patients whom the user may move to the next one, as they are now; the dialog counts them.
        conferences.forget()
        end_dialog(conferences.read_conference(ident)[0], meeting.agenda.open_items())
    if st.button(t("Keys"), key="live_keys", shortcut=key_of("keys")):
        st.session_state[OPENED] = True
        keys_dialog()


@st.dialog(mark("Keys"), on_dismiss="rerun")
def keys_dialog() -> None:
    with error_boundary("live-keys"):
        panel("live-keys-list", keys_html())


def _go(meeting: Meeting, patient: Reference, view: str, before: Reference | None) -> None:
    """The presenter takes everybody along; everybody else looks there for himself."""
    ident = meeting.conference.origin.id
    if not meetings.show(ident, patient, view):
        st.session_state[OWN] = (ident, patient, view)
    elif before is not None and before != patient:
        # After the others were sent on: they need not wait for it.
        drawn = st.session_state.get(DRAWN)
        found = drawn.found if isinstance(drawn, Drawn) else None
        if found is not None and found.patient == before and _is_open(meeting, found):
            conclude(without_patients(meeting), before)
    st.rerun()


def _is_open(meeting: Meeting, found: DiscussedPatient) -> bool:
    """Whether the discussion goes on, and something was written down in it, or it was concluded before."""
    if found.discussion is None or found.discussion.status != "in-progress":
        return False
    item = meeting.agenda.item(found.patient)
    entries = found.note.of_kind(*IN_THE_MEETING) if found.note is not None else ()
    return bool(entries) or (item is not None and item.outcome == DISCUSSED)
