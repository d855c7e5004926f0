"""Observation: the results of key measures, each in its canonical unit."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT, UnknownUnit, to_canonical
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    codings,
    many,
    number,
    origin,
    partial_date,
    period,
    quantity,
    quantity_of,
    quantity_parts,
    text,
)

LEFT_OUT: Final = frozenset({"entered-in-error", "cancelled", "registered"})
"""Statuses that carry no result: wrong, never done, or not yet there."""
_WRITTEN: Final = re.compile(r"\s*(<=|>=|<|>)?\s*(-?\d+(?:[.,]\d+)?)\s*(\S.*)?\Z")
_COUNTED: Final = "{score}"
_CODES_KEPT: Final = 10_000
_VALUES_KEPT: Final = 20_000


@dataclass(slots=True)
class ObservationReading:
    """What one Observation gave: a result a measured value, the recurring check it fulfils ("foot"), what was
    unreadable.
    """

    results: tuple[Result, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    check: str = ""
    when: PartialDate | None = None


class ObservationReader:
    """Reads Observations with one terminology; what each code means is looked up once.

    A code that is neither a key measure nor a check gives None: it is not what was asked for.
    """

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology
        self._known: dict[tuple[tuple[str, str], ...], tuple[Measure | None, str]] = {}

    def read(self, resource: Json) -> ObservationReading | None:
        """The results; None for an Observation that a rule leaves out."""
        if resource.get("status") in LEFT_OUT:
            return None
        measure, check = self._meaning(resource.get("code"))
        results: list[Result] = []
        unreadable: list[Unreadable] = []
        here = origin(resource)
        for part_measure, holder in self._valued(measure, resource):
            try:
                found = _result(part_measure, holder, resource, here)
            except UnknownUnit:
                unreadable.append(Unreadable(here, "unknown-unit"))
            except CannotRead as error:
                unreadable.append(Unreadable(here, error.why))
            else:
                if found is not None:
                    results.append(found)
        if not (results or unreadable or check):
            return None
        return ObservationReading(tuple(results), tuple(unreadable), check, _when(resource) if check else None)

    def _valued(self, measure: Measure | None, resource: Json) -> list[tuple[Measure, Json]]:
        """The parts that carry a key measure: the Observation itself where it has a value, and its components."""
        if "component" not in resource:
            return [(measure, resource)] if measure is not None else []
        found: list[tuple[Measure, Json]] = []
        if measure is not None and any(name.startswith("value") for name in resource):
            found.append((measure, resource))
        for part in many(resource["component"]):
            inner = self._meaning(part.get("code"))[0]
            if inner is not None:
                found.append((inner, part))
        return found

    def _meaning(self, concept: Any) -> tuple[Measure | None, str]:
        """The measure and the check that a CodeableConcept stands for."""
        if not isinstance(concept, dict):
            return None, ""
        key: tuple[tuple[str, str], ...] = ()
        try:
            key = tuple([(coding.get("system", ""), coding["code"]) for coding in concept["coding"]])
            return self._known[key]
        except KeyError:
            pass
        except (TypeError, AttributeError):
            key = ()  # malformed, and perhaps not hashable: read it the slow way
        codes = codings(concept)
        found = self._terminology.measure(codes), self._terminology.check(codes)
        if key and len(self._known) < _CODES_KEPT:
            self._known[key] = found
        return found


def _result(measure: Measure, holder: Json, resource: Json, here: Reference) -> Result | None:
    found = value_in(measure, holder)
    if found is None:
        return None
    recorded, value, converted = found
    return Result(measure, value, _when(resource), recorded, converted, here)


Value = tuple[Quantity, Quantity, bool]


def value_in(measure: Measure, holder: Json) -> Value | None:
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


@lru_cache(maxsize=_VALUES_KEPT)
def _measured(measure: Measure, digits: str, system: Any, code: Any, unit: Any, comparator: Any) -> Value:
    """As recorded, in the canonical unit, and whether the numbers differ: a team's 10,000 results hold some 2,000
    values.
    """
    recorded = quantity_of(digits, system, code, unit, comparator)
    value = to_canonical(measure, recorded)
    return recorded, value, value.value != recorded.value


def _recorded(measure: Measure, holder: Json) -> Quantity | None:
    """A value that is no Quantity, as recorded; None where the source says why there is none."""
    if "valueInteger" in holder:
        if CANONICAL_UNIT[measure] != _COUNTED:
            raise CannotRead("no-unit")
        return Quantity(number(holder["valueInteger"]), _COUNTED)
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
    if not unit and CANONICAL_UNIT[measure] != _COUNTED:
        raise CannotRead("no-unit")
    return quantity(
        {"value": Decimal(digits.replace(",", ".")), "unit": unit or _COUNTED, "comparator": comparator or ""}
    )


def _when(resource: Json) -> PartialDate:
    """When it was true of the patient: effective[x], for a period its end; else when it was issued."""
    found = partial_date(resource.get("effectiveDateTime") or resource.get("effectiveInstant"))
    if found is None and "effectivePeriod" in resource:
        start, end = period(resource["effectivePeriod"])
        found = end or start
    found = found or partial_date(resource.get("issued"))
    if found is None:
        raise CannotRead("no-date")
    return found
