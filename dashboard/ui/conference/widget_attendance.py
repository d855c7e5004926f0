"""Who is at a conference: what the minutes have, and what is put down by hand for those in the room."""

from collections.abc import Callable

import streamlit as st

from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.conference.minutes import How, Present
from dashboard.domain.conference.views import Meeting
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference
from dashboard.errors import DashboardError
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.session import meetings, session
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import mark, t

LONGEST_NAME = 120


@st.dialog(mark("Who is here"), on_dismiss="rerun")
def attendance_dialog(meeting: Meeting) -> None:
    """Those whom the minutes name, each with a way to take it back, and a way to put down who sits in the room."""
    with error_boundary("attendance"):
        ident = meeting.conference.origin.id
        now = meetings.read_meeting(ident)
        present = now.minutes.present if now.minutes is not None else ()
        changing = is_permitted(session.user().roles, Action.HOLD_CONFERENCE) and not (
            now.minutes is not None and now.minutes.signed
        )
        for number, each in enumerate(present):
            _present(ident, number, each, changing)
        if changing:
            _add(now, present)


def _present(ident: str, number: int, each: Present, changing: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        how = t("in the room") if each.how is How.ROOM else t("remote")
        st.text(f"{clean(each.who.name, LONGEST_NAME)}, {how}")
        if not changing:
            return
        other = How.ROOM if each.how is How.REMOTE else How.REMOTE
        words = t("In the room") if other is How.ROOM else t("Remote")
        if st.button(words, key=f"attendance_how_{number}"):
            _save(lambda: (*meetings.attend(ident, [each.who], other, undo=True), *_put(ident, each.who, other)))
        if st.button(t("Not here"), key=f"attendance_off_{number}"):
            _save(lambda: meetings.attend(ident, [each.who], each.how, undo=True))


def _put(ident: str, who: NamedReference, how: How) -> tuple[Notice, ...]:
    return meetings.attend(ident, [who], how)


def _add(meeting: Meeting, present: tuple[Present, ...]) -> None:
    known = {each.who.to for each in present}
    asked = {
        str(each.who.to): each.who
        for each in meeting.conference.attendees
        if each.who.to is not None and each.who.to not in known
    }
    words = distinct_labels({key: clean(each.name, LONGEST_NAME) or key for key, each in asked.items()})
    chosen = st.multiselect(
        t("In the room, of those who were asked"),
        list(asked),
        format_func=lambda key: words.get(key, str(key)),
        placeholder=t("Choose people"),
        select_all=False,
        key="attendance_asked",
    )
    other = st.text_input(t("Somebody else, by name"), max_chars=LONGEST_NAME, key="attendance_other")
    if st.button(t("Put down as present"), type="primary", key="attendance_save"):
        people = [asked[key] for key in chosen or () if key in asked]
        people += [NamedReference(None, str(other).strip())] if str(other or "").strip() else []
        if not people:
            st.error(t("Choose somebody, or write a name."))
        else:
            _save(lambda: meetings.attend(meeting.conference.origin.id, people, How.ROOM))


@uninterrupted()
def _save(change: Callable[[], tuple[Notice, ...]]) -> None:
    try:
        change()
    except DashboardError as problem:
        st.error(error_words(problem))
        return
    st.rerun()
