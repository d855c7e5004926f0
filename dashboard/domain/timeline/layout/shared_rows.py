"""Bars that share one row: medicines that run through the whole window unchanged, and goals of one time.

What does not change says nothing about time, so its place on the axis is no loss; what was started, stepped up or
stopped has a row of its own and is seen at once. The names and doses are written in the shared bar, which holds every
event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.domain.timeline.events import EventKind, EventState
from dashboard.domain.timeline.layout.room import Labels, Room
from dashboard.domain.timeline.scene import Bar, Lane

BETWEEN_NAMES = "  ·  "
FULL = 0.86
"""The share of the time axis that the names of a shared bar may fill: widths are measured roughly."""


def with_shared_rows(lane: Lane, room: Room, labels: Labels) -> Lane:
    """The lane with fewer rows. A shared row takes the place of its first bar."""
    rows: dict[int, list[Bar]] = {}
    for bar in lane.bars:
        rows.setdefault(bar.track, []).append(bar)
    alone = {track: row[0] for track, row in sorted(rows.items()) if len(row) == 1}
    medicines = [track for track, bar in alone.items() if _is_unchanged(bar)]
    groups = [group for group in (medicines, *_goals_of_one_time(alone)) if len(group) > 1]
    given_up = {track for group in groups for track in group}
    shared = {group[0]: _shared_bars([alone[track] for track in group], room, labels) for group in groups}
    order: list[int | Bar] = []
    for track in range(lane.tracks):
        order += shared.get(track, [] if track in given_up else [track])
    new_track = {entry: number for number, entry in enumerate(order) if isinstance(entry, int)}
    bars = [replace(bar, track=new_track[bar.track]) for bar in lane.bars if bar.track in new_track]
    bars += [replace(entry, track=number) for number, entry in enumerate(order) if isinstance(entry, Bar)]
    marks = tuple(replace(mark, track=new_track[mark.track]) for mark in lane.marks)
    return replace(lane, tracks=len(order), bars=tuple(bars), marks=marks)


def _is_unchanged(bar: Bar) -> bool:
    """Whether it is a medicine in one dose that began before the window and goes on now."""
    return bar.kind is EventKind.MEDICINE and bar.before and bar.open and not bar.new


def _goals_of_one_time(alone: Mapping[int, Bar]) -> list[list[int]]:
    """The tracks of goals that were set and fall due together, as those of one plan do."""
    groups: dict[tuple[datetime, datetime, EventState], list[int]] = {}
    for track, bar in alone.items():
        if bar.kind is EventKind.GOAL and not bar.new:
            groups.setdefault((bar.start, bar.end, bar.state), []).append(track)
    return list(groups.values())


def _shared_bars(bars: Sequence[Bar], room: Room, labels: Labels) -> list[Bar]:
    """As few bars as hold the names and doses of all."""
    groups: list[list[Bar]] = []
    used = 0.0
    for bar in bars:
        width = labels.width_of(labels.bar_name(bar) + BETWEEN_NAMES, room.sizes.text)
        if not groups or used + width > room.width * FULL:
            groups.append([])
            used = 0.0
        groups[-1].append(bar)
        used += width
    return [_one_bar(group, labels) for group in groups]


def _one_bar(bars: Sequence[Bar], labels: Labels) -> Bar:
    if len(bars) == 1:
        return bars[0]
    return replace(
        bars[0],
        text=BETWEEN_NAMES.join(labels.bar_name(bar) for bar in bars),
        detail="",
        shared=(),
        events=tuple(event for bar in bars for event in bar.events),
        start=min(bar.start for bar in bars),
        end=min(bar.end for bar in bars),
    )
