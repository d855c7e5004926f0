"""Places a fitted scene: lanes and panels from top to bottom, moments from left to right, and the texts that fit."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.layout.bar_pieces import bar_pieces
from dashboard.domain.timeline.layout.bar_texts import bar_texts
from dashboard.domain.timeline.layout.mark_texts import mark_positions
from dashboard.domain.timeline.layout.panel_axis import panel_position
from dashboard.domain.timeline.layout.positions import (
    LanePosition,
    Layout,
    MomentKind,
    MomentLine,
    Shares,
    TimeAxis,
)
from dashboard.domain.timeline.layout.room import Labels, Room, cut_to_fit
from dashboard.domain.timeline.scene import Lane, Scene

LANE_PAD = 1.5
"""Pixels above the first row of a lane and below its last."""
FOOT = 6
"""Pixels below everything."""
WITHOUT_POINTS = 0.8
"""The share of a panel's height that one without a value in the window has: it needs room for its latest value only."""
LANE_TEXT_MARGIN = 14.0
"""Pixels of the left margin that the names of lanes leave free."""
TICK_LETTERS = 5.8
LEAST_TICKS = 3
"""A date on the time axis takes so many times its size of type; at least so many are asked for."""


def place(scene: Scene, room: Room, labels: Labels, as_of: datetime, conference: datetime | None = None) -> Layout:
    """The positions of everything in a scene that `fit` has fitted to the same room."""
    sizes = room.sizes
    time = TimeAxis(scene.request.start, scene.request.end, room.width, _ticks(room))
    lanes = _lanes(scene.lanes, room, labels)
    lanes_height = max(lanes[-1].bottom if lanes else 0.0, 1.0)
    heights = [sizes.panel if panel.has_points else sizes.panel * WITHOUT_POINTS for panel in scene.panels]
    plot = lanes_height + sum(heights) + sizes.gap * len(heights)
    shares = _panel_shares(lanes_height, plot, heights, room)
    return Layout(
        room=room,
        time=time,
        lanes=lanes,
        lanes_height=lanes_height,
        lanes_shares=(1 - lanes_height / plot, 1.0),
        height=plot + sizes.axis + FOOT,
        foot=FOOT,
        pieces=bar_pieces(lanes, time),
        bar_texts=bar_texts(lanes, time, room, labels),
        marks=mark_positions(lanes, time, room, labels, as_of),
        panels=tuple(
            panel_position(panel, where, time, room, labels) for panel, where in zip(scene.panels, shares, strict=True)
        ),
        moments=_moments(time, labels, as_of, conference),
    )


def _ticks(room: Room) -> int:
    return max(LEAST_TICKS, int(room.width / (room.sizes.small * TICK_LETTERS)))


def _lanes(lanes: Sequence[Lane], room: Room, labels: Labels) -> tuple[LanePosition, ...]:
    made: list[LanePosition] = []
    top = 0.0
    for lane in lanes:
        many = max(1, lane.tracks)
        bottom = top + many * room.sizes.row + 2 * LANE_PAD
        rows = tuple(top + LANE_PAD + (track + 0.5) * float(room.sizes.row) for track in range(many))
        made.append(_lane(lane, (top, bottom), rows, room, labels))
        top = bottom
    return tuple(made)


def _lane(lane: Lane, reach: tuple[float, float], rows: tuple[float, ...], room: Room, labels: Labels) -> LanePosition:
    sizes = room.sizes
    width = sizes.left - LANE_TEXT_MARGIN
    name = labels.lane(lane, short=room.large and lane.key is not ConditionKey.OTHER)
    return LanePosition(
        lane=lane,
        top=reach[0],
        bottom=reach[1],
        rows=rows,
        name=cut_to_fit(name, sizes.lane, width, labels, heavy=True),
        stage=cut_to_fit(labels.stage(lane), sizes.text, width, labels),
        stage_below=lane.tracks > 1,
    )


def _panel_shares(above: float, plot: float, heights: Sequence[float], room: Room) -> list[Shares]:
    shares, top = [], above
    for height in heights:
        top += room.sizes.gap
        shares.append((max(0.0, 1 - (top + height) / plot), 1 - top / plot))
        top += height
    return shares


def _moments(time: TimeAxis, labels: Labels, as_of: datetime, conference: datetime | None) -> tuple[MomentLine, ...]:
    lines = []
    if as_of in time:
        lines.append(MomentLine(MomentKind.TODAY, as_of, labels.today(), to_left=False))
    if conference is not None and conference in time:
        # To the left of its line: today's word is to the right of its own, and the two are often close.
        lines.append(MomentLine(MomentKind.CONFERENCE, conference, labels.conference(conference), to_left=True))
    return tuple(lines)
