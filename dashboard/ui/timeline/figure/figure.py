"""The timeline as a plotly figure: lanes with bars and marks, measurements under them, one time axis. Pure.

What is drawn and where is decided in `dashboard.domain.timeline`; here are shapes, colours and plotly's keys. A plain
dict: plotly's own objects cost ten times as much to build, and Streamlit validates either. Everything that came from a
record has passed through `text.plain`.
"""

from datetime import datetime, tzinfo
from typing import Any

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.fit import fit
from dashboard.domain.timeline.layout.place import place
from dashboard.domain.timeline.layout.positions import LanePosition, Layout, MomentKind, MomentLine
from dashboard.domain.timeline.scene import Scene
from dashboard.ui.timeline.figure.bars import bar_traces
from dashboard.ui.timeline.figure.labels import FigureLabels
from dashboard.ui.timeline.figure.marks import mark_traces
from dashboard.ui.timeline.figure.panels import panel_axis, panel_shapes, panel_traces, panel_words
from dashboard.ui.timeline.figure.style import Style
from dashboard.ui.timeline.figure.text import bold, plain

Figure = dict[str, Any]

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "displayModeBar": False,
    "scrollZoom": False,
    "doubleClick": False,
}
FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"

_DAY = 86_400_000
# English months in every language, as everywhere in the dashboard; plotly's own default.
_TICKS = [
    {"dtickrange": [None, 27 * _DAY], "value": "%d-%b"},
    {"dtickrange": [27 * _DAY, "M11"], "value": "%b-%Y"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]


def fitted_scene(scene: Scene, style: Style, as_of: datetime, zone: tzinfo, *, mark_new: bool = False) -> Scene:
    """The scene as it fits into a figure of this style; see `layout.fit`."""
    return fit(scene, style.room, FigureLabels(zone, as_of), as_of, mark_new=mark_new)


def timeline_figure(
    scene: Scene,
    style: Style,
    as_of: datetime,
    zone: tzinfo,
    conference: datetime | None = None,
    picked: str = "",
) -> Figure:
    """The figure of a fitted scene. `picked` is the origin ("Observation/o1") of the event whose details are open; a
    press on anything gives such an origin as `customdata`, of a merged mark that of its last event.
    """
    layout = place(scene, style.room, FigureLabels(zone, as_of), as_of, conference)
    traces = bar_traces(layout, style, zone, picked) + mark_traces(layout, style, zone, picked)
    for number, position in enumerate(layout.panels):
        traces += panel_traces(position, number, layout.time, style, picked)
    return {"data": [_base(layout), *traces], "layout": _layout(layout, style)}


def _base(layout: Layout) -> dict[str, Any]:
    """Holds the axes of the lanes open where nothing is drawn in them."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [layout.time.start.isoformat()],
        "y": [None],
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout(layout: Layout, style: Style) -> dict[str, Any]:
    sizes, colours = style.sizes, style.colours
    words = [_lane_words(position, style) for position in layout.lanes]
    shapes = _stripes(layout, style)
    axes: dict[str, Any] = {}
    for number, panel in enumerate(layout.panels):
        name, axis = panel_axis(panel, number, style)
        axes[name] = axis
        words += panel_words(panel, style)
        shapes += panel_shapes(panel, number, style)
    for moment in layout.moments:
        line, note = _moment(moment, style)
        shapes.append(line)
        words.append(note)
    return {
        "height": round(layout.height),
        "margin": {"l": sizes.left, "r": sizes.right, "t": sizes.axis, "b": layout.foot, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": sizes.text, "color": colours.text},
        "barmode": "overlay",
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 12,
        "dragmode": False,
        "clickmode": "event+select",
        "hoverlabel": {
            "align": "left",
            "bgcolor": colours.ground,
            "bordercolor": colours.soft,
            "font": {"size": max(13, sizes.small), "color": colours.text, "family": FONT},
        },
        "xaxis": _time_axis(layout, style),
        "yaxis": {
            "domain": list(layout.lanes_shares),
            "range": [layout.lanes_height, 0],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "showticklabels": False,
            "anchor": "x",
        },
        **axes,
        "shapes": shapes,
        "annotations": words,
    }


def _time_axis(layout: Layout, style: Style) -> dict[str, Any]:
    colours, time = style.colours, layout.time
    return {
        "type": "date",
        "range": [time.start.isoformat(), time.end.isoformat()],
        "fixedrange": True,
        "side": "top",
        "anchor": "y",
        "showgrid": True,
        "gridcolor": colours.line,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": colours.line,
        "tickfont": {"size": style.sizes.small, "color": colours.soft},
        "tickformatstops": _TICKS,
        "nticks": time.ticks,
        "tickangle": 0,
        "automargin": False,
    }


def _stripes(layout: Layout, style: Style) -> list[dict[str, Any]]:
    """Every other lane on a tint, from the names on the left to the far right, and a line under each."""
    stripes = []
    width = layout.time.width
    left, right = -style.sizes.left / width, 1 + style.sizes.right / width
    for number, lane in enumerate(layout.lanes):
        shape = {
            "type": "rect",
            "xref": "paper",
            "yref": "y",
            "x0": left,
            "x1": right,
            "y0": lane.top,
            "y1": lane.bottom,
            "layer": "below",
            "line": {"width": 0},
        }
        if number % 2 == 0:
            stripes.append({**shape, "fillcolor": style.colours.stripe})
        edge = {"color": style.colours.line, "width": 1}
        stripes.append({**shape, "type": "line", "y0": lane.bottom, "line": edge})
    return stripes


def _lane_words(position: LanePosition, style: Style) -> dict[str, Any]:
    """The lane's name and its present stage."""
    sizes, colours = style.sizes, style.colours
    markup = bold(plain(position.name))
    if position.stage:
        gap = "<br>" if position.stage_below else " "
        markup += f'{gap}<span style="font-size:{sizes.text}px;color:{colours.soft}">{plain(position.stage)}</span>'
    return {
        "xref": "paper",
        "yref": "y",
        "x": 0,
        "xshift": 6 - sizes.left,
        "y": position.top + 2,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "text": markup,
        "font": {"size": sizes.lane, "color": colours.text if position.lane.active else colours.soft},
    }


def _moment(moment: MomentLine, style: Style) -> tuple[dict[str, Any], dict[str, Any]]:
    """The line of today or of the last conference, and its word at the foot of the time axis."""
    today = moment.kind is MomentKind.TODAY
    colour = style.colours.text if today else style.colours.kinds[EventKind.CONFERENCE]
    line = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": moment.when.isoformat(),
        "x1": moment.when.isoformat(),
        "y0": 0,
        "y1": 1,
        "layer": "above",
        "line": {"color": colour, "width": 1, "dash": "solid" if today else "dash"},
    }
    note = {
        "xref": "x",
        "yref": "paper",
        "x": moment.when.isoformat(),
        "y": 1,
        "yshift": style.sizes.axis / 2 - 1,
        "xanchor": "right" if moment.to_left else "left",
        "yanchor": "bottom",
        "showarrow": False,
        "borderpad": 0,
        "text": bold(plain(moment.words)),
        "font": {"size": style.sizes.small, "color": colour},
    }
    return line, note
