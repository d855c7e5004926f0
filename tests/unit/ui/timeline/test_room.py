"""The room's words and picture: what fits into a column, what is named, what is shaded, where the lines are."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.attention.trend import key_results, with_targets
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.medicine_changes import MedicineChange, MedicineChangeKind
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.panels import panels
from dashboard.domain.timeline.changes import changes_since_conference
from dashboard.domain.timeline.curves import curves_that_matter
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.scene import Panel, SceneRequest
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import Failure
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.room_curve import WIDTH, RoomAxis, room_curve, shaded
from dashboard.ui.timeline.room_html import room_html
from dashboard.ui.timeline.room_words import (
    CHANGES,
    ColumnRoom,
    RoomItem,
    change_items,
    event_item,
    fitted,
    medicine_item,
    other_curves_words,
)
from dashboard.ui.timeline.view import TimelineView
from tests.pages import timeline_samples as told

AT = ViewTime(told.AS_OF, ZoneInfo("Europe/London"))
START = datetime(2025, 11, 23, tzinfo=UTC)
AXIS = RoomAxis(START, told.AS_OF, told.AS_OF, told.CONFERENCE)


def story() -> Timeline:
    """The samples' story with its key results, as the query gives them."""
    made = told.timeline()
    results = key_results([result for course in made.series.values() for result in course], told.AS_OF)
    return replace(made, results=with_targets(results, ()), urgent=frozenset({Measure.POTASSIUM}))


def panel_of(made: Timeline, *measures: Measure) -> Panel:
    request = SceneRequest(start=START, end=told.AS_OF, measures=measures)
    return panels(made, measures, request, told.AS_OF, lambda result: False)[0]


def plain(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def page(made: Timeline) -> str:
    curves = curves_that_matter(made.results, made.urgent)
    shown = [panel_of(made, *curve.measures) for curve in curves.shown]
    changes = changes_since_conference(made, told.AS_OF)
    return str(room_html(made, TimelineView("p1"), changes, curves, shown, AXIS, AT))


@pytest.mark.parametrize(
    ("items", "height", "named"),
    [
        (3, 100.0, 3),
        (3, 13.0, 3),  # each takes 4.1
        (3, 12.0, 2),  # the third would need its line, and there is no line to say so
        (3, 9.8, 1),  # two and a line for "and 1 more" are 9.85
        (3, 5.0, 0),
        (0, 5.0, 0),
    ],
)
def test_a_column_names_what_fits_and_counts_the_rest(items: int, height: float, named: int) -> None:
    made = fitted([RoomItem(f"item {n}", "x") for n in range(items)], ColumnRoom(height, 35, 45))
    assert (len(made.items), made.more) == (named, items - named)
    assert [item.what for item in made.items] == [f"item {n}" for n in range(named)]


def test_a_long_text_takes_as_many_lines_as_it_needs() -> None:
    short, long = RoomItem("Potassium"), RoomItem("Potassium " * 12)
    assert long.height(CHANGES) > 3 * short.height(CHANGES) > 0


def test_what_changed_comes_before_what_happened_and_what_was_measured_again() -> None:
    made = story()
    items = change_items(changes_since_conference(made, told.AS_OF), made, AT)
    assert items[0] == RoomItem(
        "Potassium 5.9 mmol/L", "22-Nov-2026, up from 5.1 on 28-Oct-2026", "urgent, outside usual range", True
    )
    names = [item.what for item in items]
    assert names.index("GP review") > 0 and names[-1] == "Measured again, steady"
    assert "HbA1c 62 mmol/mol" in items[-1].more and "Potassium" not in items[-1].more
    assert "Nothing" not in page(made) and "and " in page(made)


@pytest.mark.parametrize(
    ("end", "recorded", "said"),
    [
        ("2026-11-17", None, "06-Oct-2026, ended 17-Nov-2026"),
        (None, "2026-11-02", "06-Oct-2026, recorded 02-Nov-2026"),
        ("2027-05-01", "2026-11-02", "06-Oct-2026, recorded 02-Nov-2026"),
    ],
)
def test_of_what_began_before_the_conference_it_is_said_what_happened_since(
    end: str | None, recorded: str | None, said: str
) -> None:
    order = next(each for each in told.timeline().events if each.kind is EventKind.CONTACT)
    changed = replace(
        order,
        start=PartialDate("2026-10-06"),
        end=PartialDate(end) if end else None,
        recorded=PartialDate(recorded) if recorded else None,
    )
    assert said in event_item(changed, datetime(2026, 10, 27, tzinfo=UTC)).more


def test_a_plan_says_why_it_was_changed() -> None:
    made = replace(story(), conference=datetime(2026, 10, 1, tzinfo=UTC))
    [plan] = [
        each for each in change_items(changes_since_conference(made, told.AS_OF), made, AT) if "Plan" in each.what
    ]
    assert plan == RoomItem("Plan changed", "28-Oct-2026, Hypoglycaemia in September")


def change(kind: MedicineChangeKind, when: str, before: Medicine | None = None, **more: object) -> MedicineChange:
    medicine = Medicine(
        Reference("MedicationRequest", "m"), "Ramipril 5 mg capsules", (), "C09AA05", "1 daily", "active", None, None
    )
    return MedicineChange(kind, replace(medicine, **more), PartialDate(when) if when else None, before)  # type: ignore[arg-type]


STRONGER = change(MedicineChangeKind.STARTED, "2020", text="Ramipril 10 mg capsules").medicine
MORE = change(MedicineChangeKind.STARTED, "2020", dose="2 daily").medicine


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (change(MedicineChangeKind.STARTED, "2026-11-03"), "started 03-Nov-2026, 1 daily"),
        (change(MedicineChangeKind.STARTED, "2026", dose=""), "started 2026, dose not recorded"),
        (change(MedicineChangeKind.CHANGED, "2026-11-03", MORE), "dose changed 03-Nov-2026, 1 daily, before 2 daily"),
        (
            change(MedicineChangeKind.CHANGED, "2026-11-03", STRONGER),
            "dose changed 03-Nov-2026, 1 daily, before Ramipril 10 mg capsules, 1 daily",
        ),
        (
            change(MedicineChangeKind.STOPPED, "2026-11-03", status_reason="potassium 6.1"),
            "stopped 03-Nov-2026, potassium 6.1",
        ),
        (
            change(MedicineChangeKind.STOPPED, "", valid_until=PartialDate("2026-04-07")),
            "stopped date not recorded, could be dispensed until 07-Apr-2026",
        ),
    ],
)
def test_a_medicine_that_changed(what: MedicineChange, said: str) -> None:
    assert medicine_item(what) == RoomItem("Ramipril 5 mg capsules", said)


