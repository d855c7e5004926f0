"""The scene of one condition: its lane and its panels. What belongs only to others is counted."""

from collections.abc import Sequence
from dataclasses import replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES
from dashboard.domain.timeline.scene import NOT_SHOWN, OTHER_CONDITIONS, Panel, Scene
from dashboard.domain.values.datatypes import Reference


def of_condition(scene: Scene, condition: ConditionKey | None, *, every_panel: bool = False) -> Scene:
    """The scene with the lane of a condition and its panels, or with `every_panel`, as where measures were chosen.

    The whole scene for None, or where the patient has no such lane.
    """
    keys = [lane.key for lane in scene.lanes]
    if condition is None or condition not in keys:
        return scene
    not_shown = tuple(event for event in scene.not_shown if condition in event.lanes)
    kept = replace(
        scene,
        lanes=tuple(lane for lane in scene.lanes if lane.key is condition),
        panels=tuple(panel for panel in scene.panels if every_panel or condition in panel_lanes(panel, keys)),
        not_shown=not_shown,
    )
    gone = len(drawn(scene) - drawn(kept)) + len(scene.not_shown) - len(not_shown)
    counts = {**scene.left, NOT_SHOWN: len(not_shown), OTHER_CONDITIONS: gone}
    return replace(kept, left={why: n for why, n in counts.items() if n})


def panel_lanes(panel: Panel, keys: Sequence[ConditionKey]) -> tuple[ConditionKey, ...]:
    """Which of these lanes a panel tells of; OTHER where it tells of none of the others."""
    measures = {series.measure for series in panel.series}
    return tuple(key for key in keys if measures & set(KEY_MEASURES.get(key, ()))) or (ConditionKey.OTHER,)


def drawn(scene: Scene) -> set[Reference]:
    """The records that are drawn in a lane or as points of a panel."""
    return {event.origin for lane in scene.lanes for event in lane.events} | in_panels(scene)


def in_panels(scene: Scene) -> set[Reference]:
    """The records whose values are points of a panel."""
    return {
        result.origin
        for panel in scene.panels
        for series in panel.series
        for point in series.points
        for result in point.results
    }
