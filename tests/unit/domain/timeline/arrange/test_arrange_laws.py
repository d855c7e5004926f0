"""Laws of a scene, on random timelines: it equals the obvious one, loses nothing, and holds whatever the order."""

import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.extent import SPANS
from dashboard.domain.timeline.arrange.tracks import MOST_GOALS, MOST_MEDICINES, MOST_OTHER_PROBLEMS
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.scene import NOT_SHOWN, KindGroup, Scene, SceneRequest
from tests.laws import examples
from tests.unit.domain.timeline.arrange.obvious_scene import ObviousScene
from tests.unit.domain.timeline.timelines import (
    NOW,
    measured,
    medicine,
    problem,
    random_requests,
    random_timelines,
    timeline,
    years,
)


def in_lanes(scene: Scene) -> dict[ConditionKey, dict[EventKind, set[str]]]:
    """lane -> kind -> ids of the events that are drawn there."""
    by_lane: dict[ConditionKey, dict[EventKind, set[str]]] = {}
    for lane in scene.lanes:
        in_lane = by_lane.setdefault(lane.key, {})
        for each in (*lane.bars, *lane.marks):
            in_lane.setdefault(each.kind, set()).update(event.origin.id for event in each.events)
    return by_lane


def in_panels(scene: Scene) -> set[str]:
    return {
        result.origin.id
        for panel in scene.panels
        for series in panel.series
        for point in series.points
        for result in point.results
    }


def placed(scene: Scene) -> set[str]:
    return in_panels(scene).union(*(ids for kinds in in_lanes(scene).values() for ids in kinds.values()))


@given(random_timelines(), random_requests())
@settings(max_examples=examples(200))
def test_the_scene_is_the_obvious_one(story: Timeline, request: SceneRequest) -> None:
    scene = arrange(story, request, NOW)
    measures = tuple(series.measure for panel in scene.panels for series in panel.series)
    obvious = ObviousScene(story, request, NOW, measures)
    assert scene.left == dict(obvious.left)
    assert in_lanes(scene) == obvious.ids
    for lane in scene.lanes:
        over = {mark.kind for mark in lane.marks} & SPANS
        bars: dict[EventKind, set[object]] = {}
        marks: dict[EventKind, set[object]] = {}
        for bar in lane.bars:
            ids = frozenset(event.origin.id for event in bar.events)
            bars.setdefault(bar.kind, set()).add((bar.start, bar.end, bar.text, ids))
        for mark in lane.marks:
            marks.setdefault(mark.kind, set()).add((mark.when, frozenset(e.origin.id for e in mark.events)))
        for kind, wanted in obvious.lanes[lane.key].items():
            if kind in SPANS and kind not in over:
                assert bars[kind] == wanted
            elif kind not in SPANS:
                assert marks[kind] == wanted
    for panel in scene.panels:
        for series in panel.series:
            points = [(p.when, p.value, p.low, p.high, p.abnormal, list(p.results)) for p in series.points]
            assert points == obvious.points[series.measure]


@given(random_timelines(), random_requests())
def test_every_event_is_drawn_or_counted_once(story: Timeline, request: SceneRequest) -> None:
    scene = arrange(story, request, NOW)
    assert len(placed(scene)) + sum(scene.left.values()) == len(story.events)
    assert len(scene.not_shown) == scene.left.get(NOT_SHOWN, 0)
    drawn = in_lanes(scene)
    for event in story.events:
        where = {lane for lane, kinds in drawn.items() if event.origin.id in kinds.get(event.kind, ())}
        assert where in (set(event.lanes), set())
        if where == set() and event.origin.id not in in_panels(scene):
            assert event.origin.id not in placed(scene)
    for lane in scene.lanes:
        for each in (*lane.bars, *lane.marks):
            others = {key for event in each.events for key in event.lanes} - {lane.key}
            assert set(each.shared) == others


