"""Which events are new since a moment, such as the team's last conference."""

from dataclasses import replace
from datetime import datetime

from dashboard.domain.record.observation import Result
from dashboard.domain.timeline.events import Event, EventKind, EventState, Timeline
from dashboard.domain.timeline.scene import Panel, Scene


def is_new(event: Event, since: datetime | None, as_of: datetime) -> bool:
    """Recorded, begun or ended after `since` and by the moment of view.

    What is only planned has not happened, and a conference is what the others are newer than: neither is new. The end
    of a goal is the day when it is due, that of a plan that goes on is when it is reviewed: no news either.
    """
    if since is None or event.state is EventState.PLANNED or event.kind is EventKind.CONFERENCE:
        return False
    expected = event.kind is EventKind.GOAL or (event.kind is EventKind.PLAN and event.state is EventState.ONGOING)
    ends = None if expected else event.end
    return any(when is not None and since < when.moment <= as_of for when in (event.recorded, event.start, ends))


class NewEvents:
    """The new events of a timeline, looked up by id and type, which is quicker than by Reference."""

    def __init__(self, timeline: Timeline, since: datetime | None, as_of: datetime) -> None:
        new = [] if since is None else [event.origin for event in timeline.events if is_new(event, since, as_of)]
        self.count = len(new)
        self._origins = {(origin.id, origin.type) for origin in new}

    def __contains__(self, what: Event | Result) -> bool:
        return bool(self._origins) and (what.origin.id, what.origin.type) in self._origins


def without_new(scene: Scene) -> Scene:
    """The scene with nothing marked as new; what is new stays counted."""
    lanes = tuple(
        replace(
            lane,
            bars=tuple(replace(bar, new=False) if bar.new else bar for bar in lane.bars),
            marks=tuple(replace(mark, new=False) if mark.new else mark for mark in lane.marks),
        )
        for lane in scene.lanes
    )
    return replace(scene, lanes=lanes, panels=tuple(map(_panel_without_new, scene.panels)))


def _panel_without_new(panel: Panel) -> Panel:
    series = (
        replace(one, points=tuple(replace(point, new=False) if point.new else point for point in one.points))
        for one in panel.series
    )
    return replace(panel, series=tuple(series))
