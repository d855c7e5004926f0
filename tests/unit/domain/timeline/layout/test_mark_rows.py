"""Rows of marks: how many, which marks come first, and which join another."""

from datetime import timedelta
from itertools import pairwise

import pytest

from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.events import EventKind, EventState, Timeline
from dashboard.domain.timeline.layout.fit import fit
from dashboard.domain.timeline.layout.mark_rows import marks_in_few_rows
from dashboard.domain.timeline.scene import Lane, Mark
from tests.unit.domain.timeline.layout.rooms import LABELS, ROOM, bar, day, lane, mark, scene
from tests.unit.domain.timeline.timelines import NOW, event, timeline, years

DAY = timedelta(days=1)
BY_WEIGHT = [
    EventKind.CONFERENCE, EventKind.QUESTIONNAIRE, EventKind.PROCEDURE, EventKind.PLAN, EventKind.RESULT,
    EventKind.CONTACT, EventKind.TASK,
]  # fmt: skip


def rows(found: Lane) -> list[list[str]]:
    return [[each.text for each in found.marks if each.track == track] for track in range(found.tracks)]


def crowd() -> Timeline:
    kinds = (EventKind.CONTACT, EventKind.PROCEDURE, EventKind.REPORT, EventKind.CONFERENCE, EventKind.QUESTIONNAIRE)
    return timeline(*(event(kind, f"{kind} {day}", f"2026-05-{day:02d}") for day in range(1, 29) for kind in kinds))


def test_a_crowd_of_one_sort_has_two_rows() -> None:
    (found,) = fit(arrange(crowd(), years(1), NOW), ROOM, LABELS, NOW).lanes
    assert {each.track for each in found.marks} == {0, 1}
    assert sum(each.count for each in found.marks) == 28 * 5


def test_marks_that_do_not_touch_share_a_row_whatever_their_kind() -> None:
    found = marks_in_few_rows(lane(mark("a", 1), mark("b", 2, EventKind.PLAN, 1), mark("c", 2.5, track=2)), DAY)
    assert rows(found) == [["a", "b"], ["c"]]


@pytest.mark.parametrize(("days", "tracks"), [(0.79, 2), (0.81, 1)])
def test_marks_of_a_row_are_their_own_width_and_two_pixels_apart(days: float, tracks: int) -> None:
    # Eight days are eighty pixels here: a mark is 14, and 16 pixels are 1.6 days.
    found = fit(scene(lane(mark("a", 1), mark("b", 1 + 2 * days, EventKind.PLAN))), ROOM, LABELS, NOW)
    assert found.lanes[0].tracks == tracks


@pytest.mark.parametrize(("heavier", "lighter"), list(pairwise(BY_WEIGHT)))
def test_the_weightier_kind_has_the_upper_row(heavier: EventKind, lighter: EventKind) -> None:
    found = marks_in_few_rows(lane(mark("light", 1, lighter), mark("heavy", 1.5, heavier, 1)), DAY)
    assert rows(found) == [["heavy"], ["light"]]


def test_what_is_out_of_range_comes_first_then_what_is_new() -> None:
    three = lane(
        mark("conference", 1, EventKind.CONFERENCE), mark("new", 1.2, new=True, track=1),
        mark("abnormal", 1.4, EventKind.RESULT, 2, abnormal=True),
    )  # fmt: skip
    assert rows(marks_in_few_rows(three, DAY)) == [["abnormal"], ["new"], ["conference"]]


def test_a_mark_without_a_row_joins_the_lightest_of_those_in_its_way() -> None:
    three = lane(
        bar("metformin", 0, 9), mark("conference", 1, EventKind.CONFERENCE, 1), mark("review", 1.2, track=2),
        mark("task", 1.6, EventKind.TASK, 3),
    )  # fmt: skip
    found = marks_in_few_rows(three, DAY)
    assert [(each.kind, each.track, each.count) for each in found.marks] == [
        (EventKind.CONFERENCE, 1, 1), (EventKind.CONTACT, 2, 2),
    ]  # fmt: skip
    joined = found.marks[1]
    assert (joined.when, joined.until, joined.text) == (day(1.2), day(1.6), "")
    assert [each.text for each in joined.events] == ["review", "task"]


@pytest.mark.parametrize(
    "unlike",
    [mark("x", 1.6, abnormal=True), mark("x", 1.6, new=True), mark("x", 1.6, state=EventState.PLANNED)],
    ids=["abnormal", "new", "planned"],
)
def test_a_mark_joins_none_that_is_unlike_it(unlike: Mark) -> None:
    found = marks_in_few_rows(lane(mark("a", 1), mark("b", 1.3, track=1), unlike), DAY)
    assert {each.text for each in found.marks if each.count == 1} >= {"x"}
