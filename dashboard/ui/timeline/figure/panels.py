"""The measured series under the lanes: points on thin lines, the usual range and the plan's target as shading.

After the NHS CUI's rules for graphs: points, not bars (GTAB-001), symbol and colour together (002), the unit always in
sight (027), one unit in a series (028), said when converted (030), blood pressure as a joined pair (039 to 043), the
latest value larger (045 to 047).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dashboard.domain.attention.trend import is_abnormal
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.events import TargetWindow
from dashboard.domain.timeline.scene import Panel, PanelPoint, PanelSeries
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.results import show_number
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.figure.frame import Frame
from dashboard.ui.timeline.figure.hover import point_hover
from dashboard.ui.timeline.figure.text import bold, fit, plain, width_of

# Air above the highest and below the lowest value, as a share of what lies between.
AIR = 0.18
# A bound farther away than so many times the spread of the values would press them flat.
FAR = 1.6
# Between the plot and the latest value.
GAP = 10


def axis_names(number: int) -> tuple[str, str]:
    """The y axis of the n-th panel: `("y2", "yaxis2")`; the lanes have the first."""
    return f"y{number + 2}", f"yaxis{number + 2}"


def panel_name(panel: Panel) -> str:
    """`eGFR`, `BP`."""
    measures = [series.measure for series in panel.series]
    if Measure.SYSTOLIC in measures and Measure.DIASTOLIC in measures:
        return t("Blood pressure")
    return measure_name(measures[0]) if measures else panel.name


def is_pair(panel: Panel) -> bool:
    return len(panel.series) == 2


def panel_traces(panel: Panel, number: int, frame: Frame, picked: str) -> list[dict[str, Any]]:
    """Lines and points of one panel; of a pair also the bars that join what was measured together."""
    axis = axis_names(number)[0]
    found = [_stems(panel, axis, frame)] if is_pair(panel) else []
    for place, series in enumerate(panel.series):
        if series.points:
            found.append(_points(series, axis, frame, picked, lower=is_pair(panel) and place == 1))
    if not any(series.points for series in panel.series):
        # An axis without a trace is not drawn, and its shading and words with it.
        found.append(_trace(axis, mode="markers", x=[frame.start.isoformat()], y=[None], hoverinfo="skip"))
    return found


def _trace(axis: str, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "xaxis": "x", "yaxis": axis, "showlegend": False, **more}


def _stems(panel: Panel, axis: str, frame: Frame) -> dict[str, Any]:
    """Systolic and diastolic of one reading, joined by a line."""
    upper, lower = panel.series
    below = {point.when: point.value for point in lower.points}
    x: list[str | None] = []
    y: list[float | None] = []
    for point in upper.points:
        if point.when in below:
            x += [point.when.isoformat(), point.when.isoformat(), None]
            y += [point.value, below[point.when], None]
    line = {"color": frame.style.colours.soft, "width": max(1.2, frame.style.sizes.point / 4)}
    return _trace(axis, mode="lines", x=x, y=y, line=line, hoverinfo="skip")


def _points(series: PanelSeries, axis: str, frame: Frame, picked: str, *, lower: bool) -> dict[str, Any]:
    colours, sizes, points = frame.style.colours, frame.style.sizes, series.points
    pressure = series.measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    tones = [colours.alarm if point.abnormal else colours.accent for point in points]
    held = [any(str(result.origin) == picked for result in point.results) for point in points]
    trace = _trace(
        axis,
        mode="markers" if pressure else "lines+markers",
        name=series.measure.value,
        x=[point.when.isoformat() for point in points],
        y=[point.value for point in points],
        customdata=[str(point.results[-1].origin) if point.results else "" for point in points],
        hovertext=[point_hover(point) for point in points],
        hoverinfo="text",
        line={"color": colours.soft, "width": 1},
        marker={
            "symbol": [_symbol(point, pressure=pressure, lower=lower) for point in points],
            "size": [_size(point, sizes.point, ringed) for point, ringed in zip(points, held, strict=True)],
            "color": tones,
            "opacity": 1,
            "line": {
                "color": [
                    colours.text if ringed else colours.new if point.new else colours.ground
                    for point, ringed in zip(points, held, strict=True)
                ],
                "width": [3 if ringed or point.new else 1 for point, ringed in zip(points, held, strict=True)],
            },
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
    )
    if any(point.count > 1 for point in points):
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [_n(point.high - point.value) for point in points],
            "arrayminus": [_n(point.value - point.low) for point in points],
            "color": colours.soft,
            "thickness": 1,
            "width": sizes.point / 3,
        }
    return trace


def _n(number: float) -> float:
    return round(number, 3)


def _symbol(point: PanelPoint, *, pressure: bool, lower: bool) -> str:
    if pressure:
        # The pair as on paper charts: the points of two arrows that meet the joining line.
        return "triangle-up" if lower else "triangle-down"
    if point.abnormal:
        return "triangle-up"
    return "square" if point.count > 1 else "circle"


def _size(point: PanelPoint, usual: int, held: bool) -> float:
    return usual * (1.45 if point.abnormal else 1.0) + (5 if held or point.new else 0)


def panel_axis(panel: Panel, number: int, frame: Frame) -> tuple[str, dict[str, Any]]:
    """The layout's entry for the panel's y axis."""
    colours, sizes = frame.style.colours, frame.style.sizes
    low, high = value_range(panel)
    ticks = _ticks(panel, low, high)
    return axis_names(number)[1], {
        "domain": list(frame.panel_domains[number]),
        "range": [low, high],
        "fixedrange": True,
        "zeroline": False,
        "showgrid": True,
        "gridcolor": colours.line,
        "griddash": "dot",
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [_tick(value) for value in ticks],
        "tickfont": {"size": sizes.small, "color": colours.soft},
        "anchor": "x",
    }


def value_range(panel: Panel) -> tuple[float, float]:
    """What the axis spans: every value with its extremes, the target, and the usual range where it is not far off."""
    values = [bound for series in panel.series for point in series.points for bound in (point.low, point.high)]
    targets = [bound for target in panel.targets for bound in (target.low, target.high) if bound is not None]
    if not values:
        latest = [float(series.latest.value.value) for series in panel.series if series.latest]
        values = latest or targets or [bound for bound in panel.reference if bound is not None] or [0.0, 1.0]
    low, high = min([*values, *_near(targets, values)]), max([*values, *_near(targets, values)])
    bounds = [bound for bound in panel.reference if bound is not None]
    near = _near(bounds, [low, high])
    low, high = min([low, *near]), max([high, *near])
    air = (high - low) * AIR or abs(high) * AIR or 1.0
    return low - air if low - air > 0 or low < 0 else 0.0, high + air


def _near(bounds: Sequence[float], values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    reach = max(high - low, abs(high) * 0.15) * FAR
    return [bound for bound in bounds if low - reach <= bound <= high + reach]


def _ticks(panel: Panel, low: float, high: float) -> list[float]:
    """Two or three numbers: the target's or the usual range's bounds in sight, and what is needed to read the rest."""
    span = high - low
    bounds = [bound for target in panel.targets for bound in (target.low, target.high) if bound is not None]
    bounds += [bound for bound in panel.reference if bound is not None]
    step = _step(span / 3)
    grid = [round(step * number, 6) for number in range(int(low / step), int(high / step) + 2)]
    found: list[float] = []
    for value in [*bounds, *grid]:
        apart = all(abs(value - other) > span * 0.22 for other in found)
        if low + span * 0.04 <= value <= high - span * 0.04 and apart:
            found.append(value)
    return sorted(found)


def _step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... that is not smaller."""
    size = Decimal(1)
    steps = (Decimal(1), Decimal(2), Decimal(5))
    wanted = Decimal(str(max(rough, 1e-6)))
    while size > wanted:
        size /= 10
    while size * 10 < wanted:
        size *= 10
    return float(next((step * size for step in steps if step * size >= wanted), size * 10))


