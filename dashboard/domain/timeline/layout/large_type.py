"""What is left out in large type, which is for a room to read: what is there for the desk, and normal results."""

from collections.abc import Iterable
from dataclasses import replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.scene import LARGE_TYPE, Lane, Mark, Scene
from dashboard.domain.values.datatypes import Reference

DESK_ONLY = frozenset({EventKind.GOAL, EventKind.PLAN, EventKind.TASK, EventKind.ORDER, EventKind.IMMUNISATION})
ABNORMAL_ONLY = frozenset({EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.REPORT})
"""Kinds of which only what is out of range is shown."""


def without_details(scene: Scene) -> Scene:
    """The conditions with their medicines, contacts and what is out of range. The events left out are counted.

    The lane OTHER goes where there is another one.
    """
    lanes = tuple(
        replace(
            lane,
            bars=tuple(bar for bar in lane.bars if bar.kind is not EventKind.GOAL),
            marks=tuple(mark for mark in lane.marks if _is_shown(mark)),
        )
        for lane in scene.lanes
        if lane.key is not ConditionKey.OTHER or len(scene.lanes) == 1
    )
    gone = _drawn(scene.lanes) - _drawn(lanes)
    left = {**scene.left, LARGE_TYPE: len(gone)} if gone else scene.left
    return replace(scene, lanes=tuple(map(_without_empty_rows, lanes)), left=left)


def _is_shown(mark: Mark) -> bool:
    return mark.kind not in DESK_ONLY and (mark.abnormal or mark.kind not in ABNORMAL_ONLY)


def _drawn(lanes: Iterable[Lane]) -> set[Reference]:
    return {event.origin for lane in lanes for event in lane.events}


def _without_empty_rows(lane: Lane) -> Lane:
    used = sorted({bar.track for bar in lane.bars} | {mark.track for mark in lane.marks})
    row = {track: number for number, track in enumerate(used)}
    return replace(
        lane,
        tracks=max(1, len(used)),
        bars=tuple(replace(bar, track=row[bar.track]) for bar in lane.bars),
        marks=tuple(replace(mark, track=row[mark.track]) for mark in lane.marks),
    )
