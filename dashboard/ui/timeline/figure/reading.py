"""The reading layout as a plotly figure: of each condition its medicines right above its curves. Pure.

Where everything is, is decided in `dashboard.domain.timeline.reading`; everything that came from a record has passed
through `text.plain`. The time axis is above the figure in HTML
(`axis_html`), so that it can stay in sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dashboard.domain.timeline.layout.panel_axis import GAP_BEFORE_LATEST
from dashboard.domain.timeline.layout.positions import PanelPosition
from dashboard.domain.timeline.reading.blocks import Reading, reading
from dashboard.domain.timeline.reading.place import ChangeMark, NewMark, ReadingLayout, RowName, place_reading
from dashboard.domain.timeline.scene import Scene
from dashboard.ui.record.names import show_unit
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.bars import bar_traces
from dashboard.ui.timeline.figure.change_words import change_words
from dashboard.ui.timeline.figure.panels import axis_names, note_at, panel_axis, panel_shapes, panel_traces, sized
from dashboard.ui.timeline.figure.reading_labels import ReadingFigureLabels, renamed_in
from dashboard.ui.timeline.figure.style import FONT, Style
from dashboard.ui.timeline.figure.text import bold, plain
from dashboard.ui.timeline.figure.ticks import date_ticks
from dashboard.ui.timeline.panel_words import reference_words, target_words

Figure = dict[str, Any]
"""Plotly's own objects cost ten times as much to build, and Streamlit takes either."""

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "displayModeBar": False,
    "scrollZoom": False,
    "doubleClick": False,
}
"""How plotly shows the figure."""

CHANGE_SYMBOL, NEW_SYMBOL = "line-ns", "circle-open"
NEW_SIZE = 23
LINE_HEIGHT = 1.3
"""How far plotly sets lines apart, in sizes of type."""
PATCH, FIRST_PATCH = 8, 15
"""Pixels: the side of a patch, and from the top of a panel to the first one, on the line below its name."""
AFTER_PATCH = "&nbsp;" * 4


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """The reading layout of a scene: what is folded, where the rest is, and the dates of the axis with their words."""

    found: Reading
    layout: ReadingLayout
    ticks: tuple[tuple[datetime, str], ...]


def reading_page(scene: Scene, style: Style, as_of: datetime, zone: tzinfo) -> ReadingPage:
    """The blocks of a scene in the room that the style leaves."""
    found = reading(scene)
    labels = ReadingFigureLabels(zone, as_of, renamed_in(found))
    layout = place_reading(found, scene.request, style.room, labels)
    ticks = date_ticks(layout.time.start, layout.time.end, layout.time.ticks, zone)
    return ReadingPage(found, layout, tuple(ticks))


def reading_figure(
    page: ReadingPage, style: Style, as_of: datetime, conference: datetime | None, picked: str, zone: tzinfo
) -> Figure:
    """The figure. `picked` is the origin ("Observation/o1") of the event whose details are open; a press on anything
    gives such an origin as `customdata`.
    """
    layout = page.layout
    traces = bar_traces(layout.pieces, layout.bar_texts, style, zone, picked) + _changes(layout.changes, style)
    for number, position in enumerate(layout.panels):
        traces += panel_traces(position, number, layout.time, style, picked)
    traces += _new(layout.new, style)
    return {"data": [_base(layout), *traces], "layout": _layout(page, style, as_of, conference)}


