"""One lane: bars on tracks of their own, then the marks."""

from datetime import datetime, timedelta

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.courses import Dated, Stretch, dose_stretches, single, stage_stretches
from dashboard.domain.timeline.arrange.extent import SPANS, Extent
from dashboard.domain.timeline.arrange.lane_keys import LaneKeys
from dashboard.domain.timeline.arrange.marks import Placed, make_mark, rows_by_kind
from dashboard.domain.timeline.arrange.new_events import NewEvents
from dashboard.domain.timeline.arrange.selection import Selection
from dashboard.domain.timeline.arrange.tracks import (
    MOST_OTHER_PROBLEMS,
    MOST_PROBLEMS,
    Stretches,
    goal_rows,
    medicine_rows,
    problem_rows,
)
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState
from dashboard.domain.timeline.scene import Bar, Lane, SceneRequest

_DAY = timedelta(days=1)
Stage = tuple[datetime, str]


class LaneBuilder:
    """Makes the lanes of a selection."""

    def __init__(
        self, selection: Selection, request: SceneRequest, as_of: datetime, lanes: LaneKeys, new: NewEvents
    ) -> None:
        self.selection, self.request, self.as_of, self.lanes, self.new = selection, request, as_of, lanes, new
        self.apart = (request.end - request.start) / max(request.marks, 1)

    def lane(self, key: ConditionKey) -> Lane:
        kinds = self.selection.by_lane[key]
        marks = {kind: [self._placed(*each) for each in dated] for kind, dated in kinds.items() if kind not in SPANS}
        stages = self._stages(key)
        problems = [each for each in self.selection.problems if key in self.lanes.of(each[0])]
        tracks: list[Stretches] = []
        for kind, (rows, without_row) in self._bar_rows(key, kinds, stages).items():
            tracks.extend(rows)
            if without_row:
                marks[kind] = [(max(each.first, self.request.start), None, self._of(each)) for each in without_row]
        for placed in marks.values():
            placed.sort(key=_by_place)
        lower = rows_by_kind(marks, self.apart)
        return Lane(
            key=key,
            tracks=len(tracks) + len(lower),
            bars=tuple(self._bar(key, track, each) for track, row in enumerate(tracks) for each in row),
            marks=tuple(
                make_mark(key, len(tracks) + row_number, kind, placed, self.lanes.others, self.new.__contains__)
                for row_number, row in enumerate(lower)
                for kind, placed in row
            ),
            stage=_present_stage(problems, stages, self.as_of) if key is not ConditionKey.OTHER else "",
            active=key is ConditionKey.OTHER or _is_active(problems),
            suspected=key is not ConditionKey.OTHER and _is_suspected(problems),
        )

    def _bar_rows(
        self, key: ConditionKey, kinds: dict[EventKind, list[Dated]], stages: list[Stage]
    ) -> dict[EventKind, tuple[list[Stretches], list[Stretch]]]:
        """The tracks of each kind of bar, from the top, and the stretches for which there was none."""
        problems = [
            each
            for event, at in kinds.get(EventKind.CONDITION, ())
            for each in stage_stretches(event, at, () if event.certainty is Certainty.REFUTED else stages)
            if self._is_in_window(each)
        ]
        goals = [single(event, at) for event, at in kinds.get(EventKind.GOAL, ())]
        most = MOST_OTHER_PROBLEMS if key is ConditionKey.OTHER else MOST_PROBLEMS
        medicines = self._courses(key) if EventKind.MEDICINE in kinds else []
        return {
            EventKind.CONDITION: problem_rows(problems, most),
            EventKind.MEDICINE: medicine_rows(medicines),
            EventKind.GOAL: goal_rows(goals),
        }

    def _courses(self, key: ConditionKey) -> list[tuple[str, Stretches]]:
        """The courses of a lane, with those of their stretches that reach into the window."""
        made = []
        for name, course in self.selection.courses.items():
            in_lane = [each for each in course if key in self.lanes.of(each[0])]
            stretches = [each for each in dose_stretches(in_lane) if self._is_in_window(each)]
            if stretches:
                made.append((name, stretches))
        return made

    def _stages(self, key: ConditionKey) -> list[Stage]:
        """The stages of the condition that findings (an NYHA class, say) name, oldest first."""
        if key is ConditionKey.OTHER:
            return []
        in_lane = [(event, at) for event, at in self.selection.findings if key in self.lanes.of(event)]
        return [(at.first, event.stage) for event, at in in_lane if at.first <= self.as_of]

    def _is_in_window(self, each: Stretch) -> bool:
        return each.first <= self.request.end and (each.last > self.request.start or each.first >= self.request.start)

    def _placed(self, event: Event, at: Extent) -> Placed:
        long = at.vague_start is not None or at.last - at.first > _DAY
        return max(at.first, self.request.start), min(at.last, self.request.end) if long else None, (event,)

    def _of(self, each: Stretch) -> tuple[Event, ...]:
        """The events of a stretch that are in the window: those before and after it are counted there."""
        if len(each.events) == 1:
            return (each.event,)
        return tuple(event for event in each.events if id(event) in self.selection.medicines)

    def _bar(self, key: ConditionKey, track: int, each: Stretch) -> Bar:
        start, end = max(each.first, self.request.start), min(each.last, self.request.end)
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
            events=events,
            detail=each.detail,
            vague_start=None if begins is None or begins <= start else min(begins, end),
            vague_end=None if ends is None or ends >= end else max(ends, start),
            open=each.open,
            before=each.first < self.request.start,
            after=each.last > self.request.end,
            state=events[-1].state,
            shared=self.lanes.others(events, key),
            new=any(event in self.new for event in events),
        )


def _by_place(placed: Placed) -> tuple[datetime, str, str, str]:
    when, _, events = placed
    return when, events[0].origin.id, events[0].origin.type, events[0].text


def _is_active(problems: list[Dated]) -> bool:
    """Whether the condition goes on; a lane without a problem of its own counts as going on."""
    states = (EventState.ONGOING, EventState.UNKNOWN)
    return not problems or any(
        event.state in states and event.end is None and event.certainty is not Certainty.REFUTED
        for event, _ in problems
    )


def _is_suspected(problems: list[Dated]) -> bool:
    """Whether no problem of the lane that goes on is confirmed, and one is suspected."""
    going_on = [event for event, _ in problems if event.certainty is not Certainty.REFUTED and event.end is None]
    return bool(going_on) and all(event.certainty is Certainty.UNCONFIRMED for event in going_on)


def _present_stage(problems: list[Dated], stages: list[Stage], as_of: datetime) -> str:
    """The latest stage or severity recorded by the moment of view, of a condition that goes on."""
    recorded = [
        (at.first, event.stage or event.severity)
        for event, at in problems
        if at.open and at.first <= as_of and (event.stage or event.severity)
        if event.certainty is not Certainty.REFUTED
    ]
    return max((*recorded, *stages), key=lambda each: each[0], default=(as_of, ""))[1]
