"""Where everything of a figure is: the drawing copies these positions and decides none.

The lanes share one y axis that counts pixels downwards, so that rows and bars have whole sizes; a panel has an axis of
its own. Everything has one time axis.
"""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.timeline.scene import Bar, Lane, Panel

Shares = tuple[float, float]
"""From where to where something reaches, as shares of the plotting area's height, counted from its foot."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Moments from left to right, in `width` pixels. `ticks` is how many dates fit at most."""

    start: datetime
    end: datetime
    width: float
    ticks: int

    def x(self, when: datetime) -> float:
        """Pixels from the beginning of the axis; negative before it."""
        span = (self.end - self.start).total_seconds() or 1.0
        return (when - self.start).total_seconds() / span * self.width

    def moment(self, x: float) -> datetime:
        """The moment at so many pixels from the beginning."""
        return self.start + (self.end - self.start) * (x / self.width)

    def __contains__(self, when: datetime) -> bool:
        return self.start <= when <= self.end


@dataclass(frozen=True, slots=True)
class LanePosition:
    """A lane from `top` to `bottom`; `rows` are the middles of its rows."""

    lane: Lane
    top: float
    bottom: float
    rows: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BarPiece:
    """A part of a bar that is drawn in one way, from `start` for so many seconds; `vague` where the date is not known
    to the day. It may be drawn longer than it lasted, so that it can be seen.
    """

    bar: Bar
    start: datetime
    seconds: float
    y: float
    vague: bool = False


@dataclass(frozen=True, slots=True)
class BarText:
    """What is written of a bar: `words` as they fit, `signs`, and `began_before`, the sign of a bar that is cut on the
    left. It is to the right of `x`, or to the left of it where `to_left`. `heavy` is bold.
    """

    bar: Bar
    words: str
    signs: str
    began_before: str
    x: datetime
    y: float
    heavy: bool
    to_left: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of a panel that is shaded: a range of values for a stretch of time."""

    start: datetime
    end: datetime
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PanelPosition:
    """A panel: its `shares` of the height, the values from `low` to `high` on its axis with the `ticks` that are
    labelled, the bands of the usual range and of the targets, the joined pairs (moment, upper value, lower value) of
    blood pressure, and its texts as they fit. `latest_size` is the size of type that `latest` fits with.
    """

    panel: Panel
    shares: Shares
    low: float
    high: float
    ticks: tuple[float, ...]
    usual: Band | None
    targets: tuple[Band, ...]
    pairs: tuple[tuple[datetime, float, float], ...]
    name: str
    name_size: int
    lines: tuple[str, ...]
    latest: str
    latest_size: int
    latest_lines: tuple[str, ...]