def _base(layout: ReadingLayout) -> dict[str, Any]:
    """Holds the axes of the rows open where nothing is drawn in them."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [layout.time.start.isoformat()],
        "y": [None],
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _axis(panel: int | None) -> str:
    return "y" if panel is None else axis_names(panel)[0]


def _changes(marks: Sequence[ChangeMark], style: Style) -> list[dict[str, Any]]:
    """The sign of a change of dose, on the bars and on the curves; a trace an axis."""
    traces = []
    for panel in dict.fromkeys(mark.panel for mark in marks):
        here = [mark for mark in marks if mark.panel == panel]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "changes",
                "xaxis": "x",
                "yaxis": _axis(panel),
                "x": [mark.change.when.isoformat() for mark in here],
                "y": [mark.value for mark in here],
                "customdata": [str(mark.change.bar.event.origin) for mark in here],
                "hovertext": [plain(change_words(mark.change)) for mark in here],
                "hoverinfo": "text",
                "marker": {
                    "symbol": CHANGE_SYMBOL,
                    "size": style.sizes.row,
                    "line": {"color": style.colours.text, "width": 2},
                },
                "selected": {"marker": {"opacity": 1}},
                "unselected": {"marker": {"opacity": 1}},
                "cliponaxis": False,
                "showlegend": False,
            }
        )
    return traces


def _new(marks: Sequence[NewMark], style: Style) -> list[dict[str, Any]]:
    """The one sign of what is new: a ring, light on a dark one, so that it is seen on any ground."""
    traces = []
    for panel in dict.fromkeys(mark.panel for mark in marks):
        here = [mark for mark in marks if mark.panel == panel]
        for colour, width in ((style.colours.text, 4), (style.colours.new, 2)):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "new",
                    "xaxis": "x",
                    "yaxis": _axis(panel),
                    "x": [mark.when.isoformat() for mark in here],
                    "y": [mark.value for mark in here],
                    "hoverinfo": "skip",
                    "marker": {"symbol": NEW_SYMBOL, "size": NEW_SIZE, "color": colour, "line": {"width": width}},
                    "cliponaxis": False,
                    "showlegend": False,
                }
            )
    return traces


def _layout(page: ReadingPage, style: Style, as_of: datetime, conference: datetime | None) -> dict[str, Any]:
    sizes, colours, layout = style.sizes, style.colours, page.layout
    words = [_name(name, style) for name in layout.names]
    shapes = [_edge(layout, edge, style) for edge in layout.edges]
    axes: dict[str, Any] = {}
    for number, panel in enumerate(layout.panels):
        name, axis = panel_axis(panel, number, style)
        axes[name] = axis
        words += _panel_words(panel, style)
        shapes += [*panel_shapes(panel, number, style), *_patches(panel, style)]
    lines = ((as_of, colours.text, "solid"), (conference, colours.conference, "dash"))
    shapes += [_line(when, colour, dash) for when, colour, dash in lines if when is not None and when in layout.time]
    return {
        "height": round(layout.height),
        "margin": {"l": sizes.left, "r": sizes.right, "t": 0, "b": layout.height - layout.plot, "pad": 0},
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
            "font": {"size": 13, "color": colours.text, "family": FONT},
        },
        "xaxis": {
            "type": "date",
            "range": [layout.time.start.isoformat(), layout.time.end.isoformat()],
            "fixedrange": True,
            "anchor": "y",
            "showgrid": True,
            "gridcolor": colours.line,
            "zeroline": False,
            "tickmode": "array",
            "tickvals": [moment.isoformat() for moment, _ in page.ticks],
            "showticklabels": False,
            "automargin": False,
        },
        "yaxis": {
            "domain": [0, 1],
            "range": [layout.plot, 0],
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


def _name(name: RowName, style: Style) -> dict[str, Any]:
    """The name of a condition with its stage, or of a medicine with the other conditions that it is for."""
    sizes, colours = style.sizes, style.colours
    words = bold(plain(name.words)) if name.heavy else plain(name.words)
    size = sizes.text if name.heavy else sizes.small
    also = f" {sized(plain(name.also), size, colours.soft)}" if name.also else ""
    return {
        "xref": "paper",
        "yref": "y",
        "x": 0,
        "xshift": 2 - sizes.left,
        "y": name.y,
        "xanchor": "left",
        "yanchor": "middle",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "text": words + also,
        "font": {"size": sizes.lane if name.heavy else sizes.text, "color": colours.text},
    }


def _edge(layout: ReadingLayout, y: float, style: Style) -> dict[str, Any]:
    """A line under a block, from the names on the left to the far right."""
    width, sizes = layout.time.width, style.sizes
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": -sizes.left / width,
        "x1": 1 + sizes.right / width,
        "y0": y,
        "y1": y,
        "layer": "below",
        "line": {"color": style.colours.line, "width": 1},
    }


def _line(when: datetime, colour: str, dash: str) -> dict[str, Any]:
    return {
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


def _panel_words(position: PanelPosition, style: Style) -> list[dict[str, Any]]:
    """Name and ranges on the left, each with a patch of its shading; the latest value, large, with its unit on the
    right, and under it when it was, its marks and its trend.
    """
    sizes, colours, panel = style.sizes, style.colours, position.panel
    name = sized(bold(plain(position.name)), position.name_size, colours.text)
    shaded = sum(bool(words) for words in (target_words(panel), reference_words(panel)))
    lines = [AFTER_PATCH * (number < shaded) + plain(line) for number, line in enumerate(position.lines)]
    left = note_at([name, *lines], 2 - sizes.left, position, style, side="left")
    if panel.reference_source:
        left["hovertext"] = plain(t("Usual range (draft): {source}", source=panel.reference_source))
    marked = colours.alarm if panel.latest_abnormal or panel.misses_goal else colours.text
    tone = colours.soft if panel.old else colours.urgent if panel.urgent else marked
    latest = sized(bold(plain(position.latest)), position.latest_size, tone)
    unit = plain(show_unit(panel.unit))
    below = [plain(line) for line in position.latest_lines]
    right = note_at([f"{latest} {unit}", *below], GAP_BEFORE_LATEST, position, style, side="right")
    return [left, right]


def _patches(position: PanelPosition, style: Style) -> list[dict[str, Any]]:
    """A patch of the shading in front of the words of the target and of the usual range."""
    colours, sizes = style.colours, style.sizes
    words = ((target_words(position.panel), colours.target), (reference_words(position.panel), colours.reference))
    patches = []
    for number, (_, fill) in enumerate((said, fill) for said, fill in words if said):
        below = FIRST_PATCH + number * sizes.small * LINE_HEIGHT
        patches.append(
            {
                "type": "rect",
                "xref": "paper",
                "yref": "paper",
                "xsizemode": "pixel",
                "ysizemode": "pixel",
                "xanchor": 0,
                "yanchor": position.shares[1],
                "x0": 3 - sizes.left,
                "x1": 3 - sizes.left + PATCH,
                "y0": -below,
                "y1": -below - PATCH,
                "fillcolor": fill,
                "line": {"color": colours.soft, "width": 1},
            }
        )
    return patches
