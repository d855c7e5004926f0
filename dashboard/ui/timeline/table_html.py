"""The same events as a table: for screen readers, for printing, and for whoever reads lists faster than pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Event
from dashboard.domain.timeline.scene import Scene
from dashboard.ui.record.people import show_names
from dashboard.ui.record.results import marks_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Child, Html, clean, unbroken_dates
from dashboard.ui.shared.pager import ListPage, list_page, page_of_row, pager_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.timeline.view import PAGE_ROWS, TimelineView
from dashboard.ui.timeline.words import (
    DATE_WARNINGS,
    event_words,
    inexact_words,
    kind_word,
    lane_name,
    lanes_short,
    precision_words,
    show_code,
    show_when,
    state_words,
)

HEADINGS = (
    mark("When"), mark("What"), mark("Kind"), mark("Condition"), mark("State"), mark("By"), mark("Code"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in words."""

    origin: str
    when: str
    what: str
    kind: str
    lanes: str
    state: str
    who: str
    code: str
    abnormal: bool
    urgent: bool
    new: bool


def shown_events(scene: Scene, events: Sequence[Event], condition: ConditionKey | None = None) -> list[Event]:
    """The events of the window, of the kinds that are on and of the condition that was picked, newest first, and those
    without a date after them.

    Normal results that only the panels draw are among them, and those of which no panel is shown: the table has all.
    """
    drawn = {event.origin for lane in scene.lanes for event in lane.events}
    drawn |= {r.origin for panel in scene.panels for s in panel.series for point in s.points for r in point.results}
    drawn |= {event.origin for event in scene.not_shown}
    dated_ones = [event for event in events if event.origin in drawn]
    undated = [
        event
        for event in events
        if event.start is None and event.end is None and (condition is None or condition in event.lanes)
    ]
    return [*reversed(dated_ones), *(event for event in undated if event.origin not in drawn)]


def event_rows(events: Sequence[Event], zone: tzinfo, new: frozenset[str] = frozenset()) -> list[EventRow]:
    """The events in words; `new` are the origins of those since the last conference."""
    return [_row(event, zone, str(event.origin) in new) for event in events]


def _row(event: Event, zone: tzinfo, new: bool) -> EventRow:
    state = [state_words(event), precision_words(event), *(t(DATE_WARNINGS[each]) for each in event.date_warnings)]
    state += [t("code not in our lists")] if event.unmapped else []
    state += [", ".join(inexact_words(event))]
    words = event_words(event)
    if event.results and event.detail:
        words = f"{words}, {event.detail}"
    return EventRow(
        origin=str(event.origin),
        when=show_when(event, zone),
        what=clean(words, 400),
        kind=kind_word(event.kind),
        lanes=lanes_short(event, event.lanes),
        state=", ".join(part for part in state if part),
        who=show_names(event.who, 60),
        code=show_code(event.codes[0], short=True) if event.codes else "",
        abnormal=event.abnormal,
        urgent=event.urgent,
        new=new,
    )


def timeline_table_html(events: Sequence[Event], view: TimelineView, at: ViewTime, new: frozenset[str]) -> Html:
    """A page of the table, with how many there are."""
    page = list_page(events, view.page, PAGE_ROWS)
    return h.div(class_="c3-storytable")[
        h.p(class_="c3-count", role="status")[_count(page)],
        h.table(class_="c3-table c3-events")[
            h.caption(class_="c3-sr")[t("The patient’s timeline, newest first")],
            h.thead[h.tr[(h.th(scope="col", class_=f"c3-col-{n}")[t(head)] for n, head in enumerate(HEADINGS))]],
            h.tbody[(_tr(row, view) for row in event_rows(page.rows, at.zone, new))],
        ],
        _pager(page),
    ]


def _count(page: ListPage[Event]) -> Html:
    total = h.strong[tn("{n} entry", "{n} entries", page.total)]
    if page.pages == 1:
        return total
    return h.span[total, " ", t("shown: {first} to {last}", first=page.first, last=page.last)]


def _tr(row: EventRow, view: TimelineView) -> Html:
    flags = []
    if row.abnormal or row.urgent:
        words = ", ".join(marks_words(row.urgent, row.abnormal, False, False))
        flags.append(h.span(class_="c3-flag c3-urgentword" if row.urgent else "c3-flag")["▲ ", words])
    if row.new:
        flags.append(h.span(class_="c3-newflag")[t("NEW")])
    link = h.button(
        type="button",
        class_="c3-plainbutton c3-pickevent",
        aria_current="true" if row.origin == view.at else None,
        data_act=press("pick", origin=row.origin),
        data_key=f"row-{row.origin}",
    )[h.bdi[row.what]]
    cells: list[Child] = [row.kind, row.lanes, row.state, h.bdi[row.who], h.bdi[row.code]]
    return h.tr(class_="c3-pickedrow" if row.origin == view.at else None)[
        h.td[unbroken_dates(row.when)], h.th(scope="row")[link, flags], (h.td[cell] for cell in cells)
    ]


def _pager(page: ListPage[Event]) -> Html | None:
    words = t("page {page} of {pages}", page=page.number, pages=page.pages)
    return pager_html(t("Pages of the table"), t("Newer"), words, t("Older"), page.number, page.number == page.pages)


def lanes_in_words(event: Event) -> str:
    """`Heart failure, usually Kidney disease`, for files."""
    return ", ".join(
        t("usually {condition}", condition=lane_name(key)) if key in event.usual_lanes else lane_name(key)
        for key in event.lanes
    )


def on_page_of(events: Sequence[Event], view: TimelineView) -> TimelineView:
    """The view on the page that holds the picked event."""
    place = next((n for n, event in enumerate(events) if str(event.origin) == view.at), None)
    return replace(view, page=page_of_row(place, PAGE_ROWS)) if place is not None else view
