"""Laws of the reading layout, on random timelines: nothing is lost, nothing stands twice, and no text meets another."""

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import without_new
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.layout.bar_texts import INSET
from dashboard.domain.timeline.layout.positions import TimeAxis
from dashboard.domain.timeline.reading.blocks import Block, Reading, as_lane, reading
from dashboard.domain.timeline.reading.condition import drawn, in_panels, of_condition
from dashboard.domain.timeline.reading.place import ReadingLayout, place_reading
from dashboard.domain.timeline.scene import NOT_SHOWN, Bar, SceneRequest
from dashboard.domain.values.datatypes import Reference
from tests.laws import examples
from tests.unit.domain.timeline.reading.reading_labels import LABELS, ROOM
from tests.unit.domain.timeline.timelines import NOW, random_requests, random_timelines

conditions = st.sampled_from([None, *ConditionKey])


def laid_out(story: Timeline, request: SceneRequest, condition: ConditionKey | None) -> tuple[Reading, ReadingLayout]:
    scene = of_condition(arrange(story, request, NOW), condition)
    found = reading(scene)
    return found, place_reading(found, scene.request, ROOM, LABELS)


def in_bars(block: Block) -> set[Reference]:
    rows = (*block.problems, *block.medicines)
    return {event.origin for row in rows for bar in row for event in bar.events}


@given(random_timelines(), random_requests(), conditions)
@settings(max_examples=examples(200))
def test_every_event_is_drawn_or_counted_once_for_a_condition_too(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None
) -> None:
    scene = of_condition(arrange(story, request, NOW), condition)
    assert len(drawn(scene)) + sum(scene.left.values()) == len(story.events)
    assert len(scene.not_shown) == scene.left.get(NOT_SHOWN, 0)
    if condition in {key for event in story.events for key in event.lanes}:
        assert [lane.key for lane in scene.lanes] == [condition]


@given(random_timelines(), random_requests(), conditions)
@settings(max_examples=examples(200))
def test_what_is_in_the_lanes_is_in_a_bar_a_point_or_the_row_that_opens(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None
) -> None:
    scene = of_condition(arrange(story, request, NOW), condition)
    found = reading(scene)
    folded = [event.origin for events in found.folded.values() for event in events]
    shown = set().union(*map(in_bars, found.blocks)) | in_panels(scene)
    assert shown | set(folded) == drawn(scene)
    assert len(folded) == len(set(folded))
    assert shown.isdisjoint(folded)
    panels = [panel.name for block in found.blocks for panel in block.panels]
    assert sorted(panels) == sorted(panel.name for panel in scene.panels)


@given(random_timelines(), random_requests())
@settings(max_examples=examples(100))
def test_a_row_stands_under_one_condition(story: Timeline, request: SceneRequest) -> None:
    seen: set[Reference] = set()
    for block in reading(arrange(story, request, NOW)).blocks:
        rows = (*block.problems, *block.medicines)
        for row in rows:
            assert not {event.origin for bar in row for event in bar.events} <= seen
        seen |= in_bars(block)


@given(random_timelines(), random_requests(), conditions, st.sampled_from([1.0, 1.4, 3.0]))
@settings(max_examples=examples(200))
def test_no_text_meets_another_in_the_narrowest_figure_and_in_any_wider_one(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None, wider: float
) -> None:
    scene = of_condition(arrange(story, request, NOW), condition)
    layout = place_reading(reading(scene), scene.request, ROOM, LABELS)
    sizes, time = ROOM.sizes, layout.time
    by_row: dict[float, list[tuple[float, float]]] = {}
    for text in layout.bar_texts:
        words = f"{text.began_before} {text.words} {text.signs}" if text.began_before else f"{text.words}{text.signs}"
        x, width = time.x(text.x) * wider, LABELS.width_of(words, sizes.text)
        by_row.setdefault(text.y, []).append((x - width, x) if text.to_left else (x, x + width))
    for row in by_row.values():
        for (_, end), (start, _) in pairwise(sorted(row)):
            assert end <= start + INSET / 2
    ys = [name.y for name in layout.names]
    assert all(later - earlier >= sizes.row - 1e-6 for earlier, later in pairwise(ys))
    for name in layout.names:
        size = sizes.lane if name.heavy else sizes.text
        width = LABELS.width_of(name.words, size, heavy=name.heavy) + LABELS.width_of(name.also, size)
        assert width <= sizes.left
    for panel in layout.panels:
        for line in (*panel.lines, *panel.latest_lines):
            assert LABELS.width_of(line, sizes.small) <= sizes.right
    tops = sorted(panel.shares[1] * layout.plot for panel in layout.panels)
    assert all(later - earlier >= sizes.panel + sizes.gap - 1e-6 for earlier, later in pairwise(tops))


