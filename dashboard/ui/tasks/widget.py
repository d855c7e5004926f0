"""The tab My tasks: complete with a way back, hand on, comment. A conflict with somebody else's change is shown."""

from collections.abc import Callable

import streamlit as st

from dashboard.domain.record.task import Task
from dashboard.domain.record.views import Notice, TaskList
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.navigation.widget_topbar import user_words, users_words
from dashboard.ui.record.people import distinct_labels, main_identifier, show_identifier, show_name
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.tasks.html import open_tasks, tasks_html
from dashboard.ui.worklist.html import heading_html
from dashboard.ui.worklist.view import WorklistView
from dashboard.ui.worklist.widget import on_press as on_worklist_press

SHOWN_AT_FIRST = 30
_SHOWN, _ASKED = "tasks_shown", "task_asked"


def my_tasks(view: WorklistView) -> None:
    """Heading and list; a dialog where a press asks for more than a press."""
    with error_boundary("tasks"):
        show_messages()
        task_list = read_with_skeleton(reads.read_tasks)
        as_of, zone, who = session.as_of(), session.zone(), session.user()
        mine = sum(1 for task in open_tasks(task_list) if task.owner == who.practitioner)
        heading = heading_html(
            view,
            as_of_words(task_list.fetched, None, as_of, zone),
            stale_words(task_list.fetched, as_of, zone, task_list.stale),
            (None, mine),
            [notice_words(notice) for notice in task_list.notices],
        )
        recheck("tasks", _on_screen(task_list), lambda: _on_screen(reads.read_tasks()))
        panel("worklist-heading", heading, on_worklist_press)
        shown = st.session_state.get(_SHOWN, SHOWN_AT_FIRST)
        panel("tasks", tasks_html(task_list, mine, as_of.astimezone(zone).date(), shown), on_press)
        _ask(task_list)


def _on_screen(task_list: TaskList) -> OnScreen:
    return OnScreen(frozenset(task_list.people), task_list.fetched, task_list.stale)


def on_press(pressed: Press) -> None:
    do, task_id, version = pressed.get("do"), press_text(pressed, "id"), press_text(pressed, "version")
    if do == "open":
        on_worklist_press(pressed)
    elif do == "more":
        st.session_state[_SHOWN] = st.session_state.get(_SHOWN, SHOWN_AT_FIRST) + 50
    elif do == "complete":
        _try(lambda: reads.complete(task_id, version), t("Completed. “Undo” is under the list."))
    elif do == "reopen":
        _try(lambda: reads.reopen(task_id, version), t("Open again."))
    elif do in ("reassign", "comment", "chase"):
        st.session_state[_ASKED] = (do, task_id)


def _try(change: Callable[[], tuple[Notice, ...]], done: str) -> bool:
    """Makes the change and queues a message about it, with what the user must know about how it was saved; a conflict
    or a refusal is shown as its sentence. Either way the list is read anew.
    """
    try:
        notices = change()
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return False
    finally:
        reads.forget_tasks()
    queue_message(f"{done} {t('Saved, the team sees it.')}")
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    return True


def _ask(task_list: TaskList) -> None:
    do, task_id = st.session_state.pop(_ASKED, ("", ""))
    known = (*task_list.tasks, *task_list.others)
    task = next((task for task in known if task.origin.id == task_id), None)
    dialogs = {"reassign": _reassign_dialog, "comment": _comment_dialog, "chase": _chase_dialog}
    if task is not None and do in dialogs:
        dialogs[do](task)


def _about(task: Task) -> None:
    """Which task of whom: what is done from a dialog must not reach the wrong person."""
    st.text(clean(task.text))
    if task.patient is None:
        st.text(t("no patient"))
        return
    person = reads.read_tasks().people.get(task.patient.id)
    if person is None:
        st.text(t("not in my teams"))
        return
    label, number = show_identifier(main_identifier(person))
    born = t("Born {date}", date=show_date(person.birth) if person.birth else t("Not known"))
    st.text(f"{show_name(person.name)}, {born}, {label} {number}")


@st.dialog(mark("Hand the task on"))
def _reassign_dialog(task: Task) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("reassign"):
        _reassign(task)


def _reassign(task: Task) -> None:
    _about(task)
    words = _owners(task)
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
        owner = Reference("Practitioner", chosen)
        known = session.users().get(chosen)
        name = known.name if known else words[chosen]
        if _try(lambda: reads.reassign(task.origin.id, task.version, owner, name, reason), t("Handed on.")):
            st.rerun()


def _owners(task: Task) -> dict[str, str]:
    """The words of those to whom the task can be given, by id: the patient's care team, and for a task about nobody all
    professionals.
    """
    known = session.users()
    if task.patient is None:
        return users_words(known)
    members = {each.member.id: each for each in reads.task_owners(task.patient.id) if each.member is not None}
    words = {
        ident: user_words(known[ident]) if ident in known else clean(member.name or ident, 120)
        for ident, member in members.items()
    }
    return distinct_labels(words)


@st.dialog(mark("Comment on the task"))
def _comment_dialog(task: Task) -> None:
    with error_boundary("comment"):
        _comment(task)


def _comment(task: Task) -> None:
    _about(task)
    text = st.text_area(t("Comment (the team sees it)"), max_chars=2000)
    if st.button(t("Add comment"), type="primary"):
        if not text.strip():
            st.error(t("Write something first."))
        elif _try(lambda: reads.comment(task.origin.id, task.version, text.strip()), t("Comment added.")):
            st.rerun()


@st.dialog(mark("Chase the task"))
def _chase_dialog(task: Task) -> None:
    with error_boundary("chase"):
        _chase(task)


def _chase(task: Task) -> None:
    _about(task)
    due = t("Due: {date}.", date=show_date(task.due)) if task.due else t("It has no due date.")
    st.text(t("With {who}.", who=clean(task.owner_name, 120) or t("nobody yet")))
    proposed = f"{t('Please do this, or say who can.')} {due}"
    text = st.text_area(t("Reminder (the team sees it with the task)"), proposed, max_chars=2000)
    if st.button(t("Send the reminder"), type="primary"):
        if not text.strip():
            st.error(t("Write something first."))
        elif _try(lambda: reads.comment(task.origin.id, task.version, text.strip()), t("Reminder added.")):
            st.rerun()
