"""The timeline's figure: words, shapes and not colours alone, sizes, harmless texts, and a bounded size."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objs
import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.events import (
    Certainty,
    DateWarning,
    Event,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
    Timeline,
)
from dashboard.domain.timeline.scene import Bar, KindGroup, Mark, Scene, SceneRequest
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.timeline import words as words
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.figure.figure import CONFIG, fitted_scene, timeline_figure
from dashboard.ui.timeline.figure.hover import event_hover
from dashboard.ui.timeline.figure.marks import letter_of, symbol_of
from dashboard.ui.timeline.figure.style import DARK, LETTERS, LIGHT, SYMBOLS, Style
from dashboard.ui.timeline.figure.text import plain, width_of, wrap
from dashboard.ui.timeline.labels import medicine_words, short_dose
from dashboard.ui.timeline.view import (
    drawing_time,
    events_in_same_place,
    read_timeline_view,
    scene_request,
    step,
    steps,
    write_timeline_view,
)
from tests.pages import timeline_samples as samples

DESK = Style()
MOST_BYTES = 1_000_000


def scene(days: int = 366, style: Style = DESK, timeline: Timeline | None = None, **more: Any) -> Scene:
    marked = more.pop("marked", False)
    asked = SceneRequest(
        samples.AS_OF - timedelta(days=days), samples.AS_OF + timedelta(days=40), since=samples.CONFERENCE, **more
    )
    arranged = arrange(timeline or samples.timeline(), asked, samples.AS_OF)
    return fitted_scene(arranged, style, samples.AS_OF, UTC, mark_new=marked)


def drawn(found: Scene, style: Style = DESK, picked: str = "") -> dict[str, Any]:
    return timeline_figure(found, style, samples.AS_OF, UTC, samples.CONFERENCE, picked)


def said(figure: dict[str, Any]) -> str:
    texts = [str(each) for trace in figure["data"] for each in trace.get("text") or ()]
    return "\n".join([*texts, *(note["text"] for note in figure["layout"]["annotations"])])


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in figure["data"] if each.get("name") == name)


def marks(found: Scene) -> Iterator[Mark]:
    return (mark for lane in found.lanes for mark in lane.marks)


def bars(found: Scene) -> Iterator[Bar]:
    return (bar for lane in found.lanes for bar in lane.bars)


def with_events(*events: Event) -> Timeline:
    ordered = sorted([*samples.events(), *events], key=lambda each: (each.start is None, str(each.start)))
    return samples.timeline(events=tuple(ordered))


@pytest.mark.parametrize(
    "style", [Style(dark, large, beside) for dark in (0, 1) for large in (0, 1) for beside in (0, 1)]
)
@pytest.mark.parametrize("days", [92, 366, 1827, 8000])
def test_plotly_takes_every_figure(style: Style, days: int) -> None:
    figure = drawn(scene(days, style, marked=True), style, "Observation/potassium-5")
    assert plotly.graph_objs.Figure(**figure).data


def test_everything_that_is_drawn_can_be_pressed_and_pointed_at() -> None:
    found = scene(8000)
    figure = drawn(found)
    pressed = {each for one in figure["data"] for each in one.get("customdata") or ()}
    for bar in bars(found):
        assert str(bar.event.origin) in pressed
    for mark in marks(found):
        assert str(mark.events[-1].origin) in pressed
    for one in figure["data"]:
        assert len(one.get("hovertext") or one["x"]) == len(one["x"])


def test_the_lanes_stand_in_order_with_names_and_stages() -> None:
    names = [note["text"] for note in drawn(scene())["layout"]["annotations"][:5]]
    for name, stage, text in zip(words.LANES.values(), ("", "NYHA II", "G3b", "mild", ""), names, strict=True):
        assert name in text and stage in text


def test_shape_and_letter_distinguish_every_kind_without_colour() -> None:
    assert len({(SYMBOLS[kind], LETTERS[kind]) for kind in EventKind}) == len(EventKind)


def test_out_of_range_is_a_triangle_with_a_sign_and_words() -> None:
    found = scene(style=DESK)
    off = [mark for mark in marks(found) if mark.abnormal]
    assert off and all(symbol_of(mark) == "triangle-up" for mark in off)
    assert all(letter_of(mark) == "!" or letter_of(mark).isdigit() for mark in off)
    assert "outside usual range" in said(drawn(found)) and "▲ 5.9" in said(drawn(found))


def test_a_merged_mark_shows_its_count() -> None:
    found = scene(1827)
    many = [mark for mark in marks(found) if mark.count > 1]
    assert many and all(letter_of(mark) == str(mark.count) for mark in many)


def test_what_is_planned_or_unsure_is_hollow_and_what_was_not_done_is_crossed_and_said() -> None:
    found = scene()
    planned = next(mark for mark in marks(found) if mark.state is EventState.PLANNED)
    assert planned.tentative and "GP appointment planned" in said(drawn(found))
    gone = next(mark for mark in marks(found) if mark.state is EventState.NOT_DONE)
    assert symbol_of(gone) == "x" and "Dietitian not done" in said(drawn(found))


def test_what_was_refuted_is_struck_and_said() -> None:
    text = said(drawn(scene(1827)))
    assert "<s>Bipolar disorder</s>" in text and "refuted" in text


def test_what_was_stopped_says_so() -> None:
    assert "Gliclazide 80 mg" in said(drawn(scene())) and "✕ stopped" in said(drawn(scene()))


def test_a_year_is_drawn_as_a_year_in_another_pattern() -> None:
    found = scene(8000)
    bar = next(each for each in bars(found) if each.event.origin.id == "co6")
    assert bar.vague_start is not None
    figure = drawn(found)
    shapes = trace(figure, "condition")["marker"]["pattern"]["shape"]
    assert "/" in shapes and "" in shapes
    assert "only the year is recorded" in " ".join(trace(figure, "condition")["hovertext"])


def test_one_and_the_same_entry_says_so_in_each_lane() -> None:
    found = scene()
    figure = drawn(found)
    assert said(figure).count("Spironolactone 25 mg once a day ↕") + said(figure).count("Spironolactone 25 mg ↕") == 2
    hovers = [each for each in trace(figure, "medicine")["hovertext"] if "Spironolactone" in each]
    assert all("one and the same entry, also in" in each for each in hovers)


def test_what_is_new_says_new_and_is_ringed_when_it_is_asked_for() -> None:
    plainly, marked = drawn(scene()), drawn(scene(marked=True))
    assert "NEW" not in said(plainly) and not [one for one in plainly["data"] if one.get("name") == "rings"]
    assert "NEW" in said(marked) and trace(marked, "rings")["x"]


def test_what_was_picked_is_ringed_in_lane_and_panel() -> None:
    figure = drawn(scene(), picked="Observation/potassium-5")
    assert trace(figure, "rings")["marker"]["symbol"] == ["square-open"]
    assert trace(figure, "POTASSIUM")["marker"]["line"]["width"][-1] == 3


def test_measures_have_unit_ranges_target_and_the_latest_value_large() -> None:
    text = said(drawn(scene()))
    for part in (
        "mmol/L",
        "usual 3.5 to &lt;5.4",
        "target below 58",
        "148/82",
        "11-Nov-2026",
        "systolic 90 to &lt;140",
    ):
        assert part in text, part
    assert f"font-size:{DESK.sizes.latest}px" in text


def test_blood_pressure_is_a_joined_pair() -> None:
    found = scene()
    figure = drawn(found)
    upper = trace(figure, "SYSTOLIC")
    assert upper["mode"] == "markers" and trace(figure, "DIASTOLIC")["yaxis"] == upper["yaxis"]
    stems = next(one for one in figure["data"] if one.get("mode") == "lines" and one.get("yaxis") == upper["yaxis"])
    assert stems["x"][:2] == [upper["x"][0], upper["x"][0]] and stems["y"][0] == upper["y"][0]


def test_a_converted_value_is_said() -> None:
    recorded = samples.values(Measure.HBA1C, ConditionKey.T2DM, ("2026-11-12", "62"))[0].results[0]
    converted = replace(recorded, converted=True, recorded=replace(recorded.recorded, unit="%"))
    timeline = samples.timeline()
    timeline = replace(timeline, series={**timeline.series, Measure.HBA1C: (converted,)})
    figure = drawn(scene(timeline=timeline, measures=(Measure.HBA1C,)))
    assert "mmol/mol, converted" in said(figure) and "converted from 62%" in trace(figure, "HBA1C")["hovertext"][0]


def test_several_values_in_one_point_show_how_far_they_reach() -> None:
    course = [(f"2026-{n // 28 + 1:02d}-{n % 28 + 1:02d}", f"4.{n % 10}") for n in range(300)]
    results = tuple(each.results[0] for each in samples.values(Measure.POTASSIUM, ConditionKey.CKD, *course))
    timeline = replace(samples.timeline(), series={Measure.POTASSIUM: results})
    figure = drawn(scene(timeline=timeline, measures=(Measure.POTASSIUM,), points=40))
    points = trace(figure, "POTASSIUM")
    assert len(points["x"]) <= 60 and max(points["error_y"]["array"]) > 0
    assert any("values, median" in each for each in points["hovertext"])


def test_a_wider_match_is_shown_on_hover() -> None:
    event = replace(
        samples.problems()[0],
        memberships=(LaneMembership(ConditionKey.CKD, LaneReason.CODE, "wider"),),
        date_warnings=(DateWarning.REVERSED,),
    )
    hover = event_hover(event, UTC)
    assert "CKD: matched by a wider concept" in hover and "an end before the beginning" in hover
    assert "44054006 (SNOMED CT)" in hover


HOSTILE = "<a href='https://evil.example'>x</a> $\\frac{1}{2}$ %{customdata} <b>\u202ebold"


def test_hostile_texts_are_shown_letter_by_letter() -> None:
    safe = plain(HOSTILE)
    assert "<" not in safe and "$" not in safe and "\u202e" not in safe and "&lt;a href" in safe
    bad = [
        replace(each, text=HOSTILE, detail=HOSTILE, who=HOSTILE, why=HOSTILE, stage=HOSTILE)
        for each in samples.events()
    ]
    figure = drawn(scene(8000, timeline=samples.timeline(events=tuple(bad))))
    for text in [*said(figure).split("\n"), *(h for one in figure["data"] for h in one.get("hovertext") or ())]:
        left = re.sub(r"</?b>|</?s>|<br>|</span>|<span style=\"font-size:\d+px;color:#\w+\">", "", text)
        assert "<" not in left and "$" not in left, text
    assert all("hovertemplate" not in one and "texttemplate" not in one for one in figure["data"])


def test_on_a_wall_nothing_is_small_and_less_is_shown_and_counted() -> None:
    wall = Style(large=True)
    found = scene(style=wall)
    figure = drawn(found, wall)
    sizes = [note["font"]["size"] for note in figure["layout"]["annotations"]]
    sizes += [one["textfont"]["size"] for one in figure["data"] if "textfont" in one and one.get("name") != "marks"]
    sizes += [int(each) for each in re.findall(r"font-size:(\d+)px", said(figure))]
    sizes += [figure["layout"]["xaxis"]["tickfont"]["size"]]
    assert min(sizes) >= 24
    shown, desk = in_lanes(found), in_lanes(scene())
    assert shown < desk and found.left["large"] == len(desk - shown)
    assert ConditionKey.OTHER not in {lane.key for lane in found.lanes}


def test_light_and_dark_differ_and_texts_can_be_read_on_their_grounds() -> None:
    assert drawn(scene())["layout"]["font"]["color"] != drawn(scene(), Style(dark=True))["layout"]["font"]["color"]
    for colours in (LIGHT, DARK):
        for ground in (colours.ground, colours.stripe, colours.medicine, colours.goal, colours.span):
            assert _contrast(colours.text, ground) >= 4.5, (colours.text, ground)
        for tone in (colours.soft, colours.alarm, *colours.kinds.values()):
            assert _contrast(tone, colours.ground) >= 4.5, (tone, colours.ground)
        for tone in (colours.alarm, *colours.kinds.values()):
            assert _contrast(colours.on, tone) >= 4.5, (colours.on, tone)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_medicines_that_do_not_change_share_a_row_and_those_that_do_keep_theirs() -> None:
    found = scene()
    lane = next(each for each in found.lanes if each.key is ConditionKey.HF)
    shared = next(bar for bar in lane.bars if len(bar.events) > 1)
    for part in ("Bisoprolol 5 mg", "Furosemide 40 mg", "Ramipril 5 mg ↕"):
        assert part in shared.text
    assert {bar.text for bar in lane.bars if bar.kind is EventKind.MEDICINE} == {shared.text, "Spironolactone"}
    assert in_lanes(found) == in_lanes(unfitted()) and steps(found) == steps(unfitted())


def in_lanes(found: Scene) -> set[Reference]:
    return {event.origin for lane in found.lanes for event in lane.events}


def unfitted() -> Scene:
    asked = SceneRequest(samples.AS_OF - timedelta(days=366), samples.AS_OF + timedelta(days=40))
    return arrange(samples.timeline(), asked, samples.AS_OF)


def test_nothing_in_a_lane_lies_on_something_else() -> None:
    for days in (92, 366, 1827, 8000):
        found = scene(days)
        for lane in found.lanes:
            rows: dict[int, list[tuple[Any, Any]]] = {}
            for bar in lane.bars:
                rows.setdefault(bar.track, []).append((bar.start, bar.end))
            for row in rows.values():
                row.sort()
                assert all(first[1] <= second[0] for first, second in pairwise(row))
            assert {mark.track for mark in lane.marks}.isdisjoint(rows)
            assert all(0 <= track < lane.tracks for track in [*rows, *(mark.track for mark in lane.marks)])


def test_what_has_just_gone_out_of_range_stands_first() -> None:
    assert scene().panels[0].name == "POTASSIUM"


@pytest.mark.slow
@pytest.mark.parametrize("days", [92, 366, 1827, 7300])
def test_ten_thousand_events_stay_below_a_megabyte(days: int) -> None:
    timeline = _long()
    asked = scene_request(replace(read_timeline_view({"id": "p"}), span="5y", since=True), timeline, samples.AS_OF, UTC)
    asked = replace(asked, start=samples.AS_OF - timedelta(days=days))
    found = fitted_scene(arrange(timeline, asked, samples.AS_OF), DESK, samples.AS_OF, UTC, mark_new=True)
    assert len(json.dumps(drawn(found))) < MOST_BYTES


def _long() -> Timeline:
    """Twenty years of a result a day and a contact a day, and a few hundred medicines."""
    days = [(samples.AS_OF - timedelta(days=7300 - n)).date().isoformat() for n in range(7300)]
    measures = (Measure.HBA1C, Measure.EGFR, Measure.POTASSIUM, Measure.WEIGHT, Measure.UACR, Measure.LVEF)
    events: list[Event] = []
    for number, measure in enumerate(measures):
        course = [(day, str(30 + n % 60)) for n, day in enumerate(days[number::6])]
        events += samples.values(measure, ConditionKey.CKD, *course, abnormal=300)
    names = "A name as long as those of laboratories are, with a method and a specimen"
    events += [samples.event(EventKind.CONTACT, n, names, day, ConditionKey.HF) for n, day in enumerate(days[::3])]
    events += [samples.medicine(f"l{n}", f"Medicine {n}", "5 mg", days[n * 20], ConditionKey.HF) for n in range(360)]
    events.sort(key=lambda each: str(each.start))
    series = {m: tuple(r for e in events for r in e.results if r.measure is m) for m in measures}
    assert len(events) > 10_000 - 300
    return samples.timeline(events=tuple(events), series=series)


def test_the_keyboard_reaches_all_that_a_mouse_can_press() -> None:
    found = scene(8000)
    pressed = {each for one in drawn(found)["data"] for each in one.get("customdata") or ()}
    assert pressed <= {origin for _, origin in steps(found)}
    walked, at = [], step(found, "", 0, samples.AS_OF)
    for _ in range(len(steps(found)) + 2):
        walked.append(at)
        at = step(found, at, -1, samples.AS_OF)
    assert walked[-1] == steps(found)[0][1] and len(set(walked)) == 1 + [o for _, o in steps(found)].index(walked[0])


def test_what_is_drawn_in_one_place_is_listed() -> None:
    found = scene(1827)
    many = next(mark for mark in marks(found) if mark.count > 1)
    listed = events_in_same_place(found, samples.timeline(), str(many.events[0].origin))
    assert set(listed) == set(many.events) and events_in_same_place(found, samples.timeline(), "Observation/none") == []


def test_a_figure_stays_as_it_is_for_some_minutes() -> None:
    assert drawing_time(samples.AS_OF) == drawing_time(samples.AS_OF + timedelta(minutes=2)) <= samples.AS_OF


def test_the_counted_new_events_are_those_of_the_table() -> None:
    since = samples.CONFERENCE
    assert scene().new == sum(is_new(each, since, samples.AS_OF) for each in samples.events())


def test_the_picture_in_sentences_names_lanes_and_what_is_out_of_range() -> None:
    alt = figure_alt(scene(), UTC, samples.AS_OF)
    assert alt.startswith("Timeline from 22-Nov-2025 to 02-Jan-2027.") and "Heart failure, NYHA II" in alt
    assert "with a mark: Potassium 5.9 mmol/L (22-Nov-2026, outside usual range)" in alt


@pytest.mark.parametrize(
    ("text", "dose", "shown"),
    [
        ("Metformin 500 mg tablets", "1 tablet twice daily with food", "Metformin 500 mg ×2"),
        ("Metformin 500 mg tablets", "2 tablets twice daily", "Metformin 500 mg 2 tablets ×2"),
        ("Ramipril 10 mg capsules", "1 capsule once daily", "Ramipril 10 mg"),
        ("Furosemide 20 mg tablets", "1 tablet each morning", "Furosemide 20 mg"),
        ("Metformin", "1 g twice a day", "Metformin 1 g ×2"),
        ("Warfarin 1 mg tablets", "as the yellow book says", "Warfarin 1 mg as the yellow book says"),
        ("Morphine 10 mg tablets", "half a tablet when needed", "Morphine 10 mg half a tablet when needed"),
        ("Insulin", "", "Insulin"),
        ("Co-codamol 8/500", "2 tablets every 6 hours", "Co-codamol 8/500 2 tablets every 6 hours"),
    ],
)
def test_a_dose_is_shortened_only_where_every_word_is_understood(text: str, dose: str, shown: str) -> None:
    assert medicine_words(text, dose) == shown
    assert short_dose(dose) in (dose, "", "×2", "2 tablets ×2", "1 g ×2")


def test_words_are_complete() -> None:
    for table, keys in (
        (words.LANES, ConditionKey), (words.KINDS, EventKind), (words.MANY, EventKind), (words.GROUPS, KindGroup),
        (words.STATES, EventState), (words.CERTAINTIES, Certainty), (words.LANE_REASONS, LaneReason),
        (words.RULES, Exclusion), (words.DATE_WARNINGS, DateWarning),
    ):  # fmt: skip
        assert set(table) == set(keys)  # type: ignore[call-overload]
    for key in ("before", "after", "undated", "large", *(group.value for group in KindGroup)):
        assert words.LEFT[key]
    assert set(LIGHT.kinds) == set(DARK.kinds) == set(EventKind)


def test_texts_are_measured_and_wrapped() -> None:
    assert width_of("mmmm", 12) > width_of("iiii", 12) > 0
    assert wrap("a" * 150, 70) == ["a" * 70, "a" * 70, "a" * 10] and wrap("one two", 4) == ["one", "two"]


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


def test_nothing_is_sent_to_a_cloud() -> None:
    assert CONFIG["showSendToCloud"] is False and CONFIG["displaylogo"] is False
