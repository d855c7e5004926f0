"""The course of one measure as a small inline SVG: points on a thin line, the target as a band, the latest marked.

Points, not bars, for observations (NHS CUI GTAB-001); one unit in a series (GTAB-028): all values are canonical.
Inline SVG costs a tenth of a millisecond where a plotly figure costs one and a canvas of its own.
"""

from collections.abc import Sequence
from decimal import Decimal

from dashboard.domain.record.observation import KeyResult, Result
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html

WIDTH, HEIGHT, EDGE = 120.0, 40.0, 4.0
# More points than this are thinned to every n-th, the latest among them: at 120 px they would only smear.
MOST_POINTS = 60


def sparkline(key: KeyResult, finding: str) -> Html | None:
    """The picture; `finding` is what it shows in words, for who cannot see it. None with fewer than two values."""
    series = _thin([result for result in key.series if result.value.value.is_finite()])
    if len(series) < 2:
        return None
    low, high = (key.target.low, key.target.high) if key.target and not key.target.bare else (None, None)
    values = [float(result.value.value) for result in series]
    bounds = [float(bound.value) for bound in (low, high) if bound is not None]
    bottom, top = _range([*values, *bounds])

    def y(value: float | Decimal) -> float:
        return HEIGHT - EDGE - (float(value) - bottom) / (top - bottom) * (HEIGHT - 2 * EDGE)

    points = list(zip(_across(series), (y(value) for value in values), strict=True))
    band = None
    if low is not None or high is not None:
        upper = max(0.0, y(high.value)) if high is not None else 0.0
        lower = min(HEIGHT, y(low.value)) if low is not None else HEIGHT
        band = h.rect(class_="band", x=0, y=_n(upper), width=_n(WIDTH), height=_n(max(0.0, lower - upper)))
    path = "M" + "L".join(f"{_n(x)} {_n(y_)}" for x, y_ in points)
    return h.svg(class_="c3-spark", viewBox=f"0 0 {_n(WIDTH)} {_n(HEIGHT)}", role="img", aria_label=finding)[
        band,
        h.path(class_="line", d=path),
        (h.circle(class_="dot", cx=_n(x), cy=_n(y_), r="1.6") for x, y_ in points[:-1]),
        h.circle(class_="last off" if key.abnormal else "last", cx=_n(points[-1][0]), cy=_n(points[-1][1]), r="3.4"),
    ]


def _across(series: Sequence[Result]) -> list[float]:
    """Places by date, so that a gap in time is a gap in the picture."""
    moments = [result.when.moment.timestamp() for result in series]
    first, span = moments[0], (moments[-1] - moments[0]) or 1.0
    return [EDGE + (moment - first) / span * (WIDTH - 2 * EDGE) for moment in moments]


def _range(values: list[float]) -> tuple[float, float]:
    bottom, top = min(values), max(values)
    if bottom == top:
        return bottom - 1.0, top + 1.0
    return bottom, top


def _thin(series: list[Result]) -> list[Result]:
    step = -(-len(series) // MOST_POINTS)
    return series if step <= 1 else series[:-1:step] + series[-1:]


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
