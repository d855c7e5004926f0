"""Which events of a timeline are drawn in its lanes: those of the window and of the kinds that are switched on. The
others are counted by the reason why they are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.courses import Dated, by_time, courses, settle_conditions
from dashboard.domain.timeline.arrange.extent import extent
from dashboard.domain.timeline.arrange.lane_keys import LaneKeys
from dashboard.domain.timeline.events import Event, EventKind, Timeline
from dashboard.domain.timeline.scene import KIND_GROUPS, NOT_SHOWN, Panel, SceneRequest

_GROUP_OF = {kind: group for group, kinds in KIND_GROUPS.items() for kind in kinds}
_WITH_STAGE = frozenset({EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.PROCEDURE, EventKind.REPORT})
"""Kinds of events that may say at which stage a condition is."""

_Points = Mapping[Measure, Mapping[tuple[str, str], bool]]


@dataclass(slots=True)
class Selection:
    """`by_lane` are the events that are drawn, by lane and kind. `problems`, `findings` (which name a stage) and
    `courses` (of medicines) are those of all time, because what is before the window decides how things are in it;
    `medicines` are the `id`s of the medicines in the window. `merged` are the `id`s of the events in points of several
    values.
    """

    by_lane: dict[ConditionKey, dict[EventKind, list[Dated]]]
    left: dict[str, int] = field(default_factory=dict)
    not_shown: list[Event] = field(default_factory=list)
    problems: list[Dated] = field(default_factory=list)
    findings: list[Dated] = field(default_factory=list)
    courses: dict[str, list[Dated]] = field(default_factory=dict)
    medicines: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)

    def leave_out(self, reason: str) -> None:
        self.left[reason] = self.left.get(reason, 0) + 1


def select(
    timeline: Timeline, request: SceneRequest, as_of: datetime, panels: Iterable[Panel], lanes: LaneKeys
) -> Selection:
    """The events to draw next to the points of these panels. A normal result that is a point is not drawn again."""
    selection = Selection({key: {} for key in lanes.keys})
    points = _in_points(panels)
    dated = _switched_on(timeline, request, as_of, points, selection)
    selection.problems = [each for each in dated if each[0].kind is EventKind.CONDITION]
    settle_conditions(selection.problems)
    selection.courses = courses(each for each in dated if each[0].kind is EventKind.MEDICINE)
    selection.findings.sort(key=by_time)
    for event, at in sorted(dated, key=by_time):
        inside, reason = at.meets(request.start, request.end), ""
        if not inside and not (event.results and _is_point(event, points, selection)):
            reason = "before" if at.first < request.start else "after"
        elif inside and event.results and not event.abnormal:
            reason = _why_no_point(event, request, points)
            if reason == NOT_SHOWN:
                selection.not_shown.append(event)
        if reason:
            selection.leave_out(reason)
        if reason or not inside:
            continue
        if event.kind is EventKind.MEDICINE:
            selection.medicines.add(id(event))
        for key in lanes.of(event):
            selection.by_lane[key].setdefault(event.kind, []).append((event, at))
    return selection


def _switched_on(
    timeline: Timeline, request: SceneRequest, as_of: datetime, points: _Points, selection: Selection
) -> list[Dated]:
    """The dated events of the kinds that are switched on, in the window or not; the others are counted."""
    off = {kind: group.value for kind, group in _GROUP_OF.items() if group not in request.groups}
    dated: list[Dated] = []
    for event in timeline.events:
        is_point = bool(event.results) and _is_point(event, points, selection)
        if is_point and not event.abnormal:
            continue
        at = extent(event, as_of)
        if event.kind in off:
            reason = "" if is_point else off[event.kind]
        else:
            reason = "undated" if at is None and not is_point else ""
        if at is not None and event.stage and event.kind in _WITH_STAGE:
            selection.findings.append((event, at))
        if reason:
            selection.leave_out(reason)
        elif at is not None and event.kind not in off:
            dated.append((event, at))
    return dated


def _in_points(panels: Iterable[Panel]) -> _Points:
    """By measure the records that are points, and whether of a point with several values."""
    return {
        series.measure: {
            (result.origin.id, result.origin.type): point.count > 1
            for point in series.points
            for result in point.results
        }
        for panel in panels
        for series in panel.series
    }


def _is_point(event: Event, points: _Points, selection: Selection) -> bool:
    """Whether any of its values is a point of a panel; notes it where that is a point of several values."""
    is_point = False
    for result in event.results:
        merged = points.get(result.measure, {}).get((result.origin.id, result.origin.type))
        is_point = is_point or merged is not None
        if merged:
            selection.merged.add(id(event))
    return is_point


def _why_no_point(event: Event, request: SceneRequest, points: _Points) -> str:
    """Why a normal result of the window is no point: its panel is not shown, or its value is of another day than the
    window's (the value of a measurement that took days is of its end).
    """
    missed = [result.when.moment for result in event.results if result.measure in points]
    if missed:
        return "before" if min(missed) < request.start else "after"
    return NOT_SHOWN
