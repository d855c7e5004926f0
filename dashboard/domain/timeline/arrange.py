"""What of a timeline is drawn, and where: `arrange(timeline, ask, as_of)` lays the events out in lanes, tracks, panels.

The laws (`tests/unit/domain/timeline/test_arrange.py`): an event is in every lane it belongs to, as a bar or in a
mark, or is
a point of a panel, or counted once in `left`; bars of a track never overlap; the order of the events does not matter; a
narrower window only moves events to "before" and "after".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.courses import (
    Dated,
    Stretch,
    by_time,
    courses,
    dose_stretches,
    settle_conditions,
    single,
    stage_stretches,
)
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState, Timeline
from dashboard.domain.timeline.extent import SPANS, Extent, extent
from dashboard.domain.timeline.marks import Placed, make_mark, mark_rows
from dashboard.domain.timeline.panels import panels, usual_measures
from dashboard.domain.timeline.scene import KIND_GROUPS, NOT_SHOWN, Ask, Bar, LaneScene, Panel, Scene
from dashboard.domain.timeline.tracks import (
    MOST_OTHER_PROBLEMS,
    MOST_PROBLEMS,
    Row,
    goal_rows,
    medicine_rows,
    problem_rows,
)

_Sifted = dict[ConditionKey, dict[EventKind, list[Dated]]]

_GROUP_OF = {kind: group for group, kinds in KIND_GROUPS.items() for kind in kinds}
_FINDINGS = frozenset({EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.PROCEDURE, EventKind.REPORT})
_DAY = timedelta(days=1)


def arrange(timeline: Timeline, ask: Ask, as_of: datetime) -> Scene:
    """The scene of a window at the moment of view. ValueError for a window that ends before it begins."""
    if ask.end < ask.start:
        raise ValueError("a window ends after it begins")
    return _Arranger(timeline, ask, as_of).scene()


class _Arranger:
    """One scene in the making. Records are told apart by id and type, which is quicker than by Reference."""

    def __init__(self, timeline: Timeline, ask: Ask, as_of: datetime) -> None:
        self.timeline, self.ask, self.as_of = timeline, ask, as_of
        self.apart = (ask.end - ask.start) / max(ask.marks, 1)
        self._lanes: dict[int, tuple[ConditionKey, ...]] = {}
        self.keys = self._keys()
        news = [] if ask.since is None else [e.origin for e in timeline.events if is_new(e, ask.since, as_of)]
        self.new = {(origin.id, origin.type) for origin in news}
        self.many_new = len(news)
        self.left: dict[str, int] = {}
        self.not_shown: list[Event] = []
        self.problems: list[Dated] = []
        self.findings: list[Dated] = []
        self.courses: dict[str, list[Dated]] = {}
        self.inside: set[int] = set()  # id() of the medicines in the window
        self.crowded: set[int] = set()  # id() of the events in merged points

    def scene(self) -> Scene:
        conditions = [key for key in self.keys if key is not ConditionKey.OTHER]
        measures = self.ask.measures or usual_measures(self.timeline, conditions, self.as_of)
        shown = panels(self.timeline, measures, self.ask, self.as_of, self._is_new)
        drawn = self._sifted(_in_points(shown))
        lanes = tuple(self._lane(key, drawn[key]) for key in self.keys)
        for lane in lanes:
            self.crowded.update(id(event) for mark in lane.marks if mark.count > 1 for event in mark.events)
        return Scene(
            ask=self.ask,
            lanes=lanes,
            panels=shown,
            left=self.left,
            not_shown=tuple(self.not_shown),
            merged=len(self.crowded),
            new=self.many_new,
        )

    def lanes_of(self, event: Event) -> tuple[ConditionKey, ...]:
        """`event.lanes`, worked out once for what belongs alike: thousands of results share few answers."""
        found = self._lanes.get(id(event.belongings))
        if found is None:
            found = (event.belongings[0].lane,) if len(event.belongings) == 1 else event.lanes
            self._lanes[id(event.belongings)] = found
        return found

    def _keys(self) -> tuple[ConditionKey, ...]:
        """The lanes there are at all, whatever the window: a lane does not vanish when one looks closer."""
        found = set(map(self.lanes_of, self.timeline.events))
        return tuple(key for key in ConditionKey if any(key in lanes for lanes in found))

    def _is_new(self, what: Event | Result) -> bool:
        return bool(self.new) and (what.origin.id, what.origin.type) in self.new

    # The window ------------------------------------------------------------------------------------------------

    def _sifted(self, points: Mapping[Measure, Mapping[tuple[str, str], bool]]) -> _Sifted:
        """What is in the window and switched on, by lane and kind; the rest is counted in `left`."""
        start, end = self.ask.start, self.ask.end
        off = {kind: group.value for kind, group in _GROUP_OF.items() if group not in self.ask.groups}
        dated: list[Dated] = []
        for event in self.timeline.events:
            below = bool(event.results) and self._is_below(event, points)
            if below and not event.abnormal:
                continue
            at = extent(event, self.as_of)
            if event.kind in off:
                why = "" if below else off[event.kind]
            else:
                why = "undated" if at is None and not below else ""
            if at is not None and event.stage and event.kind in _FINDINGS:
                self.findings.append((event, at))
            if why:
                self.left[why] = self.left.get(why, 0) + 1
            elif at is not None and event.kind not in off:
                dated.append((event, at))
        self.problems = [each for each in dated if each[0].kind is EventKind.CONDITION]
        settle_conditions(self.problems)
        self.courses = courses(each for each in dated if each[0].kind is EventKind.MEDICINE)
        self.findings.sort(key=by_time)
        found: _Sifted = {key: {} for key in self.keys}
        for event, at in sorted(dated, key=by_time):
            inside, why = at.meets(start, end), ""
            if not inside and not (event.results and self._is_below(event, points)):
                why = "before" if at.first < start else "after"
            elif inside and event.results and not event.abnormal:
                why = self._unseen(event, points)
            if why:
                self.left[why] = self.left.get(why, 0) + 1
            if why or not inside:
                continue
            if event.kind is EventKind.MEDICINE:
                self.inside.add(id(event))
            for key in self.lanes_of(event):
                found[key].setdefault(event.kind, []).append((event, at))
        return found

    def _is_below(self, event: Event, points: Mapping[Measure, Mapping[tuple[str, str], bool]]) -> bool:
        """Whether any of its values is a point of a panel; notes it where that is a merged point."""
        below = False
        for result in event.results:
            found = points.get(result.measure, {}).get((result.origin.id, result.origin.type))
            below = below or found is not None
            if found:
                self.crowded.add(id(event))
        return below

    def _unseen(self, event: Event, points: Mapping[Measure, Mapping[tuple[str, str], bool]]) -> str:
        """Why a normal result of the window is no point: its panel is not shown, or its value is of another day than
        the window's (of a measurement that took days the value is that of its end).
        """
        missed = [result.when.moment for result in event.results if result.measure in points]
        if missed:
            return "before" if min(missed) < self.ask.start else "after"
        self.not_shown.append(event)
        return NOT_SHOWN

    # A lane ----------------------------------------------------------------------------------------------------

    def _lane(self, key: ConditionKey, kinds: dict[EventKind, list[Dated]]) -> LaneScene:
        marks = {kind: [self._placed(*each) for each in found] for kind, found in kinds.items() if kind not in SPANS}
        stages = self._stages(key)
        problems = [each for each in self.problems if key in self.lanes_of(each[0])]
        rows: list[Row] = []
        for kind, (mine, over) in self._bar_rows(key, kinds, stages).items():
            rows.extend(mine)
            if over:
                marks[kind] = [(max(each.first, self.ask.start), None, self._of(each)) for each in over]
        for found in marks.values():
            found.sort(key=_by_place)
        lower = mark_rows(marks, self.apart)
        return LaneScene(
            key=key,
            tracks=len(rows) + len(lower),
            bars=tuple(self._bar(key, track, each) for track, row in enumerate(rows) for each in row),
            marks=tuple(
                make_mark(key, len(rows) + place, kind, placed, self._shared, self._is_new)
                for place, row in enumerate(lower)
                for kind, placed in row
            ),
            stage=_present_stage(problems, stages, self.as_of) if key is not ConditionKey.OTHER else "",
            active=key is ConditionKey.OTHER or _is_active(problems),
        )

    def _bar_rows(
        self, key: ConditionKey, kinds: dict[EventKind, list[Dated]], stages: list[tuple[datetime, str]]
    ) -> dict[EventKind, tuple[list[Row], list[Stretch]]]:
        """The tracks of each kind of bar, from the top, and the stretches for which there was none."""
        problems = [
            each
            for event, at in kinds.get(EventKind.CONDITION, ())
            for each in stage_stretches(event, at, () if event.certainty is Certainty.REFUTED else stages)
            if self._seen(each)
        ]
        goals = [single(event, at) for event, at in kinds.get(EventKind.GOAL, ())]
        most = MOST_OTHER_PROBLEMS if key is ConditionKey.OTHER else MOST_PROBLEMS
        medicines = self._courses(key) if EventKind.MEDICINE in kinds else []
        return {
            EventKind.CONDITION: problem_rows(problems, most),
            EventKind.MEDICINE: medicine_rows(medicines),
            EventKind.GOAL: goal_rows(goals),
        }

    def _courses(self, key: ConditionKey) -> list[tuple[str, Row]]:
        """The courses of a lane, with those of their stretches that reach into the window."""
        made = []
        for name, course in self.courses.items():
            mine = [each for each in course if key in self.lanes_of(each[0])]
            row = [each for each in dose_stretches(mine) if self._seen(each)]
            if row:
                made.append((name, row))
        return made

    def _stages(self, key: ConditionKey) -> list[tuple[datetime, str]]:
        """What findings (an NYHA class, say) told of the condition's stage at their time, oldest first."""
        if key is ConditionKey.OTHER:
            return []
        mine = [(event, at) for event, at in self.findings if key in self.lanes_of(event)]
        return [(at.first, event.stage) for event, at in mine if at.first <= self.as_of]

    def _seen(self, each: Stretch) -> bool:
        return each.first <= self.ask.end and (each.last > self.ask.start or each.first >= self.ask.start)

    def _placed(self, event: Event, at: Extent) -> Placed:
        long = at.vague_start is not None or at.last - at.first > _DAY
        return max(at.first, self.ask.start), min(at.last, self.ask.end) if long else None, (event,)

    def _of(self, each: Stretch) -> tuple[Event, ...]:
        """The events of a stretch that are in the window: those before and after it are counted there."""
        if len(each.events) == 1:
            return (each.event,)
        return tuple(event for event in each.events if id(event) in self.inside)

    def _bar(self, key: ConditionKey, track: int, each: Stretch) -> Bar:
        start, end = max(each.first, self.ask.start), min(each.last, self.ask.end)
        begins, ends = each.vague_start, each.vague_end
        events = self._of(each)
        return Bar(
            lane=key,
            track=track,
            kind=each.event.kind,
            start=start,
            end=end,
            text=each.text,
            event=events[-1],
            detail=each.detail,
            vague_start=None if begins is None or begins <= start else min(begins, end),
            vague_end=None if ends is None or ends >= end else max(ends, start),
            open=each.open,
            before=each.first < self.ask.start,
            after=each.last > self.ask.end,
            state=events[-1].state,
            shared=self._shared(events, key),
            new=any(self._is_new(event) for event in events),
            events=events,
        )

    def _shared(self, events: Iterable[Event], lane: ConditionKey) -> tuple[ConditionKey, ...]:
        found = {key for event in events for key in self.lanes_of(event)}
        return tuple(key for key in self.keys if key in found and key is not lane)


