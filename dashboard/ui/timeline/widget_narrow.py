"""The timeline for a narrow screen: controls, the list, details in their place, what is done with tasks."""

from collections.abc import Sequence

import streamlit as st

from dashboard.domain.record.task import Task
from dashboard.domain.record.views import TaskList
from dashboard.domain.timeline.changes import changes_since_conference
from dashboard.domain.timeline.curves import curves_that_matter
from dashboard.domain.timeline.events import Event, EventDetail, EventKind, Timeline
from dashboard.domain.timeline.scene import Scene
from dashboard.errors import DashboardError
from dashboard.ui.session import reads
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.pager import list_page, page_of_row
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.tasks import widget as tasks_widget
from dashboard.ui.timeline.detail_html import detail_html
from dashboard.ui.timeline.html import empty_html, footer_html, patient_nav_html, warnings_html
from dashboard.ui.timeline.narrow_entries import ConditionEntries, entries_by_condition
from dashboard.ui.timeline.narrow_html import PAGE_ENTRIES, Opened, narrow_controls_html, narrow_html
from dashboard.ui.timeline.table_html import shown_events
from dashboard.ui.timeline.view import TimelineView, find_event
from dashboard.ui.timeline.widget_controls import controls_of_nothing, more_controls, on_press

_LANE = "narrow_lane"


def narrow(view: TimelineView, timeline: Timeline, scene: Scene, at: ViewTime, stale: str) -> None:
    """The list of what the window and the kinds let through."""
    ident = view.id
    warnings = warnings_html(timeline, at, stale)
    if not timeline.events:
        if warnings is not None:
            panel(f"tl-warnings-{ident}", warnings)
        controls_of_nothing(view, timeline, stale)
        panel(f"tl-narrow-{ident}", empty_html(timeline))
    else:
        top = [warnings, patient_nav_html(ident, "timeline")]
        panel(f"tl-narrowcontrols-{ident}", fragment[top, narrow_controls_html(view)], on_narrow)
        events = shown_events(scene, timeline.events)
        more_controls(view, timeline, scene, events, at, stale)
        _list(view, timeline, scene, events, at)
    panel(f"tl-footer-{ident}", footer_html(timeline, scene, at))


def _list(view: TimelineView, timeline: Timeline, scene: Scene, events: list[Event], at: ViewTime) -> None:
    tasks = _tasks(timeline, events)
    page = list_page(events, _page_number(events, view), PAGE_ENTRIES)
    lanes = {lane.key: lane for lane in scene.lanes}
    conditions = entries_by_condition(page.rows, list(lanes), curves_that_matter(timeline.results, timeline.urgent))
    html = narrow_html(
        conditions,
        page,
        timeline,
        changes_since_conference(timeline, at.as_of),
        lanes,
        {task.origin.id: task for task in _known(tasks)},
        _opened(view, timeline, conditions, at),
        at,
    )
    panel(f"tl-narrow-{view.id}", html, on_narrow)
    if tasks is not None:
        tasks_widget.open_asked(tasks)


def _page_number(events: list[Event], view: TimelineView) -> int:
    """The page asked for, or the one with the entry that a sent link opens."""
    origins = [str(event.origin) for event in events]
    if view.page == 1 and view.at in origins:
        return page_of_row(origins.index(view.at), PAGE_ENTRIES)
    return view.page


def _tasks(timeline: Timeline, events: list[Event]) -> TaskList | None:
    """The tasks that the user may do something with; None where none is listed, or they cannot be read now."""
    if not any(event.kind is EventKind.TASK for event in events):
        return None
    try:
        return reads.read_tasks()
    except DashboardError:
        # The entries are shown all the same; nothing can be done with a task whose version is not known.
        return None


def _known(tasks: TaskList | None) -> tuple[Task, ...]:
    return (*tasks.tasks, *tasks.others) if tasks is not None else ()


def _opened(
    view: TimelineView, timeline: Timeline, conditions: Sequence[ConditionEntries], at: ViewTime
) -> Opened | None:
    """The entry that is open, with its details: where it was pressed, else where it stands first."""
    picked = find_event(timeline, view.at)
    places = [each.key.value for each in conditions if any(picked in month.events for month in each.months)]
    if picked is None or not places:
        return None
    detail: EventDetail | None = None
    failed = ""
    try:
        detail = reads.read_event(view.id, picked.origin)
    except DashboardError as problem:
        failed = error_words(problem)
    lane = st.session_state.get(_LANE)
    return Opened(
        str(picked.origin), lane if lane in places else places[0], detail_html(picked, detail, failed, (), at)
    )


def on_narrow(pressed: Press) -> None:
    """A press in the list: as in the other layouts, and on a task what the list of tasks does."""
    if pressed.get("do") in ("complete", "reopen", "reassign", "comment"):
        tasks_widget.on_press(pressed)
        return
    if pressed.get("do") == "pick":
        st.session_state[_LANE] = press_text(pressed, "lane")
    on_press(pressed)
