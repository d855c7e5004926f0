"""Observation: a measured value, a panel of them, or what was seen; key measures in their canonical units.

Unlike `mapping.observation`, which reads key measures alone, every Observation is an event here: a value in a unit that
is not known for its measure is shown as recorded and refused as a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dashboard.domain.attention.trend import ABNORMAL, is_abnormal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import KEY_MEASURES, Measure, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import Belonging, Bond, Certainty, EventKind
from dashboard.domain.timeline.lanes import Lanes, Meaning, first_of_each, meaning_of
from dashboard.domain.timeline.states import UNCONFIRMED, state_of
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit
from dashboard.fhir.mapping.events.told import Told, check_lanes, somebody, told
from dashboard.fhir.mapping.observation import Value, value_in
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    amount,
    codings,
    concept,
    concept_text,
    many,
    one,
    origin,
    partial_date,
    reference,
    text,
    timed,
)

_FLAGS: Final = frozenset({"A", "AA", "H", "HH", "HU", "HX", "L", "LL", "LU", "LX"})
"""Abnormal by http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation (AbnormalityInterpretation)."""

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


def observed(value: Any, terminology: Terminology) -> Observed:
    """Raises nothing: a malformed concept means nothing."""
    code = concept(value)
    meant = meaning_of(code, terminology)
    found = terminology.measure_with_derivation(code.codings) if code.codings else None
    if found is None:
        lanes = first_of_each((*meant.certain, *check_lanes(value, terminology)))
        return Observed(meant, None, lanes, f"result:{meant.key}")
    measure, why = found
    by_measure = (Belonging(lane, Bond.MEASURE, why.equivalence, why.through) for lane in LANES[measure])
    return Observed(meant, measure, first_of_each((*by_measure, *meant.certain)), f"result:{measure}")


def measure_lanes(value: Any, terminology: Terminology) -> Lanes:
    """The lanes that a measured thing tells of."""
    return observed(value, terminology).perhaps


class ObservationEvents:
    """Reads Observations with one terminology."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology

    def read(self, resource: Json) -> Told | Exclusion:
        """The event; the rule that leaves it out."""
        status = text(resource.get("status"))
        state = state_of("Observation", status)
        if isinstance(state, Exclusion):
            return state
        here = origin(resource)
        own = observed(resource.get("code"), self._terminology)
        parts = [(observed(part.get("code"), self._terminology), part) for part in many(resource.get("component"))]
        name = own.meant.text or next((each.meant.text for each, _ in parts if each.meant.text), "")
        if not name:
            raise CannotRead("no-code")
        start, end, words = timed(resource, "effective")
        issued = partial_date(resource.get("issued"))
        start, end, doubts = in_order(start, end)
        if start is None and end is None:
            start = issued
        seen = _Seen(here, end or start)
        if "component" not in resource or any(key.startswith("value") for key in resource):
            seen.take(own, resource, component=False)
        for each, part in parts:
            seen.take(each, part, component=True)
        known = (own, *(each for each, _ in parts))
        who, by = somebody(resource.get("performer"))
        return told(
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
    return first_of_each(each for part in parts for each in part.perhaps)
