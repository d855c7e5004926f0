"""Observation: a measured value, a panel of them, or a finding; key measures in their canonical units."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import PRELIMINARY, Measure, Observation, ObservedValue, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.datatypes import CodeableConcept, PartialDate, Quantity, Reference, is_reversed
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT, SCORE, UnknownUnit, to_canonical
from dashboard.fhir.mapping.concepts import codings, concept, concept_text
from dashboard.fhir.mapping.dates import date_or_unreadable, timed
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, one, reference, text
from dashboard.fhir.mapping.quantities import amount, number, quantity, quantity_of, quantity_parts
from dashboard.fhir.mapping.reading import origin

_WRITTEN: Final = re.compile(r"\s*(<=|>=|<|>)?\s*(-?\d+(?:[.,]\d+)?)\s*(\S.*)?\Z")
_REMEMBERED: Final = 20_000
"""Values that are remembered with their conversion: a team's 10,000 results hold some 2,000."""
_ABNORMAL: Final = frozenset({"A", "AA", "H", "HH", "HU", "HX", "L", "LL", "LU", "LX"})
"""Abnormal by http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation (AbnormalityInterpretation)."""


def from_fhir(resource: Json, terminology: Terminology) -> Observation | Exclusion:
    """Returns the Observation with its values; one in an unknown unit is left as text and named in `unreadable`.

    Raises CannotRead("bad-date").
    """
    status = text(resource.get("status"))
    excluded = excluded_by_status("Observation", status)
    if excluded is not None and not (status == "registered" and _has_value(resource)):
        return excluded
    here = origin(resource)
    start, end, time_text = timed(resource, "effective")
    issued, unreadable = date_or_unreadable(resource, "issued")
    if start is None and end is None:
        start = issued
    when = start if is_reversed(start, end) else end or start
    code = concept(resource.get("code"))
    values: list[ObservedValue] = []
    if "component" not in resource or any(name.startswith("value") for name in resource):
        values.append(_value(code, resource, False, when, here, terminology, status in PRELIMINARY))
    for part in many(resource.get("component")):
        values.append(_value(concept(part.get("code")), part, True, when, here, terminology, status in PRELIMINARY))
    check = terminology.check(code.codings)
    answer = codings(resource.get("valueCodeableConcept"))
    reasons = [value.unreadable for value in values if value.unreadable]
    if check and when is None:
        reasons.append("no-date")
    return Observation(
        origin=here,
        code=code,
        status=status,
        start=start,
        end=end,
        time_text=time_text,
        when=when,
        issued=issued,
        values=tuple(values),
        check=check,
        coded=answer if check else (),
        stage=terminology.stage(answer),
        abnormal=_says_abnormal(resource),
        performer=first_named(resource.get("performer")),
        derived_from=tuple(to for part in many(resource.get("derivedFrom")) if (to := reference(part)) is not None),
        unreadable=(*unreadable, *(Unreadable(here, why) for why in reasons)),
    )


def _has_value(resource: Json) -> bool:
    """Whether there is a value in it, whatever its status says."""
    return any(name.startswith("value") for part in (resource, *many(resource.get("component"))) for name in part)


def _value(
    code: CodeableConcept,
    holder: Json,
    component: bool,
    when: PartialDate | None,
    here: Reference,
    terminology: Terminology,
    preliminary: bool,
) -> ObservedValue:
    """The value of the Observation or of a component; raises nothing for one that cannot be used."""
    measure = terminology.measure(code.codings) if code.codings else None
    result, why = None, ""
    if measure is not None:
        try:
            measured = measured_value(measure, holder)
            if measured is not None and when is not None:
                recorded, value, converted = measured
                result = Result(measure, value, when, recorded, converted, here, _says_abnormal(holder), preliminary)
            elif measured is not None:
                why = "no-date"
        except UnknownUnit:
            why = "unknown-unit"
        except CannotRead as error:
            why = error.why
    words = "" if result is not None else _value_text(holder)
    return ObservedValue(code, component, measure, result, words, why, component and _says_abnormal(holder))


def _says_abnormal(holder: Json) -> bool:
    """Whether the source calls the value abnormal."""
    interpretation = holder.get("interpretation")
    return interpretation is not None and any(coding.code in _ABNORMAL for coding in codings(interpretation))


def _value_text(holder: Json) -> str:
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


Value = tuple[Quantity, Quantity, bool]


def measured_value(measure: Measure, holder: Json) -> Value | None:
    """The value of an Observation or a component: as recorded, in the canonical unit, and whether the numbers differ;
    None where the source says why there is none. Raises CannotRead, UnknownUnit.
    """
    if "valueQuantity" in holder:
        return _measured(measure, *quantity_parts(holder["valueQuantity"]))
    plain = _recorded(measure, holder)
    if plain is None:
        return None
    value = to_canonical(measure, plain)
    return plain, value, value.value != plain.value


@lru_cache(maxsize=_REMEMBERED)
def _measured(measure: Measure, digits: str, system: Any, code: Any, unit: Any, comparator: Any) -> Value:
    """As recorded, in the canonical unit, and whether the numbers differ."""
    without = SCORE if CANONICAL_UNIT[measure] == SCORE else ""  # a score needs no unit
    recorded = quantity_of(digits, system, code, unit, comparator, without)
    try:
        value = to_canonical(measure, recorded)
    except UnknownUnit:
        # Some senders code "mL/min" and write "mL/min/1.73m2" beside it: the words may say more than the code.
        if not text(unit) or unit == recorded.unit:
            raise
        recorded = quantity_of(digits, None, None, unit, comparator)
        value = to_canonical(measure, recorded)
    return recorded, value, value.value != recorded.value


def _recorded(measure: Measure, holder: Json) -> Quantity | None:
    """A value that is no Quantity, as recorded; None where the source says why there is none."""
    if "valueInteger" in holder:
        if CANONICAL_UNIT[measure] != SCORE:
            raise CannotRead("no-unit")
        return Quantity(number(holder["valueInteger"]), SCORE)
    if "valueString" in holder:
        return _written(measure, text(holder["valueString"]))
    if any(name.startswith("value") for name in holder):
        raise CannotRead("bad-value")
    if holder.get("dataAbsentReason"):
        return None
    raise CannotRead("no-value")


def _written(measure: Measure, words: str) -> Quantity:
    """A value written as words: "7,1 %", "<3 mg/mmol". A number without unit is refused unless it is a score."""
    found = _WRITTEN.match(words)
    if not found:
        raise CannotRead("bad-value")
    comparator, digits, unit = found.groups()
    if not unit and CANONICAL_UNIT[measure] != SCORE:
        raise CannotRead("no-unit")
    return quantity({"value": Decimal(digits.replace(",", ".")), "unit": unit or SCORE, "comparator": comparator or ""})
