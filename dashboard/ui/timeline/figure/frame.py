"""The geometry of a timeline: lanes and panels from top to bottom, moments from left to right, in pixels.

The lanes share one y axis that counts pixels downwards, so that rows, bars and marks have whole sizes; a panel has an
axis of its own. All stand on one time axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.scene import Panel, Scene
from dashboard.ui.timeline.figure.style import Style

# Between two lanes, above a lane's first and below its last row.
LANE_PAD = 1.5
BOTTOM = 6
# The height of a panel without a value in the window, as a share of a whole one.
EMPTY = 0.8


@dataclass(frozen=True, slots=True)
class LanePlace:
    """Where a lane is: from `top` to `bottom` on the lanes' axis."""

    key: ConditionKey
    top: float
    bottom: float
    row: float

    def middle(self, track: int) -> float:
        """The middle of a row."""
        return self.top + LANE_PAD + (track + 0.5) * self.row


@dataclass(frozen=True, slots=True)
class Frame:
    """Where everything is. `height` is the figure's; a panel's domain is a (low, high) share of the plotting area."""

    style: Style
    start: datetime
    end: datetime
    lanes: tuple[LanePlace, ...]
    lanes_height: float
    height: float
    lanes_domain: tuple[float, float]
    panel_domains: tuple[tuple[float, float], ...]

    def x(self, when: datetime) -> float:
        """Pixels from the beginning of the time axis; negative before it."""
        span = (self.end - self.start).total_seconds() or 1.0
        return (when - self.start).total_seconds() / span * self.style.room

    def moment(self, x: float) -> datetime:
        """The moment at so many pixels from the beginning."""
        return self.start + (self.end - self.start) * (x / self.style.room)

    def lane(self, key: ConditionKey) -> LanePlace:
        return next(each for each in self.lanes if each.key is key)

    @property
    def plot(self) -> float:
        """Pixels of the plotting area from top to bottom."""
        return self.height - self.style.sizes.axis - BOTTOM


def frame(scene: Scene, style: Style) -> Frame:
    """The places for what the scene holds."""
    sizes = style.sizes
    lanes: list[LanePlace] = []
    top = 0.0
    for lane in scene.lanes:
        bottom = top + max(1, lane.tracks) * sizes.row + 2 * LANE_PAD
        lanes.append(LanePlace(lane.key, top, bottom, float(sizes.row)))
        top = bottom
    lanes_height = max(top, 1.0)
    heights = [panel_height(panel, style) for panel in scene.panels]
    plot = lanes_height + sum(heights) + sizes.gap * len(heights)
    domains = _panels(lanes_height, plot, heights, style)
    return Frame(
        style,
        scene.ask.start,
        scene.ask.end,
        tuple(lanes),
        lanes_height,
        plot + sizes.axis + BOTTOM,
        (1 - lanes_height / plot, 1.0),
        tuple(domains),
    )


def panel_height(panel: Panel, style: Style) -> float:
    """Pixels: one without a value in the window needs room for its latest value only."""
    there = any(series.points for series in panel.series)
    return style.sizes.panel if there else style.sizes.panel * EMPTY


def _panels(above: float, plot: float, heights: Sequence[float], style: Style) -> list[tuple[float, float]]:
    found, top = [], above
    for height in heights:
        top += style.sizes.gap
        found.append((max(0.0, 1 - (top + height) / plot), 1 - top / plot))
        top += height
    return found