def _tick(value: float) -> str:
    return f"{value:g}"


def panel_shapes(panel: Panel, number: int, frame: Frame) -> list[dict[str, Any]]:
    """The usual range over the whole width, and the target for as long as it holds."""
    colours = frame.style.colours
    axis = axis_names(number)[0]
    low, high = value_range(panel)
    shapes = []
    if any(bound is not None for bound in panel.reference):
        shapes.append(_band(axis, frame.start, frame.end, panel.reference, (low, high), colours.reference))
    for target in panel.targets:
        start, end = _held(target, frame)
        if start < end:
            shapes.append(_band(axis, start, end, (target.low, target.high), (low, high), colours.target))
    return [shape for shape in shapes if shape["y0"] < shape["y1"]]


def _held(target: TargetWindow, frame: Frame) -> tuple[datetime, datetime]:
    start = target.since.moment if target.since else frame.start
    end = target.until.moment if target.until else frame.end
    return max(start, frame.start), min(end, frame.end)


def _band(
    axis: str,
    start: datetime,
    end: datetime,
    bounds: tuple[float | None, float | None],
    limits: tuple[float, float],
    colour: str,
) -> dict[str, Any]:
    low, high = bounds
    return {
        "type": "rect",
        "xref": "x",
        "yref": axis,
        "x0": start.isoformat(),
        "x1": end.isoformat(),
        "y0": max(limits[0], low) if low is not None else limits[0],
        "y1": min(limits[1], high) if high is not None else limits[1],
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def panel_words(panel: Panel, number: int, frame: Frame) -> list[dict[str, Any]]:
    """Name, unit, ranges on the left; the latest value, large, with its date on the right."""
    style, sizes, colours = frame.style, frame.style.sizes, frame.style.colours
    room, size = sizes.left - sizes.small * 2.0, sizes.lane - 1
    said = [_sized(bold(plain(fit(panel_name(panel), size, room, heavy=True))), size, colours.text)]
    unit = show_unit(panel.unit)
    ranges = [target_words(panel), reference_words(panel)]
    ranges = [words for words in ranges if words][: 1 if style.large else 2]
    said += [plain(fit(words, sizes.small, room)) for words in (unit, *ranges) if words]
    left = _note(said, 2 - sizes.left, number, frame, side="left")
    if panel.reference_source:
        left["hovertext"] = plain(t("Usual range (draft): {source}", source=panel.reference_source))
    value, below = latest_words(panel)
    abnormal = latest_abnormal(panel)
    tone = colours.alarm if abnormal else colours.text
    shown = f"▲ {value}" if abnormal else value
    wide = width_of(shown, sizes.latest, heavy=True)
    big = _sized(bold(plain(shown)), int(sizes.latest * min(1.0, (sizes.right - GAP) / wide)), tone)
    right = _note([big, *(plain(line) for line in below[: 2 if style.large else 3])], GAP, number, frame, side="right")
    return [left, right]


def _sized(markup: str, size: int, colour: str) -> str:
    return f'<span style="font-size:{size}px;color:{colour}">{markup}</span>'


def _note(said: Sequence[str], shift: float, number: int, frame: Frame, *, side: str) -> dict[str, Any]:
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 0 if side == "left" else 1,
        "xshift": shift,
        "y": frame.panel_domains[number][1],
        "yshift": 5,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "text": "<br>".join(said),
        # The lines are as far apart as this size asks for.
        "font": {"size": frame.style.sizes.small, "color": frame.style.colours.soft},
    }


