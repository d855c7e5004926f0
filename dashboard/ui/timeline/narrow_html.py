"""The timeline for a narrow screen, as HTML: conditions as headings, measurements with a picture, entries by month.

Everything that is pressed is at least 44 pixels high. The details of an entry open in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.task import Task
from dashboard.domain.timeline.arrange.new_events import NewEvents, is_new
from dashboard.domain.timeline.changes import Changes
from dashboard.domain.timeline.events import Event, EventKind, Timeline
from dashboard.domain.timeline.scene import KindGroup, Lane
from dashboard.ui.record.names import condition_short
from dashboard.ui.record.results import marks_words, result_class, show_date_range
from dashboard.ui.record.sparkline import sparkline
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, for_screen_readers, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.pager import ListPage, pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.html import SPAN_WORDS
from dashboard.ui.timeline.narrow_entries import ConditionEntries, Measured, Month
from dashboard.ui.timeline.room_words import RoomItem, change_items, curve_words, medicine_item, since_words
from dashboard.ui.timeline.table_html import EventRow, event_rows
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.timeline.words import GROUPS, lane_name, lanes_short

FIRST_NEWS = 4
"""What is new, said at once; the rest opens."""
PAGE_ENTRIES = 100
"""Entries of a page of the list: a telephone scrolls through so many, and more are on the next page."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The entry whose details are open: where it was pressed, and its details as HTML."""

    origin: str
    lane: str
    detail: Html


def narrow_controls_html(view: TimelineView) -> Html:
    """The window of time, and which kinds are shown, which opens."""
    presets = [
        _switch(t(short), f"narrow-span-{span}", view.span == span, press("span", to=span), t(whole))
        for span, (short, whole) in SPAN_WORDS.items()
    ]
    kinds = [
        _switch(t(GROUPS[group]), f"narrow-kind-{group}", group not in view.off, press("kind", name=group.value))
        for group in KindGroup
    ]
    off = tn("{n} kind is not shown", "{n} kinds are not shown", len(view.off)) if view.off else ""
    return h.div(class_="c3-narrowcontrols")[
        h.div(class_="c3-segments", role="group", aria_label=t("Time shown"))[presets],
        h.details(data_key="narrow-kinds")[
            h.summary[t("What is shown"), f" ({off})" if off else None],
            h.div(class_="c3-narrowkinds", role="group", aria_label=t("What is shown"))[kinds],
        ],
    ]


def _switch(words: str, key: str, on: bool, does: str, whole: str = "") -> Html:
    return h.button(
        type="button",
        class_="c3-switch",
        aria_pressed="true" if on else "false",
        aria_label=whole or None,
        data_act=does,
        data_key=key,
    )[icon("check") if on and not whole else None, words]


def narrow_html(
    conditions: Sequence[ConditionEntries],
    page: ListPage[Event],
    timeline: Timeline,
    changes: Changes,
    lanes: Mapping[ConditionKey, Lane],
    tasks: Mapping[str, Task],
    opened: Opened | None,
    at: ViewTime,
) -> Html:
    """The list; `tasks` are those that the user may do something with, by id."""
    since = timeline.conference
    new = frozenset(str(event.origin) for event in page.rows if is_new(event, since, at.as_of))
    total = tn("{n} entry", "{n} entries", page.total)
    return h.div(class_="c3-narrow")[
        _since(changes, timeline, at),
        h.p(class_="c3-count", role="status")[h.strong[total], " ", t("newest first")],
        [_condition(each, timeline, lanes, new, tasks, opened, at) for each in conditions],
        pages_html(page, t("Pages of the timeline")),
    ]


def _since(changes: Changes, timeline: Timeline, at: ViewTime) -> Html:
    """What is new, in words: the first of it, and the rest opens. The count is that of the entries, as on every page:
    several of them may be one line here.
    """
    items = [*change_items(changes, timeline, at), *map(medicine_item, changes.medicines)]
    count = tn("{n} new", "{n} new", NewEvents(timeline, changes.since, at.as_of).count)
    return h.details(class_="c3-narrowsince", data_key="narrow-since", open=bool(items))[
        h.summary[h.b[unbroken_dates(since_words(changes, at.zone))], ": ", count],
        h.ul[map(_item, items[:FIRST_NEWS])] if items else None,
        h.details(data_key="narrow-more-news")[
            h.summary[tn("and {n} more", "and {n} more", len(items) - FIRST_NEWS)],
            h.ul[map(_item, items[FIRST_NEWS:])],
        ]
        if len(items) > FIRST_NEWS
        else None,
    ]


def _item(item: RoomItem) -> Html:
    marked = (
        h.span(class_="c3-flag c3-urgentword" if item.urgent else "c3-flag")["▲ ", item.mark] if item.mark else None
    )
    return h.li[
        h.b[unbroken_dates(item.what)],
        h.div(class_="c3-sub")[marked, " " if marked else None, unbroken_dates(item.more)]
        if item.more or item.mark
        else None,
    ]


