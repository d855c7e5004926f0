"""What a press on a task asks before anything is changed: to whom, which words, by when; and how a change is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import LONGEST_TASK
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.navigation.widget_topbar import user_words, users_words
from dashboard.ui.record.people import distinct_labels, main_identifier, show_identifier, show_name
from dashboard.ui.session import reads, session
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import mark, t

DUE_IN = timedelta(days=7)
"""What a new task proposes as its due date, from today."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a new task is about: the patient, the record that gave the reason, and words to begin with."""

    person: Person
    text: str = ""
    why: str = ""
    about: Reference | None = None


@uninterrupted()
def try_change(
    change: Callable[[], tuple[Notice, ...]], done: str, forget: Callable[[], None] = reads.forget_patient
) -> bool:
    """Makes the change and queues a message about it, with what the user must know about how it was saved; a conflict
    or a refusal is shown as its sentence. Either way what is on screen is read anew: `forget` drops what was read.
    """
    try:
        notices = change()
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return False
    finally:
        forget()
    queue_message(f"{done} {t('Saved, the team sees it.')}")
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    return True


def _about(task: Task, person: Person | None) -> None:
    """Which task of whom: what is done from a dialog must not reach the wrong person."""
    st.text(clean(task.text))
    if task.patient is None:
        st.text(t("no patient"))
    elif person is None:
        st.text(t("not in my teams"))
    else:
        st.text(_who(person))


def _who(person: Person) -> str:
    label, number = show_identifier(main_identifier(person))
    born = t("Born {date}", date=show_date(person.birth) if person.birth else t("Not known"))
    return f"{show_name(person.name)}, {born}, {label} {number}"


@st.dialog(mark("Hand the task on"))
def reassign_dialog(task: Task, person: Person | None) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("reassign"):
        _reassign(task, person)


def _reassign(task: Task, person: Person | None) -> None:
    _about(task, person)
    words = _owners(task.patient)
    if not words:
        st.text(t("Nobody else of the patient’s care team could open the record."))
    chosen = st.selectbox(
        t("To whom"),
        list(words),
        index=None,
        format_func=lambda key: words[key],
        placeholder=t("Choose a person"),
        help=t("The patient’s care team: nobody else could open the record.") if task.patient else None,
    )
    reason = st.text_input(t("Why (the team sees it)"), max_chars=500)
    # What a browser says it chose need not be among what was offered.
    if st.button(t("Hand on"), type="primary", disabled=chosen not in words) and chosen in words:
        owner, name = Reference("Practitioner", chosen), _name_of(chosen, words)
        if try_change(lambda: reads.reassign(task.origin.id, task.version, owner, name, reason), t("Handed on.")):
            st.rerun()


def _name_of(ident: str, words: dict[str, str]) -> str:
    known = session.users().get(ident)
    return known.name if known else words[ident]


def _owners(patient: Reference | None) -> dict[str, str]:
    """The words of those to whom a task can be given, by id: the patient's care team, and for a task about nobody all
    professionals.
    """
    known = session.users()
    if patient is None:
        return users_words(known)
    members = {each.member.id: each for each in reads.task_owners(patient.id) if each.member is not None}
    words = {
        ident: user_words(known[ident]) if ident in known else clean(member.name or ident, 120)
        for ident, member in members.items()
    }
    return distinct_labels(words)


@st.dialog(mark("Comment on the task"))
def comment_dialog(task: Task, person: Person | None) -> None:
    with error_boundary("comment"):
        _comment(task, person)


def _comment(task: Task, person: Person | None) -> None:
    _about(task, person)
    text = st.text_area(t("Comment (the team sees it)"), max_chars=2000)
    if st.button(t("Add comment"), type="primary"):
        if not text.strip():
            st.error(t("Write something first."))
        elif try_change(lambda: reads.comment(task.origin.id, task.version, text.strip()), t("Comment added.")):
            st.rerun()


@st.dialog(mark("Chase the task"))
def chase_dialog(task: Task, person: Person | None) -> None:
    with error_boundary("chase"):
        _chase(task, person)


def _chase(task: Task, person: Person | None) -> None:
    _about(task, person)
    due = t("Due: {date}.", date=show_date(task.due)) if task.due else t("It has no due date.")
    st.text(t("With {who}.", who=clean(task.owner_name, 120) or t("nobody yet")))
    proposed = f"{t('Please do this, or say who can.')} {due}"
    text = st.text_area(t("Reminder (the team sees it with the task)"), proposed, max_chars=2000)
    if st.button(t("Send the reminder"), type="primary"):
        if not text.strip():
            st.error(t("Write something first."))
        elif try_change(lambda: reads.comment(task.origin.id, task.version, text.strip()), t("Reminder added.")):
            st.rerun()


@st.dialog(mark("Take the task back"))
def withdraw_dialog(task: Task, person: Person | None) -> None:
    with error_boundary("withdraw"):
        _withdraw(task, person)


def _withdraw(task: Task, person: Person | None) -> None:
    _about(task, person)
    st.text(t("It is cancelled as entered in error, and stays on record."))
    reason = st.text_input(t("Why it is taken back (the team sees it)"), max_chars=500)
    if st.button(t("Take back"), type="primary"):
        if not reason.strip():
            st.error(t("Say in a few words why; the team reads it."))
        elif try_change(lambda: reads.withdraw(task.origin.id, task.version, reason.strip()), t("Taken back.")):
            st.rerun()


@st.dialog(mark("Add a task"))
def add_dialog(new: NewTask, added: Callable[[str], None]) -> None:
    """`added` is called with the id of what was added."""
    with error_boundary("add-task"):
        _add(new, added)


def _add(new: NewTask, added: Callable[[str], None]) -> None:
    st.text(_who(new.person))
    words = _owners(Reference("Patient", new.person.id))
    me = session.user().practitioner
    own = next((place for place, ident in enumerate(words) if me is not None and ident == me.id), None)
    text = st.text_area(t("What is to be done"), new.text, max_chars=LONGEST_TASK)
    chosen = st.selectbox(
        t("Who does it"),
        list(words),
        index=own,
        format_func=lambda key: words[key],
        placeholder=t("Choose a person"),
        help=t("The patient’s care team: nobody else could open the record."),
    )
    today = session.as_of().astimezone(session.zone()).date()
    due = st.date_input(t("By when"), today + DUE_IN, min_value=today, format="DD/MM/YYYY", key="task_due")
    why = st.text_input(t("Why it is asked for (the team sees it)"), new.why, max_chars=500)
    if st.button(t("Add task"), type="primary"):
        if chosen not in words:
            st.error(t("Choose who is to do it."))
            return
        owner = Reference("Practitioner", chosen)
        made: list[str] = []

        def change() -> tuple[Notice, ...]:
            day = due if isinstance(due, date) else None
            task_id, notices = reads.add(new.person.id, text, owner, _name_of(chosen, words), day, new.about, why)
            made.append(task_id)
            return notices

        if try_change(change, t("Task added.")):
            added(made[0])
            st.rerun()
