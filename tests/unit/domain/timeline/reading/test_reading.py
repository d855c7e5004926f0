"""The reading layout by example: what stands where, which changes of dose are marked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.measures import condition_measures
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.reading.blocks import Reading, as_lane, reading
from dashboard.domain.timeline.reading.condition import of_condition
from dashboard.domain.timeline.reading.dose_changes import dose_changes, value_at
from dashboard.domain.timeline.reading.place import place_reading
from dashboard.domain.timeline.scene import OTHER_CONDITIONS, Scene
from tests.unit.domain.timeline.layout.rooms import bar, day, point_series
from tests.unit.domain.timeline.reading.reading_labels import LABELS, ROOM
from tests.unit.domain.timeline.timelines import NOW, event, measured, medicine, problem, timeline, years

T2DM, HF, CKD, DEPRESSION, OTHER = ConditionKey


def story() -> list[Event]:
    return [
        problem("diabetes", "2009", lanes=T2DM),
        problem("kidney disease", "2020-05-01", lanes=CKD),
        problem("hypertension", "2014-11", lanes=OTHER),
        medicine("metformin", "2020-01-01", "2024-06-01", T2DM, detail="1 g", atc="A10BA02"),
        medicine("metformin", "2024-06-01", lanes=T2DM, detail="500 mg", atc="A10BA02"),
        medicine("empagliflozin", "2023-01-01", lanes=(T2DM, CKD), atc="A10BK03"),
        measured(Measure.HBA1C, "62", "2026-01-10", True, T2DM),
        measured(Measure.EGFR, "38", "2026-01-10", True, CKD),
        measured(Measure.WEIGHT, "80", "2026-01-10", False, OTHER),
        event(EventKind.CONTACT, "review", "2026-01-10", lanes=(T2DM, CKD)),
        event(EventKind.GOAL, "walk", "2026-01-10", "2026-12-01", lanes=OTHER),
    ]


def scene(*events: Event, condition: ConditionKey | None = None, back: float = 5) -> Scene:
    found = timeline(*events)
    measures = condition_measures(found, condition) if condition else ()
    return of_condition(arrange(found, years(back, measures=measures), NOW), condition)


def names(found: Reading) -> list[tuple[str, list[str], list[str]]]:
    """Of each block: the lane, its medicines, its panels."""
    return [
        (block.lane.key.value, [row[-1].text for row in block.medicines], [panel.name for panel in block.panels])
        for block in found.blocks
    ]


def test_the_medicines_of_a_condition_stand_right_above_its_measurements() -> None:
    found = reading(scene(*story(), condition=T2DM))
    assert names(found) == [("T2DM", ["metformin", "empagliflozin"], ["HBA1C"])]
    layout = place_reading(found, years(5), ROOM, LABELS)
    assert [name.words for name in layout.names][1:] == ["metformin", "empagliflozin"]
    last_row, panel_top = layout.names[-1].y, (1 - layout.panels[0].shares[1]) * layout.plot
    assert panel_top - last_row == pytest.approx(ROOM.sizes.row / 2 + ROOM.sizes.gap)


@pytest.mark.parametrize(("width", "ticks"), [(740, 10), (739, 9), (10, 2)])
def test_so_many_dates_fit_on_the_axis(width: float, ticks: int) -> None:
    assert place_reading(reading(scene()), years(5), replace(ROOM, width=width), LABELS).time.ticks == ticks


def test_of_all_conditions_each_medicine_and_each_measurement_stands_once() -> None:
    assert names(reading(scene(*story()))) == [
        ("T2DM", ["metformin", "empagliflozin"], ["HBA1C"]),
        ("CKD", [], ["EGFR"]),
        ("OTHER", [], ["WEIGHT"]),
    ]
    assert names(reading(scene(*story(), condition=CKD))) == [("CKD", ["empagliflozin"], ["EGFR"])]


def test_a_condition_with_an_urgent_value_comes_first() -> None:
    found = scene(*story())
    urgent = replace(found, panels=tuple(replace(each, urgent=each.name == "EGFR") for each in found.panels))
    assert [block.lane.key for block in reading(urgent).blocks] == [CKD, T2DM, OTHER]


def test_contacts_and_goals_are_folded_each_once() -> None:
    folded = reading(scene(*story())).folded
    assert {kind: [one.text for one in events] for kind, events in folded.items()} == {
        EventKind.CONTACT: ["review"],
        EventKind.GOAL: ["walk"],
    }


def test_a_condition_with_nothing_to_draw_has_its_name_and_a_height_that_plotly_takes() -> None:
    only_folded = reading(scene(*story()[3:5], event(EventKind.CONTACT, "a", "2026-01-10"), condition=OTHER))
    assert names(only_folded) == [("OTHER", [], [])]
    assert place_reading(only_folded, years(5), ROOM, LABELS).height > 24
    assert place_reading(reading(scene()), years(5), ROOM, LABELS).height > 24


def test_what_belongs_to_other_conditions_only_is_counted() -> None:
    found = scene(*story(), condition=CKD)
    # Diabetes and hypertension, metformin twice, HbA1c, weight, the goal.
    assert found.left[OTHER_CONDITIONS] == 7


def test_the_lanes_rows_are_problems_then_medicines() -> None:
    block = reading(scene(*story(), condition=T2DM)).blocks[0]
    assert [(each.track, each.text) for each in as_lane(block).bars] == [
        (0, "diabetes"), (1, "metformin"), (1, "metformin"), (2, "empagliflozin"),
    ]  # fmt: skip


def test_the_changes_of_dose_are_starts_changes_gaps_and_ends() -> None:
    first = bar("a", 0, 10, before=True)
    second, third = bar("a", 10, 20), bar("a", 30, 40)
    changes = [(each.when, each.before, each.after) for each in dose_changes([(first, second, third), ()])]
    assert changes == [
        (day(10), first, second),
        (day(20), second, None),
        (day(30), None, third),
        (day(40), third, None),
    ]
    goes_on = bar("b", 5, 50, open=True)
    assert [(each.when, each.bar) for each in dose_changes([(goes_on,)])] == [(day(5), goes_on)]


def test_changes_of_dose_are_marked_in_their_row_and_on_each_curve_of_the_condition() -> None:
    found = reading(scene(*story(), condition=T2DM))
    layout = place_reading(found, years(5), ROOM, LABELS)
    marks = [(mark.change.bar.text, mark.panel) for mark in layout.changes]
    assert marks == [("metformin", None), ("empagliflozin", None), ("empagliflozin", 0), ("metformin", 0)]


def test_a_curve_is_level_before_its_first_point_and_after_its_last() -> None:
    points = point_series(Measure.HBA1C, 50, 60).points
    assert [value_at(points, day(each)) for each in (-5, 0, 5, 10, 20)] == [50, 50, 55, 60, 60]
    assert value_at((), day(0)) is None


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=6), st.floats(-50, 150))
def test_a_mark_on_a_curve_is_between_its_values(values: list[float], when: float) -> None:
    value = value_at(point_series(Measure.HBA1C, *values).points, day(when))
    assert value is not None
    assert min(values) - 1e-6 <= value <= max(values) + 1e-6
