"""The pane of a running conference in which is decided about the patient: what was, and the form for more.

What is typed is a draft at every pause; what is saved while the server is away waits and is sent again
(`dashboard.ui.session.deciding`). So nothing is lost, and what is shown as saved is on the server.
"""

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboard.domain.conference.views import ConferenceView, DiscussedPatient
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.conference.decide_form import (
    CHANGED,
    DECIDE,
    JUST,
    REFUSED,
    SAID,
    Asked,
    Place,
    asked_of,
    decide_form,
    remembered,
    send,
    written,
)
from dashboard.ui.conference.decide_html import decided_html
from dashboard.ui.conference.decide_words import decided_lines, other_team_words, unsaved_words
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.session import conferences, deciding, session
from dashboard.ui.session.drafts import draft_of, keep_draft
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

_OPEN: Final = "decide_open"


def decide_part(view: ConferenceView, found: DiscussedPatient, *, may_hold: bool, saved: Callable[[], None]) -> None:
    """What this conference decided about the patient; for who may hold it the form. `saved` is called after a save, so
    that what is shown is read anew.
    """
    asked = asked_of(view, found.patient)
    st.session_state[_OPEN] = asked.place
    if st.session_state.pop(CHANGED, False):
        saved()
    at = ViewTime(session.as_of(), session.zone())
    waiting = deciding.waiting_of(asked.conference, asked.patient) if may_hold else ()
    with st.container(key="decided"):
        html = decided_html(
            decided_lines(found, waiting, session.user().practitioner, at),
            _just(asked.place),
            may_hold,
            unsaved(view, asked.patient) if may_hold else 0,
            other_team_words(found, view.conference, at),
        )
        panel("decided-list", html, on_decide_press)
    if may_hold:
        with st.container(key="decide"):
            decide_form(asked, found, saved)


def conclude(view: ConferenceView, patient: Reference) -> bool:
    """Concludes the patient with what was decided. False where it was refused, with the reason in the pane; where the
    server is away it waits.
    """
    asked = asked_of(view, patient)
    return send(asked, written(asked, WaitingKind.CONCLUSION, ""))


def send_waiting(view: ConferenceView) -> bool:
    """Sends what the user has written at this conference and the server has not taken yet; call it about once a second.
    It never waits. True where something of it was saved or refused: then the page is to be read anew.
    """
    moved = deciding.send_waiting(view.conference.origin, view.agenda.patients)
    if moved:
        conferences.forget()
    return moved


def unsaved(view: ConferenceView, but: Reference | None = None) -> int:
    """How much of what the user has written at this conference is not saved yet, without that about one patient."""
    patients = [each for each in view.agenda.patients if each != but]
    return sum(len(deciding.waiting_of(view.conference.origin, each)) for each in patients)


def waiting_part(view: ConferenceView) -> None:
    """On a page that is not that of the running conference: says how much of the user's own is not saved yet, and sends
    it again.
    """
    if unsaved(view):
        _sending(view)


@st.fragment(run_every=deciding.AGAIN_AFTER)
def _sending(view: ConferenceView) -> None:
    # A fragment runs again by itself, outside the boundary of the page.
    with error_boundary("decide-waiting"):
        if send_waiting(view):
            st.rerun()
        panel("decide-waiting", warning_html(unsaved_words(unsaved(view))) or fragment[""])


def on_decide_press(pressed: Press) -> None:
    """A press on a line: take it back, throw away what is not saved, or put that into the form once more."""
    do, (conference, patient) = pressed.get("do"), st.session_state.get(_OPEN, ("", ""))
    try:
        item, asked = Reference.parse(press_text(pressed, "item")), Reference("Appointment", conference)
        about = Reference("Patient", patient)
    except ValueError:
        return
    st.session_state.pop(REFUSED, None)
    waiting = next((each for each in deciding.waiting_of(asked, about) if each.number == item), None)
    if do == "take-back":
        _take_back(asked, about, item)
    elif do == "throw" and waiting is not None:
        deciding.throw_away(waiting)
    elif do == "again" and waiting is not None:
        _into_form(waiting)


def _take_back(conference: Reference, patient: Reference, item: Reference) -> None:
    try:
        if item.type == "Composition":
            said = t("Taken back: {what}", what=t("No change"))
            notices = deciding.take_back_no_change(conference, patient.id, said)
        else:
            notices = deciding.take_back(conference, patient.id, item, t("Taken back"), t("Decided in error"))
    except DashboardError as problem:
        st.session_state[REFUSED] = ((conference.id, patient.id), error_words(problem))
        return
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    st.session_state.pop(JUST, None)
    conferences.forget()
    st.session_state[CHANGED] = True


def _into_form(waiting: Waiting) -> None:
    """What was refused is written once more; what is in the form gives way only where it is empty."""
    asked = Asked(waiting.conference, "", waiting.patient)
    do = SAID if waiting.kind is WaitingKind.DISCUSSION else DECIDE
    if draft_of(waiting.patient.id, waiting.conference, do) is not None:
        st.session_state[REFUSED] = (asked.place, t("Save first what is in the form, or empty it."))
        return
    fields = {"text": waiting.text, "owner": str(waiting.owner.to or ""), "becomes": waiting.number.type}
    due = waiting.due.isoformat() if waiting.due is not None else ""
    if keep_draft(waiting.patient.id, waiting.conference, do, "", {**fields, "due": due}):
        deciding.throw_away(waiting)
        asked.begin_anew("text", "owner", "due", "becomes", SAID)


def _just(place: Place) -> Reference | None:
    made = remembered(JUST, place)
    return made if isinstance(made, Reference) else None
