"""How a conference is ended: whoever it did not come to moves to the next one with one press. No name is said, for the
screen is seen by everybody.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.domain.conference.agenda import DISCUSSED, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import ConferenceView
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.conference.decide import unsaved
from dashboard.ui.session import conferences, ending, meetings, session
from dashboard.ui.shared.dates import show_conference
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import mark, t, tn


@st.dialog(mark("End the conference"), on_dismiss="rerun")
def end_dialog(view: ConferenceView, open_items: Sequence[AgendaItem]) -> None:
    """`open_items` are those of the agenda of which nothing has come."""
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("end-conference"):
        # Whom the user may see, and so may move: the page that is seen by everybody knows of one patient alone.
        _end(conferences.read_conference(view.conference.origin.id)[0], open_items)


def _end(view: ConferenceView, open_items: Sequence[AgendaItem]) -> None:
    talked = ending.being_discussed(view)
    left = [item.patient for item in open_items if item.patient not in talked]
    moved = [patient for patient in left if view.line(patient) is not None]
    discussed = sum(1 for item in view.agenda.items if item.outcome == DISCUSSED or item.patient in talked)
    for words in _said(view, discussed, len(left), len(left) - len(moved)):
        st.text(words)
    if moved:
        _moving(view, moved)
    label = t("End, and leave them open") if left else t("End the conference")
    if st.button(label, type="secondary" if moved else "primary", key="conference_end"):
        _try(view, [], None, plan=False)


def _said(view: ConferenceView, discussed: int, left: int, of_others: int) -> list[str]:
    waiting = unsaved(view)
    lines = [
        tn("{n} patient was discussed.", "{n} patients were discussed.", discussed),
        tn("{n} patient was not reached.", "{n} patients were not reached.", left) if left else "",
        tn(
            "{n} of them is not in the care of your teams: that one is moved by who cares for the patient.",
            "{n} of them are not in the care of your teams: those are moved by who cares for them.",
            of_others,
        )
        if of_others
        else "",
        tn(
            "{n} entry of yours is not saved yet. It is sent when the FHIR server is back, also after the end.",
            "{n} entries of yours are not saved yet. They are sent when the FHIR server is back, also after the end.",
            waiting,
        )
        if waiting
        else "",
    ]
    return [line for line in lines if line]


def _moving(view: ConferenceView, moved: Sequence[Reference]) -> None:
    """The press that moves them: to the next conference, which is planned where there is none."""
    following = ending.next_conference(view, conferences.read_conferences()[0].conferences)
    if following is not None:
        when = _when(following)
        words = tn(
            "Move {n} patient to the next conference ({when}) and end",
            "Move {n} patients to the next conference ({when}) and end",
            len(moved),
            when=when,
        )
    elif view.may_plan:
        when = show_conference(ending.planned_start(view.conference), session.as_of(), session.zone())
        words = tn(
            "Plan the next conference ({when}), move {n} patient there and end",
            "Plan the next conference ({when}), move {n} patients there and end",
            len(moved),
            when=when,
        )
        st.text(t("No other conference of this team is planned. The next has the same people, place and length."))
    else:
        st.text(t("No other conference of this team is planned. Its coordinator plans one."))
        return
    if st.button(words, type="primary", key="conference_move_and_end"):
        _try(view, moved, following, plan=following is None)


def _when(conference: Conference) -> str:
    if conference.start is None:
        return t("no time yet")
    return show_conference(conference.start.moment, session.as_of(), session.zone())


@uninterrupted()
def _try(view: ConferenceView, moved: Sequence[Reference], to: Conference | None, *, plan: bool) -> None:
    """Ends it. What could not be done is said, and the same press goes on from there."""
    notices: tuple[Notice, ...] = ()
    try:
        notices = ending.end(view, moved, to, plan=plan)
    except DashboardError as problem:
        st.error(error_words(problem))
        return
    finally:
        conferences.forget()
    meetings.end(view.conference.origin.id)  # where it goes on later, its clocks begin anew
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    st.rerun()
