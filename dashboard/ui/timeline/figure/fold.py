"""Makes a scene fit: medicines that run through the whole window unchanged share a row, goals of one time too, marks
that find no place in two rows join their neighbour, and what is out of range comes first below.

What does not change says nothing about time, so its place on the axis is no loss; what was started, stepped up or
stopped keeps a row of its own and is seen at once. Nothing is left out: the names and doses stand in the shared bar,
which holds every event.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState
from dashboard.domain.timeline.scene import Bar, LaneScene, Mark, Panel, Scene
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.timeline.figure.panels import latest_abnormal
from dashboard.ui.timeline.figure.style import SHARED, Style
from dashboard.ui.timeline.figure.text import width_of
from dashboard.ui.timeline.labels import bar_words

# Between two medicines of one bar.
BETWEEN = "  ·  "
# What a wall leaves to the desk, and of what it shows only that which is out of range.
DESK_ONLY = frozenset({EventKind.GOAL, EventKind.PLAN, EventKind.TASK, EventKind.ORDER, EventKind.IMMUNISATION})
OFTEN = frozenset({EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.REPORT})
LARGE = "large"
# Rows of marks in a lane; more make a page that nobody reads. What finds no place joins the mark that is in its way.
MARK_ROWS = 2
# The weightiest kinds first: they keep a mark of their own, and their words.
WEIGHT = (
    EventKind.CONFERENCE,
    EventKind.QUESTIONNAIRE,
    EventKind.PROCEDURE,
    EventKind.PLAN,
    EventKind.RESULT,
    EventKind.CONTACT,
)
# A value older than this is no reason to stand above others.
RECENT = timedelta(days=92)


def fold(scene: Scene, style: Style, as_of: datetime, *, marked: bool = False) -> Scene:
    """The scene with shared rows and ordered panels. What is new stays counted, and is only `marked` when asked for."""
    if not marked:
        scene = _unmarked(scene)
    if style.large:
        scene = _fewer(scene)
    apart = (scene.ask.end - scene.ask.start) * ((style.sizes.mark + 2) / style.room)
    lanes = tuple(_lane(lane, style, apart) for lane in scene.lanes)
    joined = len(_merged(lanes) - _merged(scene.lanes))
    return replace(scene, lanes=lanes, panels=_ordered(scene.panels, as_of), merged=scene.merged + joined)


def _merged(lanes: tuple[LaneScene, ...]) -> set[Reference]:
    return {event.origin for lane in lanes for each in lane.marks if each.count > 1 for event in each.events}


def _fewer(scene: Scene) -> Scene:
    """What a wall shows: the conditions, their medicines, contacts and what is out of range. The rest is counted."""
    lanes = tuple(
        replace(
            lane,
            bars=tuple(bar for bar in lane.bars if bar.kind is not EventKind.GOAL),
            marks=tuple(
                each for each in lane.marks if each.kind not in DESK_ONLY and (each.abnormal or each.kind not in OFTEN)
            ),
        )
        for lane in scene.lanes
        if lane.key is not ConditionKey.OTHER or len(scene.lanes) == 1
    )
    gone = _drawn(scene.lanes) - _drawn(lanes)
    left = {**scene.left, LARGE: len(gone)} if gone else scene.left
    return replace(scene, lanes=tuple(map(_closed_up, lanes)), left=left)


def _drawn(lanes: tuple[LaneScene, ...]) -> set[Reference]:
    found = {event.origin for lane in lanes for bar in lane.bars for event in bar.events or (bar.event,)}
    return found | {event.origin for lane in lanes for each in lane.marks for event in each.events}


def _closed_up(lane: LaneScene) -> LaneScene:
    """The lane without rows that nothing is on any more."""
    used = sorted({bar.track for bar in lane.bars} | {each.track for each in lane.marks})
    place = {track: number for number, track in enumerate(used)}
    return replace(
        lane,
        tracks=max(1, len(used)),
        bars=tuple(replace(bar, track=place[bar.track]) for bar in lane.bars),
        marks=tuple(replace(each, track=place[each.track]) for each in lane.marks),
    )


def _unmarked(scene: Scene) -> Scene:
    lanes = tuple(
        replace(
            lane,
            bars=tuple(replace(bar, new=False) if bar.new else bar for bar in lane.bars),
            marks=tuple(replace(each, new=False) if each.new else each for each in lane.marks),
        )
        for lane in scene.lanes
    )
    panels = tuple(
        replace(
            panel,
            series=tuple(
                replace(
                    series, points=tuple(replace(point, new=False) if point.new else point for point in series.points)
                )
                for series in panel.series
            ),
        )
        for panel in scene.panels
    )
    return replace(scene, lanes=lanes, panels=panels)


def _ordered(panels: tuple[Panel, ...], as_of: datetime) -> tuple[Panel, ...]:
    """What has lately gone out of range first, then what has been out of range for longer, newest of them first; the
    others as they were.
    """

    def rank(panel: Panel) -> tuple[int, float]:
        latest = next((series.latest for series in panel.series if series.latest), None)
        if latest is None or not latest_abnormal(panel) or as_of - latest.when.moment > RECENT:
            return 2, 0.0
        before = [series.points[-2].abnormal for series in panel.series if len(series.points) > 1]
        return int(any(before) or not before), -latest.when.start.toordinal()

    return tuple(sorted(panels, key=rank))


def _lane(lane: LaneScene, style: Style, apart: timedelta) -> LaneScene:
    rows: dict[int, list[Bar]] = {}
    for bar in lane.bars:
        rows.setdefault(bar.track, []).append(bar)
    alone = {track: held[0] for track, held in sorted(rows.items()) if len(held) == 1}
    medicines = [track for track, bar in alone.items() if _unchanged(bar)]
    groups = [group for group in (medicines, *_of_one_time(alone)) if len(group) > 1]
    gone = {track for group in groups for track in group}
    # Shared rows stand where the first of theirs stood.
    shared = {group[0]: _shared([alone[track] for track in group], style) for group in groups}
    order: list[int | Bar] = []
    for track in range(lane.tracks):
        order += shared.get(track, [] if track in gone else [track])
    place = {entry: number for number, entry in enumerate(order) if isinstance(entry, int)}
    bars = [replace(bar, track=place[bar.track]) for bar in lane.bars if bar.track in place]
    bars += [replace(entry, track=number) for number, entry in enumerate(order) if isinstance(entry, Bar)]
    marks = [replace(each, track=place[each.track]) for each in lane.marks]
    return _packed(replace(lane, tracks=len(order), bars=tuple(bars), marks=tuple(marks)), apart)


def _packed(lane: LaneScene, apart: timedelta) -> LaneScene:
    """Marks in `MARK_ROWS` rows below the bars, whatever their kinds, the weightiest first; one that finds no place
    joins the lightest of those in its way. Another row begins only where it is unlike all of these.
    """
    top = max((bar.track for bar in lane.bars), default=-1) + 1
    rows: list[list[Mark]] = []
    for each in sorted(lane.marks, key=_weight):
        near = [[held for held in row if abs(each.when - held.when) < apart] for row in rows]
        free = next((row for row, held in zip(rows, near, strict=True) if not held), None)
        alike = [held for several in near for held in several if _alike(each, held)]
        if free is not None:
            free.append(each)
        elif len(rows) < MARK_ROWS or not alike:
            rows.append([each])
        else:
            other = max(alike, key=_weight)
            row = next(row for row in rows if any(held is other for held in row))
            row[next(n for n, held in enumerate(row) if held is other)] = _joined(other, each)
    placed = (replace(each, track=top + number) for number, row in enumerate(rows) for each in row)
    marks = tuple(sorted(placed, key=lambda each: (each.track, each.when)))
    return replace(lane, tracks=max(top + len(rows), 1), marks=marks)


def _weight(each: Mark) -> tuple[bool, bool, int, datetime]:
    kind = WEIGHT.index(each.kind) if each.kind in WEIGHT else len(WEIGHT)
    return (not each.abnormal, not each.new, kind, each.when)


def _alike(each: Mark, other: Mark) -> bool:
    """Whether one mark may stand for both: out of range never hides in what is not, nor what is planned in what was."""
    return (each.abnormal, each.new, _open(each)) == (other.abnormal, other.new, _open(other))


def _open(each: Mark) -> bool:
    unsure = any(event.certainty is not Certainty.CONFIRMED for event in each.events)
    return unsure or each.state in (EventState.PLANNED, EventState.NOT_DONE)


def _joined(other: Mark, each: Mark) -> Mark:
    """The weightier mark with the events of both, oldest first; its kind, moment and state stay."""
    known = {event.origin for event in other.events}
    events = (*other.events, *(event for event in each.events if event.origin not in known))
    ordered = sorted(events, key=_began)
    ends = [end for end in (other.until, each.until, each.when if each.when > other.when else None) if end]
    shared = other.shared if other.shared == each.shared else ()
    return replace(other, events=tuple(ordered), until=max(ends, default=None), text="", detail="", shared=shared)


def _began(event: Event) -> tuple[datetime, str]:
    when = event.start or event.end
    return when.moment if when is not None else datetime.max.replace(tzinfo=UTC), str(event.origin)


def _of_one_time(alone: dict[int, Bar]) -> list[list[int]]:
    """Goals that were set and fall due together, as those of one plan do."""
    found: dict[tuple[datetime, datetime, EventState], list[int]] = {}
    for track, bar in alone.items():
        if bar.kind is EventKind.GOAL and not bar.new:
            found.setdefault((bar.start, bar.end, bar.state), []).append(track)
    return list(found.values())


def _unchanged(bar: Bar) -> bool:
    """A medicine that was there before the window and goes on now, in one dose."""
    return bar.kind is EventKind.MEDICINE and bar.before and bar.open and not bar.new


def _shared(bars: list[Bar], style: Style) -> list[Bar]:
    """As few bars as hold the names and doses of all."""
    found: list[list[Bar]] = []
    full = style.room * 0.86
    used = 0.0
    for bar in bars:
        wide = width_of(name_of(bar) + BETWEEN, style.sizes.text)
        if not found or used + wide > full:
            found.append([])
            used = 0.0
        found[-1].append(bar)
        used += wide
    return [_one(held) for held in found]


def _one(bars: list[Bar]) -> Bar:
    if len(bars) == 1:
        return bars[0]
    return replace(
        bars[0],
        text=BETWEEN.join(name_of(bar) for bar in bars),
        detail="",
        shared=(),
        events=tuple(event for bar in bars for event in bar.events or (bar.event,)),
        start=min(bar.start for bar in bars),
        end=min(bar.end for bar in bars),
    )


def name_of(bar: Bar) -> str:
    """`Ramipril 5 mg ↕`."""
    return " ".join(part for part in (bar_words(bar), SHARED if bar.shared else "") if part)
