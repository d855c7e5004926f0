"""What needs attention, each line with what can be done about it, as HTML."""

from collections.abc import Collection, Sequence

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.attention.severity import any_urgent, facts_of, is_urgent, urgency
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.record.reasons import ReasonWords, reasons_words
from dashboard.ui.record.reasons_html import reason_parts, urgency_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, for_screen_readers, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

TASKS_NAMED = 3
"""Overdue tasks that stand in the line about them; the list of tasks has them all."""


def fact_key(same: Sequence[Reason]) -> str:
    """Names a fact of a patient, so that a press can say which one it is about."""
    origin = fact_origin(same)
    about = same[0].score.key if same[0].score is not None else same[0].measure or ""
    return f"{same[0].kind}/{origin or ''}/{about}"


def fact_origin(same: Sequence[Reason]) -> Reference | None:
    """The record that a fact is about, where it is one."""
    first = same[0]
    return first.result.origin if first.result is not None else first.origin


def fact_words(summary: PatientSummary, at: ViewTime) -> list[tuple[list[Reason], ReasonWords]]:
    """Each fact with its words, most points first."""
    late = [check for check in summary.checks if check.overdue(at.today)]
    return list(zip(facts_of(summary.attention), reasons_words(summary.attention, late, at.today), strict=True))


def overdue_tasks(summary: PatientSummary, at: ViewTime) -> list[Task]:
    """Open tasks whose day has passed, the longest overdue first."""
    late = [task for task in summary.tasks.value or () if task.open and task.due and task.due.end < at.today]
    return sorted(late, key=lambda task: task.due.end if task.due else at.today)


def urgent_html(
    summary: PatientSummary, at: ViewTime, age: str, *, may_change: bool = False, aside: Collection[str] = ()
) -> Html:
    """The section; `aside` are the keys of the facts that the user has set aside while the page is open. What is urgent
    cannot be set aside.
    """
    points, urgent = urgency(summary.attention), any_urgent(summary.attention)
    facts = fact_words(summary, at)
    shown = [each for each in facts if is_urgent(each[0]) or fact_key(each[0]) not in aside]
    left = [each for each in facts if each not in shown]
    total = h.span(class_="c3-quiet", title=urgency_words(points, urgent))[t("urgency {points}", points=points)]
    lines = [_line(*each, summary, at, may_change) for each in shown]
    return h.section(class_="c3-urgentpart")[
        h.h2(class_="c3-sectionhead")[
            h.span(class_="c3-urgentword")[icon("danger"), " ", t("Urgent")] if urgent else t("Needs attention"),
            " ",
            total if facts else None,
        ],
        h.ul(class_="c3-reasons")[lines] if lines else h.p(class_="c3-quiet")[t("Nothing needs attention")],
        _set_aside(left, summary, at, may_change),
        h.p(class_="c3-sub")[icon("clock"), " ", age],
    ]


def _set_aside(
    facts: Sequence[tuple[list[Reason], ReasonWords]], summary: PatientSummary, at: ViewTime, may_change: bool
) -> Html | None:
    if not facts:
        return None
    label = tn(
        "{n} line not now: set aside while this page is open",
        "{n} lines not now: set aside while this page is open",
        len(facts),
    )
    lines = [_line(*each, summary, at, may_change, aside=True) for each in facts]
    return h.details(data_key="set-aside")[h.summary[label], h.ul(class_="c3-reasons")[lines]]


def _line(
    same: list[Reason], words: ReasonWords, summary: PatientSummary, at: ViewTime, may_change: bool, aside: bool = False
) -> Html:
    key, origin = fact_key(same), fact_origin(same)
    late = overdue_tasks(summary, at) if same[0].kind is ReasonKind.TASK_OVERDUE else []
    buttons = []
    if may_change and not late:
        buttons.append(action_button(t("Add task"), press("add", fact=key), f"add-{key}", words.text))
    if origin is not None and not late:
        buttons.append(timeline_button(summary.person.id, origin, words.text))
    if not is_urgent(same):
        does = press("back" if aside else "aside", fact=key)
        buttons.append(action_button(t("Bring back") if aside else t("Not now"), does, f"aside-{key}", words.text))
    return h.li(class_=f"c3-reason c3-{words.tone} c3-actionline", data_fact=key)[
        reason_parts(words),
        h.ul(class_="c3-latetasks")[[_late(task, may_change) for task in late[:TASKS_NAMED]]] if late else None,
        h.div(class_="c3-actions")[buttons] if buttons else None,
    ]


def _late(task: Task, may_change: bool) -> Html:
    owner = clean(task.owner_name, 80) or t("nobody yet")
    due = t("due {date}", date=show_date(task.due))
    return h.li[
        h.span[h.bdi[clean(task.text, 160)], h.span(class_="c3-sub")[" ", owner, ", ", unbroken_dates(due)]],
        task_buttons(task, ("complete", "reassign"), "late-") if may_change else None,
    ]


def task_buttons(task: Task, wanted: Sequence[str], prefix: str = "") -> Html:
    """The buttons of a task, each with the version that the user sees."""
    names = {
        "complete": t("Complete"),
        "reassign": t("Hand on"),
        "comment": t("Comment"),
        "reopen": t("Reopen"),
        "withdraw": t("Take back"),
    }
    return h.div(class_="c3-actions")[
        [
            action_button(
                names[do],
                press(do, id=task.origin.id, version=task.version),
                f"{prefix}{do}-{task.origin.id}",
                clean(task.text, 80),
            )
            for do in wanted
        ]
    ]


def action_button(label: str, does: str, key: str, about: str) -> Html:
    """A small button beside a line; a screen reader hears what it is about too."""
    return h.button(type="button", class_="c3-button c3-small", data_act=does, data_key=key)[
        label, for_screen_readers(f": {about}")
    ]


def timeline_button(patient_id: str, origin: Reference, about: str) -> Html:
    """A link to the entry on the timeline; short, for it stands beside many lines."""
    return h.a(
        class_="c3-button c3-small",
        href=f"timeline?id={patient_id}&at={origin}",
        data_act=press("event", at=str(origin)),
        data_key=f"event-{origin}",
        title=t("Show on the timeline"),
    )[t("Timeline"), for_screen_readers(f": {about}")]
