"""The timeline's layout for a room, as a panel."""

from dashboard.domain.timeline.changes import changes_since_conference
from dashboard.domain.timeline.events import Timeline
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.html import warnings_html
from dashboard.ui.timeline.room_curves import room_curves
from dashboard.ui.timeline.room_html import room_html
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.timeline.widget_controls import on_press


def room(view: TimelineView, timeline: Timeline, at: ViewTime, stale: str) -> None:
    """What changed, the curves that matter now, and the medicines that changed, of the window of the view."""
    drawn = room_curves(view, timeline, at)
    changes = changes_since_conference(timeline, at.as_of)
    html = room_html(timeline, view, changes, drawn.curves, drawn.panels, drawn.axis, at)
    panel(f"tl-room-{view.id}", fragment[warnings_html(timeline, at, stale), html], on_press)
