"""The view of an address, the steps of the keyboard, and what stands in one place."""

from datetime import UTC, timedelta

import pytest

from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import Scene, SceneRequest
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.view import (
    drawing_time,
    events_in_same_place,
    read_timeline_view,
    step,
    steps,
    write_timeline_view,
)
from tests.pages import timeline_samples as samples
from tests.unit.ui.timeline.test_reading_figure import drawn, page


def scene(days: int = 366, timeline: Timeline | None = None) -> Scene:
    asked = SceneRequest(
        samples.AS_OF - timedelta(days=days), samples.AS_OF + timedelta(days=40), since=samples.CONFERENCE
    )
    return arrange(timeline or samples.timeline(), asked, samples.AS_OF)


def test_the_keyboard_reaches_all_that_a_mouse_can_press() -> None:
    found = scene(8000)
    pressed = {each for one in drawn(page(8000))["data"] for each in one.get("customdata") or ()}
    assert pressed <= {origin for _, origin in steps(found)}
    walked, at = [], step(found, "", 0, samples.AS_OF)
    for _ in range(len(steps(found)) + 2):
        walked.append(at)
        at = step(found, at, -1, samples.AS_OF)
    assert walked[-1] == steps(found)[0][1] and len(set(walked)) == 1 + [o for _, o in steps(found)].index(walked[0])


def test_what_is_drawn_in_one_place_is_listed() -> None:
    repeats = tuple(samples.medicine(f"r{n}", "Ramipril 5 mg", "once a day", f"2026-0{n}-01") for n in (3, 4, 5))
    told = samples.timeline(events=repeats)
    found = scene(timeline=told)
    assert set(events_in_same_place(found, told, str(repeats[0].origin))) == set(repeats)
    assert events_in_same_place(found, told, "Observation/none") == []


def test_a_figure_stays_as_it_is_for_some_minutes() -> None:
    assert drawing_time(samples.AS_OF) == drawing_time(samples.AS_OF + timedelta(minutes=2)) <= samples.AS_OF


def test_the_counted_new_events_are_those_of_the_table() -> None:
    since = samples.CONFERENCE
    assert scene().new == sum(is_new(each, since, samples.AS_OF) for each in samples.events())


def test_the_picture_in_sentences_names_lanes_and_what_is_out_of_range() -> None:
    alt = figure_alt(scene(), UTC, samples.AS_OF)
    marked, *_ = alt.split(". ")
    assert marked.startswith("Latest values with a mark: ")
    assert "Potassium 5.9 mmol/L (22-Nov-2026, outside usual range)" in marked
    assert "Spironolactone 25 mg started, 18-Oct-2026" in alt
    assert "Timeline from 22-Nov-2025 to 02-Jan-2027." in alt and "Heart failure, NYHA II" in alt


@pytest.mark.parametrize(
    "params",
    [
        {"id": "p1"},
        {"id": "p1", "span": "all", "off": "results,plan", "m": "HBA1C,EGFR", "at": "Observation/o1"},
        {"id": "p1", "from": "2020-01-01", "to": "2021-01-01", "since": "conference", "large": "yes", "view": "table"},
        {"id": "p1", "page": "3"},
    ],
)
def test_an_address_says_the_whole_view(params: dict[str, str]) -> None:
    view = read_timeline_view(params)
    assert write_timeline_view(view) == params and read_timeline_view(write_timeline_view(view)) == view


@pytest.mark.parametrize(
    "params",
    [
        {"span": "9y"}, {"off": "x,<b>"}, {"m": "NONSENSE"}, {"at": "<script>"}, {"at": "Observation/" + "x" * 999},
        {"from": "2026-99-01", "to": "x"}, {"from": "2022-01-01", "to": "2021-01-01"}, {"page": "-1"}, {"page": "1e9"},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_ignored(params: dict[str, str]) -> None:
    assert write_timeline_view(read_timeline_view({"id": "p1", **params})) == {"id": "p1"}
