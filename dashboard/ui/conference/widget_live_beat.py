"""What the page of a running conference does by itself: it says once a second that its window is there, has the page
drawn anew where something else is shown, puts down who is there, and sends what waits.
"""

from collections.abc import Callable
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.domain.conference.minutes import How
from dashboard.domain.conference.views import Meeting
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import DashboardError
from dashboard.ui.conference.decide import send_waiting
from dashboard.ui.conference.live_window import DISCUSSED, DRAWN, JOINED, Drawn, may_hold, neighbour, without_patients
from dashboard.ui.session import meetings, session
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.messages import queue_message

BEAT_SECONDS: Final = 1
PEOPLE_SECONDS: Final = 5
"""Beats after which the page is drawn anew only because somebody came or went."""
PREPARED_AFTER: Final = 2
"""Beats after which the next patient is read, so that nobody waits for the server when it is that one's turn."""
AGAIN: Final = 5
"""Beats after which what could not be saved by itself (who is there, that a discussion began) is tried again."""


def record_by_itself(meeting: Meeting, patient: Reference | None) -> None:
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
        _once(JOINED, (ident, who.identity), lambda: meetings.attend(ident, [me], How.REMOTE))
    if patient is not None and meetings.presents(ident):
        _once(DISCUSSED, (ident, patient), lambda: meetings.discuss(ident, patient))


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
def beat(ident: str) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return  # the page is being drawn
    with error_boundary("live-beat"):
        if _is_other(ident):
            st.rerun()


def _is_other(ident: str) -> bool:
    """Whether something else is to be shown than is on screen."""
    drawn = st.session_state.get(DRAWN)
    if not isinstance(drawn, Drawn) or drawn.ident != ident:
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
    if drawn.beats == PREPARED_AFTER and meetings.presents(ident):
        following = neighbour(meeting, drawn.patient, 1)
        if following is not None:
            meetings.prepare(meeting, following)
    moved = send_waiting(without_patients(meeting))
    if drawn.dialog:
        return False  # what is about another patient comes all the same
    if moved:
        return True
    if drawn.beats % AGAIN == 0 and _waits(drawn):
        return True
    came = state.people != drawn.people or meeting != drawn.meeting
    return found != drawn.found or (came and drawn.beats >= PEOPLE_SECONDS)


def _waits(drawn: Drawn) -> bool:
    """Whether something was to be saved by itself and was not."""
    joined = st.session_state.get(JOINED) == (drawn.ident, session.user().identity)
    minutes, me = drawn.meeting.minutes, session.user().practitioner
    there = joined or (minutes is not None and me is not None and (minutes.signed or minutes.was_there(me)))
    discussed = st.session_state.get(DISCUSSED) == (drawn.ident, drawn.patient)
    leads = drawn.found is not None and meetings.presents(drawn.ident)
    return may_hold() and (not there or (leads and not discussed))
