"""The course of a measurement as a vector picture: points by date on a thin line, the range aimed at as a band.

It is made of numbers and dates alone; what it shows in words is the `alt` of the picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dashboard.paper.document import Picture

WIDTH: Final = 82.0
HEIGHT: Final = 15.0
"""Of the picture, in millimetres; what is inside is drawn in tenths of them."""
_LEFT: Final = 80.0
_RIGHT: Final = 20.0
_TOP: Final = 14.0
_FOOT: Final = 36.0
_MOST_YEARS: Final = 8
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a moment; of several merged ones their extremes too. `marked`: outside what is usual, or urgent."""

    when: datetime
    value: float
    low: float
    high: float
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Series of points (two for blood pressure) from `start` to `end`; `bands` are ranges that are aimed at (None: open
    end).

    There is at least one point.
    """

    start: datetime
    end: datetime
    series: tuple[tuple[Point, ...], ...]
    bands: tuple[tuple[float | None, float | None], ...] = ()


def chart_picture(chart: Chart, alt: str, colours: Mapping[str, str]) -> Picture:
    """The picture in these colours; see `Document`."""
    place = _Place(chart)
    parts = [
        *_bands(chart, place, colours),
        *_axes(chart, place, colours),
        *(part for series in chart.series for part in _course(series, place, colours)),
    ]
    box = f'viewBox="0 0 {WIDTH * 10:.0f} {HEIGHT * 10:.0f}"'
    return Picture(f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>', alt, WIDTH, HEIGHT)


class _Place:
    """Where a moment and a value are in the picture."""

    def __init__(self, chart: Chart) -> None:
        values = [bound for series in chart.series for point in series for bound in (point.low, point.high)]
        values += [bound for band in chart.bands for bound in band if bound is not None]
        self.bottom, self.top = min(values), max(values)
        if self.bottom == self.top:
            self.bottom, self.top = self.bottom - 1.0, self.top + 1.0
        self.start, self.end = chart.start, chart.end
        self.left, self.right = _LEFT, WIDTH * 10 - _RIGHT
        self.upper, self.lower = _TOP, HEIGHT * 10 - _FOOT

    def x(self, when: datetime) -> float:
        share = (when - self.start) / (self.end - self.start)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.lower - (value - self.bottom) / (self.top - self.bottom) * (self.lower - self.upper)


def _bands(chart: Chart, place: _Place, colours: Mapping[str, str]) -> list[str]:
    parts = []
    for low, high in chart.bands:
        upper = place.upper if high is None else place.y(high)
        lower = place.lower if low is None else place.y(low)
        size = f'width="{place.right - place.left:.1f}" height="{max(lower - upper, 2.0):.1f}"'
        parts.append(f'<rect x="{place.left:.1f}" y="{upper:.1f}" {size} fill="{colours["band"]}"/>')
    return parts


def _axes(chart: Chart, place: _Place, colours: Mapping[str, str]) -> list[str]:
    """The ends of the scale, and the years; of a short window its first and last month."""
    line, ink = f'stroke="{colours["line"]}" stroke-width="2"', colours["soft"]
    parts = [
        f'<path d="M{place.left:.1f} {place.lower:.1f}H{place.right:.1f}" {line}/>',
        _text(f"{place.top:g}", place.left - 8, place.upper + 8, "end", ink),
        _text(f"{place.bottom:g}", place.left - 8, place.lower + 4, "end", ink),
    ]
    years = range(chart.start.year + 1, chart.end.year + 1)
    step = max(1, -(-len(years) // _MOST_YEARS))
    for year in list(years)[::step]:
        x = place.x(datetime(year, 1, 1, tzinfo=UTC))
        parts.append(f'<path d="M{x:.1f} {place.upper:.1f}V{place.lower:.1f}" {line}/>')
        if place.left + 70 < x < place.right - 70:
            parts.append(_text(f"{year}", x, HEIGHT * 10 - 6, "middle", ink))
    for when, x, anchor in ((chart.start, place.left, "start"), (chart.end, place.right, "end")):
        parts.append(_text(f"{_MONTHS[when.month - 1]} {when.year}", x, HEIGHT * 10 - 6, anchor, ink))
    return parts


def _text(words: str, x: float, y: float, anchor: str, ink: str) -> str:
    font = 'font-family="IBM Plex Sans" font-size="22"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {font} fill="{ink}">{words}</text>'


def _course(series: Sequence[Point], place: _Place, colours: Mapping[str, str]) -> list[str]:
    ordered = [(place.x(point.when), place.y(point.value), point) for point in series]
    parts = []
    if len(ordered) > 1:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in ordered)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colours["soft"]}" stroke-width="4"/>')
    for number, (x, y, point) in enumerate(ordered):
        if point.low < point.high:
            extremes = f"M{x:.1f} {place.y(point.low):.1f}V{place.y(point.high):.1f}"
            parts.append(f'<path d="{extremes}" stroke="{colours["soft"]}" stroke-width="3"/>')
        ink = colours["late"] if point.marked else colours["accent"]
        radius = 9 if number == len(ordered) - 1 else 6
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{ink}"/>')
    return parts
