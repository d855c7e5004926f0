"""One curve of the room as inline SVG: points on a thin line, the goal or the usual range as shading, the last
conference and today as lines. No text is in it, so that no two can lie on each other: words stand beside it in HTML.
"""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.timeline.layout.panel_axis import value_range
from dashboard.domain.timeline.scene import Panel
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Child, Html

WIDTH, HEIGHT = 400.0, 84.0
EDGE = 7.0


@dataclass(frozen=True, slots=True)
class RoomAxis:
    """The stretch of time of all curves, and the moments that have a line in it; None outside the stretch."""

    start: datetime
    end: datetime
    today: datetime
    conference: datetime | None = None

    def x(self, moment: datetime) -> float:
        """Where a moment is, from 0 to `WIDTH`."""
        share = (moment - self.start) / (self.end - self.start)
        return EDGE + min(max(share, 0.0), 1.0) * (WIDTH - 2 * EDGE)

    def lines(self) -> list[tuple[str, datetime]]:
        """The lines by their class."""
        lines = [("conference", self.conference), ("today", self.today)]
        return [(name, when) for name, when in lines if when is not None and self.start <= when <= self.end]


def room_curve(panel: Panel, axis: RoomAxis, finding: str) -> Html | None:
    """The picture; `finding` is what it shows, in words. None where no value lies in the stretch of time."""
    if not panel.has_points:
        return None
    low, high = value_range(panel)

    def y(value: float) -> float:
        return HEIGHT - EDGE - (min(max(value, low), high) - low) / (high - low) * (HEIGHT - 2 * EDGE)

    shapes: list[Child] = []
    for bottom, top, name in shaded(panel):
        upper = 0.0 if top is None else y(top)
        lower = HEIGHT if bottom is None else y(bottom)
        shapes.append(_rect(name, upper, max(0.0, lower - upper)))
    shapes += [h.path(class_=name, d=f"M{_n(axis.x(when))} 0V{_n(HEIGHT)}") for name, when in axis.lines()]
    for number, series in enumerate(panel.series):
        places = [(axis.x(point.when), y(point.value)) for point in series.points]
        if not places:
            continue
        shapes.append(h.path(class_="line", d="M" + "L".join(f"{_n(x)} {_n(y_)}" for x, y_ in places)))
        shapes += [h.circle(class_="dot", cx=_n(x), cy=_n(y_), r="3.2") for x, y_ in places[:-1]]
        newest = number == 0 and series.points[-1].results[-1] == series.latest
        shapes.append(h.circle(class_="last" if newest else "dot", cx=_n(places[-1][0]), cy=_n(places[-1][1]), r="6"))
    return h.svg(class_="c3-roomsvg", viewBox=f"0 0 {_n(WIDTH)} {_n(HEIGHT)}", role="img", aria_label=finding)[shapes]


def shaded(panel: Panel) -> list[tuple[float | None, float | None, str]]:
    """What is shaded, as (low, high, class): what the goal aims at, of a pair both; without a goal the usual range."""
    aims = [(each.low, each.high, "goal") for each in panel.targets if each.low is not None or each.high is not None]
    if aims:
        return aims[:1]
    low, high = panel.reference
    return [(low, high, "usual")] if low is not None or high is not None else []


def _rect(name: str, y: float, height: float) -> Child:
    return h.rect(class_=name, x=0, y=_n(y), width=_n(WIDTH), height=_n(height))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
