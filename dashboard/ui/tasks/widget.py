"""The tab My tasks: complete with a way back, hand on, comment. A conflict with somebody else's change is shown."""

import streamlit as st

from dashboard.domain.record.views import TaskList
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.browser_print import part_words
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.tasks.html import open_tasks, tasks_html
from dashboard.ui.tasks.widget_dialogs import chase_dialog, comment_dialog, reassign_dialog, try_change
from dashboard.ui.worklist.html import heading_html
from dashboard.ui.worklist.view import WorklistView
from dashboard.ui.worklist.widget import on_press as on_worklist_press

SHOWN_AT_FIRST = 30
_SHOWN = "tasks_shown"


def my_tasks(view: WorklistView) -> None:
    """Heading and list; a dialog where a press asks for more than a press."""
    with error_boundary("tasks"):
        show_messages()
        show_title(t("My tasks"), navigation.address_of("worklist"))
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
        shown, current = st.session_state.get(_SHOWN, SHOWN_AT_FIRST), len(open_tasks(task_list))
        facts = (tn("{n} open task", "{n} open tasks", current), *part_words(1, min(shown, current), current))
        listen_for_print("tasks", sorted(task_list.people), "", (t("My tasks"), (who.name, *facts)))
        panel("worklist-heading", heading, on_worklist_press)
        panel("tasks", tasks_html(task_list, mine, as_of.astimezone(zone).date(), shown), on_press)
        open_asked(task_list)


def _on_screen(task_list: TaskList) -> OnScreen:
    return OnScreen(frozenset(task_list.people), task_list.fetched, task_list.stale)


def on_press(pressed: Press) -> None:
    do, task_id, version = pressed.get("do"), press_text(pressed, "id"), press_text(pressed, "version")
    if do == "open":
        on_worklist_press(pressed)
    elif do == "more":
        st.session_state[_SHOWN] = st.session_state.get(_SHOWN, SHOWN_AT_FIRST) + 50
    elif do == "complete":
        try_change(lambda: reads.complete(task_id, version), t("Completed. “Undo” is under the list."))
    elif do == "reopen":
        try_change(lambda: reads.reopen(task_id, version), t("Open again."))
    elif do in ("reassign", "comment", "chase"):
        ask("tasks", do, task_id)


def open_asked(task_list: TaskList) -> None:
    """The dialog that the last press asked for, if it was about one of these tasks."""
    do, task_id = take_asked("tasks") or ("", "")
    known = (*task_list.tasks, *task_list.others)
    task = next((task for task in known if task.origin.id == task_id), None)
    dialogs = {"reassign": reassign_dialog, "comment": comment_dialog, "chase": chase_dialog}
    if task is not None and do in dialogs:
        dialogs[do](task, task_list.people.get(task.patient.id) if task.patient else None)
