"""A chart is a picture within its bounds, whatever the values are."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from dashboard.paper.chart import HEIGHT, WIDTH, Chart, Point, chart_picture

START = datetime(2021, 11, 22, tzinfo=UTC)
COLOURS = {"band": "#d5eadd", "line": "#d8dde0", "soft": "#4c5b66", "late": "#8f4700", "accent": "#005eb8"}
values = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def point(day: int, value: float, *, marked: bool = False) -> Point:
    return Point(START + timedelta(days=day), value, value, value, marked)


def drawn(chart: Chart) -> Xml.Element:
    return Xml.fromstring(chart_picture(chart, "falls", COLOURS).svg)


def test_marked_points_have_a_colour_of_their_own_and_the_latest_is_the_largest() -> None:
    chart = Chart(START, START + timedelta(days=400), ((point(1, 5.1), point(300, 5.9, marked=True)),))
    first, last = drawn(chart).findall("{*}circle")
    assert (first.get("fill"), last.get("fill")) == (COLOURS["accent"], COLOURS["late"])
    assert float(first.get("r", 0)) < float(last.get("r", 0))


@given(
    st.lists(st.tuples(st.integers(-50, 450), values), min_size=1, max_size=30),
    st.lists(st.tuples(st.none() | values, st.none() | values), max_size=2),
    st.integers(1, 60_000),
)
def test_everything_lies_within_the_picture(
    course: list[tuple[int, float]], bands: list[tuple[float | None, float | None]], days: int
) -> None:
    chart = Chart(START, START + timedelta(days=days), (tuple(point(*each) for each in course),), tuple(bands))
    for circle in drawn(chart).findall("{*}circle"):
        assert 0 <= float(circle.get("cx", -1)) <= WIDTH * 10
        assert 0 <= float(circle.get("cy", -1)) <= HEIGHT * 10
    for band in drawn(chart).findall("{*}rect"):
        assert float(band.get("height", -1)) >= 0
        assert -1 <= float(band.get("y", -9)) <= HEIGHT * 10


def test_years_are_written_so_that_they_do_not_touch() -> None:
    chart = Chart(START, START + timedelta(days=30_000), ((point(1, 5.1),),))
    texts = [each for each in drawn(chart).findall("{*}text") if re.fullmatch(r"\d{4}", each.text or "")]
    places = [float(each.get("x", 0)) for each in texts]
    assert len(places) > 3
    assert all(after - before > 60 for before, after in pairwise(places))