@given(random_timelines(40), random_requests())
def test_nothing_lies_over_anything_else(story: Timeline, request: SceneRequest) -> None:
    scene = arrange(story, request, NOW)
    apart = (request.end - request.start) / max(request.marks, 1)
    for lane in scene.lanes:
        tracks = {bar.track: bar.kind for bar in lane.bars}
        for track, kind in tracks.items():
            on_track = sorted((bar for bar in lane.bars if bar.track == track), key=lambda bar: (bar.start, bar.end))
            assert {bar.kind for bar in on_track} == {kind}
            assert all(one.end <= other.start for one, other in pairwise(on_track))
            assert all(request.start <= bar.start <= bar.end <= request.end for bar in on_track)
        rows = {mark.track for mark in lane.marks}
        assert not rows & set(tracks)
        assert {*rows, *tracks} == set(range(lane.tracks))
        for row in rows:
            when = sorted(mark.when for mark in lane.marks if mark.track == row)
            assert all(other - one >= apart for one, other in pairwise(when))
        assert all(len({m.track for m in lane.marks if m.kind is kind}) <= 1 for kind in EventKind)
        many = Counter(tracks.values())
        assert many[EventKind.MEDICINE] <= MOST_MEDICINES
        assert many[EventKind.GOAL] <= MOST_GOALS
        assert many[EventKind.CONDITION] <= MOST_OTHER_PROBLEMS


@given(random_timelines(), random_requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_events_does_not_matter(story: Timeline, request: SceneRequest, chance: random.Random) -> None:
    events = list(story.events)
    chance.shuffle(events)
    series = {measure: tuple(reversed(results)) for measure, results in reversed(story.series.items())}
    shuffled = replace(story, events=tuple(events), series=series)
    assert arrange(shuffled, request, NOW) == arrange(story, request, NOW)


@given(random_timelines(), random_requests(), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_narrower_window_only_moves_events_out_of_it(
    story: Timeline, request: SceneRequest, from_start: float, from_end: float
) -> None:
    width = request.end - request.start
    closer = replace(request, start=request.start + width * from_start, end=request.end - width * from_end)
    wide, narrow = arrange(story, request, NOW), arrange(story, closer, NOW)
    assert [lane.key for lane in wide.lanes] == [lane.key for lane in narrow.lanes]
    # What is chosen to be shown does not depend on the window; which events are in it does.
    assert [panel.name for panel in wide.panels] == [panel.name for panel in narrow.panels]
    assert placed(narrow) <= placed(wide)
    for why in {*wide.left, *narrow.left} - {"before", "after", NOT_SHOWN, KindGroup.RESULTS.value}:
        assert wide.left.get(why, 0) == narrow.left.get(why, 0)
    assert narrow.left.get(NOT_SHOWN, 0) <= wide.left.get(NOT_SHOWN, 0)
    for why in ("before", "after", KindGroup.RESULTS.value):
        assert wide.left.get(why, 0) <= narrow.left.get(why, 0)


def ten_thousand(many: int) -> Timeline:
    """Twenty years of results, medicines and contacts of one patient."""
    chance = random.Random(7)
    three = (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD)
    events = [problem(key.value, "2009", lanes=key, stage="2") for key in three]
    measures = (Measure.HBA1C, Measure.EGFR, Measure.POTASSIUM, Measure.SYSTOLIC, Measure.WEIGHT, Measure.LDL)
    for number in range(many - len(events)):
        when = NOW - timedelta(days=chance.random() * 7300)
        if number % 10 == 0:
            name = f"medicine {number % 70}"
            ends = (when + timedelta(days=chance.randrange(5, 200))).date().isoformat()
            events.append(medicine(name, when.date().isoformat(), ends, three[number % 3], id=f"m{number}"))
        else:
            value = str(chance.randrange(30, 90))
            moment = when.isoformat(timespec="seconds")
            off = chance.random() < 0.3
            lanes = three[: number % 3 + 1]
            events.append(measured(chance.choice(measures), value, moment, off, lanes, id=f"o{number}"))
    return timeline(*events)


@pytest.mark.slow
def test_five_times_the_events_are_five_times_the_work_at_the_most() -> None:
    """Work is counted in calls, which no busy machine changes; what it takes is in the benchmark."""
    request = years(20, since=NOW - timedelta(days=30))

    def work(story: Timeline) -> int:
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            arrange(story, request, NOW)
        finally:
            sys.setprofile(before)
        return calls

    few, many = work(ten_thousand(1_000)), work(ten_thousand(5_000))
    assert many < 5 * few * 1.2
