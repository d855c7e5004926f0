"""The measured series under the lanes: points on thin lines, the usual range and the plan's target as shading.

After the NHS CUI's rules for graphs: points, not bars (GTAB-001), symbol and colour together (002), the unit always in
sight (027), one unit in a series (028), said when converted (030), blood pressure as a joined pair (039 to 043), the
latest value larger (045 to 047).
"""

from collections.abc import Sequence
from typing import Any

from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.layout.panel_axis import GAP_BEFORE_LATEST
from dashboard.domain.timeline.layout.positions import Band, PanelPosition, TimeAxis
from dashboard.domain.timeline.scene import PanelPoint, PanelSeries
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.hover import point_hover
from dashboard.ui.timeline.figure.style import Style
from dashboard.ui.timeline.figure.text import bold, plain
from dashboard.ui.timeline.panel_words import show_tick


def axis_names(number: int) -> tuple[str, str]:
    """The y axis of the n-th panel: `("y2", "yaxis2")`; the lanes have the first."""
    return f"y{number + 2}", f"yaxis{number + 2}"


def panel_traces(
    position: PanelPosition, number: int, time: TimeAxis, style: Style, picked: str
) -> list[dict[str, Any]]:
    """Lines and points of one panel; of a pair also the lines that join what was measured together."""
    axis, panel = axis_names(number)[0], position.panel
    traces = [_pairs(position, axis, style)] if panel.is_pair else []
    for place, series in enumerate(panel.series):
        if series.points:
            traces.append(_points(series, axis, style, picked, lower=panel.is_pair and place == 1))
    if not panel.has_points:
        # An axis without a trace is not drawn, and its shading and words with it.
        traces.append(_trace(axis, mode="markers", x=[time.start.isoformat()], y=[None], hoverinfo="skip"))
    return traces


def _trace(axis: str, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "xaxis": "x", "yaxis": axis, "showlegend": False, **more}


def _pairs(position: PanelPosition, axis: str, style: Style) -> dict[str, Any]:
    """Systolic and diastolic of one reading, joined by a line."""
    x: list[str | None] = []
    y: list[float | None] = []
    for when, upper, lower in position.pairs:
        x += [when.isoformat(), when.isoformat(), None]
        y += [upper, lower, None]
    line = {"color": style.colours.soft, "width": max(1.2, style.sizes.point / 4)}
    return _trace(axis, mode="lines", x=x, y=y, line=line, hoverinfo="skip")


def _points(series: PanelSeries, axis: str, style: Style, picked: str, *, lower: bool) -> dict[str, Any]:
    colours, sizes, points = style.colours, style.sizes, series.points
    pressure = series.measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    tones = [
        colours.urgent if point.urgent else colours.alarm if point.abnormal else colours.accent for point in points
    ]
    chosen = [any(str(result.origin) == picked for result in point.results) for point in points]
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
            "size": [_size(point, sizes.point, is_chosen) for point, is_chosen in zip(points, chosen, strict=True)],
            "color": tones,
            "opacity": 1,
            "line": {
                "color": [
                    colours.text if is_chosen else colours.new if point.new else colours.ground
                    for point, is_chosen in zip(points, chosen, strict=True)
                ],
                "width": [3 if is_chosen or point.new else 1 for point, is_chosen in zip(points, chosen, strict=True)],
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
            "array": [round(point.high - point.value, 3) for point in points],
            "arrayminus": [round(point.value - point.low, 3) for point in points],
            "color": colours.soft,
            "thickness": 1,
            "width": sizes.point / 3,
        }
    return trace


def _symbol(point: PanelPoint, *, pressure: bool, lower: bool) -> str:
    if pressure:
        # The pair as on paper charts: the points of two arrows that meet the joining line.
        return "triangle-up" if lower else "triangle-down"
    if point.abnormal:
        return "triangle-up"
    return "square" if point.count > 1 else "circle"


def _size(point: PanelPoint, usual: int, is_chosen: bool) -> float:
    return usual * (1.45 if point.abnormal else 1.0) + (5 if is_chosen or point.new else 0)


def panel_axis(position: PanelPosition, number: int, style: Style) -> tuple[str, dict[str, Any]]:
    """The layout's entry for the panel's y axis."""
    colours = style.colours
    return axis_names(number)[1], {
        "domain": list(position.shares),
        "range": [position.low, position.high],
        "fixedrange": True,
        "zeroline": False,
        "showgrid": True,
        "gridcolor": colours.line,
        "griddash": "dot",
        "tickmode": "array",
        "tickvals": list(position.ticks),
        "ticktext": [show_tick(value) for value in position.ticks],
        "tickfont": {"size": style.sizes.small, "color": colours.soft},
        "anchor": "x",
    }


def panel_shapes(position: PanelPosition, number: int, style: Style) -> list[dict[str, Any]]:
    """The bands of the usual range and of the targets."""
    axis, colours = axis_names(number)[0], style.colours
    usual = [_band(axis, position.usual, colours.reference)] if position.usual else []
    return usual + [_band(axis, band, colours.target) for band in position.targets]


def _band(axis: str, band: Band, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": axis,
        "x0": band.start.isoformat(),
        "x1": band.end.isoformat(),
        "y0": band.low,
        "y1": band.high,
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def panel_words(position: PanelPosition, style: Style) -> list[dict[str, Any]]:
    """Name, unit, ranges on the left; the latest value, large, with its date on the right."""
    sizes, colours, panel = style.sizes, style.colours, position.panel
    name = _sized(bold(plain(position.name)), position.name_size, colours.text)
    left = _note([name, *map(plain, position.lines)], 2 - sizes.left, position, style, side="left")
    if panel.reference_source:
        left["hovertext"] = plain(t("Usual range (draft): {source}", source=panel.reference_source))
    marked = colours.alarm if panel.latest_abnormal or panel.misses_goal else colours.text
    tone = colours.soft if panel.old else colours.urgent if panel.urgent else marked
    latest = _sized(bold(plain(position.latest)), position.latest_size, tone)
    right = _note([latest, *map(plain, position.latest_lines)], GAP_BEFORE_LATEST, position, style, side="right")
    return [left, right]


def _sized(markup: str, size: int, colour: str) -> str:
    return f'<span style="font-size:{size}px;color:{colour}">{markup}</span>'


def _note(markup: Sequence[str], shift: float, position: PanelPosition, style: Style, *, side: str) -> dict[str, Any]:
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 0 if side == "left" else 1,
        "xshift": shift,
        "y": position.shares[1],
        "yshift": 5,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "text": "<br>".join(markup),
        # The lines are as far apart as this size asks for.
        "font": {"size": style.sizes.small, "color": style.colours.soft},
    }
