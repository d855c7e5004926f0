"""The reading layout's figure, its axis, the row that opens and what is new in words: few signs, each with its word."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import plotly.graph_objs
import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new, without_new
from dashboard.domain.timeline.events import Event, EventKind, EventState, Timeline
from dashboard.domain.timeline.reading.condition import of_condition
from dashboard.domain.timeline.scene import SceneRequest
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline import words
from dashboard.ui.timeline.axis_html import SIGNS, axis_html
from dashboard.ui.timeline.figure.reading import CONFIG, ReadingPage, reading_figure, reading_page
from dashboard.ui.timeline.figure.style import CLEAR, DARK, LIGHT, Style
from dashboard.ui.timeline.figure.text import plain
from dashboard.ui.timeline.fold_html import MOST_LISTED, ORDER, fold_html
from dashboard.ui.timeline.labels import dose_words, medicine_name, medicine_words
from dashboard.ui.timeline.since_html import FIRST_LISTED, since_html
from tests.pages import timeline_samples as samples

DESK = Style()
MOST_BYTES = 1_000_000
AT = ViewTime(samples.AS_OF, UTC)
# Those of points, of a change of dose, and the ring; an urgent point has a sign in it, the conference is a line.
SYMBOLS = {"circle", "triangle-up", "line-ns", "circle-open"}


def page(
    days: int = 366,
    condition: ConditionKey | None = None,
    *,
    marked: bool = False,
    timeline: Timeline | None = None,
    style: Style = DESK,
    zone: tzinfo = UTC,
    **more: Any,
) -> ReadingPage:
    asked = SceneRequest(
        samples.AS_OF - timedelta(days=days), samples.AS_OF + timedelta(days=40), since=samples.CONFERENCE, **more
    )
    found = of_condition(arrange(timeline or samples.timeline(), asked, samples.AS_OF), condition)
    return reading_page(found if marked else without_new(found), style, samples.AS_OF, zone)


def drawn(found: ReadingPage, style: Style = DESK, picked: str = "") -> dict[str, Any]:
    return reading_figure(found, style, samples.AS_OF, samples.CONFERENCE, picked, UTC)


def said(figure: dict[str, Any]) -> str:
    texts = [str(each) for trace in figure["data"] for each in trace.get("text") or ()]
    return "\n".join([*texts, *(note["text"] for note in figure["layout"]["annotations"])])


def traces(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in figure["data"] if each.get("name") == name]


@pytest.mark.parametrize("style", [Style(dark, beside) for dark in (False, True) for beside in (False, True)])
@pytest.mark.parametrize("days", [92, 366, 1827, 8000])
def test_plotly_takes_it(style: Style, days: int) -> None:
    figure = drawn(page(days, marked=True, style=style), style, "Observation/potassium-5")
    assert plotly.graph_objs.Figure(figure).data


def test_everything_that_is_drawn_can_be_pressed_and_pointed_at() -> None:
    found = page(8000)
    figure = drawn(found)
    pressed = {each for one in figure["data"] for each in one.get("customdata") or ()}
    assert {str(piece.bar.event.origin) for piece in found.layout.pieces} <= pressed
    points = [point for panel in found.layout.panels for series in panel.panel.series for point in series.points]
    assert points and {str(point.results[-1].origin) for point in points} <= pressed
    for one in figure["data"]:
        assert len(one.get("hovertext") or one["x"]) == len(one["x"])


def test_the_conditions_have_their_names_and_stages() -> None:
    names = [note["text"] for note in drawn(page())["layout"]["annotations"]]
    for name, stage in zip(words.LANES.values(), ("", "NYHA II", "G3b", "mild", ""), strict=True):
        assert any(f"<b>{name}</b>" in text and stage in text for text in names), name


def test_what_was_refuted_is_struck_and_said() -> None:
    figure = drawn(page(1827))
    assert "<s>Bipolar disorder</s>" in said(figure) and "refuted" in said(figure)
    bars = traces(figure, "condition")[0]
    hollow = {origin for origin, fill in zip(bars["customdata"], bars["marker"]["color"], strict=True) if fill == CLEAR}
    assert hollow == {"Condition/co7"}


def test_what_is_planned_is_hollow_and_what_was_not_done_is_crossed_and_both_are_said() -> None:
    told = (
        samples.medicine(1, "Naproxen", "500 mg", "2026-12-01", state=EventState.PLANNED),
        samples.medicine(2, "Ibuprofen", "400 mg", "2026-02-01", end="2026-09-01", state=EventState.NOT_DONE),
        samples.medicine(3, "Ramipril", "5 mg", "2026-02-01"),
    )
    figure = drawn(page(timeline=samples.timeline(events=told)))
    bars = traces(figure, "medicine")[0]
    marker = dict(zip(bars["customdata"], range(len(told)), strict=True))
    planned, gone, goes_on = (marker[f"MedicationRequest/me{number}"] for number in (1, 2, 3))
    assert bars["marker"]["color"][planned] == CLEAR != bars["marker"]["color"][goes_on]
    assert [bars["marker"]["pattern"]["shape"][each] for each in (gone, goes_on)] == ["x", ""]
    assert "planned" in said(figure) and "not done" in said(figure)


def test_a_year_is_drawn_as_a_year_in_another_pattern() -> None:
    bars = traces(drawn(page(8000)), "condition")[0]
    assert "/" in bars["marker"]["pattern"]["shape"] and "" in bars["marker"]["pattern"]["shape"]
    assert "only the year is recorded" in " ".join(bars["hovertext"])


def test_what_began_before_the_window_says_so() -> None:
    text = said(drawn(page(92, ConditionKey.HF)))
    assert "‹ 5 mg" in text


def test_what_is_for_several_conditions_says_so_when_it_is_pointed_at() -> None:
    hovers = [each for each in traces(drawn(page()), "medicine")[0]["hovertext"] if "Spironolactone" in each]
    assert len(hovers) == 1 and "one and the same entry, also in" in hovers[0]


def test_measures_have_their_ranges_and_their_target_with_a_patch_of_its_shading() -> None:
    figure = drawn(page())
    for part in (
        "mmol/L",
        "usual 3.5 to &lt;5.4",
        "target below 58",
        "148/82",
        "11-Nov-2026",
        "systolic 90 to &lt;140",
    ):
        assert part in said(figure), part
    fills = [shape.get("fillcolor") for shape in figure["layout"]["shapes"]]
    # The shading itself and its patch.
    assert fills.count(DESK.colours.target) == 2 and fills.count(DESK.colours.reference) > 2


def test_out_of_range_is_a_triangle_and_has_a_sign_in_words() -> None:
    figure = drawn(page())
    assert traces(figure, "POTASSIUM")[0]["marker"]["symbol"][-2:] == ["circle", "triangle-up"]
    assert "▲ 5.9" in said(figure)


def test_blood_pressure_is_a_joined_pair() -> None:
    figure = drawn(page())
    (upper,), (lower,) = traces(figure, "SYSTOLIC"), traces(figure, "DIASTOLIC")
    assert upper["mode"] == "markers" and lower["yaxis"] == upper["yaxis"]
    stems = next(one for one in figure["data"] if one.get("mode") == "lines" and one.get("yaxis") == upper["yaxis"])
    assert stems["x"][:2] == [upper["x"][0], upper["x"][0]] and stems["y"][0] == upper["y"][0]


def test_a_converted_value_is_said() -> None:
    recorded = samples.values(Measure.HBA1C, ConditionKey.T2DM, ("2026-11-12", "62"))[0].results[0]
    converted = replace(recorded, converted=True, recorded=replace(recorded.recorded, unit="%"))
    timeline = samples.timeline()
    timeline = replace(timeline, series={**timeline.series, Measure.HBA1C: (converted,)})
    figure = drawn(page(timeline=timeline, measures=(Measure.HBA1C,)))
    assert "some values converted" in said(figure)
    assert "converted from 62%" in traces(figure, "HBA1C")[0]["hovertext"][0]


def test_several_values_in_one_point_show_how_far_they_reach() -> None:
    course = [(f"2026-{n // 28 + 1:02d}-{n % 28 + 1:02d}", f"4.{n % 10}") for n in range(300)]
    results = tuple(each.results[0] for each in samples.values(Measure.POTASSIUM, ConditionKey.CKD, *course))
    timeline = replace(samples.timeline(), series={Measure.POTASSIUM: results})
    (points,) = traces(drawn(page(timeline=timeline, measures=(Measure.POTASSIUM,), points=40)), "POTASSIUM")
    assert len(points["x"]) <= 60 and max(points["error_y"]["array"]) > 0
    assert any("values, median" in each for each in points["hovertext"])


def test_a_condition_that_was_picked_has_a_thicker_edge() -> None:
    bars = traces(drawn(page(), picked="Condition/co2"), "condition")[0]
    widths = dict(zip(bars["customdata"], bars["marker"]["line"]["width"], strict=True))
    assert widths.pop("Condition/co2") == 3 and set(widths.values()) == {0.8}


def test_today_and_the_conference_are_lines_where_they_are_in_the_window() -> None:
    def lines(found: ReadingPage, as_of: datetime, conference: datetime | None) -> list[tuple[str, str]]:
        shapes = reading_figure(found, DESK, as_of, conference, "", UTC)["layout"]["shapes"]
        return [(each["x0"], each["line"]["dash"]) for each in shapes if "dash" in each["line"]]

    today, conference = samples.AS_OF, samples.CONFERENCE
    assert lines(page(), today, conference) == [(today.isoformat(), "solid"), (conference.isoformat(), "dash")]
    outside = timedelta(days=400)
    assert lines(page(), today + outside, conference - outside) == lines(page(), today + outside, None) == []


HOSTILE = "<a href='https://evil.example'>x</a> $\\frac{1}{2}$ %{customdata} <b>\u202ebold"


def test_hostile_texts_are_shown_letter_by_letter() -> None:
    safe = plain(HOSTILE)
    assert "<" not in safe and "$" not in safe and "\u202e" not in safe and "&lt;a href" in safe
    bad = [
        replace(each, text=HOSTILE, detail=HOSTILE, who=HOSTILE, why=HOSTILE, stage=HOSTILE)
        for each in samples.events()
    ]
    figure = drawn(page(8000, timeline=samples.timeline(events=tuple(bad))))
    assert "&lt;a href" in said(figure)
    for text in [*said(figure).split("\n"), *(h for one in figure["data"] for h in one.get("hovertext") or ())]:
        left = re.sub(r"</?b>|</?s>|<br>|</span>|<span style=\"font-size:\d+px;color:#\w+\">", "", text)
        assert "<" not in left and "$" not in left, text
    assert all("hovertemplate" not in one and "texttemplate" not in one for one in figure["data"])


def test_light_and_dark_differ_and_texts_can_be_read_on_their_grounds() -> None:
    light, dark = (drawn(page(), Style(dark=dark))["layout"]["font"]["color"] for dark in (False, True))
    assert light != dark
    for colours in (LIGHT, DARK):
        for ground in (colours.ground, colours.medicine, colours.span):
            assert _contrast(colours.text, ground) >= 4.5, (colours.text, ground)
        for tone in (colours.soft, colours.alarm, colours.urgent):
            assert _contrast(tone, colours.ground) >= 4.5, (tone, colours.ground)
        assert _contrast(colours.on, colours.urgent) >= 4.5
        # Signs and lines, WCAG 2.2, 1.4.11.
        for tone in (colours.accent, colours.conference):
            assert _contrast(tone, colours.ground) >= 3, (tone, colours.ground)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("days", [92, 366, 1827, 7300])
def test_ten_thousand_events_stay_below_a_megabyte(days: int) -> None:
    assert len(json.dumps(drawn(page(days, marked=True, timeline=_long())))) < MOST_BYTES


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


def test_nothing_is_sent_to_a_cloud() -> None:
    assert CONFIG["showSendToCloud"] is False and CONFIG["displaylogo"] is False


def test_there_are_six_kinds_of_signs_at_most_and_no_letters_in_them() -> None:
    assert len(SIGNS) == 6
    figure = drawn(page(8000, marked=True))
    symbols: set[str] = set()
    for trace in figure["data"]:
        if "markers" in trace.get("mode", "") and trace.get("name"):
            marker = trace["marker"]["symbol"]
            symbols |= {marker} if isinstance(marker, str) else set(marker)
            assert set(trace.get("text") or ()) <= {"<b>!</b>", "<b></b>"}
    assert symbols <= SYMBOLS


def test_a_row_has_the_medicine_and_its_bars_the_doses() -> None:
    text = said(drawn(page(2000, ConditionKey.T2DM)))
    assert "Metformin" in text and "500 mg ×2" in text and "1 g ×2" in text and "Metformin 1 g" not in text
    assert "+HF CKD" in text  # dapagliflozin, which is for them too
    assert "× stopped" in text and "Bisoprolol" not in text


def test_a_change_of_dose_is_on_the_bars_and_on_the_curves_and_says_itself() -> None:
    marks = traces(drawn(page(2000, ConditionKey.T2DM)), "changes")
    assert marks[0]["yaxis"] == "y" and {each["yaxis"] for each in marks[1:]} >= {"y2"}
    for trace in marks:
        assert "Metformin: 500 mg ×2 changed to 1 g ×2, 01-Feb-2023" in trace["hovertext"]
        assert [each for each in trace["hovertext"] if "Gliclazide" in each] == ["Gliclazide 80 mg ended, 11-Feb-2026"]
        assert all(origin.startswith("MedicationRequest/") for origin in trace["customdata"])


def test_another_name_in_a_row_is_written_on_its_bar() -> None:
    told = (
        samples.medicine(1, "Metformin", "500 mg", "2024-01-01", ConditionKey.T2DM, end="2025-01-01", atc="A10BA02"),
        samples.medicine(2, "Glucophage", "1 g", "2025-01-01", ConditionKey.T2DM, atc="A10BA02"),
    )
    text = said(drawn(page(2000, timeline=samples.timeline(events=told))))
    assert "Metformin 500 mg" in text and "Glucophage" in text and "Glucophage 1 g" not in text


def test_the_latest_value_is_large_with_its_unit_its_date_and_its_marks() -> None:
    text = said(drawn(page()))
    potassium = next(each for each in text.splitlines() if "5.9" in each)
    assert "font-size:22px" in potassium and "mmol/L" in potassium and "22-Nov-2026" in potassium
    assert "outside usual range" in potassium


def test_what_is_new_has_one_sign_and_only_on_request() -> None:
    assert traces(drawn(page()), "new") == []
    rings = traces(drawn(page(marked=True)), "new")
    assert {ring["marker"]["symbol"] for ring in rings} == {"circle-open"}
    assert "NEW" not in said(drawn(page(marked=True)))


def test_what_was_picked_is_ringed() -> None:
    figure = drawn(page(), picked="Observation/potassium-5")
    assert traces(figure, "POTASSIUM")[0]["marker"]["line"]["width"][-1] == 3


def test_everything_that_can_be_pressed_is_an_entry_of_the_record() -> None:
    pressed = {each for one in drawn(page(8000))["data"] for each in one.get("customdata") or ()}
    assert pressed <= {str(event.origin) for event in samples.events()}


def test_the_axis_says_today_the_conference_and_dates_with_their_year() -> None:
    html = str(axis_html(page(), samples.CONFERENCE, AT, samples.AS_OF))
    for part in ("today", "conference 28-Oct-2026", "Jul-2026", *SIGNS.values()):
        assert f">{part}<" in html, part
    without = str(axis_html(page(92), samples.AS_OF - timedelta(days=400), AT, samples.AS_OF + timedelta(days=99)))
    assert "today" not in without and ">conference 2" not in without


def test_the_row_that_opens_counts_and_lists_what_is_folded() -> None:
    assert fold_html({}, None, AT) is None
    assert set(ORDER) == set(EventKind)
    folded = page(8000).found.folded
    html = str(fold_html(folded, None, AT))
    assert html.startswith('<details class="c3-fold"') and "c3-newflag" not in html
    for kind, events in folded.items():
        assert f" {len(events)}" in html, kind
        assert all(f"fold-{event.origin}" in html for event in events[-MOST_LISTED:])
    assert "c3-newflag" in str(fold_html(folded, samples.CONFERENCE, AT))
    many: dict[EventKind, list[Event]] = {
        EventKind.CONTACT: [samples.event(EventKind.CONTACT, f"m{n}", "visit", "2026-01-01") for n in range(99)]
    }
    assert f"{99 - MOST_LISTED} older ones are in the table" in str(fold_html(many, None, AT))


def since(events: tuple[Event, ...], **more: Any) -> Html | None:
    told = samples.timeline(events=events, **more)
    return since_html(told, [each for each in events if is_new(each, told.conference, samples.AS_OF)], AT)


def test_what_is_new_is_listed_in_words_the_weightiest_first() -> None:
    told = (replace(each, urgent=each.origin.id == "potassium-5") for each in samples.events())
    html = str(since(tuple(told)))
    assert "New since the conference of 28-Oct-2026" in html
    assert html.index("<bdi>") + 5 == html.index("Potassium 5.9 mmol/L")
    assert "22-Nov-2026" in html and "outside usual range" in html
    assert html.count('data-key="since-') - html.count('data-key="since-more"') == sum(
        is_new(each, samples.CONFERENCE, samples.AS_OF) for each in samples.events()
    )


def test_medicines_say_whether_they_began_or_ended() -> None:
    told = (
        samples.medicine(1, "Naproxen", "500 mg", "2026-11-05"),
        samples.medicine(2, "Ibuprofen", "400 mg", "2020-11-05", end="2026-11-06"),
    )
    html = re.sub(r"<span[^>]*>|</span>", "", str(since(told)))
    assert "started 05-Nov-2026" in html and "ended 06-Nov-2026" in html


def test_many_new_entries_open_and_none_is_said() -> None:
    told = tuple(samples.event(EventKind.CONTACT, f"m{n}", "visit", "2026-11-05") for n in range(FIRST_LISTED + 3))
    assert "and 3 more" in str(since(told))
    assert "Nothing new." in str(since(()))
    assert since((), conference=None) is None


@pytest.mark.parametrize(
    ("text", "dose", "name", "rest"),
    [
        ("Metformin 500 mg tablets", "1 tablet twice daily with food", "Metformin", "500 mg ×2"),
        ("Insulin glargine 100 units/mL", "18 units once daily", "Insulin glargine 100 units/mL", "18 units"),
        ("Metformin", "1 g twice a day", "Metformin", "1 g ×2"),
        ("500 mg of something", "", "500 mg of something", ""),
        ("Warfarin 1 mg tablets", "as the yellow book says", "Warfarin", "1 mg as the yellow book says"),
    ],
)
def test_a_medicine_is_its_name_and_its_dose(text: str, dose: str, name: str, rest: str) -> None:
    assert (medicine_name(text), dose_words(text, dose)) == (name, rest)
    assert medicine_words(text, dose) == f"{name} {rest}".strip()


def test_a_panel_without_values_says_so() -> None:
    told = samples.timeline(events=(), series={Measure.HBA1C: ()}, refused={Measure.HBA1C: 2})
    asked = SceneRequest(
        samples.AS_OF - timedelta(days=90), samples.AS_OF + timedelta(days=9), measures=(Measure.HBA1C,)
    )
    found = reading_page(arrange(told, asked, samples.AS_OF), DESK, samples.AS_OF, UTC)
    text = said(drawn(found))
    assert "no value" in text and "2 values without a known unit" in text
