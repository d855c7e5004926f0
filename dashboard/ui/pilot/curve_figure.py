"""The curve of enrolment against the target line as a plotly figure, in the colours of a theme."""

from datetime import date
from typing import Any, Final

from dashboard.domain.pilot.enrolment_shown import Curve
from dashboard.domain.pilot.pace import Forecast
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.tokens import colours, family
from dashboard.ui.shared.wording import t

HEIGHT: Final = 320
_DASHES: Final = "dot"


def curve_figure(curve: Curve, today: date, *, dark: bool) -> dict[str, Any]:
    """Points of people enrolled on a thin line, the target line, and from today on the line of the present pace."""
    named = colours(dark=dark)
    points = curve.points
    if points and curve.line:
        points = ((curve.line[0][0], 0), *points) if curve.line[0][0] < points[0][0] else points
    traces = [
        _trace(t("Enrolled"), points, named["accent"], "lines+markers", "solid"),
        _trace(t("Target line"), curve.line, named["soft"], "lines", "solid"),
    ]
    texts = [_text(t("Target"), curve.line[-1], named["soft"])] if curve.line else []
    if curve.points:
        texts.append(_text(f"{curve.points[-1][1]}", curve.points[-1], named["accent"], large=True, below=True))
    if curve.pace.forecast is Forecast.BY and curve.pace.day is not None and curve.points and curve.line:
        ahead = (curve.points[-1], (curve.pace.day, curve.line[-1][1]))
        traces.append(_trace(t("At the present pace"), ahead, named["accent"], "lines", _DASHES))
        texts.append(_text(show_day(curve.pace.day), ahead[1], named["accent"], below=True))
    axis = {"gridcolor": named["line"], "linecolor": named["line"], "zeroline": False, "fixedrange": True}
    return {
        "data": [each for each in traces if each["x"]],
        "layout": {
            "height": HEIGHT,
            "margin": {"l": 40, "r": 70, "t": 24, "b": 44},
            "font": {"family": family(), "size": 12, "color": named["text"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {**axis, "type": "date", "tickformat": "%b\n%Y", "tickangle": 0},
            "yaxis": {**axis, "rangemode": "tozero"},
            "annotations": texts,
            "shapes": [
                {
                    "type": "line", "x0": today.isoformat(), "x1": today.isoformat(), "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": named["line"], "width": 1, "dash": "dash"},
                }
            ],
        },
    }  # fmt: skip


def _trace(name: str, points: Any, colour: str, mode: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "mode": mode,
        "x": [day.isoformat() for day, _ in points],
        "y": [people for _, people in points],
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 7},
        "text": [f"{name}: {people:.0f}, {show_day(day)}" for day, people in points],
        "hoverinfo": "text",
    }


def _text(
    words: str, point: tuple[date, float], colour: str, *, large: bool = False, below: bool = False
) -> dict[str, Any]:
    return {
        "x": point[0].isoformat(),
        "y": point[1],
        "text": words,
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "yshift": -16 if below else 10,
        "font": {"color": colour, "size": 22 if large else 12},
    }