def _in_points(shown: Iterable[Panel]) -> dict[Measure, dict[tuple[str, str], bool]]:
    """By measure the records drawn as points, and whether in one with others."""
    return {
        series.measure: {
            (result.origin.id, result.origin.type): point.count > 1
            for point in series.points
            for result in point.results
        }
        for panel in shown
        for series in panel.series
    }


def _by_place(placed: Placed) -> tuple[datetime, str, str, str]:
    when, _, events = placed
    return when, events[0].origin.id, events[0].origin.type, events[0].text


def is_new(event: Event, since: datetime | None, as_of: datetime) -> bool:
    """Recorded, begun or ended after `since`; what is only planned for later is new when it was recorded since."""
    return since is not None and any(
        when is not None and since < when.moment <= as_of for when in (event.recorded, event.start, event.end)
    )


def _is_active(problems: list[Dated]) -> bool:
    """Whether the condition goes on; a lane without a problem of its own is not said to be over."""
    states = (EventState.ONGOING, EventState.UNKNOWN)
    return not problems or any(
        event.state in states and event.end is None and event.certainty is not Certainty.REFUTED
        for event, _ in problems
    )


def _present_stage(problems: list[Dated], stages: list[tuple[datetime, str]], as_of: datetime) -> str:
    """The latest that was told of the stage or severity by the moment of view, of a condition that goes on."""
    told = [
        (at.first, event.stage or event.severity)
        for event, at in problems
        if at.open and at.first <= as_of and (event.stage or event.severity)
        if event.certainty is not Certainty.REFUTED
    ]
    return max((*told, *stages), key=lambda each: each[0], default=(as_of, ""))[1]