def test_curves_that_are_not_shown_are_counted_and_those_with_a_mark_named() -> None:
    made = story()
    curves = curves_that_matter(made.results, made.urgent)
    said = other_curves_words(curves.others, made, AT)
    assert said.startswith(f"and {len(curves.others)} more: see the timeline")
    marked = [curve for curve in curves.others if any(result.abnormal for result in curve.results)]
    assert marked and all(name in said for name in ("uACR",))
    assert other_curves_words((), made, AT) == ""
    calm = tuple(curve for curve in curves.others if curve not in marked)
    assert other_curves_words(calm, made, AT) == f"and {len(calm)} more: see the timeline"


def test_the_goal_is_shaded_and_without_one_the_usual_range() -> None:
    made = story()
    assert shaded(panel_of(made, Measure.HBA1C)) == [(None, 58.0, "goal")]
    assert shaded(panel_of(made, Measure.POTASSIUM)) == [(3.5, 5.4, "usual")]
    assert shaded(panel_of(made, Measure.WEIGHT)) == []


def test_a_curve_has_its_points_its_latest_and_two_lines_and_no_text() -> None:
    made = story()
    panel = panel_of(made, Measure.POTASSIUM)
    drawn = str(room_curve(panel, AXIS, "Potassium 5.9 mmol/L"))
    assert drawn.count("<circle") == len(panel.series[0].points) and drawn.count('class="last"') == 1
    assert drawn.count('class="conference"') == 1 == drawn.count('class="today"') and "<text" not in drawn
    assert 'aria-label="Potassium 5.9 mmol/L"' in drawn


def test_without_a_value_in_the_time_shown_it_says_so() -> None:
    made = replace(story(), results={Measure.PHQ9: story().results[Measure.PHQ9]}, urgent=frozenset())
    assert "No value in this time." in page(made) and "29-Oct-2025" in page(made)


def test_the_axis_keeps_to_its_stretch() -> None:
    assert AXIS.x(START) < AXIS.x(told.CONFERENCE) < AXIS.x(told.AS_OF) <= WIDTH
    assert AXIS.x(datetime(2001, 1, 1, tzinfo=UTC)) == AXIS.x(START)
    assert [name for name, _ in AXIS.lines()] == ["conference", "today"]
    assert [name for name, _ in replace(AXIS, conference=None).lines()] == ["today"]
    assert replace(AXIS, today=datetime(2030, 1, 1, tzinfo=UTC), conference=START).lines() == [("conference", START)]


def test_a_story_without_news_says_so_in_each_column() -> None:
    made = replace(told.timeline(), events=(), series={}, results={}, medicines=())
    words = page(made)
    for said in ("Nothing is new.", "No key results", "None since 28-Oct-2026."):
        assert said in plain(words)


def test_what_could_not_be_read_is_never_called_nothing() -> None:
    failed = {"MedicationRequest": Failure("server-timeout"), "Encounter": Failure("server-timeout")}
    words = plain(page(replace(told.timeline(), events=(), series={}, results={}, medicines=(), not_read=failed)))
    assert "None since" not in words and "Nothing is new" not in words
    assert (
        "Medicines could not be read." in words and "Nothing new is known, and not everything could be read." in words
    )
