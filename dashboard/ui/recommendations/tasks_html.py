"""The open tasks about a card, or about a missing fact: so that nobody asks for the same thing twice."""

from dashboard.domain.record.task import Task
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t


def tasks_html(page: RecommendationsPage, text: str, why: str) -> Html | None:
    """A line for each task with this text, or with a reason that begins with `why`: what a task that is added here
    begins with, and one of the two is mostly left as it is.
    """
    found = [task for task in page.found.tasks.value or () if task.text == text or _says(task, why)]
    return h.ul(class_="c3-rectasks")[(_line(task) for task in found)] if found else None


def _says(task: Task, why: str) -> bool:
    return any(each.text.startswith(why) for each in task.reason_codes)


def _line(task: Task) -> Html:
    due = t("due {day}", day=show_date(task.due)) if task.due else ""
    words = ", ".join(filter(None, (clean(task.text, 160), clean(task.owner_name, 120) or t("nobody yet"), due)))
    return h.li[icon("check"), " ", unbroken_dates(t("Task already: {task}", task=words))]
