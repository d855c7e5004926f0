"""A patient's records as events: read type by type, each after those it may refer to, then put into lanes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import Bond, Event, EventKind, EventState
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.fhir.mapping.events import contacts, medicines, plans, problems, reports
from dashboard.fhir.mapping.events.finish import Finish
from dashboard.fhir.mapping.events.results import ObservationEvents
from dashboard.fhir.mapping.events.told import Beside, Known, Told
from dashboard.fhir.mapping.reading import Json, read_one

Read = Callable[[Json, Beside], Told | Exclusion]

READERS: Final[tuple[tuple[str, Read], ...]] = (
    # Whoever refers to others comes after them; Conditions and Observations stand before all of these.
    ("AllergyIntolerance", problems.allergy_intolerance),
    ("QuestionnaireResponse", reports.questionnaire_response),
    ("DiagnosticReport", reports.diagnostic_report),
    ("DocumentReference", reports.document_reference),
    ("ImagingStudy", reports.imaging_study),
    ("MedicationRequest", medicines.medication),
    ("MedicationStatement", medicines.medication),
    ("Appointment", contacts.appointment),
    ("Procedure", contacts.procedure),
    ("Encounter", contacts.encounter),
    ("Immunization", contacts.immunization),
    ("Goal", plans.goal),
    ("CarePlan", plans.care_plan),
    ("Provenance", plans.provenance),
    ("ServiceRequest", plans.service_request),
    ("CommunicationRequest", plans.communication_request),
    ("Task", plans.task),
)

_SURE: Final = frozenset({Bond.CODE, Bond.REASON, Bond.ADDRESSES})
"""Bonds that say that the patient has the condition, and do not only tell of it."""


@dataclass(slots=True)
class Telling:
    """What all records told. Each is in `told`, an event in `results` that waits for its lanes, in `unreadable`, or
    counted in `excluded`.
    """

    beside: Beside
    observations: ObservationEvents
    told: list[Told] = field(default_factory=list)
    results: list[Event] = field(default_factory=list)
    excluded: Counter[tuple[str, Exclusion]] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)

    def read(self, rows: Mapping[str, Iterable[Any]]) -> None:
        """All rows, by resource type; Observations may have been read already."""
        self._rows("Condition", rows["Condition"], problems.condition)
        self._take("Observation", self._unusual(rows["Observation"]))
        self.beside.result = _Results(self.results)
        for kind, read in READERS:
            self._rows(kind, rows.get(kind, ()), read)
        self._drop_replaced()

    def _unusual(self, rows: Iterable[Any]) -> Iterator[Told | Exclusion | Unreadable | None]:
        """Observations that are not events yet; the others are put with the results."""
        for row in rows:
            if type(row) is Event:
                self.results.append(row)
            else:
                yield read_one(row, self.observations.read) if isinstance(row, dict) else row

    def _rows(self, kind: str, rows: Iterable[Json], read: Read) -> None:
        def told(row: Json) -> Told | Exclusion:
            return read(row, self.beside)

        self._take(kind, (read_one(row, told) for row in rows))

    def _take(self, kind: str, values: Iterable[Told | Exclusion | Unreadable | None]) -> None:
        for value in values:
            if isinstance(value, Told):
                self.told.append(value)
                self.beside.learn(value)
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
                self.excluded[told.origin.type, Exclusion.DUPLICATE] += 1
            else:
                left.append(told)
        self.told = left

    def lanes(self) -> frozenset[ConditionKey]:
        """The conditions that the patient has, or has had, or was thought to have."""
        return frozenset(each.lane for told in self.told for each in told.belongings if each.bond in _SURE)

    def events(self, finish: Finish) -> tuple[Event, ...]:
        """Oldest first, undated last."""
        found = [finish.placed(event) for event in self.results]
        found += map(finish.event, self.told)
        dated = [each for each in found if each.start is not None or each.end is not None]
        undated = [each for each in found if each.start is None and each.end is None] if len(dated) < len(found) else []
        dated.sort(key=_order)
        undated.sort(key=_origin)
        return (*dated, *undated)

    def refused(self) -> dict[Measure, int]:
        """How many values of each measure are in no known unit."""
        counted = Counter(measure for told in self.told for measure in told.refused)
        return {measure: counted[measure] for measure in Measure if measure in counted}


class _Results:
    """What is known of results by their ids; the list is looked through once somebody refers to one."""

    def __init__(self, results: list[Event]) -> None:
        self._results = results
        self._by_id: dict[str, Event] | None = None

    def __call__(self, ident: str) -> Known | None:
        if self._by_id is None:
            self._by_id = {event.origin.id: event for event in self._results}
        event = self._by_id.get(ident)
        return Known((), event.belongings, event.text) if event is not None else None


def _order(event: Event) -> tuple[Any, ...]:
    when, here = event.start or event.end, event.origin
    assert when is not None
    return when.moment, len(when.text), when.text, here.type, here.id


def _origin(event: Event) -> Reference:
    return event.origin


def unmapped_in(events: Iterable[Event]) -> dict[Coding, int]:
    """How many events have no code that is understood, by their first code."""
    return dict(Counter(event.codes[0] for event in events if event.unmapped))


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
