"""Event drafts: what one record becomes on the timeline before all of the patient's conditions are known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.events import (
    DateWarning,
    Event,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
    TargetWindow,
)
from dashboard.domain.timeline.lanes import Lanes, first_of_each, meaning_of
from dashboard.domain.values.datatypes import CodeableConcept, NamedReference, PartialDate, Reference, is_reversed
from dashboard.domain.values.terminology import Terminology

_BEGINS_LATER: Final = frozenset({EventKind.MEDICINE, EventKind.GOAL, EventKind.PLAN, EventKind.TASK, EventKind.ORDER})
"""What may well be agreed today and begin another day."""
_HAPPENS: Final = frozenset({EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PROCEDURE})
"""What is planned for a day, and has taken place or not when the day is over."""


@dataclass(slots=True)
class EventDraft:
    """One record's event with the lanes that are certain, and what is still open.

    `possible` lanes (by measure or drug class, or inherited from such a record) count only where the patient has the
    condition. `performer` is whose name fills `event.who` where the record itself gives none. `replaces` are records
    that this one shows too (the appointment of an encounter). `derived_from` are records that this result was worked
    out from. `refused` are measures whose unit is unknown; `unreadable` are parts of the record that could not be read.
    """

    event: Event
    possible: Lanes = ()
    performer: Reference | None = None
    replaces: tuple[Reference, ...] = ()
    derived_from: tuple[Reference, ...] = ()
    refused: tuple[Measure, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    targets: tuple[TargetWindow, ...] = ()
    goal: Goal | None = None


@dataclass(slots=True)
class DraftContext:
    """The terminology and the drafts made so far, from which later records inherit lanes and names."""

    terminology: Terminology
    drafts: dict[Reference, EventDraft] = field(default_factory=dict)
    derived: dict[Reference, list[Reference]] = field(default_factory=dict)

    def add(self, draft: EventDraft) -> None:
        """Makes a draft known to the records that are read after it."""
        self.drafts[draft.event.origin] = draft
        for source in draft.derived_from:
            self.derived.setdefault(source, []).append(draft.event.origin)

    def title(self, reference: Reference | None) -> str:
        """Returns the name of a record; "" for one that has no draft."""
        draft = self.drafts.get(reference) if reference is not None else None
        return draft.event.text if draft is not None else ""

    def inherited(self, reason: LaneReason, references: Iterable[Reference | None]) -> tuple[Lanes, Lanes]:
        """Returns the certain and the possible lanes of the referenced records, of each lane the first."""
        certain: dict[ConditionKey, LaneMembership] = {}
        possible: dict[ConditionKey, LaneMembership] = {}
        for reference in references:
            draft = self.drafts.get(reference) if reference is not None else None
            if draft is None:
                continue
            for lanes, theirs in ((certain, draft.event.memberships), (possible, draft.possible)):
                for membership in theirs:
                    if membership.lane not in lanes:
                        lanes[membership.lane] = LaneMembership(
                            membership.lane, reason, membership.equivalence, reference
                        )
        return tuple(certain.values()), tuple(possible.values())

    def reasons(
        self, codes: Iterable[CodeableConcept], references: Iterable[NamedReference]
    ) -> tuple[Lanes, Lanes, str]:
        """Returns the certain and possible lanes of reasonCode and reasonReference, and the reasons in words."""
        meanings = [meaning_of(code, self.terminology) for code in codes]
        by_code = [
            LaneMembership(membership.lane, LaneReason.REASON, membership.equivalence, membership.through)
            for meaning in meanings
            for membership in meaning.certain
        ]
        pointers = list(references)
        certain, possible = self.inherited(LaneReason.REASON, (pointer.to for pointer in pointers))
        names = [pointer.name or self.title(pointer.to) for pointer in pointers]
        words = ", ".join(dict.fromkeys(filter(None, (*(meaning.text for meaning in meanings), *names))))
        return first_of_each((*by_code, *certain)), possible, words


def in_order(
    start: PartialDate | None, end: PartialDate | None
) -> tuple[PartialDate | None, PartialDate | None, tuple[DateWarning, ...]]:
    """Returns start and end; where the end certainly lies before the start, without the end and with the warning."""
    return (start, None, (DateWarning.REVERSED,)) if is_reversed(start, end) else (start, end, ())


def finished(
    draft: EventDraft, day: date, lanes: frozenset[ConditionKey] | None, names: Mapping[str, str] | None = None
) -> Event:
    """Returns the event as of the day of view, with those of the possible lanes that are in `lanes`.

    `lanes` are the conditions that the patient has (None: unknown, then all possible lanes count); `names` are people's
    names by `Practitioner/id`.
    """
    event = draft.event
    changes: dict[str, object] = {}
    possible = tuple(each for each in draft.possible if lanes is None or each.lane in lanes)
    if possible:
        changes["memberships"] = first_of_each((*event.memberships, *possible)) if event.memberships else possible
    if not event.who and draft.performer is not None and names and (who := names.get(str(draft.performer))):
        changes["who"] = who
    state, warnings = _as_of(event, day)
    if state is not event.state or warnings is not event.date_warnings:
        changes |= {"state": state, "date_warnings": warnings}
    return replace(event, **changes) if changes else event  # type: ignore[arg-type]


def _as_of(event: Event, day: date) -> tuple[EventState, tuple[DateWarning, ...]]:
    """Returns the state of an event on a day, and what is wrong about its dates then."""
    state, warnings = event.state, event.date_warnings
    if event.start is not None and event.start.start > day:
        if state is EventState.DONE:
            return EventState.UNKNOWN, (*warnings, DateWarning.AHEAD)
        if state is EventState.ONGOING:
            return EventState.PLANNED, warnings if event.kind in _BEGINS_LATER else (*warnings, DateWarning.AHEAD)
    elif state is EventState.ONGOING and event.kind is EventKind.MEDICINE:
        if event.end is not None and event.end.end < day:
            return state, (*warnings, DateWarning.STILL_ACTIVE)
    elif state is EventState.PLANNED and event.kind in _HAPPENS:
        last = event.end or event.start
        if last is not None and last.end < day:
            return EventState.UNKNOWN, (*warnings, DateWarning.EXPIRED)
    return state, warnings
