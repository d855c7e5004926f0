"""A patient's events: drafts are added type by type, each after those it may refer to, then put into lanes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal, counting_targets, in_order
from dashboard.domain.record.observation import KeyResult, Measure, Result, time_order
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, finished
from dashboard.domain.timeline.events import Event, EventKind, EventState, LaneReason, TargetWindow
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.domain.values.site_time import site_day

_ON_RECORD: Final = frozenset({LaneReason.CODE, LaneReason.REASON, LaneReason.ADDRESSES})
"""Bonds that say that the patient has the condition, and not only that the record may be about it."""


@dataclass(slots=True)
class EventBuilder:
    """Collects what the records of one patient become: each is in `drafts` or in `unreadable`, or counted in
    `excluded` by (resource type, rule).
    """

    context: DraftContext
    drafts: list[EventDraft] = field(default_factory=list)
    excluded: Counter[tuple[str, Exclusion]] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)

    def add(self, resource_type: str, draft: EventDraft | Exclusion | Unreadable) -> None:
        """Adds a record; records that refer to others are added after those."""
        if isinstance(draft, EventDraft):
            self.drafts.append(draft)
            self.context.add(draft)
            self.unreadable += draft.unreadable
        elif isinstance(draft, Unreadable):
            self.unreadable.append(draft)
        else:
            self.excluded[resource_type, draft] += 1

    def drop_replaced(self) -> None:
        """Leaves out appointments that took place: their encounter shows them, as a conference if they were one."""
        replaced: dict[Reference, list[EventDraft]] = {}
        for draft in self.drafts:
            for reference in draft.replaces:
                replaced.setdefault(reference, []).append(draft)
        if not replaced:
            return
        left = []
        for draft in self.drafts:
            event = draft.event
            if event.kind is EventKind.CONFERENCE:
                for encounter in replaced.get(event.origin, ()):
                    encounter.event = replace(encounter.event, kind=EventKind.CONFERENCE)
            if event.origin in replaced and event.state is EventState.DONE:
                self.excluded[event.origin.type, Exclusion.DUPLICATE] += 1
            else:
                left.append(draft)
        self.drafts = left

    def lanes(self) -> frozenset[ConditionKey]:
        """Returns the conditions that the patient has, or has had, or was thought to have."""
        memberships = (membership for draft in self.drafts for membership in draft.event.memberships)
        return frozenset(membership.lane for membership in memberships if membership.reason in _ON_RECORD)

    def events(
        self, day: date, lanes: frozenset[ConditionKey] | None, names: Mapping[str, str] | None = None
    ) -> tuple[Event, ...]:
        """Returns the events as of a day, oldest first, undated last; `lanes` and `names` as in `finished`."""
        events = [finished(draft, day, lanes, names) for draft in self.drafts]
        dated = sorted((event for event in events if event.start or event.end), key=_order)
        undated = sorted((event for event in events if not event.start and not event.end), key=_origin)
        return (*dated, *undated)

    def refused(self) -> dict[Measure, int]:
        """Returns how many values of each measure are in a unit that is not known."""
        counted = Counter(measure for draft in self.drafts for measure in draft.refused)
        return {measure: counted[measure] for measure in Measure if measure in counted}

    def targets(self) -> tuple[TargetWindow, ...]:
        """Returns the windows of the targets that count; others would shade a range that nobody aims at now."""
        counting = {(measure, goal.origin) for measure, (_, goal) in counting_targets(self.goals()).items()}
        windows = {
            (target.measure, target.origin): target
            for draft in self.drafts
            for target in reversed(draft.targets)  # of a goal with two targets for one measure the first counts
            if (target.measure, target.origin) in counting
        }
        return tuple(windows[key] for key in sorted(windows, key=lambda key: list(Measure).index(key[0])))

    def goals(self) -> tuple[Goal, ...]:
        return tuple(in_order(draft.goal for draft in self.drafts if draft.goal is not None))


def _order(event: Event) -> tuple[Any, ...]:
    when, here = event.start or event.end, event.origin
    assert when is not None
    return when.moment, len(when.text), when.text, here.type, here.id


def _origin(event: Event) -> Reference:
    return event.origin


def unmapped_in(events: Iterable[Event]) -> dict[Coding, int]:
    """Returns how many events have no code that is known, by their first code."""
    return dict(Counter(event.codes[0] for event in events if event.unmapped))


def series_of(events: Iterable[Event], day: date) -> dict[Measure, tuple[Result, ...]]:
    """Returns the results of each measure in the order of their moments, none of a later day."""
    series: dict[Measure, list[Result]] = {}
    for event in events:
        for result in event.results:
            if result.when.start <= day:
                series.setdefault(result.measure, []).append(result)
    for results in series.values():
        results.sort(key=time_order)
    return {measure: tuple(series[measure]) for measure in Measure if measure in series}


def with_urgent(
    events: Iterable[Event], results: Mapping[Measure, KeyResult], urgent: Set[Measure]
) -> tuple[Event, ...]:
    """Returns the events, those of the latest results that are urgent marked so."""
    origins = {results[measure].latest.origin for measure in urgent if measure in results}
    return tuple(replace(event, urgent=True) if event.origin in origins else event for event in events)


def last_conference(events: Iterable[Event], as_of: datetime) -> datetime | None:
    """Returns when the team last met about the patient; a conference that is only booked, was missed, or goes on today
    is none. One of an earlier day that nobody ended has taken place.
    """
    today = site_day(as_of)
    held = (
        event.start.moment
        for event in events
        if event.kind is EventKind.CONFERENCE
        and event.start is not None
        and (event.state is EventState.DONE or (event.state is EventState.ONGOING and event.start.start < today))
    )
    return max((moment for moment in held if moment <= as_of), default=None)
