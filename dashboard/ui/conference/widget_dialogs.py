"""What is asked before a conference is planned or changed: when, where, who; a note, who prepares, how long."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

import streamlit as st

from dashboard.domain.conference.agenda_change import Ask, Give
from dashboard.domain.conference.conference import LONGEST_PLACE, LONGEST_TITLE, MOST_IN_SERIES
from dashboard.domain.conference.note import LONGEST_ENTRY, EntryKind
from dashboard.domain.conference.views import AgendaLine, ConferenceList, ConferenceView
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import DashboardError
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.record.people import distinct_labels, show_name
from dashboard.ui.session import conferences, session
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import mark, t

T = TypeVar("T")
FIRST_AT: Final = time(13, 0)
"""When a new conference is proposed to begin: over midday, when a practice has no patients. Own choice."""
TIMES: Final = tuple(f"{hour:02d}:{minute:02d}" for hour in range(7, 20) for minute in (0, 15, 30, 45))
LENGTH: Final = 60
LENGTHS: Final = (30, 45, 60, 90, 120, 180)
IN_DAYS: Final = 7
WEEKS: Final = (1, 2, 3, 4, 6, 8, 12)
COUNTS: Final = tuple(range(1, MOST_IN_SERIES + 1))
TIME_OF_A_PATIENT: Final = (2, 3, 5, 7, 10, 12, 15, 20, 30, 45, 60)


def _save(change: Callable[[], tuple[Notice, ...]], done: str) -> bool:
    return save_in_dialog(change, done, conferences.forget)


@uninterrupted()
def save_in_dialog(change: Callable[[], tuple[Notice, ...]], done: str, forget: Callable[[], None]) -> bool:
    """Makes the change; what is wrong is said in the dialog, which stays as it is. `forget` drops what was read."""
    try:
        notices = change()
    except DashboardError as problem:
        st.error(error_words(problem))
        return False
    finally:
        forget()
    queue_message(f"{done} {t('Saved, the team sees it.')}")
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    return True


def _people(known: Sequence[NamedReference], chosen: Sequence[NamedReference]) -> list[NamedReference]:
    """Who is asked to come, chosen among the colleagues and whoever is asked already."""
    people = {str(each.to): each for each in (*known, *chosen) if each.to is not None}
    words = distinct_labels({key: clean(each.name, 120) or key for key, each in people.items()})
    picked = st.multiselect(
        t("Who is asked to come"),
        list(people),
        default=[str(each.to) for each in (chosen or known) if str(each.to) in people],
        format_func=lambda key: words.get(key, str(key)),
        placeholder=t("Nobody yet"),
        select_all=False,
        key="conference_people",
    )
    return [people[key] for key in picked or () if key in people]


def _when(local: datetime, minutes: int) -> tuple[datetime | None, int]:
    """Day, time and length, in the time zone of the sites."""
    zone, today = session.zone(), session.as_of().astimezone(session.zone()).date()
    day = st.date_input(
        t("Day"), local.date(), min_value=min(today, local.date()), format="DD/MM/YYYY", key="conference_day"
    )
    begin = _one_of(
        t("Begins at"), sorted({*TIMES, local.strftime("%H:%M")}), local.strftime("%H:%M"), "conference_time"
    )
    length = _one_of(t("How long"), sorted({*LENGTHS, minutes}), minutes, "conference_minutes", _minutes)
    if not isinstance(day, date) or begin is None:
        return None, length or 0
    return datetime.combine(day, time.fromisoformat(begin), zone), length or 0


def _one_of(label: str, options: Sequence[T], chosen: T, key: str, words: Callable[[T], str] = str) -> T | None:
    """One of the options; None for what a browser says and nobody offered."""
    picked = st.selectbox(label, options, options.index(chosen), format_func=words, key=key)
    return picked if picked in options else None


def _minutes(n: int) -> str:
    return t("{n} min", n=n)


def _words(title: str, place: str) -> tuple[str, str]:
    named = st.text_input(t("Title"), title, max_chars=LONGEST_TITLE, key="conference_title")
    where = st.text_input(t("Room, or how to join"), place, max_chars=LONGEST_PLACE, key="conference_place")
    return str(named or ""), str(where or "")


@st.dialog(mark("Plan a conference"))
def plan_dialog(found: ConferenceList) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("plan-conference"):
        _plan(found)


def _plan(found: ConferenceList) -> None:
    teams = {team.id: team for team in found.teams}
    chosen = st.selectbox(
        t("Team"), list(teams), format_func=lambda key: clean(teams[key].name, 120) if key in teams else str(key),
        key="conference_team",
    )  # fmt: skip
    if chosen not in teams:
        return
    team = teams[chosen]
    local = session.as_of().astimezone(session.zone())
    title, place = _words(t("Case conference, {team}", team=clean(team.name, 80)), "")
    start, minutes = _when(datetime.combine(local.date() + timedelta(days=IN_DAYS), FIRST_AT, session.zone()), LENGTH)
    people = _people(found.colleagues.get(team.id, ()), ())
    count = _one_of(t("How many, of a series"), COUNTS, 1, "conference_count") or 1
    weeks = (_one_of(t("Weeks from one to the next"), WEEKS, 1, "conference_weeks") or 1) if count > 1 else 1
    if st.button(t("Plan it"), type="primary", key="conference_plan"):
        made: list[str] = []

        def change() -> tuple[Notice, ...]:
            if start is None:
                return ()
            reference = NamedReference(Reference("Organization", team.id), team.name)
            first, notices = conferences.plan(reference, title, start, minutes, place, people, weeks, count)
            made.append(first)
            return notices

        if start is None:
            st.error(t("Choose a day and a time."))
        elif _save(change, t("Planned.")):
            navigation.open_conference(made[0])


@st.dialog(mark("Change the conference"))
def move_dialog(view: ConferenceView) -> None:
    with error_boundary("move-conference"):
        _move(view)


def _move(view: ConferenceView) -> None:
    conference = view.conference
    begins = conference.start.moment if conference.start is not None else session.as_of()
    title, place = _words(conference.title, conference.place)
    start, minutes = _when(begins.astimezone(session.zone()), conference.minutes or LENGTH)
    people = _people(view.colleagues, [each.who for each in conference.attendees])
    st.text(t("Where day or time change, everybody is asked again."))
    if st.button(t("Save"), type="primary", key="conference_move"):
        if start is None:
            st.error(t("Choose a day and a time."))
        elif _save(lambda: conferences.move(view, title, start, minutes, place, people), t("Changed.")):
            st.rerun()


@st.dialog(mark("Call the conference off"))
def cancel_dialog(view: ConferenceView) -> None:
    with error_boundary("cancel-conference"):
        _cancel(view)


def _cancel(view: ConferenceView) -> None:
    st.text(clean(view.conference.title, 120))
    st.text(t("The agenda stays. It can be planned again."))
    why = st.text_input(t("Why (everybody who is asked sees it)"), max_chars=500, key="conference_why")
    if st.button(t("Call it off"), type="primary", key="conference_off"):
        ident = view.conference.origin.id
        if not str(why or "").strip():
            st.error(t("Say in a few words why; the team reads it."))
        elif _save(lambda: conferences.cancel(ident, str(why).strip()), t("Called off.")):
            st.rerun()


@st.dialog(mark("Write a note"))
def note_dialog(view: ConferenceView, line: AgendaLine) -> None:
    with error_boundary("conference-note"):
        _note(view, line)


def _note(view: ConferenceView, line: AgendaLine) -> None:
    st.text(show_name(line.person.name))
    kinds: Mapping[str, str] = {
        EntryKind.PREPARATION.value: t("What I have prepared"),
        EntryKind.WHY.value: t("Why the patient is on the agenda"),
    }
    kind = _one_of(t("What it is"), list(kinds), next(iter(kinds)), "note_kind", lambda key: kinds.get(key, str(key)))
    text = st.text_area(t("Note (the team sees it)"), max_chars=LONGEST_ENTRY, key="note_text")
    if st.button(t("Save the note"), type="primary", key="note_save") and kind is not None:
        ident, patient = view.conference.origin.id, line.patient.id
        if _save(lambda: conferences.write_note(ident, patient, EntryKind(kind), str(text or "")), t("Written.")):
            st.rerun()


@st.dialog(mark("Ask somebody to prepare"))
def ask_dialog(view: ConferenceView, line: AgendaLine) -> None:
    with error_boundary("conference-ask"):
        _ask(view, line)


def _ask(view: ConferenceView, line: AgendaLine) -> None:
    st.text(show_name(line.person.name))
    people = {str(each.to): each for each in view.colleagues if each.to is not None}
    words = distinct_labels({key: clean(each.name, 120) or key for key, each in people.items()})
    chosen = st.selectbox(
        t("Who prepares"),
        list(people),
        index=None,
        format_func=lambda key: words.get(key, str(key)),
        placeholder=t("Choose a person"),
        help=t("Gets a task that is due on the day of the conference."),
        key="ask_whom",
    )
    ident = view.conference.origin.id
    if st.button(t("Ask"), type="primary", disabled=chosen not in people, key="ask_save") and chosen in people:
        change = Ask(line.patient, people[chosen])
        if _save(lambda: conferences.change(ident, [change], "Asked to prepare"), t("Asked.")):
            st.rerun()
    if line.item.preparer.to is not None and st.button(t("Nobody needs to"), key="ask_nobody"):
        nobody = Ask(line.patient, NOBODY)
        if _save(lambda: conferences.change(ident, [nobody], "Nobody needs to prepare"), t("Nobody is asked.")):
            st.rerun()


@st.dialog(mark("Time for a patient"))
def time_dialog(view: ConferenceView, line: AgendaLine) -> None:
    with error_boundary("conference-time"):
        _time(view, line)


def _time(view: ConferenceView, line: AgendaLine) -> None:
    st.text(show_name(line.person.name))
    offered = sorted({*TIME_OF_A_PATIENT, line.item.minutes})
    minutes = _one_of(t("Time for this patient"), offered, line.item.minutes, "time_minutes", _minutes)
    if st.button(t("Save"), type="primary", key="time_save"):
        change = Give(line.patient, int(minutes or 0))
        ident = view.conference.origin.id
        if _save(lambda: conferences.change(ident, [change], "Time given on the agenda"), t("Changed.")):
            st.rerun()
