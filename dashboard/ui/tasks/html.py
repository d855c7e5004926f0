"""My tasks as HTML: overdue first, then by due date; done ones of the last days below, with a way back."""

from datetime import date

from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import TaskList
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.patient.link_html import patient_link, survivor_link
from dashboard.ui.record.names import PRIORITIES, TASK_STATUSES, word
from dashboard.ui.record.people import show_name, show_record_state
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.pager import more_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("Task"), mark("Patient"), mark("Due"), mark("Owner"), mark("What to do"))
_PRIORITY_ORDER = {"stat": 0, "asap": 1, "urgent": 2, "routine": 3, "": 3}


def open_tasks(task_list: TaskList) -> list[Task]:
    """Tasks not ended: overdue and earliest due first, then by priority; without a due date last."""
    current = [task for task in task_list.tasks if task.open]
    return sorted(current, key=lambda task: (_due(task.due), _PRIORITY_ORDER.get(task.priority, 3), task.text))


def ended_tasks(task_list: TaskList) -> list[Task]:
    return [task for task in task_list.tasks if not task.open]


def tasks_html(task_list: TaskList, own_count: int, as_of: date, shown: int) -> Html:
    """The list; at most `shown` open tasks, the rest counted with a button. `own_count` of them are the user's own."""
    current, ended = open_tasks(task_list), ended_tasks(task_list)
    late = sum(1 for task in current if _late(task, as_of))
    summary = tn("{n} open task", "{n} open tasks", len(current))
    own = t("{n} mine, {m} of my teams", n=own_count, m=len(current) - own_count) if current else None
    overdue = h.span(class_="c3-lateword")[icon("late"), " ", t("{n} overdue", n=late)] if late else None
    rest = len(current) - shown
    more = None
    if rest > 0:
        label = tn("Show {n} more", "Show {n} more", min(rest, 50))
        more = more_html(label)
    return fragment[
        h.div(class_="c3-summary")[h.p(class_="c3-count", role="status")[h.strong[summary], " ", own], overdue],
        _table(current[:shown], task_list.people, as_of) if current else _nothing(),
        more,
        _ended(ended, task_list.people, as_of),
    ]


def _table(tasks: list[Task], people: dict[str, Person], as_of: date) -> Html:
    return h.table(class_="c3-table c3-tasks")[
        h.caption(class_="c3-sr")[t("My tasks and those of my teams")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_row(task, people, as_of) for task in tasks)],
    ]


def _row(task: Task, people: dict[str, Person], as_of: date) -> Html:
    late, ended = _late(task, as_of), not task.open
    due = show_date(task.due) if task.due else t("no due date")
    priority = word(PRIORITIES, task.priority) if task.priority not in ("", "routine") else ""
    asked = t("asked by {who}", who=clean(task.requester_name, 120)) if task.requester_name else ""
    return h.tr(class_="c3-done" if ended else None, data_key=f"task-{task.origin.id}")[
        h.th(scope="row")[
            h.b[task.text],
            h.div(class_="c3-sub")[", ".join(part for part in (priority, asked) if part)],
            _comments(task),
        ],
        h.td[_patient(task, people)],
        h.td(class_="c3-lateword" if late else None)[
            h.span[icon("late"), " ", t("overdue"), " "] if late else None, due
        ],
        h.td[task.owner_name or t("nobody yet"), h.div(class_="c3-sub")[word(TASK_STATUSES, task.status)]],
        h.td[_actions(task, ended)],
    ]


def _actions(task: Task, ended: bool) -> Html:
    def button(label: str, do: str) -> Html:
        tick = icon("check") if do == "complete" else None
        name = h.span[tick, " " if tick else None, label, for_screen_readers(f": {clean(task.text, 80)}")]
        return h.button(
            type="button",
            class_="c3-button",
            data_act=press(do, id=task.origin.id, version=task.version),
            data_key=f"{do}-{task.origin.id}",
        )[name]

    if ended:
        return h.div(class_="c3-taskactions")[button(t("Undo"), "reopen")]
    return h.div(class_="c3-taskactions")[
        button(t("Complete"), "complete"), button(t("Hand on"), "reassign"), button(t("Comment"), "comment")
    ]


def _patient(task: Task, people: dict[str, Person]) -> Html:
    if task.patient is None:
        return h.span(class_="c3-quiet")[t("no patient")]
    person = people.get(task.patient.id)
    if person is None:
        return h.span(class_="c3-quiet")[t("not in my teams")]
    return fragment[
        patient_link(task.patient.id, h.bdi[show_name(person.name, title=False)]),
        h.div(class_="c3-sub")[t("Born {date}", date=show_date(person.birth) if person.birth else t("Not known"))],
        h.div(class_="c3-sub")[show_record_state(person)] if not person.in_use else None,
        (h.div(class_="c3-sub")[survivor_link(each)] for each in person.survivors),
    ]


def _comments(task: Task) -> Html | None:
    if not task.comments:
        return None
    lines = [
        h.li[
            h.span[comment.text],
            " ",
            h.span(class_="c3-sub")[", ".join(part for part in (comment.author_name, _short(comment.when)) if part)],
        ]
        for comment in task.comments[-3:]
    ]
    return h.ul(class_="c3-comments")[lines]


def _short(when: str) -> str:
    try:
        return show_date(PartialDate(when)) if when else ""
    except ValueError:
        return ""


def _ended(tasks: list[Task], people: dict[str, Person], as_of: date) -> Html | None:
    if not tasks:
        return None
    label = tn("{n} ended in the last 14 days", "{n} ended in the last 14 days", len(tasks))
    return h.details(data_key="ended-tasks")[h.summary[label], _table(tasks, people, as_of)]


def _nothing() -> Html:
    return h.div(class_="c3-empty")[
        icon("check"), h.h2[t("No open tasks")], h.p[t("Nothing waits for you or your teams.")]
    ]


def _late(task: Task, as_of: date) -> bool:
    return task.due is not None and task.due.end < as_of and task.open


def _due(due: PartialDate | None) -> date:
    return due.end if due else date.max
