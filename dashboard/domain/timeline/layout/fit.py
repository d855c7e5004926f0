"""Makes a scene fit into its room: bars that say little about time share a row, marks keep to a few rows, large type
shows less, and measurements that are out of range come first.

Nothing is lost: a shared bar and a merged mark hold the events of all they stand for, and what large type leaves out
is counted.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dashboard.domain.timeline.layout.large_type import without_details
from dashboard.domain.timeline.layout.mark_rows import marks_in_few_rows
from dashboard.domain.timeline.layout.panel_order import out_of_range_first
from dashboard.domain.timeline.layout.room import Labels, Room
from dashboard.domain.timeline.layout.shared_rows import with_shared_rows
from dashboard.domain.timeline.scene import Lane, Panel, Scene
from dashboard.domain.values.datatypes import Reference

BETWEEN_MARKS = 2
"""Pixels between two marks of a row."""


def fit(scene: Scene, room: Room, labels: Labels, as_of: datetime, *, mark_new: bool = False) -> Scene:
    """The scene as it fits into the room. What is new stays counted, and is marked as new only on request."""
    if not mark_new:
        scene = _without_new(scene)
    if room.large:
        scene = without_details(scene)
    window = scene.request.end - scene.request.start
    apart = window * ((room.sizes.mark + BETWEEN_MARKS) / room.width)
    lanes = tuple(marks_in_few_rows(with_shared_rows(lane, room, labels), apart) for lane in scene.lanes)
    newly_merged = len(_merged(lanes) - _merged(scene.lanes))
    panels = out_of_range_first(scene.panels, as_of)
    return replace(scene, lanes=lanes, panels=panels, merged=scene.merged + newly_merged)


def _merged(lanes: Iterable[Lane]) -> set[Reference]:
    return {event.origin for lane in lanes for mark in lane.marks if mark.count > 1 for event in mark.events}


def _without_new(scene: Scene) -> Scene:
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
