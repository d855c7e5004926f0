"""The timeline's layout for a room, as a panel."""

from dashboard.domain.timeline.arrange.panels import panels
from dashboard.domain.timeline.changes import changes_since_conference
from dashboard.domain.timeline.curves import curves_that_matter
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import SceneRequest
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.html import warnings_html
from dashboard.ui.timeline.room_curve import RoomAxis
from dashboard.ui.timeline.room_html import room_html
from dashboard.ui.timeline.view import TimelineView, drawing_time, window
from dashboard.ui.timeline.widget_controls import on_press

POINTS = 60
"""Points of a curve: more would smear at its width."""


def room(view: TimelineView, timeline: Timeline, at: ViewTime, stale: str) -> None:
    """What changed, the curves that matter now, and the medicines that changed, of the window of the view."""
    start, end = window(view, timeline, drawing_time(at.as_of), at.zone)
    curves = curves_that_matter(timeline.results, timeline.urgent)
    measures = tuple(measure for curve in curves.shown for measure in curve.measures)
    request = SceneRequest(start=start, end=end, measures=measures, points=POINTS)
    shown = [panels(timeline, curve.measures, request, at.as_of, lambda result: False) for curve in curves.shown]
    # Nothing lies ahead of a curve: its axis ends with today.
    axis = RoomAxis(start, min(end, at.as_of) if start < at.as_of else end, at.as_of, timeline.conference)
    html = room_html(
        timeline,
        view,
        changes_since_conference(timeline, at.as_of),
        curves,
        [each[0] for each in shown],
        axis,
        at,
    )
    panel(f"tl-room-{view.id}", fragment[warnings_html(timeline, at, stale), html], on_press)
