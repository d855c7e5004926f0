"""Between the page of a running conference and what is under it: what it shows now, for everybody who has it open
(`dashboard.cache.meetings`), what it reads once for all, and what its presenter does.

Each browser window is one of the meeting's windows, by a number of its session.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

import streamlit as st

from dashboard.actions.discuss_patient import discuss_patient
from dashboard.actions.record_attendance import record_attendance
from dashboard.actions.start_conference import start_conference
from dashboard.audit.audited import viewing_session
from dashboard.cache.cache import start_thread
from dashboard.cache.meetings import MEETINGS, MeetingState
from dashboard.domain.conference.minutes import How
from dashboard.domain.conference.views import DiscussedPatient, DiscussedRecommendations, Meeting
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import DashboardError
from dashboard.queries.get_discussed_patient import get_discussed_patient
from dashboard.queries.get_discussed_recommendations import get_discussed_recommendations
from dashboard.queries.get_meeting import get_meeting
from dashboard.queries.prepare_discussed_patient import prepare_discussed_patient
from dashboard.ui.session import conferences, session
from dashboard.ui.session.auditing import viewing_session_id

_WINDOW: Final = "meeting_window"


def read_meeting(ident: str) -> Meeting:
    """The conference as the server has it. Raises DashboardError, as all that follow do."""
    server, who, scope = session.fhir(), session.user(), session.scope()
    with viewing_session(viewing_session_id()):
        return get_meeting(server, who, scope, session.terminology(), ident, session.as_of(), session.credentials())


def read_discussed(meeting: Meeting, patient: Reference) -> DiscussedPatient:
    """The patient, as a shared screen may show the patient."""
    query = partial(get_discussed_patient, session.fhir(), session.user(), session.scope(), session.terminology())
    with viewing_session(viewing_session_id()):
        return query(meeting.conference, patient.id, session.as_of(), session.credentials())


def read_recommended(meeting: Meeting, found: DiscussedPatient) -> DiscussedRecommendations:
    """What guidelines say anew of the patient, as a shared screen may show it."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    of = (meeting.conference, found.patient.id, found.timeline.conference)
    with viewing_session(viewing_session_id()):
        return get_discussed_recommendations(*asked, *of, session.as_of(), session.credentials())


def prepare(meeting: Meeting, patient: Reference) -> None:
    """Has the patient read in the background, who is probably discussed next. What goes wrong is met again when the
    patient is shown.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    of = (meeting.conference, patient.id, session.as_of(), session.credentials())
    query = partial(prepare_discussed_patient, *asked, *of)

    def work() -> None:
        with suppress(DashboardError):
            query()

    start_thread(work)


def join(ident: str) -> MeetingState:
    """This window shows the conference; what is shown there now."""
    return MEETINGS.join(session.fhir().base_url, ident, _window(), session.user())


def leave(ident: str) -> None:
    """This window shows something else now."""
    MEETINGS.leave(session.fhir().base_url, ident, _window())


def present(ident: str) -> None:
    """This window is the one that the others follow."""
    MEETINGS.present(session.fhir().base_url, ident, _window())


def presents(ident: str) -> bool:
    """Whether this window is the one that the others follow."""
    return MEETINGS.presents(session.fhir().base_url, ident, _window())


def show(ident: str, patient: Reference, view: str) -> bool:
    """Everybody who follows goes to this patient and view. False where another window presents."""
    return MEETINGS.show(session.fhir().base_url, ident, _window(), patient, view)


def resume(ident: str, patient: Reference, since: datetime | None) -> None:
    """The meeting goes on with this patient, unless one is shown already."""
    seconds = (session.as_of() - since).total_seconds() if since is not None else 0.0
    MEETINGS.resume(session.fhir().base_url, ident, patient, seconds)


def mask(ident: str, masked: bool) -> None:
    """Hides, or shows again, who the patient is, on every screen."""
    MEETINGS.mask(session.fhir().base_url, ident, masked)


def end(ident: str) -> None:
    """Forgets what was shown: the conference is over."""
    MEETINGS.end(session.fhir().base_url, ident)


def start(ident: str) -> tuple[Notice, ...]:
    """People meet from now on, with the user in the room; returns what the user must know about how it was saved, as
    the next two do.
    """
    saved = start_conference(
        session.fhir(), session.user(), ident, How.ROOM, reason="Conference started", at=session.as_of()
    )
    conferences.forget()
    return saved.notices


def discuss(ident: str, patient: Reference) -> tuple[Notice, ...]:
    """The discussion of this patient goes on from now."""
    return discuss_patient(
        session.fhir(), session.user(), ident, patient.id, reason="Discussed at a conference", at=session.as_of()
    ).notices


def attend(ident: str, people: Sequence[NamedReference], how: How, *, undo: bool = False) -> tuple[Notice, ...]:
    """Puts down who is there, or with `undo` who is not."""
    return record_attendance(
        session.fhir(), session.user(), ident, people, how, reason="Attendance", at=session.as_of(), undo=undo
    ).notices


def _window() -> str:
    if _WINDOW not in st.session_state:
        st.session_state[_WINDOW] = secrets.token_hex(8)
    return str(st.session_state[_WINDOW])
