"""Laws of a scene in its room, on random timelines: nothing is lost or counted wrongly, what matters is not hidden,
nothing lies over anything else, and the order of the events does not matter.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.events import Event, Timeline
from dashboard.domain.timeline.layout.fit import fit
from dashboard.domain.timeline.layout.place import place
from dashboard.domain.timeline.layout.positions import Layout, TimeAxis
from dashboard.domain.timeline.layout.room import Room
from dashboard.domain.timeline.scene import LARGE_TYPE, Bar, Mark, Scene, SceneRequest
from tests.unit.domain.timeline.layout.rooms import LABELS, LARGE, ROOM, SIZES
from tests.unit.domain.timeline.timelines import NOW, random_requests, random_timelines

ROOMS = st.sampled_from([ROOM, LARGE, Room(150, SIZES), Room(2000, replace(SIZES, text=24, mark=30, row=35))])


def marks(scene: Scene) -> Iterator[Mark]:
    return (mark for lane in scene.lanes for mark in lane.marks)


def laid_out(story: Timeline, request: SceneRequest, room: Room, mark_new: bool = False) -> tuple[Scene, Layout]:
    scene = fit(arrange(story, request, NOW), room, LABELS, NOW, mark_new=mark_new)
    return scene, place(scene, room, LABELS, NOW, NOW)


def drawn(scene: Scene) -> dict[ConditionKey, set[Event]]:
    return {lane.key: set(lane.events) for lane in scene.lanes}


# What fits ---------------------------------------------------------------------------------------------------------


@given(random_timelines(), random_requests(), ROOMS)
def test_every_event_stays_in_its_lane_or_is_counted_once(story: Timeline, request: SceneRequest, room: Room) -> None:
    arranged = arrange(story, request, NOW)
    fitted = fit(arranged, room, LABELS, NOW)
    before, after = drawn(arranged), drawn(fitted)
    all_before, all_after = set().union(*before.values()), set().union(*after.values())
    assert all_after <= all_before
    assert fitted.left.get(LARGE_TYPE, 0) == len(all_before - all_after)
    assert {**fitted.left, LARGE_TYPE: 0} == {**arranged.left, LARGE_TYPE: 0}
    if not room.large:
        assert after == before
    assert sorted(map(repr, fitted.panels)) == sorted(map(repr, fit(arranged, ROOM, LABELS, NOW).panels))


@given(random_timelines(), random_requests())
def test_an_event_in_a_mark_is_in_one_mark_of_its_lane(story: Timeline, request: SceneRequest) -> None:
    for lane in fit(arrange(story, request, NOW), ROOM, LABELS, NOW).lanes:
        origins = [event.origin for mark in lane.marks for event in mark.events]
        assert len(origins) == len(set(origins))


@given(random_timelines(), random_requests())
def test_what_is_out_of_range_new_or_tentative_is_never_in_a_mark_that_says_otherwise(
    story: Timeline, request: SceneRequest
) -> None:
    arranged = arrange(story, request, NOW)
    alone = {(mark.lane, mark.events[0].origin): mark for mark in marks(arranged) if mark.count == 1}
    for mark in marks(fit(arranged, ROOM, LABELS, NOW, mark_new=True)):
        for event in mark.events:
            before = alone.get((mark.lane, event.origin))
            if before is not None:
                same = (before.abnormal, before.new, before.tentative)
                assert same == (mark.abnormal, mark.new, mark.tentative)


@given(random_timelines(), random_requests(), ROOMS)
def test_what_joins_a_neighbour_is_counted(story: Timeline, request: SceneRequest, room: Room) -> None:
    arranged = arrange(story, request, NOW)
    fitted = fit(arranged, room, LABELS, NOW)
    merged = {event.origin for mark in marks(fitted) if mark.count > 1 for event in mark.events}
    known = {event.origin for mark in marks(arranged) if mark.count > 1 for event in mark.events}
    assert fitted.merged - arranged.merged == len(merged - known)


@given(random_timelines(), random_requests())
def test_what_is_new_is_counted_always_and_marked_on_request(story: Timeline, request: SceneRequest) -> None:
    arranged = arrange(story, request, NOW)
    plain, marked = (fit(arranged, ROOM, LABELS, NOW, mark_new=mark_new) for mark_new in (False, True))
    assert plain.new == marked.new == arranged.new
    assert not any(each.new for lane in plain.lanes for each in (*lane.bars, *lane.marks))
    assert not any(point.new for panel in plain.panels for series in panel.series for point in series.points)
    new = {event for mark in marks(arranged) if mark.new for event in mark.events}
    assert {event for mark in marks(marked) if mark.new for event in mark.events} == new


@given(random_timelines(40), random_requests(), ROOMS)
def test_nothing_in_a_lane_lies_over_anything_else(story: Timeline, request: SceneRequest, room: Room) -> None:
    scene, layout = laid_out(story, request, room)
    for lane in scene.lanes:
        rows: dict[int, list[Bar]] = {}
        for bar in lane.bars:
            rows.setdefault(bar.track, []).append(bar)
        for row in rows.values():
            row.sort(key=lambda bar: (bar.start, bar.end))
            assert all(bar.end <= following.start for bar, following in pairwise(row))
        assert {mark.track for mark in lane.marks}.isdisjoint(rows)
        assert {*rows, *(mark.track for mark in lane.marks)} | {0} == set(range(lane.tracks))
        for track in {mark.track for mark in lane.marks}:
            xs = sorted(layout.time.x(mark.when) for mark in lane.marks if mark.track == track)
            assert all(right - left >= room.sizes.mark for left, right in pairwise(xs))


# What is placed ----------------------------------------------------------------------------------------------------


@given(random_timelines(), random_requests(), ROOMS)
def test_every_bar_and_mark_has_its_position_on_its_row(story: Timeline, request: SceneRequest, room: Room) -> None:
    scene, layout = laid_out(story, request, room)
    rows = {where.lane.key: where.rows for where in layout.lanes}
    assert [position.mark for position in layout.marks] == list(marks(scene))
    assert all(position.y == rows[position.mark.lane][position.mark.track] for position in layout.marks)
    for lane in scene.lanes:
        for bar in lane.bars:
            pieces = [piece for piece in layout.pieces if piece.bar is bar]
            assert pieces or bar.start == bar.end
            assert all(piece.y == rows[bar.lane][bar.track] for piece in pieces)
            assert [piece.start for piece in pieces][:1] == [bar.start] * bool(pieces)
            assert sum(piece.seconds for piece in pieces) >= (bar.end - bar.start).total_seconds() - 1e-3
            assert any(piece.vague for piece in pieces) <= bool(bar.vague_start or bar.vague_end)
    assert [position.panel for position in layout.panels] == list(scene.panels)


@given(random_timelines(), random_requests(), ROOMS)
def test_lanes_and_panels_are_below_one_another(story: Timeline, request: SceneRequest, room: Room) -> None:
    _, layout = laid_out(story, request, room)
    for upper, lower in pairwise(layout.lanes):
        assert upper.bottom == lower.top
    for where in layout.lanes:
        assert where.top < where.rows[0] and where.rows[-1] < where.bottom
        assert all(lower - upper == room.sizes.row for upper, lower in pairwise(where.rows))
    shares = [layout.lanes_shares, *(position.shares for position in layout.panels)]
    for upper_shares, lower_shares in pairwise(shares):
        assert upper_shares[0] > lower_shares[1]
    assert all(0 <= low < high <= 1 for low, high in shares)


@given(random_timelines(40), random_requests(), ROOMS)
def test_words_next_to_marks_hide_no_mark_and_no_words(story: Timeline, request: SceneRequest, room: Room) -> None:
    _, layout = laid_out(story, request, room)
    half = room.sizes.mark / 2
    for y in {position.y for position in layout.marks}:
        row = [position for position in layout.marks if position.y == y]
        taken = [(layout.time.x(each.mark.when) - half, layout.time.x(each.mark.when) + half) for each in row]
        for each in row:
            if each.text is not None:
                x = layout.time.x(each.mark.when)
                width = LABELS.width_of(each.text.words, room.sizes.text)
                taken.append((x - half - width, x - half) if each.text.to_left else (x + half, x + half + width))
        taken.sort()
        assert all(left[1] <= right[0] + 1e-6 for left, right in pairwise(taken))


@given(random_timelines(40), random_requests(), ROOMS)
def test_words_of_a_bar_end_before_the_next_bar(story: Timeline, request: SceneRequest, room: Room) -> None:
    _, layout = laid_out(story, request, room, mark_new=True)
    for text in layout.bar_texts:
        row = [piece for piece in layout.pieces if piece.y == text.y and piece.bar is not text.bar]
        x = layout.time.x(text.x)
        width = LABELS.width_of(text.words + text.signs, room.sizes.text)
        if text.to_left:
            ends = [layout.time.x(piece.bar.end) for piece in row if piece.bar.end <= text.bar.start]
            assert x - width >= max(ends, default=0.0) - 1e-3
        elif text.words:
            starts = [layout.time.x(piece.start) for piece in row if piece.start > text.bar.start]
            assert x + width <= min(starts, default=room.width + room.sizes.right) + 1e-3


@given(random_timelines(), random_requests(), ROOMS)
def test_an_axis_spans_its_values_and_its_numbers_and_bands_are_on_it(
    story: Timeline, request: SceneRequest, room: Room
) -> None:
    _, layout = laid_out(story, request, room)
    for position in layout.panels:
        points = [point for series in position.panel.series for point in series.points]
        assert all(position.low <= point.low <= point.high <= position.high for point in points)
        assert position.low < position.high
        assert all(position.low < tick < position.high for tick in position.ticks)
        assert list(position.ticks) == sorted(position.ticks)
        for band in (*([position.usual] if position.usual else []), *position.targets):
            assert position.low <= band.low < band.high <= position.high
            assert layout.time.start <= band.start <= band.end <= layout.time.end


@given(random_timelines(), random_requests(), ROOMS, st.randoms(use_true_random=False))
def test_the_order_of_the_events_does_not_matter(
    story: Timeline, request: SceneRequest, room: Room, chance: random.Random
) -> None:
    events = list(story.events)
    chance.shuffle(events)
    series = {measure: tuple(reversed(results)) for measure, results in reversed(story.series.items())}
    shuffled = replace(story, events=tuple(events), series=series)
    assert laid_out(shuffled, request, room) == laid_out(story, request, room)


@given(random_requests(), st.floats(0, 1))
def test_a_pixel_is_a_moment_and_a_moment_a_pixel(request: SceneRequest, share: float) -> None:
    time = TimeAxis(request.start, request.end, 1000, 5)
    when = request.start + (request.end - request.start) * share
    assert abs((time.moment(time.x(when)) - when).total_seconds()) < 1
    assert when in time
