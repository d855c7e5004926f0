"""Makes a scene fit: medicines that run through the whole window unchanged share a row, goals of one time too, and what
is out of range comes first below.

What does not change says nothing about time, so its place on the axis is no loss; what was started, stepped up or
stopped keeps a row of its own and is seen at once. Nothing is left out: the names and doses stand in the shared bar,
which holds every event.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.domain.timeline import EventKind, EventState
from dashboard.domain.timeline_scene import Bar, LaneScene, Panel, Scene
from dashboard.ui.charts.timeline_panels import latest_abnormal
from dashboard.ui.charts.timeline_style import SHARED, Style
from dashboard.ui.charts.timeline_text import width_of
from dashboard.ui.presenters.timeline_labels import bar_words

# Between two medicines of one bar.
BETWEEN = "  ·  "
# A value older than this is no reason to stand above others.
RECENT = timedelta(days=92)


def fold(scene: Scene, style: Style, as_of: datetime, *, marked: bool = False) -> Scene:
    """The scene with shared rows and ordered panels. What is new stays counted, and is only `marked` when asked for."""
    if not marked:
        scene = _unmarked(scene)
    lanes = tuple(_lane(lane, style) for lane in scene.lanes)
    return replace(scene, lanes=lanes, panels=_ordered(scene.panels, as_of))


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
    """What is out of range and recent first, newest of them first; the others as they were."""

    def rank(panel: Panel) -> tuple[int, float]:
        latest = next((series.latest for series in panel.series if series.latest), None)
        if latest is None or not latest_abnormal(panel) or as_of - latest.when.moment > RECENT:
            return 1, 0.0
        return 0, -latest.when.start.toordinal()

    return tuple(sorted(panels, key=rank))


def _lane(lane: LaneScene, style: Style) -> LaneScene:
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
    marks = tuple(replace(each, track=place[each.track]) for each in lane.marks)
    return replace(lane, tracks=len(order), bars=tuple(bars), marks=marks)


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
