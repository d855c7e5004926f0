"""The page of a running conference: one patient at a time, the same on the screen of the room and on every desk.

One window presents; all others follow its patient and its view, unless they look for themselves for a while. A part of
the page runs once a second: it says that this window is there, asks what is shown (which asks no server), and has the
page drawn anew where that is something else.
"""

import streamlit as st

from dashboard.cache.meetings import MeetingState
from dashboard.domain.conference.views import DiscussedPatient, DiscussedRecommendations, Meeting
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound
from dashboard.ui.conference.decide import decide_part
from dashboard.ui.conference.live_html import (
    line_html,
    live_banner_html,
    live_changed_html,
    live_plan_html,
    live_timeline_html,
    not_shown_html,
)
from dashboard.ui.conference.live_window import DARK, DRAWN, OPENED, SHOWN, Drawn, may_hold, own_view, without_patients
from dashboard.ui.conference.mask import masked
from dashboard.ui.conference.new_html import LiveNew
from dashboard.ui.conference.widget_live_beat import beat, record_by_itself
from dashboard.ui.conference.widget_live_buttons import live_buttons
from dashboard.ui.conference.words import status_words, when_words
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.widget_answers import note_findings
from dashboard.ui.session import meetings, session
from dashboard.ui.session.held_conference import hold_conference
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import try_change


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
    st.session_state[DRAWN] = Drawn(ident, 0, 0, meeting, None, None)
    beat(ident)


def _live(meeting: Meeting) -> None:
    ident = meeting.conference.origin.id
    state = meetings.join(ident)
    if state.patient is None and meeting.going_on is not None:
        _resume(meeting, meeting.going_on)
        state = meetings.join(ident)
    own = own_view(ident)
    patient, view = own or (state.patient, state.view)
    hold_conference(ident, _id(patient))
    with st.container(key="banner"):
        banner = st.empty()
    shown = (ident, patient)
    known = st.session_state.get(SHOWN) == shown
    # A place that is emptied loses for a moment all that is in it, and with it what somebody types.
    body = st.container() if known else st.empty()
    if not known:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[SHOWN] = shown
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
        _line(meeting, state, patient, own is not None, _stale_words(meeting.stale or warning))
        live_buttons(meeting, state, patient, view, own is not None)
    opened = bool(st.session_state.pop(OPENED, False))
    st.session_state[DRAWN] = Drawn(ident, state.number, state.people, meeting, found, patient, dialog=opened)
    record_by_itself(meeting, patient if found is not None else None)
    beat(ident)


def _stale_words(code: str) -> str:
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
    with middle:
        make = live_plan_html if view == "plan" else live_timeline_html
        draw(f"middle-{view}", make(found, at, ""))
    with deciding, st.container(key="live-decide"):
        if hidden:
            draw("hidden", not_shown_html(t("Decisions are hidden with the patient.")))
        else:
            decide_part(without_patients(meeting), found, may_hold=may_hold(), saved=_read_again)
    with changed:  # last: what guidelines say is read for it, and the rest need not wait for that
        recommended = _recommended(meeting, found)
        new = LiveNew(recommended, linked=not hidden)
        html = live_changed_html(found, at, new)
        panel(f"live-changed-{person.id}", masked(html, person) if hidden else html, on_press)
    if recommended is not None and meetings.presents(meeting.conference.origin.id):
        # Once for the room: whoever leads shows it to all.
        note_findings(RecommendationsPage(recommended.found, at, shared=True), recommended.new.findings)


def _recommended(meeting: Meeting, found: DiscussedPatient) -> DiscussedRecommendations | None:
    """None where it cannot be read: the rest of the screen is there without it."""
    try:
        return meetings.read_recommended(meeting, found)
    except DashboardError:
        return None


def on_press(pressed: Press) -> None:
    """To the recommendations of the patient who is shown; their page leads back."""
    drawn = st.session_state.get(DRAWN)
    if pressed.get("do") == "recommendations" and isinstance(drawn, Drawn) and drawn.found is not None:
        navigation.open_recommendations(drawn.found.patient.id)


def _read_again() -> None:
    """After a save: this window reads anew at once, the others with their next beat."""
    st.rerun()


def _line(meeting: Meeting, state: MeetingState, patient: Reference | None, own: bool, warning: str) -> None:
    ident = meeting.conference.origin.id
    html = line_html(meeting, state, patient, presents=meetings.presents(ident), own=own, warning=warning)
    # The style sheet knows by it whether the screen is dark.
    panel("live-line", h.div(class_="c3-livedark")[html] if st.session_state.get(DARK) else html)