def _condition(
    entries: ConditionEntries,
    timeline: Timeline,
    lanes: Mapping[ConditionKey, Lane],
    new: frozenset[str],
    tasks: Mapping[str, Task],
    opened: Opened | None,
    at: ViewTime,
) -> Html:
    lane = lanes.get(entries.key)
    stage = lane.stage if lane is not None else ""
    suspected = t("suspected") if lane is not None and lane.suspected else ""
    count = tn("{n} entry", "{n} entries", entries.count)
    return h.section(class_="c3-narrowcondition", data_key=f"narrow-{entries.key}")[
        h.header[
            h.h2[lane_name(entries.key)],
            h.span(class_="c3-stage")[clean(stage, 40)] if stage else None,
            h.span(class_="c3-lateword")[suspected] if suspected else None,
            h.span(class_="c3-sub")[count],
        ],
        h.ul(class_="c3-narrowmeasures")[(_measured(each, timeline, at) for each in entries.measured)]
        if entries.measured
        else None,
        [_month(month, entries.key, new, tasks, opened, at) for month in entries.months],
    ]


def _measured(measured: Measured, timeline: Timeline, at: ViewTime) -> Html:
    """Name, latest value, unit and date, marks, trend, goal, and the course as a small picture with its words."""
    words, key = curve_words(measured.curve, timeline, at), measured.curve.results[0]
    also = ", ".join(condition_short(each) for each in measured.also)
    return h.li(class_=" ".join(filter(None, ("c3-measure", result_class(words)))))[
        h.div[
            h.div(class_="c3-label")[words.name],
            h.div(class_="c3-big")[h.b[words.value], h.small[words.unit], h.span(class_="c3-sub c3-nw")[words.when]],
            (h.div(class_="c3-flag")["▲ ", each] for each in words.marks),
            h.div(class_="c3-sub")[
                unbroken_dates("; ".join(filter(None, (words.age, words.course, words.target, words.note))))
            ],
            h.div(class_="c3-sub")[t("also for {conditions}", conditions=also)] if also else None,
        ],
        sparkline(key, show_date_range(key, words)),
    ]


def _month(
    month: Month,
    lane: ConditionKey,
    new: frozenset[str],
    tasks: Mapping[str, Task],
    opened: Opened | None,
    at: ViewTime,
) -> Html:
    rows = event_rows(month.events, at.zone, new)
    lines = [
        _entry(row, event, lane, tasks.get(event.origin.id) if event.kind is EventKind.TASK else None, opened)
        for row, event in zip(rows, month.events, strict=True)
    ]
    return h.section(class_="c3-narrowmonth")[h.h3[month.name], h.ul[lines]]


def _entry(row: EventRow, event: Event, lane: ConditionKey, task: Task | None, opened: Opened | None) -> Html:
    is_open = opened is not None and (opened.origin, opened.lane) == (row.origin, lane.value)
    flags = [h.span(class_="c3-newflag")[t("NEW")]] if row.new else []
    if row.abnormal or row.urgent:
        words = ", ".join(marks_words(row.urgent, row.abnormal, False, False))
        flags.append(h.span(class_="c3-flag c3-urgentword" if row.urgent else "c3-flag")["▲ ", words])
    also = lanes_short(event, (key for key in event.lanes if key is not lane))
    also = t("also in {conditions}", conditions=also) if also else ""
    usual = t("usually for it, by its drug class") if lane in event.usual_lanes else ""
    below = ", ".join(filter(None, (row.kind, usual, row.state, row.who, also)))
    return h.li(class_="c3-narrowentry c3-narrowtask" if task is not None else "c3-narrowentry")[
        h.button(
            type="button",
            class_="c3-narrowpick",
            aria_expanded="true" if is_open else "false",
            data_act=press("pick", origin="" if is_open else row.origin, lane=lane.value),
            data_key=f"entry-{lane}-{row.origin}",
        )[
            h.span(class_="c3-narrowwhen")[unbroken_dates(row.when)],
            h.span(class_="c3-narrowwhat")[h.bdi[row.what], [[" ", flag] for flag in flags]],
            h.span(class_="c3-sub")[h.bdi[below]],
        ],
        opened.detail if is_open and opened is not None else None,
        _task_buttons(task) if task is not None else None,
    ]


def _task_buttons(task: Task) -> Html:
    """What can be done with a task, at the end of its card, where the thumb is."""

    def button(label: str, do: str) -> Html:
        return h.button(
            type="button",
            class_="c3-button",
            data_act=press(do, id=task.origin.id, version=task.version),
            data_key=f"{do}-{task.origin.id}",
        )[icon("check") if do == "complete" else None, label, for_screen_readers(f": {clean(task.text, 80)}")]

    if not task.open:
        return h.div(class_="c3-narrowbuttons")[button(t("Undo"), "reopen")]
    return h.div(class_="c3-narrowbuttons")[
        button(t("Complete"), "complete"), button(t("Hand on"), "reassign"), button(t("Comment"), "comment")
    ]
