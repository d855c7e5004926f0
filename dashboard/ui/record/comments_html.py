"""What was written on a task: comments, and why it was handed on."""

from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.wording import tn

MOST_SHOWN = 3


def comments_html(task: Task) -> Html | None:
    """The last comments, each with its author and day, and how many are before them; None where there are none."""
    if not task.comments:
        return None
    before = len(task.comments) - MOST_SHOWN
    earlier = tn("{n} earlier comment", "{n} earlier comments", before) if before > 0 else ""
    lines = [
        h.li[
            h.span[h.bdi[comment.text]],
            " ",
            h.span(class_="c3-sub")[", ".join(part for part in (comment.author_name, _day(comment.when)) if part)],
        ]
        for comment in task.comments[-MOST_SHOWN:]
    ]
    return h.ul(class_="c3-comments")[h.li(class_="c3-sub")[earlier] if earlier else None, lines]


def _day(when: str) -> str:
    try:
        return show_date(PartialDate(when)) if when else ""
    except ValueError:
        return ""
