"""Places the blocks of the reading layout from top to bottom, and moments from left to right.

Texts are cut for the narrowest figure that the layout is used for. A wider one only moves them apart, because each is
bound to a moment or to an edge: what does not meet in the narrowest figure meets in none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dashboard.domain.timeline.layout.bar_pieces import bar_pieces
from dashboard.domain.timeline.layout.bar_texts import bar_texts
from dashboard.domain.timeline.layout.panel_axis import panel_position
from dashboard.domain.timeline.layout.positions import BarPiece, BarText, LanePosition, PanelPosition, TimeAxis
from dashboard.domain.timeline.layout.room import Labels, Room, cut_to_fit
from dashboard.domain.timeline.reading.blocks import Block, Reading, Row, as_lane
from dashboard.domain.timeline.reading.dose_changes import DoseChange, dose_changes, value_at
from dashboard.domain.timeline.scene import Bar, Panel, SceneRequest

PAD = 5.0
"""Pixels above the first row of a block and below its last part."""
LEAST_PLOT = 24.0
"""Pixels of a figure in which nothing is drawn: plotly refuses one of less than ten."""
FOOT = 6
"""Pixels below everything."""
NAME_MARGIN = 12.0
"""Pixels of the left margin that the names of rows leave free."""
TICK_LETTERS = 7.4
"""A date on the time axis takes so many times its size of type, with the air around it."""
LEAST_TICKS = 2


class ReadingLabels(Labels, Protocol):
    """The words of the reading layout."""

    def medicine(self, row: Row) -> str:
        """The name of a medicine, which its doses do not repeat."""

    def also(self, bar: Bar, block: Block) -> str:
        """The other conditions that a medicine is for, short."""


@dataclass(frozen=True, slots=True)
class RowName:
    """What is written to the left of a row: `also` in a lighter tone after it; `heavy` for a condition."""

    y: float
    words: str
    also: str = ""
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class ChangeMark:
    """The sign of a change of dose: in the row of its medicine (`panel` is None, `value` the row's middle in pixels),
    or on the curve of a panel (its number, and the value there).
    """

    change: DoseChange
    panel: int | None
    value: float


@dataclass(frozen=True, slots=True)
class NewMark:
    """The sign of what is new, on the row of a bar or on a point of a panel; see `ChangeMark`."""

    when: datetime
    panel: int | None
    value: float


@dataclass(frozen=True, slots=True)
class ReadingLayout:
    """The figure from top to bottom, in pixels: `edges` are the lines between blocks, `shaded` every other block."""

    room: Room
    time: TimeAxis
    height: float
    names: tuple[RowName, ...]
    pieces: tuple[BarPiece, ...]
    bar_texts: tuple[BarText, ...]
    panels: tuple[PanelPosition, ...]
    changes: tuple[ChangeMark, ...]
    new: tuple[NewMark, ...]
    edges: tuple[float, ...]

    @property
    def plot(self) -> float:
        """The height of the plotting area."""
        return self.height - FOOT


def place_reading(found: Reading, request: SceneRequest, room: Room, labels: ReadingLabels) -> ReadingLayout:
    """The positions of everything in the blocks."""
    sizes = room.sizes
    most = max(LEAST_TICKS, int(room.width / (sizes.small * TICK_LETTERS)))
    time = TimeAxis(request.start, request.end, room.width, most)
    lanes: list[LanePosition] = []
    names: list[RowName] = []
    tops: list[tuple[Panel, float]] = []
    edges: list[float] = []
    top = 0.0
    for block in found.blocks:
        position = _rows(block, top, room)
        lanes.append(position)
        names += _names(block, position, room, labels)
        top = position.bottom
        for panel in block.panels:
            top += sizes.gap
            tops.append((panel, top))
            top += sizes.panel
        top += PAD
        edges.append(top)
    plot = max(top, LEAST_PLOT)
    panels = [
        panel_position(panel, (1 - (y + sizes.panel) / plot, 1 - y / plot), time, room, labels) for panel, y in tops
    ]
    changes_of = [block.changes for block in found.blocks for _ in block.panels]
    return ReadingLayout(
        room=room,
        time=time,
        height=plot + FOOT,
        names=tuple(names),
        pieces=bar_pieces(lanes, time),
        bar_texts=bar_texts(lanes, time, room, labels),
        panels=tuple(panels),
        changes=(*_changes_of_rows(found, lanes), *_changes_of_panels(panels, changes_of)),
        new=(*_new_bars(lanes, request.since), *_new_points(panels)),
        edges=tuple(edges),
    )


def _rows(block: Block, top: float, room: Room) -> LanePosition:
    """The rows of a block; one without a problem has a row for its name all the same."""
    lane = as_lane(block)
    row = float(room.sizes.row)
    empty = 0 if block.problems else 1
    first = top + PAD + empty * row
    rows = tuple(first + (number + 0.5) * row for number in range(lane.tracks))
    return LanePosition(lane, top, first + lane.tracks * row, rows)


def _names(block: Block, position: LanePosition, room: Room, labels: ReadingLabels) -> list[RowName]:
    sizes, width = room.sizes, room.sizes.left - NAME_MARGIN
    name = cut_to_fit(labels.lane(block.lane), sizes.lane, width, labels, heavy=True)
    used = labels.width_of(name + " ", sizes.lane, heavy=True)
    stage = cut_to_fit(labels.stage(block.lane), sizes.text, width - used, labels)
    names = [RowName(position.top + PAD + sizes.row / 2, name, stage, heavy=True)]
    below = position.rows[len(block.problems) :]
    for row, y in zip(block.medicines, below, strict=True):
        also = labels.also(row[-1], block)
        # The name comes first; of what else it is for the hover says what has no room here.
        name = cut_to_fit(labels.medicine(row), sizes.text, width, labels)
        left = width - labels.width_of(name + " ", sizes.text)
        names.append(RowName(y, name, cut_to_fit(also, sizes.small, left, labels)))
    return names


def _changes_of_rows(found: Reading, lanes: Sequence[LanePosition]) -> list[ChangeMark]:
    marks = []
    for block, position in zip(found.blocks, lanes, strict=True):
        ys = position.rows[len(block.problems) :]
        for row, y in zip(block.medicines, ys, strict=True):
            marks += [ChangeMark(change, None, y) for change in dose_changes([row])]
    return marks


def _changes_of_panels(panels: Sequence[PanelPosition], changes_of: Sequence[Sequence[DoseChange]]) -> list[ChangeMark]:
    marks = []
    for number, (position, changes) in enumerate(zip(panels, changes_of, strict=True)):
        points = position.panel.series[0].points if position.panel.series else ()
        for change in changes:
            value = value_at(points, change.when)
            if value is not None:
                marks.append(ChangeMark(change, number, value))
    return marks


def _new_bars(lanes: Sequence[LanePosition], since: datetime | None) -> list[NewMark]:
    marks = []
    for position in lanes:
        for bar in position.lane.bars:
            if bar.new:
                began = since is not None and bar.start > since
                marks.append(NewMark(bar.start if began else bar.end, None, position.rows[bar.track]))
    return marks


def _new_points(panels: Sequence[PanelPosition]) -> list[NewMark]:
    return [
        NewMark(point.when, number, point.value)
        for number, position in enumerate(panels)
        for series in position.panel.series
        for point in series.points
        if point.new
    ]