def latest_words(panel: Panel) -> tuple[str, list[str]]:
    """`38`, and under it `22-Nov-2026`, that it is out of range, and what must be said of the series."""
    latest = [series.latest for series in panel.series]
    shown = next((each for each in latest if each), None)
    said = [show_date(shown.when)] if shown else [t("no value")]
    off, here = latest_abnormal(panel), any(series.points for series in panel.series)
    if shown and not here:
        said.append(t("earlier, out of range") if off else t("before this window"))
    elif off:
        said.append(t("out of range"))
    converted = sum(series.converted for series in panel.series)
    said += [tn("{n} value converted", "{n} values converted", converted)] if converted else []
    said += (
        [tn("{n} value without a known unit", "{n} values without a known unit", panel.refused)]
        if panel.refused
        else []
    )
    return _latest(latest), said


def _latest(latest: Sequence[Result | None]) -> str:
    first = latest[0] if latest else None
    if first is None:
        return "–"
    second = latest[1] if len(latest) == 2 else None
    if second and second.when == first.when:
        return f"{_value(first)}/{_value(second)}"
    return _value(first)


def _value(result: Result) -> str:
    return result.value.comparator + show_number(result.value.value, result.measure, converted=result.converted)


def latest_abnormal(panel: Panel) -> bool:
    """Whether a latest value is outside of the range that the domain calls usual."""
    latest = [series.latest for series in panel.series]
    return any(is_abnormal(each.measure, each.value) for each in latest if each is not None)


def target_words(panel: Panel) -> str:
    """`target up to 53`, `target up to 140/90`: what the plan aims at, its bounds included; "" without one."""
    if is_pair(panel):
        highs = [_bound_of(panel, series.measure) for series in panel.series]
        if all(high is not None for high in highs):
            return t("target up to {high}", high="/".join(_tick(high) for high in highs if high is not None))
    target = next(iter(panel.targets), None)
    low, high = (target.low, target.high) if target else (None, None)
    if low is not None and high is not None:
        return t("target {low} to {high}", low=_tick(low), high=_tick(high))
    if high is not None:
        return t("target up to {high}", high=_tick(high))
    return t("target from {low}", low=_tick(low)) if low is not None else ""


def _bound_of(panel: Panel, measure: Measure) -> float | None:
    return next((target.high for target in panel.targets if target.measure is measure), None)


def reference_words(panel: Panel) -> str:
    """`usual 3.5 to <5.4`: from the low end on, below the high one; of blood pressure the systolic; "" if none."""
    low, high = panel.reference
    if low is not None and high is not None:
        if is_pair(panel):
            return t("systolic {low} to <{high}", low=_tick(low), high=_tick(high))
        return t("usual {low} to <{high}", low=_tick(low), high=_tick(high))
    if high is not None:
        return t("usual <{high}", high=_tick(high))
    return t("usual from {low}", low=_tick(low)) if low is not None else ""
