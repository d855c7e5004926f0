"""Rooms and words for tests of the layout: letters of one width, and short ways to build bars and panels."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.positions import TimeAxis
from dashboard.domain.timeline.layout.room import Room, Sizes
from dashboard.domain.timeline.scene import Bar, Lane, Panel, PanelPoint, PanelSeries
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import CANONICAL_UNIT
from tests.unit.domain.timeline.timelines import event

T2DM = ConditionKey.T2DM
SIZES = Sizes(
    text=10, small=10, lane=14, letter=10, latest=20, row=16, bar=14, point=7, left=150, right=100, panel=60, gap=8,
)  # fmt: skip
ROOM = Room(1000, SIZES)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=100)
TIME = TimeAxis(START, END, ROOM.width, 5)
"""A hundred days in a thousand pixels: ten pixels a day."""


def day(number: float) -> datetime:
    """So many days, or tens of pixels, from the left."""
    return START + timedelta(days=number)


class SimpleLabels:
    """Every letter is half as wide as its size of type, 5 pixels, bold ones as well; a W is twice as wide."""

    def width_of(self, text: str, size: float, *, heavy: bool = False) -> float:
        return (len(text) + text.count("W")) * size / 2

    def lane(self, lane: Lane) -> str:
        return f"the long name of {lane.key.value}"

    def stage(self, lane: Lane) -> str:
        return lane.stage

    def bar(self, bar: Bar) -> str:
        return f"{bar.text} {bar.detail}".strip()

    def dose(self, bar: Bar) -> str:
        return bar.detail

    def began_before(self, bar: Bar) -> str:
        return "<" if bar.before else ""

    def signs(self, bar: Bar) -> str:
        return " NEW" if bar.new else ""

    def panel(self, panel: Panel) -> str:
        return panel.name

    def unit(self, panel: Panel) -> str:
        return panel.unit

    def below_name(self, panel: Panel) -> Sequence[str]:
        return "target up to 53", "usual below 58"

    def latest(self, panel: Panel) -> str:
        return "58"

    def below_latest(self, panel: Panel) -> Sequence[str]:
        return "1 January", "outside usual range, misses goal", "up from 5 on 1 January"


LABELS = SimpleLabels()


def bar(name: str, start: float, end: float, track: int = 0, **more: Any) -> Bar:
    """A bar from one day to another."""
    kind = more.pop("kind", EventKind.MEDICINE)
    made = event(kind, name, day(start).date().isoformat(), lanes=T2DM)
    return Bar(T2DM, track, kind, day(start), day(end), name, made, (made,), **more)


def panel(measure: Measure, *values: float, abnormal: Sequence[bool] = (), latest: float | None = None) -> Panel:
    """A panel of values ten days apart; `latest` is the day of the last one, else that of the last point."""
    series = point_series(measure, *values, abnormal=abnormal, latest=latest)
    return Panel(measure.value, CANONICAL_UNIT[measure], (series,))


def point_series(
    measure: Measure, *values: float, abnormal: Sequence[bool] = (), latest: float | None = None
) -> PanelSeries:
    results = [result(measure, value, 10 * number) for number, value in enumerate(values)]
    points = tuple(
        PanelPoint(day(10 * number), value, value, value, 1, (results[number],), abnormal=is_abnormal)
        for number, (value, is_abnormal) in enumerate(zip(values, abnormal or [False] * len(values), strict=True))
    )
    last = results[-1] if latest is None and results else result(measure, (values or (1,))[-1], latest or 0)
    return PanelSeries(measure, points, last)


def result(measure: Measure, value: float, when: float) -> Result:
    quantity = Quantity(Decimal(str(value)), CANONICAL_UNIT[measure])
    on = PartialDate(day(when).date().isoformat())
    return Result(measure, quantity, on, quantity, False, Reference("Observation", f"{measure.value}-{when}"))
