"""What stands where in the reading layout: of each condition its problem, its medicines and, right below them, its
measurements. Goals, contacts and the like are folded into one row that opens.

Where several conditions are shown, a medicine and a measurement stand once, under the first condition that they belong
to; a condition shown by itself has all of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.courses import course_of
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.reading.condition import in_panels, panel_lanes
from dashboard.domain.timeline.reading.dose_changes import DoseChange, dose_changes
from dashboard.domain.timeline.scene import Bar, Lane, Panel, Scene
from dashboard.domain.values.datatypes import Reference

Row = tuple[Bar, ...]
"""Bars side by side, the oldest first: the stages of a problem, or the doses of one medicine."""


@dataclass(frozen=True, slots=True)
class Block:
    """One condition: a row for each of its problems, then for each of its medicines, then its panels.

    `changes` are the changes of dose of all medicines of the condition, for its curves, those that stand under another
    condition too.
    """

    lane: Lane
    problems: tuple[Row, ...] = ()
    medicines: tuple[Row, ...] = ()
    panels: tuple[Panel, ...] = ()
    changes: tuple[DoseChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The blocks from top to bottom, and what is folded, by kind, each event once, oldest first."""

    blocks: tuple[Block, ...]
    folded: Mapping[EventKind, tuple[Event, ...]]


def reading(scene: Scene) -> Reading:
    """Every event of the scene's lanes is in a bar of a block, a point of a panel, or folded. A condition with an
    urgent value comes first.
    """
    urgent = {key for panel in scene.panels if panel.urgent for key in panel_lanes(panel, _keys(scene))[:1]}
    scene = replace(scene, lanes=tuple(sorted(scene.lanes, key=lambda lane: lane.key not in urgent)))
    panels = _panels_by_lane(scene)
    blocks: list[Block] = []
    drawn: set[Reference] = set()
    for lane in scene.lanes:
        medicines = _rows(lane, EventKind.MEDICINE)
        new_rows = tuple(row for row in medicines if not _events(row) <= drawn)
        problems = tuple(row for row in _rows(lane, EventKind.CONDITION) if not _events(row) <= drawn)
        drawn |= _events(*problems, *new_rows)
        block = Block(
            lane, problems, new_rows, panels.get(lane.key, ()), dose_changes(medicines) if lane.key in panels else ()
        )
        if problems or new_rows or block.panels or lane.key is not ConditionKey.OTHER or len(scene.lanes) == 1:
            blocks.append(block)
    if None in panels:
        blocks.append(Block(Lane(ConditionKey.OTHER, 0), panels=panels[None]))
    return Reading(tuple(blocks), _folded(scene, drawn | in_panels(scene)))


def _rows(lane: Lane, kind: EventKind) -> tuple[Row, ...]:
    """The bars of a kind in rows: a row of the lane, or of each medicine of one that several share."""
    rows: dict[tuple[int, str], list[Bar]] = {}
    for bar in lane.bars:
        if bar.kind is kind:
            name = course_of(bar.event) if kind is EventKind.MEDICINE else ""
            rows.setdefault((bar.track, name), []).append(bar)
    ordered = sorted(rows.items(), key=lambda item: item[0][0])
    return tuple(tuple(sorted(bars, key=lambda bar: bar.start)) for _, bars in ordered)


def _events(*rows: Row) -> set[Reference]:
    return {event.origin for row in rows for bar in row for event in bar.events}


def _keys(scene: Scene) -> list[ConditionKey]:
    return [lane.key for lane in scene.lanes]


def _panels_by_lane(scene: Scene) -> dict[ConditionKey | None, tuple[Panel, ...]]:
    """The panels of each lane, urgent ones first; None for those that belong to no lane of the scene."""
    keys = _keys(scene)
    by_lane: dict[ConditionKey | None, list[Panel]] = {}
    for panel in sorted(scene.panels, key=lambda panel: not panel.urgent):
        own = keys[0] if len(keys) == 1 else panel_lanes(panel, keys)[0]
        by_lane.setdefault(own if own in keys else None, []).append(panel)
    return {key: tuple(panels) for key, panels in by_lane.items()}


def _folded(scene: Scene, drawn: set[Reference]) -> dict[EventKind, tuple[Event, ...]]:
    folded: dict[EventKind, dict[Reference, Event]] = {}
    for lane in scene.lanes:
        for event in lane.events:
            if event.origin not in drawn:
                folded.setdefault(event.kind, {})[event.origin] = event
    return {kind: tuple(sorted(folded[kind].values(), key=_by_time)) for kind in EventKind if kind in folded}


def _by_time(event: Event) -> tuple[str, str]:
    when = event.start or event.end
    return (when.moment.isoformat() if when else "", str(event.origin))


def as_lane(block: Block) -> Lane:
    """The block's bars as a lane, a row a track: problems first, then medicines."""
    rows = (*block.problems, *block.medicines)
    bars = tuple(replace(bar, track=number) for number, row in enumerate(rows) for bar in row)
    return replace(block.lane, tracks=len(rows), bars=bars, marks=())
