"""The timeline as a plotly figure: lanes with spans and marks, measurements under them, one time axis. Pure.

A plain dict: plotly's own objects cost ten times as much to build, and Streamlit validates either. Everything that
came from a record has passed through `timeline_text.plain`.
"""

from datetime import datetime, tzinfo
from typing import Any

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.scene import LaneScene, Scene
from dashboard.ui.record.names import condition_short
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.bars import bar_traces
from dashboard.ui.timeline.figure.frame import BOTTOM, Frame, frame
from dashboard.ui.timeline.figure.marks import mark_traces
from dashboard.ui.timeline.figure.panels import panel_axis, panel_shapes, panel_traces, panel_words
from dashboard.ui.timeline.figure.style import Style
from dashboard.ui.timeline.figure.text import bold, fit, plain
from dashboard.ui.timeline.words import lane_name

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


def timeline_figure(
    scene: Scene,
    style: Style,
    as_of: datetime,
    zone: tzinfo,
    conference: datetime | None = None,
    picked: str = "",
) -> Figure:
    """The figure of a scene. `picked` is the origin ("Observation/o1") of the event whose details are open; a press on
    anything gives such an origin as `customdata`, of a merged mark that of its last event.
    """
    place = frame(scene, style)
    traces = bar_traces(scene, place, zone, picked) + mark_traces(scene, place, as_of, zone, picked)
    for number, panel in enumerate(scene.panels):
        traces += panel_traces(panel, number, place, picked)
    return {"data": [_base(place), *traces], "layout": _layout(scene, place, as_of, zone, conference)}


def _base(place: Frame) -> dict[str, Any]:
    """Holds the axes of the lanes open where nothing is drawn in them."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [place.start.isoformat()],
        "y": [None],
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout(scene: Scene, place: Frame, as_of: datetime, zone: tzinfo, conference: datetime | None) -> dict[str, Any]:
    sizes, colours = place.style.sizes, place.style.colours
    words = [note for lane in scene.lanes for note in _lane_words(lane, place)]
    shapes = _stripes(place)
    axes: dict[str, Any] = {}
    for number, panel in enumerate(scene.panels):
        name, axis = panel_axis(panel, number, place)
        axes[name] = axis
        words += panel_words(panel, number, place)
        shapes += panel_shapes(panel, number, place)
    for line, note in _moments(place, as_of, zone, conference):
        shapes.append(line)
        words.append(note)
    return {
        "height": round(place.height),
        "margin": {"l": sizes.left, "r": sizes.right, "t": sizes.axis, "b": BOTTOM, "pad": 0},
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
        "xaxis": _time_axis(place),
        "yaxis": {
            "domain": list(place.lanes_domain),
            "range": [place.lanes_height, 0],
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


def _time_axis(place: Frame) -> dict[str, Any]:
    colours = place.style.colours
    return {
        "type": "date",
        "range": [place.start.isoformat(), place.end.isoformat()],
        "fixedrange": True,
        "side": "top",
        "anchor": "y",
        "showgrid": True,
        "gridcolor": colours.line,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": colours.line,
        "tickfont": {"size": place.style.sizes.small, "color": colours.soft},
        "tickformatstops": _TICKS,
        "nticks": max(3, int(place.style.room / (place.style.sizes.small * 5.8))),
        "tickangle": 0,
        "automargin": False,
    }


def _stripes(place: Frame) -> list[dict[str, Any]]:
    """Every other lane on a tint, from the names on the left to the far right, and a line under each."""
    found = []
    style = place.style
    left, right = -style.sizes.left / style.room, 1 + style.sizes.right / style.room
    for number, lane in enumerate(place.lanes):
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
            found.append({**shape, "fillcolor": style.colours.stripe})
        edge = {"color": style.colours.line, "width": 1}
        found.append({**shape, "type": "line", "y0": lane.bottom, "line": edge})
    return found


def _lane_words(lane: LaneScene, place: Frame) -> list[dict[str, Any]]:
    """The lane's name and its present stage: on one line where the lane is one row high."""
    sizes, colours = place.style.sizes, place.style.colours
    where = place.lane(lane.key)
    room = sizes.left - 14.0
    name = (
        condition_short(lane.key) if place.style.large and lane.key is not ConditionKey.OTHER else lane_name(lane.key)
    )
    stage = lane.stage if lane.active else ", ".join(part for part in (lane.stage, t("not active")) if part)
    said = bold(plain(fit(name, sizes.lane, room, heavy=True)))
    if stage:
        gap = "<br>" if lane.tracks > 1 else " "
        shown = plain(fit(stage, sizes.text, room))
        said += f'{gap}<span style="font-size:{sizes.text}px;color:{colours.soft}">{shown}</span>'
    return [
        {
            "xref": "paper",
            "yref": "y",
            "x": 0,
            "xshift": 6 - sizes.left,
            "y": where.top + 2,
            "xanchor": "left",
            "yanchor": "top",
            "align": "left",
            "showarrow": False,
            "text": said,
            "font": {"size": sizes.lane, "color": colours.text if lane.active else colours.soft},
        }
    ]


def _moments(
    place: Frame, as_of: datetime, zone: tzinfo, conference: datetime | None
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The lines of today and of the last conference, each with its word at the foot of the lanes' axis."""
    colours = place.style.colours
    found = []
    if place.start <= as_of <= place.end:
        found.append(_moment(as_of, t("today"), "solid", colours.text, place, "left"))
    if conference is not None and place.start <= conference <= place.end:
        said = t("conference {date}", date=show_day(conference.astimezone(zone).date())[:-5])
        tone = colours.kinds[EventKind.CONFERENCE]
        # To the left of its line: today's word stands to the right of its own, and the two are often close.
        found.append(_moment(conference, said, "dash", tone, place, "right"))
    return found


def _moment(
    when: datetime, words: str, dash: str, colour: str, place: Frame, anchor: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    line = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": when.isoformat(),
        "x1": when.isoformat(),
        "y0": 0,
        "y1": 1,
        "layer": "above",
        "line": {"color": colour, "width": 1, "dash": dash},
    }
    note = {
        "xref": "x",
        "yref": "paper",
        "x": when.isoformat(),
        "y": 1,
        "yshift": place.style.sizes.axis / 2 - 1,
        "xanchor": anchor,
        "yanchor": "bottom",
        "showarrow": False,
        "borderpad": 0,
        "text": bold(plain(words)),
        "font": {"size": place.style.sizes.small, "color": colour},
    }
    return line, note
