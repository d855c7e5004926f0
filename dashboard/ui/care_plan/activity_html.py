"""What the page of a plan is made of: activities with who does what until when, notes, and small buttons; as HTML."""

from collections.abc import Sequence

from dashboard.domain.care_plan.arrange import ActivityLine
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import EDITED_HERE
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.words import STATUSES, item_name, kind_word, value_words
from dashboard.ui.record.names import PRIORITIES, word
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn

NOTES_SHOWN = 2
"""Notes in sight, the newest; the rest opens in place."""


def item_id(origin: Reference) -> str:
    """The id under which an item is reached on the page."""
    return f"c3-part-{origin.type}-{origin.id}"


def notes_html(notes: Sequence[Comment], key: str) -> Html | None:
    """The newest notes with author and day, the others folded."""
    if not notes:
        return None
    lines = [
        h.li[
            icon("comment"),
            " ",
            h.bdi[clean(note.text, 1000)],
            " ",
            h.span(class_="c3-sub")[
                unbroken_dates(", ".join(filter(None, (clean(note.author_name, 80), _day(note.when)))))
            ],
        ]
        for note in notes
    ]
    rest, shown = lines[:-NOTES_SHOWN], lines[-NOTES_SHOWN:]
    earlier = h.details(data_key=key)[
        h.summary[tn("{n} earlier note", "{n} earlier notes", len(rest))], h.ul(class_="c3-notes")[rest]
    ]
    return fragment[earlier if rest else None, h.ul(class_="c3-notes")[shown]]


def _day(when: str) -> str:
    try:
        return show_date(PartialDate(when)) if when else ""
    except ValueError:
        return ""


def activities_html(page: PlanPage, lines: Sequence[ActivityLine]) -> Html:
    """Who does what until when, what is late first."""
    if not lines:
        return h.p(class_="c3-quiet")[none_words(page, t("Nobody does anything for it yet"))]
    ordered = sorted(lines, key=lambda line: not line.late)
    return h.ul(class_="c3-doing")[(activity_html(page, line) for line in ordered)]


def none_words(page: PlanPage, words: str) -> str:
    """That there is no activity, or that it is not known whether there is one: a search that failed is never "none"."""
    return t("Not known: activities could not be read") if page.view.failed.keys() & _ACTIVITIES else words


_ACTIVITIES = frozenset({"Task", "ServiceRequest", "CommunicationRequest"})


def activity_html(page: PlanPage, line: ActivityLine) -> Html:
    """One activity: what, who, until when, how far; of what is changed elsewhere only that it belongs to the plan."""
    item, origin = line.item, line.item.origin
    due = value_words("due", item["due"], origin.type, page.names) if item["due"] else ""
    when = (t("late, {date}", date=due) if line.late else t("by {date}", date=due)) if due else ""
    owner = page.names.person(item["owner"]) or (t("nobody yet") if origin.type in EDITED_HERE else "")
    status = word(STATUSES[origin.type], str(item["status"])) if origin.type in STATUSES else kind_word(origin.type)
    urgent = word(PRIORITIES, str(item["priority"])) if item["priority"] not in ("", "routine") else ""
    below = [status, page.state_of(origin), urgent, clean(str(item["reason"]), 200)]
    return h.li(class_="c3-do", id=item_id(origin), data_key=f"do-{origin.id}")[
        h.div[
            h.span(class_="c3-what")[what_html(page, item)],
            h.span(class_="c3-owner")[" ", icon("person"), " ", h.bdi[owner]] if owner else None,
            h.span(class_="c3-lateword" if line.late else "c3-sub")[
                " ", icon("late") if line.late else None, " " if line.late else None, unbroken_dates(when)
            ]
            if when
            else None,
            h.div(class_="c3-sub")[unbroken_dates(", ".join(filter(None, below)))],
            h.div(class_="c3-sub")[t("What came of it: {words}", words=clean(str(item["outcome"]), 300))]
            if item["outcome"]
            else None,
            notes_html(notes_of(item), f"notes-{origin.id}"),
        ],
        _activity_buttons(page, item),
    ]


def what_html(page: PlanPage, item: PlanItem) -> Html:
    """What is to be done; what is not to be done says so first."""
    name = h.bdi[item_name(item, page.names, 300)]
    if not page.not_to_do(item.origin):
        return name
    return h.b[icon("danger"), " ", t("Not to be done"), ": ", name]


def notes_of(item: PlanItem) -> tuple[Comment, ...]:
    """The notes on an item."""
    notes = item["notes"]
    return tuple(each for each in notes if isinstance(each, Comment)) if isinstance(notes, tuple) else ()


def small_button(label: str, does: str, key: str, about: str = "", *, primary: bool = False) -> Html:
    """A small button; a screen reader hears what it is about too."""
    return h.button(
        type="button",
        class_="c3-button c3-small" + (" c3-primary" if primary else ""),
        data_act=does,
        data_key=key,
    )[label, for_screen_readers(f": {about}") if about else None]


def _activity_buttons(page: PlanPage, item: PlanItem) -> Html | None:
    if not page.may_change or item.origin.type not in EDITED_HERE:
        return None
    about = item_name(item, page.names, 80)
    return h.div(class_="c3-actions")[
        small_button(t("Change"), press("edit", item=str(item.origin)), f"edit-{item.origin.id}", about)
    ]


def count_html(number: int) -> Html | None:
    """How many there are, beside a heading; None for none."""
    return h.span(class_="c3-pillcount")[str(number), for_screen_readers(t("in the list"))] if number else None
