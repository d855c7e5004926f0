"""Which measurement stands above which."""

from datetime import timedelta

import pytest

from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.layout.panel_order import out_of_range_first
from tests.unit.domain.timeline.layout.rooms import day, panel

NORMAL = panel(Measure.EGFR, 90, 90)
LATE = panel(Measure.POTASSIUM, 4.5, 5.9, abnormal=(False, True))
LONG = panel(Measure.HBA1C, 70, 71, abnormal=(True, True))


def names(*panels: object, after: float = 11) -> list[str]:
    return [each.name for each in out_of_range_first(panels, day(after))]  # type: ignore[arg-type]


def test_what_has_just_gone_out_of_range_is_above_what_has_been_so_for_longer_and_what_is_normal() -> None:
    assert names(NORMAL, LONG, LATE) == ["POTASSIUM", "HBA1C", "EGFR"]


def test_of_two_that_are_out_of_range_the_newer_is_above() -> None:
    older = panel(Measure.LDL, 2, 5, 5, abnormal=(False, True, True), latest=5)
    assert names(older, LONG) == ["HBA1C", "LDL"]


@pytest.mark.parametrize(("days", "first"), [(92, "POTASSIUM"), (93, "EGFR")])
def test_a_value_of_more_than_three_months_ago_is_no_reason_to_stand_above(days: int, first: str) -> None:
    # The latest potassium is of the tenth day.
    assert names(NORMAL, LATE, after=10 + days)[0] == first
    assert timedelta(days=days) == day(10 + days) - day(10)


def test_what_is_normal_stays_in_the_order_given() -> None:
    other = panel(Measure.WEIGHT, 80)
    assert names(NORMAL, other) == ["EGFR", "WEIGHT"]
    assert names(other, NORMAL) == ["WEIGHT", "EGFR"]
