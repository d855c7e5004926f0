"""From what a record told to its Event, once it is known which conditions the patient has, and which day it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Doubt, Event, EventKind, EventState
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping.events.told import Lanes, Told, once

_BEGINS_LATER: Final = frozenset({EventKind.MEDICINE, EventKind.GOAL, EventKind.PLAN, EventKind.TASK, EventKind.ORDER})
"""What may well be agreed today and begin another day."""
_HAPPENS: Final = frozenset({EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PROCEDURE})
"""What is planned for a day, and has taken place or not when the day is over."""

Relationship = tuple[EventState, tuple[Doubt, ...]]


@dataclass(slots=True)
class Finish:
    """The day of view, the lanes of the conditions that the patient has (None: not known, then all), and the names of
    people by `Practitioner/id`.
    """

    day: date
    lanes: frozenset[ConditionKey] | None
    names: Mapping[str, str] = field(default_factory=dict)
    _left: dict[int, tuple[Lanes, Lanes]] = field(default_factory=dict)

    def left_of(self, perhaps: Lanes) -> Lanes:
        """Those in lanes of conditions that the patient has. Records of one code share the tuple, looked at once."""
        found = self._left.get(id(perhaps))
        if found is None:
            left = tuple(each for each in perhaps if self.lanes is None or each.lane in self.lanes)
            found = self._left[id(perhaps)] = (left, perhaps)  # the tuple is held, so that no other takes its id
        return found[0]

    def name_of(self, who: str, by: Reference | None) -> str:
        return who or (self.names.get(str(by), "") if by is not None else "")

    def relationship(
        self,
        kind: EventKind,
        state: EventState,
        doubts: tuple[Doubt, ...],
        start: PartialDate | None,
        end: PartialDate | None,
    ) -> Relationship:
        """State and doubts as of the day of view."""
        if start is not None and start.start > self.day:
            if state is EventState.DONE:
                return EventState.UNKNOWN, (*doubts, Doubt.AHEAD)
            if state is EventState.ONGOING:
                return EventState.PLANNED, doubts if kind in _BEGINS_LATER else (*doubts, Doubt.AHEAD)
        elif state is EventState.PLANNED and kind in _HAPPENS:
            last = end or start
            if last is not None and last.end < self.day:
                return EventState.UNKNOWN, (*doubts, Doubt.EXPIRED)
        return state, doubts

    def placed(self, event: Event) -> Event:
        """An event that is in every lane it may tell of, without the lanes of conditions that the patient has not."""
        if not event.belongings:
            return event
        left = self.left_of(event.belongings)
        return event if len(left) == len(event.belongings) else replace(event, belongings=left)

    def event(self, told: Told) -> Event:
        belongings = told.belongings
        if told.perhaps:
            left = self.left_of(told.perhaps)
            belongings = once((*belongings, *left)) if belongings else left
        state, doubts = self.relationship(told.kind, told.state, told.doubts, told.start, told.end)
        return Event(
            told.origin,
            told.kind,
            told.text,
            told.start,
            told.end,
            state,
            told.certainty,
            belongings,
            told.codes,
            told.unmapped,
            told.detail,
            told.status,
            told.track,
            told.stage,
            told.severity,
            told.atc,
            told.abnormal,
            told.results,
            self.name_of(told.who, told.by),
            told.why,
            told.recorded,
            doubts,
        )
