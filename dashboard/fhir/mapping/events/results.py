"""Observation: a measured value, a panel of them, or what was seen; key measures in their canonical units.

Unlike `mapping.observation`, which reads key measures alone, every Observation is an event here: a value in a unit that
is not known for its measure is shown as recorded and refused as a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from msgspec import UNSET, to_builtins

from dashboard.domain.attention.trend import ABNORMAL, is_abnormal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, Measure, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.events import Belonging, Bond, Certainty, Event, EventKind, EventState, Rule
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit
from dashboard.fhir.client.json_text import parse
from dashboard.fhir.mapping.events.row import EventRow, NamedConcept, NamedValue
from dashboard.fhir.mapping.events.states import STATES, UNCONFIRMED, state_of
from dashboard.fhir.mapping.events.told import (
    Lanes,
    Meaning,
    Told,
    amount,
    check_lanes,
    meaning_of,
    once,
    ordered,
    somebody,
    timed,
)
from dashboard.fhir.mapping.observation import Value, value_in, value_of
from dashboard.fhir.mapping.parts import read_shaped
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    codings,
    concept_text,
    date_of,
    many,
    one,
    origin,
    origin_of,
    partial_date,
    reference,
    short_enough,
    text,
)

_FLAGS: Final = frozenset({"A", "AA", "H", "HH", "HU", "HX", "L", "LL", "LU", "LX"})
"""Abnormal by http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation (AbnormalityInterpretation)."""
_CODES_KEPT: Final = 10_000
_VALUES_KEPT: Final = 20_000

LANES: Final[dict[Measure, tuple[ConditionKey, ...]]] = {
    measure: tuple(key for key in ConditionKey if measure in KEY_MEASURES.get(key, ())) for measure in Measure
}
"""Which conditions a measure tells of."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the concept of an Observation or of one of its components means. A result tells of a condition, and does not
    say that the patient has it: by measure, by code, or as a check, it only perhaps belongs there.
    """

    meant: Meaning
    measure: Measure | None
    perhaps: Lanes
    track: str


def observed(concept: Any, terminology: Terminology) -> Observed:
    """Raises nothing: a malformed concept means nothing."""
    meant = meaning_of(concept, terminology)
    found = terminology.measure_with_derivation(meant.codes) if meant.codes else None
    if found is None:
        lanes = once((*meant.belongings, *check_lanes(meant, terminology)))
        return Observed(meant, None, lanes, f"result:{meant.same}")
    measure, why = found
    by_measure = (Belonging(lane, Bond.MEASURE, why.equivalence, why.through) for lane in LANES[measure])
    return Observed(meant, measure, once((*by_measure, *meant.belongings)), f"result:{measure}")


def measure_lanes(concept: Any, terminology: Terminology) -> Lanes:
    """The lanes that a measured thing tells of."""
    return observed(concept, terminology).perhaps


class ObservationEvents:
    """Reads Observations with one terminology, as of a day; what each concept means is looked up once."""

    def __init__(self, terminology: Terminology, day: date) -> None:
        self._terminology, self._day = terminology, day
        self._meant: dict[NamedConcept, Observed] = {}
        self._panels: dict[tuple[NamedConcept, ...], Lanes] = {}

    # the general way

    def read(self, resource: Json) -> Told | Rule:
        """The event; the rule that leaves it out."""
        status = text(resource.get("status"))
        state = state_of("Observation", status)
        if isinstance(state, Rule):
            return state
        here = origin(resource)
        own = observed(resource.get("code"), self._terminology)
        parts = [(observed(part.get("code"), self._terminology), part) for part in many(resource.get("component"))]
        name = own.meant.text or next((each.meant.text for each, _ in parts if each.meant.text), "")
        if not name:
            raise CannotRead("no-code")
        start, end, words = timed(resource, "effective")
        issued = partial_date(resource.get("issued"))
        start, end, doubts = ordered(start, end)
        if start is None and end is None:
            start = issued
        seen = _Seen(here, end or start)
        if "component" not in resource or any(key.startswith("value") for key in resource):
            seen.take(own, resource, component=False)
        for each, part in parts:
            seen.take(each, part, component=True)
        known = (own, *(each for each, _ in parts))
        who, by = somebody(resource.get("performer"))
        return Told(
            origin=here,
            kind=EventKind.RESULT,
            text=name,
            start=start,
            end=end,
            state=state,
            certainty=_certainty(status),
            perhaps=_joined(known),
            codes=own.meant.codes,
            unmapped=own.meant.unmapped,
            detail="; ".join(filter(None, (*seen.details, words))),
            status=status,
            track=own.track,
            stage=self._terminology.stage(codings(resource.get("valueCodeableConcept"))),
            abnormal=seen.abnormal or (not seen.judged and is_flagged(resource.get("interpretation"))),
            results=tuple(seen.results),
            who=who,
            by=by,
            recorded=issued,
            doubts=doubts,
            derived=tuple(to for part in many(resource.get("derivedFrom")) if (to := reference(part)) is not None),
            refused=tuple(seen.refused),
            unreadable=tuple(seen.unreadable),
        )

    # the quick way

    def read_row(self, row: EventRow) -> Event | Told | Rule | Unreadable:
        """The event at once, in every lane that it may tell of, by a few look-ups; what is unusual in any way as `read`
        tells it.
        """
        try:
            state = _STATES[row.status]
            if isinstance(state, Rule):
                return state
            if row.derivedFrom is UNSET:
                return self._event(row, state)
        except (KeyError, ValueError, TypeError, AttributeError):
            self._learn(row)
        found: Told | Rule | Unreadable | None = read_shaped(row, self.read)
        assert found is not None
        return found

    def _learn(self, row: EventRow) -> None:
        """Keeps what the concepts of a row mean, for the next row."""
        for part in (row, *(row.component if row.component is not UNSET else ())):
            if part.code not in self._meant and len(self._meant) < _CODES_KEPT:
                self._meant[part.code] = observed(to_builtins(part.code), self._terminology)

    def _event(self, row: EventRow, state: EventState) -> Event:
        """Raises KeyError, ValueError, TypeError or AttributeError for what is not usual."""
        when, here = date_of(row.effectiveDateTime), origin_of("Observation", row.id)  # type: ignore[arg-type]
        own = self._meant[row.code]
        who, by = somebody(row.performer) if row.performer is not UNSET else ("", None)
        if not own.meant.text or when.start > self._day or (by is not None and not who):
            raise ValueError("nameless, of a day to come, or by somebody to be looked up")
        if row.component is UNSET:
            perhaps, values = own.perhaps, _Values()
            values.take(own, row, when, here, component=False)
        else:
            if any(getattr(row, name) is not UNSET for name in _VALUES):
                raise ValueError("a panel with a value of its own")
            perhaps, values = self._panel(row, own), _Values()
            for part in row.component:
                values.take(self._meant[part.code], part, when, here, component=True)
        if not values.judged and row.interpretation is not UNSET:
            values.abnormal = values.abnormal or is_flagged(row.interpretation)
        # By position: it is made ten thousand times.
        return Event(
            here,
            EventKind.RESULT,
            own.meant.text,
            when,
            None,
            state,
            Certainty.UNCONFIRMED if row.status in UNCONFIRMED else Certainty.CONFIRMED,
            perhaps,
            own.meant.codes,
            own.meant.unmapped,
            values.words,
            row.status,
            own.track,
            "",
            "",
            "",
            values.abnormal,
            values.results,
            who,
            "",
            date_of(row.issued) if row.issued is not UNSET else None,
        )

    def _panel(self, row: EventRow, own: Observed) -> Lanes:
        """What a panel and its components may tell of; kept, for panels recur."""
        assert row.component is not UNSET
        key = (row.code, *(part.code for part in row.component))
        found = self._panels.get(key)
        if found is None:
            found = self._panels[key] = _joined([own, *(self._meant[part.code] for part in row.component)])
        return found


class _Values:
    """What the values of a usual Observation come to."""

    __slots__ = ("abnormal", "judged", "results", "words")

    def __init__(self) -> None:
        self.words = ""
        self.results: tuple[Result, ...] = ()
        self.abnormal = self.judged = False

    def take(self, each: Observed, part: NamedValue, when: PartialDate, here: Reference, component: bool) -> None:
        """Raises AttributeError for what is no Quantity, ValueError for one that cannot be used."""
        value, verdict = bytes(part.valueQuantity), None  # type: ignore[arg-type]
        if each.measure is None:
            words = _amount_of(value)
            words = f"{each.meant.text}: {words}" if component else words
            self.words = f"{self.words}; {words}" if self.words else words
        else:
            recorded, canonical, converted, verdict = _judged(each.measure, value)
            self.results = (*self.results, Result(each.measure, canonical, when, recorded, converted, here))
        if verdict is not None:
            self.judged, self.abnormal = True, self.abnormal or verdict
        elif component and part.interpretation is not UNSET:
            self.abnormal = self.abnormal or is_flagged(part.interpretation)


_STATES: Final = STATES["Observation"]
_VALUES: Final = tuple(name for name in NamedValue.__struct_fields__ if name.startswith("value"))


@dataclass(slots=True)
class _Seen:
    """What the values of one Observation come to."""

    here: Reference
    when: PartialDate | None
    details: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    refused: list[Measure] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    abnormal: bool = False
    judged: bool = False

    def take(self, each: Observed, holder: Json, component: bool) -> None:
        """One value. What is no result of a key measure is told in words, with its name where it is a component."""
        value = self._value(each.measure, holder) if each.measure is not None else None
        verdict = None
        if each.measure is not None and value is not None and self.when is not None:
            recorded, canonical, converted = value
            self.results.append(Result(each.measure, canonical, self.when, recorded, converted, self.here))
            verdict = verdict_of(each.measure, canonical)
        elif words := value_words(holder):
            self.details.append(f"{each.meant.text}: {words}" if component else words)
        if verdict is not None:
            self.judged, self.abnormal = True, self.abnormal or verdict
        elif component:
            self.abnormal = self.abnormal or is_flagged(holder.get("interpretation"))

    def _value(self, measure: Measure, holder: Json) -> Value | None:
        try:
            return value_in(measure, holder)
        except UnknownUnit:
            why = "unknown-unit"
        except CannotRead as error:
            why = error.why
        if why in ("unknown-unit", "no-unit"):
            self.refused.append(measure)
        self.unreadable.append(Unreadable(self.here, why))
        return None


def verdict_of(measure: Measure, value: Quantity) -> bool | None:
    """Whether a value is abnormal by our limits; None where the measure has none that fit everybody."""
    limits = ABNORMAL[measure]
    return None if limits.low is None and limits.high is None else is_abnormal(measure, value)


def is_flagged(interpretation: Any) -> bool:
    """Whether the source calls the value abnormal."""
    return any(coding.code in _FLAGS for coding in codings(interpretation))


def value_words(holder: Json) -> str:
    """value[x] as recorded, else why there is none."""
    if "valueQuantity" in holder:
        return amount(holder["valueQuantity"])
    if "valueRange" in holder:
        ends = one(holder["valueRange"])
        return " - ".join(filter(None, (amount(ends.get("low")), amount(ends.get("high")))))
    if "valueRatio" in holder:
        parts = one(holder["valueRatio"])
        return " / ".join(filter(None, (amount(parts.get("numerator")), amount(parts.get("denominator")))))
    if "valuePeriod" in holder:
        ends = one(holder["valuePeriod"])
        return " - ".join(filter(None, (text(ends.get("start")), text(ends.get("end")))))
    for name in ("valueString", "valueTime", "valueDateTime"):
        if words := text(holder.get(name)):
            return words
    for name in ("valueInteger", "valueBoolean"):
        if isinstance(holder.get(name), int):
            return str(holder[name]).lower()
    return concept_text(holder.get("valueCodeableConcept")) or concept_text(holder.get("dataAbsentReason"))


def _certainty(status: str) -> Certainty:
    return Certainty.UNCONFIRMED if status in UNCONFIRMED else Certainty.CONFIRMED


def _joined(parts: Iterable[Observed]) -> Lanes:
    return once(each for part in parts for each in part.perhaps)


@lru_cache(maxsize=_VALUES_KEPT)
def _amount_of(written: bytes) -> str:
    """`amount` of a quantity as it was written."""
    short_enough(written)
    return amount(parse(written))


@lru_cache(maxsize=_VALUES_KEPT)
def _judged(measure: Measure, written: bytes) -> tuple[Quantity, Quantity, bool, bool | None]:
    recorded, value, converted = value_of(measure, written)
    return recorded, value, converted, verdict_of(measure, value)
