"""The measured series under the lanes: points on thin lines, the usual range and the plan's target as shading.

After the NHS CUI's rules for graphs: points, not bars (GTAB-001), symbol and colour together (002), the unit always in
sight (027), one unit in a series (028), said when converted (030), blood pressure as a joined pair (039 to 043), the
latest value larger (045 to 047).
"""

from collections.abc import Sequence
from typing import Any

from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.layout.positions import Band, PanelPosition, TimeAxis
from dashboard.domain.timeline.scene import PanelPoint, PanelSeries
from dashboard.ui.timeline.figure.hover import point_hover
from dashboard.ui.timeline.figure.style import Style
from dashboard.ui.timeline.figure.text import bold
from dashboard.ui.timeline.panel_words import show_tick

URGENT_SIGN = "!"
ABNORMAL_SIZE, URGENT_SIZE = 1.45, 2.2
"""How much larger than a usual value's point."""


def axis_names(number: int) -> tuple[str, str]:
    """The y axis of the n-th panel: `("y2", "yaxis2")`; the lanes have the first."""
    return f"y{number + 2}", f"yaxis{number + 2}"


def panel_traces(
    position: PanelPosition, number: int, time: TimeAxis, style: Style, picked: str
) -> list[dict[str, Any]]:
    """Lines and points of one panel; of a pair also the lines that join what was measured together."""
    axis, panel = axis_names(number)[0], position.panel
    traces = [_pairs(position, axis, style)] if panel.is_pair else []
    for series in panel.series:
        if series.points:
            traces.append(_points(series, axis, style, picked))
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


def _points(series: PanelSeries, axis: str, style: Style, picked: str) -> dict[str, Any]:
    colours, sizes, points = style.colours, style.sizes, series.points
    pressure = series.measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    urgent = [URGENT_SIGN if point.urgent else "" for point in points]
    tones = [
        colours.urgent if point.urgent else colours.alarm if point.abnormal else colours.accent for point in points
    ]
    chosen = [any(str(result.origin) == picked for result in point.results) for point in points]
    trace = _trace(
        axis,
        mode="+".join([*(() if pressure else ("lines",)), "markers", *(("text",) if any(urgent) else ())]),
        name=series.measure.value,
        x=[point.when.isoformat() for point in points],
        y=[point.value for point in points],
        customdata=[str(point.results[-1].origin) if point.results else "" for point in points],
        hovertext=[point_hover(point) for point in points],
        hoverinfo="text",
        line={"color": colours.soft, "width": 1},
        marker={
            "symbol": [_symbol(point) for point in points],
            "size": [_size(point, sizes.point, is_chosen) for point, is_chosen in zip(points, chosen, strict=True)],
            "color": tones,
            "opacity": 1,
            "line": {
                "color": [colours.text if is_chosen else colours.ground for is_chosen in chosen],
                "width": [3 if is_chosen else 1 for is_chosen in chosen],
            },
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
    )
    if any(urgent):
        letter = {"size": sizes.letter + 1, "color": colours.on}
        trace |= {"text": [bold(sign) for sign in urgent], "textposition": "middle center", "textfont": letter}
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


def _symbol(point: PanelPoint) -> str:
    return "triangle-up" if point.abnormal or point.urgent else "circle"


def _size(point: PanelPoint, usual: int, is_chosen: bool) -> float:
    large = URGENT_SIZE if point.urgent else ABNORMAL_SIZE if point.abnormal else 1.0
    return usual * large + (5 if is_chosen else 0)


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


def sized(markup: str, size: int, colour: str) -> str:
    """Markup in a size and colour of its own."""
    return f'<span style="font-size:{size}px;color:{colour}">{markup}</span>'


def note_at(markup: Sequence[str], shift: float, position: PanelPosition, style: Style, *, side: str) -> dict[str, Any]:
    """Lines next to a panel, from its top on."""
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
