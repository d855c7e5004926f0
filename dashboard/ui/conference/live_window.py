"""What one browser window knows of a running conference: what it showed last, and what it looks at for itself."""

from dataclasses import dataclass

import streamlit as st

from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.conference.views import ConferenceView, DiscussedPatient, Meeting
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.session import meetings, session

OWN, SHOWN, DRAWN, JOINED, DISCUSSED, DARK, OPENED = (
    "live_own",
    "live_shown",
    "live_drawn",
    "live_joined",
    "live_discussed",
    "live_dark",
    "live_opened",
)
"""Names in the session."""


@dataclass(slots=True)
class Drawn:
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


def may_hold() -> bool:
    """Whether the user may present, write and decide; the actions decide for themselves."""
    return is_permitted(session.user().roles, Action.HOLD_CONFERENCE)


def without_patients(meeting: Meeting) -> ConferenceView:
    """The conference as the parts that decide and end it take it: without any other patient."""
    return ConferenceView(meeting.conference, meeting.agenda, (), session.as_of(), minutes=meeting.minutes)


def own_view(ident: str) -> tuple[Reference, str] | None:
    """What this window looks at for itself; None where it follows, or leads."""
    own = st.session_state.get(OWN)
    if own is None or own[0] != ident or meetings.presents(ident):
        return None
    return own[1], own[2]


def neighbour(meeting: Meeting, patient: Reference | None, by: int) -> Reference | None:
    """The patient before or after; without one, the first of whom nothing has come yet."""
    patients = meeting.agenda.patients
    if patient is None or patient not in patients:
        first = next((each.patient for each in meeting.agenda.open_items()), None)
        return first if by > 0 else None
    place = patients.index(patient) + by
    return patients[place] if 0 <= place < len(patients) else None
