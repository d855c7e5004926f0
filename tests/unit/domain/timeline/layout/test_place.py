"""Positions from top to bottom, and the lines of today and of the last conference."""

from dataclasses import replace

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.layout.place import place
from dashboard.domain.timeline.layout.positions import Layout, MomentKind
from dashboard.domain.timeline.layout.room import Room, cut_to_fit
from dashboard.domain.timeline.scene import Lane
from tests.unit.domain.timeline.layout.rooms import LABELS, LARGE, ROOM, SIZES, bar, day, lane, mark, panel, scene


def placed(*lanes: Lane, panels: tuple[object, ...] = (), room: Room = ROOM) -> Layout:
    return place(scene(*lanes, panels=panels), room, LABELS, day(50), day(40))  # type: ignore[arg-type]


def test_lanes_are_as_high_as_their_rows_with_a_little_air() -> None:
    layout = placed(lane(bar("a", 0, 1), mark("b", 1, track=1)), lane(key=ConditionKey.HF))
    assert [(where.top, where.bottom) for where in layout.lanes] == [(0, 35), (35, 54)]
    assert [where.rows for where in layout.lanes] == [(9.5, 25.5), (44.5,)]
    assert (layout.lanes_height, layout.height) == (54, 54 + 28 + 6)


def test_a_panel_without_a_value_in_the_window_is_lower() -> None:
    layout = placed(panels=(panel(Measure.EGFR, 60), panel(Measure.LDL)))
    plot = layout.height - 28 - 6
    assert plot == pytest.approx(1 + 8 + 60 + 8 + 48)
    assert [(high - low) * plot for low, high in (each.shares for each in layout.panels)] == pytest.approx([60, 48])
    assert layout.panels[-1].shares[0] == pytest.approx(0)


def test_lines_of_today_and_of_the_conference_are_drawn_inside_the_window_only() -> None:
    assert [(line.kind, line.when, line.to_left) for line in placed().moments] == [
        (MomentKind.TODAY, day(50), False),
        (MomentKind.CONFERENCE, day(40), True),
    ]
    outside = place(scene(), ROOM, LABELS, day(101), day(-1))
    assert outside.moments == ()
    assert place(scene(), ROOM, LABELS, day(100)).moments[0].kind is MomentKind.TODAY


@pytest.mark.parametrize(("width", "ticks"), [(1000, 17), (580, 10), (579, 9), (100, 3)])
def test_so_many_dates_fit_on_the_axis(width: float, ticks: int) -> None:
    assert placed(room=Room(width, SIZES)).time.ticks == ticks


def test_the_name_of_a_lane_is_short_in_large_type_and_cut_to_the_margin() -> None:
    other = lane(key=ConditionKey.OTHER, stage="a stage that is much longer")
    desk, large = placed(lane(), other), placed(lane(), other, room=LARGE)
    # Margin 150 - 14 = 136: nineteen letters of seven pixels, of which the last is an ellipsis.
    assert [where.name for where in desk.lanes] == ["the long name of T…", "the long name of O…"]
    assert [where.name for where in large.lanes] == ["T2DM", "the long name of O…"]
    assert desk.lanes[1].stage == "a stage that is much longer"
    narrow = placed(other, room=replace(ROOM, sizes=replace(SIZES, left=64)))
    assert narrow.lanes[0].stage == "a stage t…"


def test_the_stage_is_below_the_name_where_the_lane_has_two_rows() -> None:
    layout = placed(lane(bar("a", 0, 1)), lane(bar("a", 0, 1), bar("b", 0, 1, 1)))
    assert [where.stage_below for where in layout.lanes] == [False, True]


@pytest.mark.parametrize(("room", "text"), [(70, "Spironolactone"), (69, "Spironolacto…"), (30, "Spiro…"), (29, "")])
def test_a_text_is_cut_to_its_room_and_left_out_where_under_five_letters_remain(room: float, text: str) -> None:
    assert cut_to_fit("Spironolactone", 10, room, LABELS) == text
