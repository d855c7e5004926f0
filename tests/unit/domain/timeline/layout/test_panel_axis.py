"""The axis of a panel: what it spans, which numbers are on it, what is shaded; and its texts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.timeline.events import TargetWindow
from dashboard.domain.timeline.layout.panel_axis import panel_position
from dashboard.domain.timeline.layout.positions import PanelPosition
from dashboard.domain.timeline.layout.room import Room
from dashboard.domain.timeline.scene import Panel
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from tests.unit.domain.timeline.layout.rooms import LABELS, ROOM, SIZES, TIME, day, panel, point_series

HBA1C = Measure.HBA1C


def placed(of: Panel, room: Room = ROOM) -> PanelPosition:
    return panel_position(of, (0, 1), TIME, room, LABELS)


def spans(of: Panel) -> tuple[float, float]:
    position = placed(of)
    return round(position.low, 6), round(position.high, 6)


def target(low: float | None, high: float | None, since: float | None = None, until: float | None = None) -> Any:
    def on(number: float | None) -> PartialDate | None:
        return None if number is None else PartialDate(date.isoformat(day(number).date()))

    ends = (
        None if low is None else Quantity(Decimal(low), "mmol/mol", ">="),
        None if high is None else Quantity(Decimal(high), "mmol/mol", "<="),
    )
    return TargetWindow(Reference("Goal", "g"), Target(HBA1C, *ends), on(since), on(until), "")


def test_an_axis_has_air_above_and_below_its_values() -> None:
    assert spans(panel(HBA1C, 50, 60)) == (50 - 1.8, 60 + 1.8)
    assert spans(panel(HBA1C, 50)) == (50 - 9, 50 + 9)
    assert spans(panel(HBA1C, 1, 60)) == (0, 60 + 59 * 0.18)


def test_a_merged_point_is_drawn_with_its_extremes() -> None:
    one = panel(HBA1C, 50)
    point = replace(one.series[0].points[0], low=40, high=60, count=3)
    assert spans(replace(one, series=(replace(one.series[0], points=(point,)),))) == (40 - 3.6, 60 + 3.6)


@pytest.mark.parametrize(("bound", "in_sight"), [(76, True), (76.1, False), (34, True), (33.9, False)])
def test_a_bound_that_would_press_the_values_flat_is_out_of_sight(bound: float, in_sight: bool) -> None:
    # Values of 50 to 60 reach sixteen farther: 1.6 times their spread.
    for with_bound in (
        replace(panel(HBA1C, 50, 60), targets=(target(None, bound),)),
        replace(panel(HBA1C, 50, 60), reference=(None, bound)),
    ):
        low, high = spans(with_bound)
        assert (low < bound < high) is in_sight


def test_values_that_are_all_alike_reach_a_quarter_of_their_height() -> None:
    assert spans(replace(panel(HBA1C, 100), targets=(target(None, 124),)))[1] > 124
    assert spans(replace(panel(HBA1C, 100), targets=(target(None, 124.1),)))[1] < 124


def test_an_axis_without_values_spans_the_latest_else_the_target_else_the_usual_range() -> None:
    empty = panel(HBA1C)
    assert spans(replace(empty, series=(point_series(HBA1C, latest=0),))) == (0.82, 1.18)
    nothing = replace(empty, series=(replace(empty.series[0], latest=None),))
    assert spans(replace(nothing, targets=(target(40, 50),), reference=(None, 500))) == (40 - 1.8, 50 + 1.8)
    assert spans(replace(nothing, reference=(None, 58))) == (58 - 58 * 0.18, 58 + 58 * 0.18)
    assert spans(nothing) == (0, 1.18)


def test_numbers_are_bounds_first_and_then_round_ones_with_room_between() -> None:
    assert placed(panel(HBA1C, 50, 60)).ticks == (50, 55, 60)
    assert placed(panel(HBA1C, 50, 74)).ticks == (60,)
    assert placed(replace(panel(HBA1C, 50, 60), targets=(target(None, 53),))).ticks == (50, 53, 60)
    # Of an axis from 0 to 100 a number is at least four from its ends and more than 22 from another.
    wide = replace(panel(HBA1C, 1, 84.75), reference=(None, None))
    assert placed(wide).high == pytest.approx(99.825)
    assert placed(wide).ticks == (50,)
    for bounds, ticks in (((4, 28), (4, 28, 50)), ((3.9, 28), (28, 50)), ((4, 25.9), (4, 50)), ((4, 28.1), (4, 28.1))):
        assert placed(replace(wide, targets=(target(*bounds),))).ticks == ticks


def test_the_usual_range_is_shaded_over_the_whole_width_and_a_target_while_it_holds() -> None:
    both = replace(panel(HBA1C, 50, 60), reference=(52, None), targets=(target(None, 53, 20, 60), target(48, 53)))
    position = placed(both)
    assert position.usual is not None
    assert (position.usual.start, position.usual.end, position.usual.low) == (day(0), day(100), 52)
    assert position.usual.high == position.high
    assert [(band.start, band.end) for band in position.targets] == [(day(20), day(60)), (day(0), day(100))]
    assert position.targets[0].low == position.low
    assert placed(replace(both, targets=(target(None, 53, 200),))).targets == ()
    assert placed(replace(both, reference=(None, None))).usual is None
    assert placed(replace(both, reference=(500, None))).usual is None


def test_systolic_and_diastolic_of_one_reading_are_joined() -> None:
    upper, lower = point_series(Measure.SYSTOLIC, 140, 150), point_series(Measure.DIASTOLIC, 80, 90, 85)
    pair = Panel("BLOOD_PRESSURE", "mm[Hg]", (upper, lower))
    assert placed(pair).pairs == ((day(0), 140, 80), (day(10), 150, 90))
    assert placed(panel(HBA1C, 50)).pairs == ()


def test_texts_next_to_a_panel_are_cut_and_the_latest_value_is_smaller_where_it_is_long() -> None:
    narrow = replace(ROOM, sizes=replace(SIZES, left=70, right=20))
    position = placed(panel(Measure.NTPROBNP, 50), narrow)
    # 70 less three times the small type: 40 pixels.
    assert position.lines == ("target…", "usual b…")
    assert (position.name, position.name_size) == ("NTPROB…", 13)
    assert placed(panel(HBA1C, 50)).latest_size == 20


def test_lines_under_the_latest_value_are_broken_at_spaces_and_no_more_than_four() -> None:
    # A hundred pixels less ten: eighteen letters.
    lines = placed(panel(HBA1C, 50)).latest_lines
    assert lines == ("1 January", "outside usual", "range, misses goal", "up from 5 on 1")
