"""What large type leaves out."""

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.large_type import without_details
from tests.unit.domain.timeline.layout.rooms import bar, lane, mark, scene

ALWAYS = {
    EventKind.CONDITION,
    EventKind.MEDICINE,
    EventKind.CONTACT,
    EventKind.CONFERENCE,
    EventKind.PROCEDURE,
    EventKind.ALLERGY,
}
IF_ABNORMAL = {EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.REPORT}


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("abnormal", [False, True])
def test_a_room_reads_conditions_medicines_contacts_and_what_is_out_of_range(kind: EventKind, abnormal: bool) -> None:
    shown = without_details(scene(lane(mark("x", 1, kind, abnormal=abnormal))))
    expected = kind in ALWAYS or (kind in IF_ABNORMAL and abnormal)
    assert [each.kind for each in shown.lanes[0].marks] == [kind] * expected
    assert shown.left == ({} if expected else {"large": 1})


def test_goals_are_left_out_and_the_rows_below_close_up() -> None:
    before = lane(bar("metformin", 0, 9), bar("walk", 0, 9, 1, kind=EventKind.GOAL), mark("review", 5, track=2))
    (after,) = without_details(scene(before)).lanes
    assert [(each.text, each.track) for each in (*after.bars, *after.marks)] == [("metformin", 0), ("review", 1)]
    assert after.tracks == 2


def test_the_lane_of_everything_else_is_left_out_unless_it_is_the_only_one() -> None:
    other = lane(mark("review", 5), key=ConditionKey.OTHER)
    both = without_details(scene(lane(mark("clinic", 5)), other))
    assert [each.key for each in both.lanes] == [ConditionKey.T2DM]
    assert both.left == {"large": 1}
    assert [each.key for each in without_details(scene(other)).lanes] == [ConditionKey.OTHER]
