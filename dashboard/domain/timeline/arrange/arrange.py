"""What of a timeline is drawn: `arrange(timeline, request, as_of)` lays the events out in lanes, tracks and panels.

`reading.blocks` then orders the scene by condition, and `reading.place` gives every part of it a position.

The laws (`tests/unit/domain/timeline/arrange`): an event is in every lane it belongs to, as a bar or in a
mark, or is a point of a panel, or is counted once in `left`; bars of a track never overlap; the order of the events
does not matter; a narrower window only moves events to "before" and "after".
"""

from datetime import datetime

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.lane import LaneBuilder
from dashboard.domain.timeline.arrange.lane_keys import LaneKeys
from dashboard.domain.timeline.arrange.measures import usual_measures
from dashboard.domain.timeline.arrange.new_events import NewEvents
from dashboard.domain.timeline.arrange.panels import panels
from dashboard.domain.timeline.arrange.selection import select
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import Scene, SceneRequest


def arrange(timeline: Timeline, request: SceneRequest, as_of: datetime) -> Scene:
    """The scene of a window at the moment of view. ValueError for a window that ends before it begins."""
    if request.end < request.start:
        raise ValueError("a window ends after it begins")
    lane_keys = LaneKeys(timeline)
    new = NewEvents(timeline, request.since, as_of)
    conditions = [key for key in lane_keys.keys if key is not ConditionKey.OTHER]
    measures = request.measures or usual_measures(timeline, conditions, as_of)
    shown = panels(timeline, measures, request, as_of, new.__contains__)
    selection = select(timeline, request, as_of, shown, lane_keys)
    builder = LaneBuilder(selection, request, as_of, lane_keys, new)
    lanes = tuple(builder.lane(key) for key in lane_keys.keys)
    merged = selection.merged | {
        id(event) for lane in lanes for mark in lane.marks if mark.count > 1 for event in mark.events
    }
    return Scene(
        request=request,
        lanes=lanes,
        panels=shown,
        left=selection.left,
        not_shown=tuple(selection.not_shown),
        merged=len(merged),
        new=new.count,
    )
