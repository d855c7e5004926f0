"""A panel in its place: the values its axis spans, the numbers on it, what is shaded, and the texts that fit."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from dashboard.domain.timeline.events import TargetWindow
from dashboard.domain.timeline.layout.positions import Band, PanelPosition, Shares, TimeAxis
from dashboard.domain.timeline.layout.room import Labels, Room, cut_to_fit
from dashboard.domain.timeline.scene import Panel

Limits = tuple[float, float]

AIR = 0.18
"""Air above the highest and below the lowest value, as a share of what lies between."""
FAR = 1.6
"""A bound farther away than so many times the spread of the values would press them flat, and is left out of sight."""
LEAST_SPREAD = 0.15
"""Values spread over at least this share of the highest, where it is decided what is far."""
GAP_BEFORE_LATEST = 10
"""Pixels between the plot and the latest value."""
TICKS = 3
TICKS_APART, TICK_FROM_EDGE = 0.22, 0.04
"""Shares of the axis: two numbers are at least so far apart, and none is nearer to an end."""
MOST_LINES = 4
"""Lines under a panel's name and under its latest value."""


def panel_position(panel: Panel, shares: Shares, time: TimeAxis, room: Room, labels: Labels) -> PanelPosition:
    """Where a panel and its texts are."""
    sizes = room.sizes
    low, high = value_range(panel)
    for_name, for_lines = sizes.left - sizes.small * 2.0, sizes.left - sizes.small * 3.0
    beside, name_size, latest = sizes.right - GAP_BEFORE_LATEST, sizes.lane - 1, labels.latest(panel)
    for_value = beside - labels.width_of(f" {labels.unit(panel)}", sizes.small)
    wide = labels.width_of(latest, sizes.latest, heavy=True)
    below_name, below_latest = labels.below_name(panel), _wrapped(labels.below_latest(panel), beside, room, labels)
    return PanelPosition(
        panel=panel,
        shares=shares,
        low=low,
        high=high,
        ticks=_ticks(panel, low, high),
        usual=_usual(panel, time, (low, high)),
        targets=tuple(band for band in (_target(each, time, (low, high)) for each in panel.targets) if band),
        pairs=_pairs(panel),
        name=cut_to_fit(labels.panel(panel), name_size, for_name, labels, heavy=True),
        name_size=name_size,
        lines=tuple(cut_to_fit(text, sizes.small, for_lines, labels) for text in below_name)[:MOST_LINES],
        latest=latest,
        latest_size=int(sizes.latest * min(1.0, for_value / wide)),
        latest_lines=tuple(below_latest[:MOST_LINES]),
    )


def _wrapped(lines: Sequence[str], width: float, room: Room, labels: Labels) -> list[str]:
    """The lines, broken at spaces where they are too long."""
    wrapped: list[str] = []
    for line in lines:
        words: list[str] = []
        for word in line.split(" "):
            if words and labels.width_of(" ".join([*words, word]), room.sizes.small) > width:
                wrapped.append(" ".join(words))
                words = []
            words.append(word)
        wrapped.append(" ".join(words))
    return wrapped


def value_range(panel: Panel) -> Limits:
    """What the axis spans: every value with its extremes, the target, and the usual range where it is not far off."""
    values = [bound for series in panel.series for point in series.points for bound in (point.low, point.high)]
    targets = [bound for target in panel.targets for bound in (target.low, target.high) if bound is not None]
    usual = [bound for bound in panel.reference if bound is not None]
    if not values:
        latest = [float(series.latest.value.value) for series in panel.series if series.latest]
        values = latest or targets or usual or [0.0, 1.0]
    near = _near(targets, values)
    low, high = min([*values, *near]), max([*values, *near])
    near = _near(usual, [low, high])
    low, high = min([low, *near]), max([high, *near])
    air = (high - low) * AIR or abs(high) * AIR or 1.0
    return low - air if low - air > 0 or low < 0 else 0.0, high + air


def _near(bounds: Sequence[float], values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    reach = max(high - low, abs(high) * LEAST_SPREAD) * FAR
    return [bound for bound in bounds if low - reach <= bound <= high + reach]


def _ticks(panel: Panel, low: float, high: float) -> tuple[float, ...]:
    """Two or three numbers: the target's or the usual range's bounds in sight, and what is needed to read the rest."""
    span = high - low
    bounds = [bound for target in panel.targets for bound in (target.low, target.high) if bound is not None]
    bounds += [bound for bound in panel.reference if bound is not None]
    step = _round_step(span / TICKS)
    grid = [round(step * number, 6) for number in range(int(low / step), int(high / step) + 2)]
    ticks: list[float] = []
    for value in [*bounds, *grid]:
        apart = all(abs(value - other) > span * TICKS_APART for other in ticks)
        if low + span * TICK_FROM_EDGE <= value <= high - span * TICK_FROM_EDGE and apart:
            ticks.append(value)
    return tuple(sorted(ticks))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... that is not smaller."""
    size = Decimal(1)
    steps = (Decimal(1), Decimal(2), Decimal(5))
    wanted = Decimal(str(max(rough, 1e-6)))
    while size > wanted:
        size /= 10
    while size * 10 < wanted:
        size *= 10
    return float(next((step * size for step in steps if step * size >= wanted), size * 10))


def _usual(panel: Panel, time: TimeAxis, limits: Limits) -> Band | None:
    """The usual range over the whole width."""
    if all(bound is None for bound in panel.reference):
        return None
    return _band(Band(time.start, time.end, *_clipped(panel.reference, limits)))


def _target(target: TargetWindow, time: TimeAxis, limits: Limits) -> Band | None:
    """What the plan aims at, for as long as that holds; None outside of the window."""
    start = max(target.since.moment, time.start) if target.since else time.start
    end = min(target.until.moment, time.end) if target.until else time.end
    return _band(Band(start, end, *_clipped((target.low, target.high), limits))) if start < end else None


def _clipped(bounds: tuple[float | None, float | None], limits: Limits) -> Limits:
    low, high = bounds
    return max(limits[0], low) if low is not None else limits[0], min(limits[1], high) if high is not None else limits[
        1
    ]


def _band(band: Band) -> Band | None:
    return band if band.low < band.high else None


def _pairs(panel: Panel) -> tuple[tuple[datetime, float, float], ...]:
    """Systolic and diastolic pressure of one reading."""
    if not panel.is_pair:
        return ()
    upper, lower = panel.series
    below = {point.when: point.value for point in lower.points}
    return tuple((point.when, point.value, below[point.when]) for point in upper.points if point.when in below)
