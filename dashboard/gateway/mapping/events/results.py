"""Observation: a measured value, a panel of them, or what was seen; key measures in their canonical units.

Unlike `mapping.observation`, which reads key measures alone, every Observation is an event here: a value in a unit that
is not known for its measure is shown as recorded and refused as a number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from msgspec import UNSET

from dashboard.domain.clinical import KEY_MEASURES, ConditionKey, Measure, Result, Unreadable
from dashboard.domain.results import ABNORMAL, is_abnormal
from dashboard.domain.terminology import Terminology
from dashboard.domain.timeline import Belonging, Bond, Certainty, Doubt, Event, EventKind, EventState, Rule
from dashboard.domain.units import UnknownUnit
from dashboard.domain.values import PartialDate, Quantity, Reference
from dashboard.gateway.mapping.events.finish import Finish
from dashboard.gateway.mapping.events.row import EventRow, NamedConcept, NamedValue
from dashboard.gateway.mapping.events.states import STATES, UNCONFIRMED, state_of
from dashboard.gateway.mapping.events.told import (
    Known,
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
from dashboard.gateway.mapping.observation import Value, value_in, value_of
from dashboard.gateway.mapping.observation_row import QuantityPart, as_json
from dashboard.gateway.mapping.reading import (
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
    read_one,
    reference,
    text,
)

_FLAGS: Final = frozenset({"A", "AA", "H", "HH", "HU", "HX", "L", "LL", "LU", "LX"})
"""Abnormal by http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation (AbnormalityInterpretation)."""
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
    found = terminology.measure_why(meant.codes) if meant.codes else None
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
    """Reads Observations with one terminology; what each concept means is looked up once."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology
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

    def meet(self, row: EventRow) -> EventRow:
        """Learns what the concepts of a row mean; gives the row. What has a rule against it teaches nothing."""
        if isinstance(_STATES.get(row.status), EventState):
            if row.code not in self._meant:
                self._learn(row.code)
            if row.component is not UNSET:
                for part in row.component:
                    if part.code not in self._meant:
                        self._learn(part.code)
        return row

    def _learn(self, code: NamedConcept) -> None:
        self._meant[code] = observed(as_json(code), self._terminology)

    def known(self, row: EventRow) -> Known:
        """What a row that was met belongs to, and its name."""
        return Known((), self._belongings(row), self._meant[row.code].meant.text)

    def _belongings(self, row: EventRow) -> Lanes:
        own = self._meant[row.code]
        if row.component is UNSET:
            return own.perhaps
        key = (row.code, *(part.code for part in row.component))
        found = self._panels.get(key)
        if found is None:
            found = self._panels[key] = _joined([own, *(self._meant[part.code] for part in row.component)])
        return found

    def event(self, row: EventRow, finish: Finish) -> Event | None:
        """The event that `read` and `finish` make of the same row, by a few look-ups; None for a row that is unusual in
        any way, which is then for `told`.
        """
        try:
            return self._event(row, finish)
        except (KeyError, ValueError, TypeError, AttributeError):
            return None

    def told(self, row: EventRow) -> Told | Rule | Unreadable:
        """The general way."""
        found: Told | Rule | Unreadable | None = read_one(as_json(row), self.read)
        assert found is not None
        return found

    def _event(self, row: EventRow, finish: Finish) -> Event:
        when, here = date_of(row.effectiveDateTime), origin_of("Observation", row.id)  # type: ignore[arg-type]
        own = self._meant[row.code]
        details: list[str] = []
        results: list[Result] = []
        abnormal = judged = False
        parts: Sequence[NamedValue] = (row,)
        if row.component is not UNSET:
            if any(getattr(row, name) is not UNSET for name in _VALUES):
                raise ValueError("a panel with a value of its own")
            parts = row.component
        if not own.meant.text:
            raise ValueError("no name of its own")
        for part in parts:
            each, value = own if part is row else self._meant[part.code], part.valueQuantity
            whole, verdict = isinstance(value.value, int), None  # type: ignore[union-attr]
            if each.measure is None:
                words = _amount_of(whole, value)  # type: ignore[arg-type]
                details.append(words if part is row else f"{each.meant.text}: {words}")
            else:
                recorded, canonical, converted, verdict = _judged(each.measure, whole, value)  # type: ignore[arg-type]
                results.append(Result(each.measure, canonical, when, recorded, converted, here))
            if verdict is not None:
                judged, abnormal = True, abnormal or verdict
            elif part is not row and part.interpretation is not UNSET:
                abnormal = abnormal or is_flagged(part.interpretation)
        if not judged and row.interpretation is not UNSET:
            abnormal = abnormal or is_flagged(row.interpretation)
        perhaps = self._belongings(row)
        status = row.status
        state, doubts = _STATES[status], _NO_DOUBTS
        if when.start > finish.day:
            state, doubts = finish.standing(EventKind.RESULT, state, doubts, when, None)  # type: ignore[arg-type]
        return Event(
            here,
            EventKind.RESULT,
            own.meant.text,
            when,
            None,
            state,  # type: ignore[arg-type]
            Certainty.UNCONFIRMED if status in UNCONFIRMED else Certainty.CONFIRMED,
            finish.left_of(perhaps) if perhaps else perhaps,
            own.meant.codes,
            own.meant.unmapped,
            "; ".join(details) if details else "",
            status,
            own.track,
            "",
            "",
            "",
            abnormal,
            tuple(results),
            finish.name_of(*somebody(row.performer)) if row.performer is not UNSET else "",
            "",
            date_of(row.issued) if row.issued is not UNSET else None,
            doubts,
        )


_NO_DOUBTS: Final[tuple[Doubt, ...]] = ()
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
def _amount_of(whole: bool, part: QuantityPart) -> str:
    """`amount` of a quantity in a shape; `whole` tells 7 from 7.0."""
    return amount(as_json(part))


@lru_cache(maxsize=_VALUES_KEPT)
def _judged(measure: Measure, whole: bool, part: QuantityPart) -> tuple[Quantity, Quantity, bool, bool | None]:
    recorded, value, converted = value_of(measure, whole, part)
    return recorded, value, converted, verdict_of(measure, value)
