"""Laws of what makes a scene fit: nothing is lost or counted wrongly, and what matters hides behind nothing."""

from collections.abc import Iterator

from hypothesis import given

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange import arrange
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.scene import Ask, Mark, Scene
from dashboard.ui.timeline.figure.figure import timeline_figure
from dashboard.ui.timeline.figure.fold import MARK_ROWS, fold
from dashboard.ui.timeline.figure.marks import is_hollow
from dashboard.ui.timeline.figure.style import Style
from tests.unit.domain.timeline.timelines import NOW, event, random_asks, random_timelines, timeline, years

DESK = Style()


def marks(scene: Scene) -> Iterator[Mark]:
    return (each for lane in scene.lanes for each in lane.marks)


def in_marks(scene: Scene) -> dict[ConditionKey, set[str]]:
    return {lane.key: {str(held.origin) for each in lane.marks for held in each.events} for lane in scene.lanes}


@given(random_timelines(), random_asks())
def test_every_event_in_a_mark_stays_in_its_lane(told: Timeline, ask: Ask) -> None:
    scene = arrange(told, ask, NOW)
    assert in_marks(fold(scene, DESK, NOW)) == in_marks(scene)


@given(random_timelines(), random_asks())
def test_what_is_out_of_range_new_or_not_sure_is_never_in_a_mark_that_says_otherwise(told: Timeline, ask: Ask) -> None:
    scene = arrange(told, ask, NOW)
    before = {(each.lane, each.events[0].origin): each for each in marks(scene) if each.count == 1}
    for each in marks(fold(scene, DESK, NOW, marked=True)):
        for held in each.events:
            alone = before.get((each.lane, held.origin))
            if alone is not None:
                same = (alone.abnormal, alone.new, is_hollow(alone))
                assert same == (each.abnormal, each.new, is_hollow(each))


@given(random_timelines(), random_asks())
def test_what_joined_a_neighbour_is_counted(told: Timeline, ask: Ask) -> None:
    scene = arrange(told, ask, NOW)
    folded = fold(scene, DESK, NOW)
    merged = {held.origin for each in marks(folded) if each.count > 1 for held in each.events}
    known = {held.origin for each in marks(scene) if each.count > 1 for held in each.events}
    assert folded.merged - scene.merged == len(merged - known)


def crowd() -> Timeline:
    kinds = (EventKind.CONTACT, EventKind.PROCEDURE, EventKind.REPORT, EventKind.CONFERENCE, EventKind.QUESTIONNAIRE)
    return timeline(*(event(kind, f"{kind} {day}", f"2026-05-{day:02d}") for day in range(1, 29) for kind in kinds))


def test_a_crowd_of_one_sort_keeps_to_its_rows() -> None:
    (lane,) = fold(arrange(crowd(), years(1), NOW), DESK, NOW).lanes
    assert len({each.track for each in lane.marks}) <= MARK_ROWS
    assert sum(each.count for each in lane.marks) == 28 * 5


def test_what_lanes_share_is_named_in_the_first_of_them_only() -> None:
    both = (ConditionKey.T2DM, ConditionKey.HF)
    told = timeline(event(EventKind.CONTACT, "Annual review", "2026-05-04", lanes=both))
    scene = fold(arrange(told, years(1), NOW), DESK, NOW)
    figure = timeline_figure(scene, DESK, NOW, NOW.tzinfo, None, "")
    said = [text for trace in figure["data"] for text in trace.get("text") or () if "Annual review" in str(text)]
    assert len(said) == 1 and "↕" in said[0]
    assert len(list(marks(scene))) == 2