@given(random_timelines(), random_requests(), conditions)
@settings(max_examples=examples(200))
def test_every_bar_is_drawn_on_its_row_and_none_lies_over_another(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None
) -> None:
    found, layout = laid_out(story, request, condition)
    drawn_on: dict[float, list[Bar]] = {}
    for block in found.blocks:
        for bar in as_lane(block).bars:
            pieces = [piece for piece in layout.pieces if piece.bar == bar]
            assert pieces or bar.start == bar.end
            assert [piece.start for piece in pieces][:1] == [bar.start] * bool(pieces)
            assert sum(piece.seconds for piece in pieces) >= (bar.end - bar.start).total_seconds() - 1e-3
            assert any(piece.vague for piece in pieces) <= bool(bar.vague_start or bar.vague_end)
            for y in {piece.y for piece in pieces}:
                drawn_on.setdefault(y, []).append(bar)
    ys = sorted(drawn_on)
    assert all(lower - upper >= ROOM.sizes.row - 1e-6 for upper, lower in pairwise(ys))
    assert all(0 < y < layout.plot for y in ys)
    for row in drawn_on.values():
        row.sort(key=lambda bar: (bar.start, bar.end))
        assert all(bar.end <= following.start for bar, following in pairwise(row))


@given(random_timelines(40), random_requests(), conditions)
@settings(max_examples=examples(200))
def test_words_of_a_bar_end_before_the_next_bar(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None
) -> None:
    _, layout = laid_out(story, request, condition)
    for text in layout.bar_texts:
        row = [piece for piece in layout.pieces if piece.y == text.y and piece.bar is not text.bar]
        x = layout.time.x(text.x)
        width = LABELS.width_of(text.words + text.signs, ROOM.sizes.text)
        if text.to_left:
            ends = [layout.time.x(piece.bar.end) for piece in row if piece.bar.end <= text.bar.start]
            assert x - width >= max(ends, default=0.0) - 1e-3
        elif text.words:
            starts = [layout.time.x(piece.start) for piece in row if piece.start > text.bar.start]
            assert x + width <= min(starts, default=ROOM.width + ROOM.sizes.right) + 1e-3


@given(random_timelines(), random_requests(), conditions)
@settings(max_examples=examples(200))
def test_an_axis_spans_its_values_and_its_numbers_and_bands_are_on_it(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None
) -> None:
    _, layout = laid_out(story, request, condition)
    for position in layout.panels:
        points = [point for series in position.panel.series for point in series.points]
        assert all(position.low <= point.low <= point.high <= position.high for point in points)
        assert position.low < position.high
        assert all(position.low < tick < position.high for tick in position.ticks)
        assert list(position.ticks) == sorted(position.ticks)
        for band in (*([position.usual] if position.usual else []), *position.targets):
            assert position.low <= band.low < band.high <= position.high
            assert layout.time.start <= band.start <= band.end <= layout.time.end
        assert 0 <= position.shares[0] < position.shares[1] <= 1


@given(random_timelines(), random_requests())
@settings(max_examples=examples(100))
def test_what_is_new_is_counted_always_and_marked_on_request(story: Timeline, request: SceneRequest) -> None:
    arranged = arrange(story, request, NOW)
    plain = without_new(arranged)
    assert plain.new == arranged.new
    assert drawn(plain) == drawn(arranged)
    assert not any(each.new for lane in plain.lanes for each in (*lane.bars, *lane.marks))
    assert not any(point.new for panel in plain.panels for series in panel.series for point in series.points)
    assert place_reading(reading(plain), request, ROOM, LABELS).new == ()


@given(random_timelines(), random_requests(), conditions, st.randoms(use_true_random=False))
@settings(max_examples=examples(50))
def test_the_order_of_the_events_does_not_matter(
    story: Timeline, request: SceneRequest, condition: ConditionKey | None, chance: random.Random
) -> None:
    events = list(story.events)
    chance.shuffle(events)
    series = {measure: tuple(reversed(results)) for measure, results in reversed(story.series.items())}
    turned = replace(story, events=tuple(events), series=series)
    assert laid_out(turned, request, condition) == laid_out(story, request, condition)


@given(random_requests(), st.floats(0, 1))
def test_a_pixel_is_a_moment_and_a_moment_a_pixel(request: SceneRequest, share: float) -> None:
    time = TimeAxis(request.start, request.end, 1000, 5)
    when = request.start + (request.end - request.start) * share
    assert abs((time.moment(time.x(when)) - when).total_seconds()) < 1
    assert when in time
