"""The scene the obvious way: one event at a time, against all others, for what is drawn where and what is left.

Which track a bar is on is not worked out here: the laws of tracks are checked on the scene itself.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from dashboard.domain.attention.trend import is_abnormal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState, Timeline
from dashboard.domain.timeline.scene import KIND_GROUPS, SceneRequest
from dashboard.domain.values.datatypes import PartialDate

DAY = timedelta(days=1)
BARS = (EventKind.CONDITION, EventKind.MEDICINE, EventKind.GOAL)
LASTING = ("contact", "conference", "procedure", "result", "questionnaire", "report")
STRETCH_DAYS = 14


def over(when: PartialDate) -> datetime:
    if when.precision == "time":
        return when.moment
    return datetime(when.end.year, when.end.month, when.end.day, tzinfo=UTC) + DAY


def midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + DAY


def lies(event: Event, as_of: datetime) -> tuple[datetime, datetime, str] | None:
    """First moment, first moment after it, and how it ends: "known", "open" or "unknown"."""
    start, end = event.start, event.end
    if start is None and end is None:
        return None
    only = start or end
    assert only is not None
    if event.kind not in BARS:
        last = over(only)
        if event.kind.value in LASTING and start is not None:
            if end is not None:
                last = max(last, over(end))
            elif event.state is EventState.ONGOING and start.precision in ("day", "time"):
                last = max(last, as_of)
        return only.moment, last, "known"
    shortest = max(over(only) if start is None or end is None else only.moment, midnight(only.moment))
    if start is None:
        return only.moment, max(over(only), midnight(only.moment)), "known"
    if event.state is EventState.ONGOING and (event.kind is not EventKind.GOAL or end is None):
        return start.moment, max(as_of, midnight(start.moment)), "open"
    if end is not None and over(end) >= start.moment:
        return start.moment, max(over(end), midnight(start.moment)), "known"
    return start.moment, max(shortest, over(start)), "unknown"


class ObviousScene:
    """`lanes`: lane -> kind -> {(start, end, text, ids)} of bars, {(when, ids)} of marks; `ids`: also by lane."""

    def __init__(
        self, timeline: Timeline, request: SceneRequest, as_of: datetime, measures: tuple[Measure, ...]
    ) -> None:
        self.request, self.as_of = request, as_of
        self.events = timeline.events
        self.points = {m: self._points(list(timeline.series.get(m, ())), m) for m in measures}
        self.where = {event.origin.id: lies(event, as_of) for event in timeline.events}
        self._settle()
        self.left: Counter[str] = Counter()
        self.lanes: dict[ConditionKey, dict[EventKind, set[Any]]] = {}
        self.ids: dict[ConditionKey, dict[EventKind, set[str]]] = {}
        self.below: set[str] = set()
        inside = [event for event in timeline.events if self._is_drawn(event)]
        for lane in ConditionKey:
            if not any(lane in event.lanes for event in timeline.events):
                continue
            self.lanes[lane], self.ids[lane] = {}, {}
            for kind in EventKind:
                events = [event for event in inside if event.kind is kind and lane in event.lanes]
                if events:
                    self.ids[lane][kind] = {event.origin.id for event in events}
                    self.lanes[lane][kind] = self._bars(events, lane) if kind in BARS else self._marks(events)

    # In or out -------------------------------------------------------------------------------------------------

    def _meets(self, place: tuple[datetime, datetime, str]) -> bool:
        first, last, _ = place
        return first <= self.request.end and not (last <= self.request.start and first < self.request.start)

    def _is_drawn(self, event: Event) -> bool:
        """Whether it is in its lanes; counts what is neither there nor in a panel."""
        group = next((g.value for g, kinds in KIND_GROUPS.items() if event.kind in kinds), "")
        on = not group or group in {g.value for g in self.request.groups}
        shown = any(
            result.origin == each.origin
            for result in event.results
            for point in self.points.get(result.measure, [])
            for each in point[5]
        )
        place = self.where[event.origin.id]
        meets = place is not None and self._meets(place)
        if shown:
            self.below.add(event.origin.id)
            return event.abnormal and on and meets
        if not on:
            self.left[group] += 1
        elif place is None:
            self.left["undated"] += 1
        elif not meets:
            self.left["before" if place[0] < self.request.start else "after"] += 1
        elif event.results and not event.abnormal:
            values = [result.when.moment for result in event.results if result.measure in self.points]
            outside = "before" if values and min(values) < self.request.start else "after"
            self.left[outside if values else "results-not-shown"] += 1
            return False
        return on and meets

    # Stories ---------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """What one record of a story says of the end of another."""
        groups = {g.value for g in self.request.groups}
        for event in self.events:
            if event.kind is EventKind.MEDICINE and "medicines" in groups:
                self._settle_one(event, [e for e in self.events if self._same_course(e, event)])
            elif event.kind is EventKind.CONDITION and event.certainty is not Certainty.REFUTED:
                self._settle_one(event, [e for e in self.events if self._same_condition(e, event)])

    def _settle_one(self, event: Event, story: list[Event]) -> None:
        original = {e.origin.id: lies(e, self.as_of) for e in story}
        dated = sorted(
            (e for e in story if original[e.origin.id]),
            key=lambda e: (*original[e.origin.id][:2], e.origin.id),  # type: ignore[index]
        )
        if event not in dated or event is dated[-1]:
            return
        follower = dated[dated.index(event) + 1]
        first, last, how = original[event.origin.id]  # type: ignore[misc]
        begins = original[follower.origin.id][0]  # type: ignore[index]
        medicine = event.kind is EventKind.MEDICINE
        if medicine and how == "unknown" and begins >= last:
            last = begins
        again = medicine and self._dose(event) == self._dose(follower) and how != "open"
        if again and last < begins <= last + timedelta(days=STRETCH_DAYS):
            last = begins
        if midnight(first) <= begins < last and begins >= self._surely(event, first, last, how):
            last = begins
        self.where[event.origin.id] = (first, last, how)

    @staticmethod
    def _surely(event: Event, first: datetime, last: datetime, how: str) -> datetime:
        """Until when it went on for sure."""
        if how == "open":
            return last
        if how == "known" and event.start is None:
            return first
        if how == "known" and event.end is not None:
            day = datetime(event.end.start.year, event.end.start.month, event.end.start.day, tzinfo=UTC)
            return max(first, min(day, max(over(event.end), midnight(first))))
        assert event.start is not None
        return max(over(event.start), midnight(first))

    @staticmethod
    def _dose(event: Event) -> tuple[str, str]:
        return event.text, event.detail

    @staticmethod
    def _same_course(one: Event, other: Event) -> bool:
        if one.kind is not other.kind:
            return False
        return one.atc == other.atc if one.atc or other.atc else one.text == other.text

    @staticmethod
    def _same_condition(one: Event, other: Event) -> bool:
        if one.kind is not other.kind or one.certainty is Certainty.REFUTED:
            return False
        if bool(one.memberships) != bool(other.memberships):
            return False
        return one.lanes == other.lanes if one.memberships else one.text == other.text

    # Drawn -----------------------------------------------------------------------------------------------------

    def _bars(self, events: list[Event], lane: ConditionKey) -> set[Any]:
        if events[0].kind is not EventKind.MEDICINE:
            return {self._cut(*self.where[e.origin.id][:2], self._text(e), [e]) for e in events}  # type: ignore[index]
        drawn_here: set[Any] = set()
        everyone = [e for e in self.events if e.kind is EventKind.MEDICINE and lane in e.lanes]
        for dose in {self._dose(e) for e in events}:
            takers = [e for e in everyone if self._dose(e) == dose and self.where[e.origin.id]]
            # Paint each moment at which anything begins or ends; what is painted without a break is one bar.
            edges = sorted({edge for e in takers for edge in self.where[e.origin.id][:2]})  # type: ignore[index]
            begun = edges[0]
            for this, after in zip(edges, [*edges[1:], None], strict=True):
                covered = after is not None and any(
                    self.where[e.origin.id][0] <= this and after <= self.where[e.origin.id][1]  # type: ignore[index]
                    for e in takers
                )
                if covered:
                    continue
                taken = [e for e in takers if begun <= self.where[e.origin.id][0] < this]  # type: ignore[index]
                drawn = [e for e in taken if e in events]
                if drawn:
                    drawn_here.add(self._cut(begun, this, drawn[0].text, drawn))
                if after is not None:
                    begun = after
        return drawn_here

    def _text(self, event: Event) -> str:
        return event.stage or event.severity or event.text if event.kind is EventKind.CONDITION else event.text

    def _cut(self, first: datetime, last: datetime, text: str, events: list[Event]) -> tuple[Any, ...]:
        ids = frozenset(e.origin.id for e in events)
        return max(first, self.request.start), min(last, self.request.end), text, ids

    def _marks(self, events: list[Event]) -> set[Any]:
        apart = (self.request.end - self.request.start) / max(self.request.marks, 1)
        waiting = [(max(self.where[e.origin.id][0], self.request.start), e.origin.id) for e in events]  # type: ignore[index]
        drawn_here: set[Any] = set()
        while waiting:
            first = min(waiting)
            close = [each for each in waiting if each == first or each[0] - first[0] < apart]
            waiting = [each for each in waiting if each not in close]
            drawn_here.add((first[0], frozenset(id_ for _, id_ in close)))
        return drawn_here

    def _points(self, results: list[Result], measure: Measure) -> list[tuple[Any, ...]]:
        request = self.request
        inside = sorted(
            (r for r in results if self._meets((r.when.moment, over(r.when), "known"))),
            key=lambda r: (r.when.moment, r.origin.id),
        )
        groups = [[r] for r in inside]
        if len(inside) > max(request.points, 3):
            buckets = max(request.points - 2, 1)
            width = (request.end - request.start) / buckets or timedelta(microseconds=1)
            groups = [[inside[0]]]
            for number in range(buckets):
                low, high = request.start + number * width, request.start + (number + 1) * width
                last = number == buckets - 1
                groups.append(
                    [
                        r
                        for r in inside[1:-1]
                        if low <= max(r.when.moment, request.start)
                        and (last or max(r.when.moment, request.start) < high)
                    ]
                )
            groups.append([inside[-1]])
        return [
            (
                max(group[len(group) // 2].when.moment, request.start),
                median(float(r.value.value) for r in group),
                min(float(r.value.value) for r in group),
                max(float(r.value.value) for r in group),
                any(is_abnormal(measure, r.value) for r in group),
                group,
            )
            for group in groups
            if group
        ]
