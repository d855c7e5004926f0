"""The tasks of a patient with their owners, and what can be done with each, as HTML."""

from datetime import timedelta

from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import STATES, TaskAction
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.patient.parts import folded, nothing, section
from dashboard.ui.patient.urgent_html import task_buttons
from dashboard.ui.record.comments_html import comments_html
from dashboard.ui.record.names import PRIORITIES, TASK_STATUSES, word
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

ENDED_FOR = timedelta(days=14)
"""Tasks that ended since then are offered to be reopened, as in the list of my tasks."""


def tasks_part(summary: PatientSummary, at: ViewTime, *, may_change: bool = False, me: Reference | None = None) -> Html:
    """The open ones, the earliest due first, then folded those that ended lately. `me` is who may take a task back."""

    def body(tasks: tuple[Task, ...]) -> tuple[Html, int]:
        current = [task for task in tasks if task.open]
        ended = [task for task in tasks if not task.open and _lately(task, at)]
        add = h.button(
            type="button", class_="c3-button c3-primary", data_act=press("add", fact=""), data_key="add-task"
        )[t("Add task")]
        label = tn("{n} ended in the last 14 days", "{n} ended in the last 14 days", len(ended))
        return fragment[
            h.ul(class_="c3-tasklines")[[_task(task, at, may_change, me) for task in current]]
            if current
            else nothing(),
            h.p[add] if may_change else None,
            folded(label, [_task(task, at, may_change, me) for task in ended], "ended-tasks"),
        ], len(current)

    return h.div(id="c3-tasks")[section(t("Tasks"), summary.tasks, body)]


def _lately(task: Task, at: ViewTime) -> bool:
    return task.ended is not None and task.ended.end >= at.today - ENDED_FOR


def _task(task: Task, at: ViewTime, may_change: bool, me: Reference | None) -> Html:
    late = task.open and task.due is not None and task.due.end < at.today
    due = t("no due date")
    if task.due is not None:
        due = t("overdue, {date}", date=show_date(task.due)) if late else t("due {date}", date=show_date(task.due))
    if not task.open and task.ended is not None:
        due = t("ended {date}", date=show_date(task.ended))
    priority = word(PRIORITIES, task.priority) if task.priority not in ("", "routine") else ""
    asked = t("asked by {who}", who=clean(task.requester_name, 120)) if task.requester_name else ""
    why = "; ".join(clean(each.text, 200) for each in task.reason_codes if each.text)
    below = ", ".join(filter(None, (word(TASK_STATUSES, task.status), priority, asked)))
    return h.li(class_="c3-taskline", data_key=f"task-{task.origin.id}")[
        h.div[
            h.b[h.bdi[clean(task.text, 300)]],
            h.div[
                h.span(class_="c3-owner")[icon("person"), " ", clean(task.owner_name, 120) or t("nobody yet")],
                h.span(class_="c3-lateword" if late else "c3-sub")[" ", unbroken_dates(due)],
            ],
            h.div(class_="c3-sub")[below] if below else None,
            h.div(class_="c3-sub")[h.bdi[why]] if why else None,
            h.div(class_="c3-sub")[h.bdi[clean(task.status_reason, 300)]] if task.status_reason else None,
            comments_html(task),
        ],
        task_buttons(task, allowed(task, me)) if may_change else None,
    ]


def allowed(task: Task, me: Reference | None) -> list[str]:
    """What its status allows; only who asked for it takes it back."""
    allowed = STATES.get(task.status, {})
    order = (TaskAction.COMPLETE, TaskAction.REASSIGN, TaskAction.COMMENT, TaskAction.REOPEN, TaskAction.WITHDRAW)
    return [
        action.value
        for action in order
        if action in allowed and (action is not TaskAction.WITHDRAW or (me is not None and task.requester == me))
    ]
