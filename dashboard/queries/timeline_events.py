"""A patient's records as events: read type by type, each after those it may refer to, then put into lanes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from dashboard.domain.clinical import ConditionKey, Measure, Result, Unreadable
from dashboard.domain.timeline import (
    Belonging,
    Bond,
    Doubt,
    Event,
    EventKind,
    EventState,
    Rule,
)
from dashboard.domain.values import Coding, PartialDate, Reference
from dashboard.gateway.mapping.events import contacts, medicines, plans, problems, reports
from dashboard.gateway.mapping.events.results import ObservationEvents
from dashboard.gateway.mapping.events.told import Beside, Told, once
from dashboard.gateway.mapping.reading import Json, read_one

Read = Callable[[Json, Beside], Told | Rule]

READERS: Final[tuple[tuple[str, Read], ...]] = (
    # Whoever refers to others comes after them. Observations stand first among the others: see `Telling.results`.
    ("AllergyIntolerance", problems.allergy_intolerance),
    ("MedicationRequest", medicines.medication),
    ("MedicationStatement", medicines.medication),
    ("Appointment", contacts.appointment),
    ("Procedure", contacts.procedure),
    ("Encounter", contacts.encounter),
    ("Immunization", contacts.immunization),
    ("QuestionnaireResponse", reports.questionnaire_response),
    ("DiagnosticReport", reports.diagnostic_report),
    ("ImagingStudy", reports.imaging_study),
    ("DocumentReference", reports.document_reference),
    ("Goal", plans.goal),
    ("CarePlan", plans.care_plan),
    ("Provenance", plans.provenance),
    ("ServiceRequest", plans.service_request),
    ("CommunicationRequest", plans.communication_request),
    ("Task", plans.task),
)

_SURE: Final = frozenset({Bond.CODE, Bond.REASON, Bond.ADDRESSES})
"""Bonds that say that the patient has the condition, and do not only tell of it."""
_BEGINS_LATER: Final = frozenset({EventKind.MEDICINE, EventKind.GOAL, EventKind.PLAN, EventKind.TASK, EventKind.ORDER})
"""What may well be agreed today and begin another day."""
_HAPPENS: Final = frozenset({EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PROCEDURE})
"""What is planned for a day, and has taken place or not when the day is over."""


@dataclass(slots=True)
class Telling:
    """What all records told; each is in `told`, `unreadable` or counted in `excluded`."""

    beside: Beside
    told: list[Told] = field(default_factory=list)
    excluded: Counter[tuple[str, Rule]] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)

    def read(self, rows: Mapping[str, Iterable[Any]], observations: ObservationEvents) -> None:
        """All rows, by resource type; Observations may have been read already."""
        self._rows("Condition", rows["Condition"], problems.condition)
        self._take("Observation", (_observation(row, observations) for row in rows["Observation"]))
        for kind, read in READERS:
            self._rows(kind, rows.get(kind, ()), read)
        self._drop_replaced()

    def _rows(self, kind: str, rows: Iterable[Json], read: Read) -> None:
        def told(row: Json) -> Told | Rule:
            return read(row, self.beside)

        self._take(kind, (read_one(row, told) for row in rows))

    def _take(self, kind: str, values: Iterable[Told | Rule | Unreadable | None]) -> None:
        learn, told = self.beside.learn, self.told
        for value in values:
            if isinstance(value, Told):
                told.append(value)
                learn(value)
                if value.unreadable:
                    self.unreadable += value.unreadable
            elif isinstance(value, Unreadable):
                self.unreadable.append(value)
            elif value is not None:
                self.excluded[kind, value] += 1

    def _drop_replaced(self) -> None:
        """An appointment that was kept is told by its encounter, which is then a conference if the appointment was."""
        replaced: dict[Reference, list[Told]] = {}
        for told in self.told:
            for to in told.replaces:
                replaced.setdefault(to, []).append(told)
        if not replaced:
            return
        left = []
        for told in self.told:
            for encounter in replaced.get(told.origin, ()):
                if told.kind is EventKind.CONFERENCE:
                    encounter.kind = EventKind.CONFERENCE
            if told.origin in replaced and told.state is EventState.DONE:
                self.excluded[told.origin.type, Rule.DUPLICATE] += 1
            else:
                left.append(told)
        self.told = left

    def lanes(self) -> frozenset[ConditionKey]:
        """The conditions that the patient has, or has had, or was thought to have."""
        return frozenset(each.lane for told in self.told for each in told.belongings if each.bond in _SURE)

    def events(
        self, as_of: datetime, lanes: frozenset[ConditionKey] | None, names: Mapping[str, str]
    ) -> tuple[Event, ...]:
        """Oldest first, undated last. `lanes` None: it is not known which conditions the patient has."""
        day = as_of.date()
        kept: dict[int, tuple[Belonging, ...]] = {}
        found = [_event(told, day, lanes, names, kept) for told in self.told]
        found.sort(key=_order)
        return tuple(found)

    def unmapped(self) -> dict[Coding, int]:
        """How many events have no code that is understood, by their first code."""
        return dict(Counter(told.codes[0] for told in self.told if told.unmapped))

    def refused(self) -> dict[Measure, int]:
        counted = Counter(measure for told in self.told for measure in told.refused)
        return {measure: counted[measure] for measure in Measure if measure in counted}


def _observation(row: Any, observations: ObservationEvents) -> Told | Rule | Unreadable | None:
    return read_one(row, observations.read) if isinstance(row, dict) else row


def _event(
    told: Told,
    day: date,
    lanes: frozenset[ConditionKey] | None,
    names: Mapping[str, str],
    kept: dict[int, tuple[Belonging, ...]],
) -> Event:
    belongings = told.belongings
    if told.perhaps:
        # Records of one code share the tuple: what is left of it is worked out once.
        left = kept.get(id(told.perhaps))
        if left is None:
            left = tuple(each for each in told.perhaps if lanes is None or each.lane in lanes)
            kept[id(told.perhaps)] = left
        belongings = once((*belongings, *left)) if belongings else left
    state, doubts = told.state, told.doubts
    if told.start is not None and told.start.start > day:
        state, doubts = _ahead(told)
    elif state is EventState.PLANNED and told.kind in _HAPPENS:
        last = told.end or told.start
        if last is not None and last.end < day:
            state, doubts = EventState.UNKNOWN, (*doubts, Doubt.EXPIRED)
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
        told.who or (names.get(str(told.by), "") if told.by is not None else ""),
        told.why,
        told.recorded,
        doubts,
    )


def _ahead(told: Told) -> tuple[EventState, tuple[Doubt, ...]]:
    """State and doubts of what begins on a day to come."""
    if told.state is EventState.DONE:
        return EventState.UNKNOWN, (*told.doubts, Doubt.AHEAD)
    if told.state is EventState.ONGOING:
        doubts = told.doubts if told.kind in _BEGINS_LATER else (*told.doubts, Doubt.AHEAD)
        return EventState.PLANNED, doubts
    return told.state, told.doubts


def _order(event: Event) -> tuple[Any, ...]:
    when = event.start or event.end
    if when is None:
        return (1, 0, 0, "", event.origin)
    return (0, when.moment, len(when.text), when.text, event.origin)


def series_of(events: Iterable[Event], day: date) -> dict[Measure, tuple[Result, ...]]:
    """The results of each measure in the order of their moments, none of a later day."""
    found: dict[Measure, list[Result]] = {}
    for event in events:
        for result in event.results:
            if result.when.start <= day:
                found.setdefault(result.measure, []).append(result)
    for results in found.values():
        results.sort(key=_moment)
    return {measure: tuple(found[measure]) for measure in Measure if measure in found}


def _moment(result: Result) -> PartialDate:
    return result.when


def last_conference(events: Iterable[Event], as_of: datetime) -> datetime | None:
    """When the team last met about the patient; one that is only booked, or was missed, is none."""
    held = (
        event.start.moment
        for event in events
        if event.kind is EventKind.CONFERENCE
        and event.start is not None
        and event.state in (EventState.DONE, EventState.ONGOING)
    )
    return max((moment for moment in held if moment <= as_of), default=None)
