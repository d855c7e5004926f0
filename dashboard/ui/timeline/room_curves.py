"""The curves of a room, arranged: which measurements matter now, and where their points lie on one axis of time."""

from dataclasses import dataclass

from dashboard.domain.timeline.arrange.panels import panels
from dashboard.domain.timeline.curves import Curves, curves_that_matter
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import Panel, SceneRequest
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.room_curve import RoomAxis
from dashboard.ui.timeline.view import TimelineView, drawing_time, window

POINTS = 60
"""Points of a curve: more would smear at its width."""


@dataclass(frozen=True, slots=True)
class RoomCurves:
    """The curves, with a panel for each of those that are shown."""

    curves: Curves
    panels: tuple[Panel, ...]
    axis: RoomAxis


def room_curves(view: TimelineView, timeline: Timeline, at: ViewTime) -> RoomCurves:
    """The curves of the window of the view."""
    start, end = window(view, timeline, drawing_time(at.as_of), at.zone)
    curves = curves_that_matter(timeline.results, timeline.urgent)
    measures = tuple(measure for curve in curves.shown for measure in curve.measures)
    request = SceneRequest(start=start, end=end, measures=measures, points=POINTS)
    shown = [panels(timeline, curve.measures, request, at.as_of, lambda result: False) for curve in curves.shown]
    # Nothing lies ahead of a curve: its axis ends with today.
    axis = RoomAxis(start, min(end, at.as_of) if start < at.as_of else end, at.as_of, timeline.conference)
    return RoomCurves(curves, tuple(each[0] for each in shown), axis)
