"""My tasks as HTML: overdue first, then by due date; done ones of the last days below, with a way back."""

from datetime import date

from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import TaskList
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.patient.link_html import patient_link, survivor_link
from dashboard.ui.record.comments_html import comments_html
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
MOST_OF_ONE_OWNER = 100
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
        _of_others(task_list, as_of),
    ]


def _of_others(task_list: TaskList, as_of: date) -> Html | None:
    """What others have to do for the patients of a coordinator's teams: by owner, each by due date."""
    if not task_list.others:
        return None
    owners: dict[str, list[Task]] = {}
    for task in sorted(task_list.others, key=lambda task: (_due(task.due), task.text)):
        owners.setdefault(task.owner_name or t("nobody yet"), []).append(task)
    late = {name: sum(1 for task in tasks if _late(task, as_of)) for name, tasks in owners.items()}
    groups = [
        _of_one(name, owners[name], late[name], task_list.people, as_of)
        for name in sorted(owners, key=lambda name: (-late[name], name.casefold()))
    ]
    total = tn("{n} open task", "{n} open tasks", len(task_list.others))
    return h.section(class_="c3-others")[
        h.h2[t("Tasks of others in my teams, by owner")],
        h.p(class_="c3-sub")[h.strong[total], " ", t("{n} overdue", n=sum(late.values()))],
        groups,
    ]


def _of_one(name: str, tasks: list[Task], late: int, people: dict[str, Person], as_of: date) -> Html:
    rest = len(tasks) - MOST_OF_ONE_OWNER
    overdue = h.span(class_="c3-lateword")[icon("late"), " ", t("{n} overdue", n=late)] if late else None
    key = tasks[0].owner or tasks[0].origin
    return h.details(data_key=f"owner-{key}")[
        h.summary[h.b[h.bdi[clean(name, 120)]], ": ", tn("{n} open task", "{n} open tasks", len(tasks)), " ", overdue],
        _table(tasks[:MOST_OF_ONE_OWNER], people, as_of, others=True),
        h.p(class_="c3-quiet")[tn("{n} later one is not listed", "{n} later ones are not listed", rest)]
        if rest > 0
        else None,
    ]


def _table(tasks: list[Task], people: dict[str, Person], as_of: date, others: bool = False) -> Html:
    caption = t("Tasks of others in my teams") if others else t("My tasks and those of my teams")
    return h.table(class_="c3-table c3-tasks")[
        h.caption(class_="c3-sr")[caption],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_row(task, people, as_of, others) for task in tasks)],
    ]


def _row(task: Task, people: dict[str, Person], as_of: date, others: bool) -> Html:
    late, ended = _late(task, as_of), not task.open
    due = show_date(task.due) if task.due else t("no due date")
    priority = word(PRIORITIES, task.priority) if task.priority not in ("", "routine") else ""
    asked = t("asked by {who}", who=clean(task.requester_name, 120)) if task.requester_name else ""
    return h.tr(class_="c3-done" if ended else None, data_key=f"task-{task.origin.id}")[
        h.th(scope="row")[
            h.b[task.text],
            h.div(class_="c3-sub")[", ".join(part for part in (priority, asked) if part)],
            comments_html(task),
        ],
        h.td[_patient(task, people)],
        h.td(class_="c3-lateword" if late else None)[
            h.span[icon("late"), " ", t("overdue"), " "] if late else None, due
        ],
        h.td[task.owner_name or t("nobody yet"), h.div(class_="c3-sub")[word(TASK_STATUSES, task.status)]],
        h.td[_actions(task, ended, others)],
    ]


def _actions(task: Task, ended: bool, others: bool) -> Html:
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
    if others:
        return h.div(class_="c3-taskactions")[button(t("Chase"), "chase"), button(t("Hand on"), "reassign")]
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
