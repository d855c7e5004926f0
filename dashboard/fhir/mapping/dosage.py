"""Dosage: reads how a medicine is to be taken; its words are made in `dashboard.domain.record.dosage`."""

from typing import Any, Final

from dashboard.domain.record.dosage import Dosage, Span
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping.concepts import code_of, concept_text
from dashboard.fhir.mapping.dates import period
from dashboard.fhir.mapping.elements import Json, many, one, text
from dashboard.fhir.mapping.quantities import amount, plain_number

_KNOWN: Final = frozenset(
    {
        "id", "extension", "sequence", "text", "additionalInstruction", "patientInstruction", "timing",
        "asNeededBoolean", "asNeededCodeableConcept", "site", "route", "method", "doseAndRate", "maxDosePerPeriod",
        "maxDosePerAdministration", "maxDosePerLifetime", "doseQuantity", "doseRange", "rateQuantity", "rateRange",
        "rateRatio",
    }
)  # fmt: skip
_REPEAT: Final = frozenset(
    {
        "id", "extension", "boundsDuration", "boundsRange", "boundsPeriod", "count", "countMax", "duration",
        "durationMax", "durationUnit", "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek",
        "timeOfDay", "when", "offset",
    }
)  # fmt: skip


def dosages(resource: Json) -> tuple[Dosage, ...]:
    """Every Dosage of a MedicationRequest or MedicationStatement."""
    return tuple(map(_dosage, _lines(resource)))


def bounds_end(resource: Json) -> PartialDate | None:
    """When the last Dosage ends by its own bounds; None where one of them has no end. Raises CannotRead."""
    ends = [period(_repeat(line).get("boundsPeriod"))[1] for line in _lines(resource)]
    return max((end for end in ends if end is not None), default=None) if all(ends) else None


def _lines(resource: Json) -> list[Json]:
    return [*many(resource.get("dosageInstruction")), *many(resource.get("dosage"))]


def _repeat(line: Json) -> Json:
    return one(one(line.get("timing")).get("repeat"))


def _dosage(line: Json) -> Dosage:
    repeat, timing = _repeat(line), one(line.get("timing"))
    # STU3 had the dose and the rate in the Dosage itself.
    parts = [*many(line.get("doseAndRate")), line]
    course = one(repeat.get("boundsDuration"))
    ranged = one(repeat.get("boundsRange"))
    limits = [_ratio(part) for part in many(line.get("maxDosePerPeriod"))]
    limits += [f"{dose} at a time" for dose in (amount(line.get("maxDosePerAdministration")),) if dose]
    limits += [f"{dose} in a lifetime" for dose in (amount(line.get("maxDosePerLifetime")),) if dose]
    when, code = _texts(repeat.get("when")), one(timing.get("code"))
    reason = concept_text(line.get("asNeededCodeableConcept"))
    return Dosage(
        text=text(line.get("text")),
        amounts=tuple(dict.fromkeys(filter(None, (_dose(part) for part in parts)))),
        rates=tuple(dict.fromkeys(filter(None, (_rate(part) for part in parts)))),
        times=_either(repeat.get("frequency"), repeat.get("frequencyMax")),
        period=_time(repeat.get("period"), repeat.get("periodMax"), repeat.get("periodUnit")),
        days=_texts(repeat.get("dayOfWeek")),
        clock=tuple(each[:5] for each in _texts(repeat.get("timeOfDay"))),
        when=when,
        offset=plain_number(repeat.get("offset")),
        timing=text(code.get("text")) or code_of(code),
        count=_either(repeat.get("count"), repeat.get("countMax")),
        lasting=_time(repeat.get("duration"), repeat.get("durationMax"), repeat.get("durationUnit")),
        course=_time(course.get("value"), None, course.get("code") or course.get("unit"))
        or _time(one(ranged.get("low")).get("value"), one(ranged.get("high")).get("value"), _unit(ranged)),
        as_needed=line.get("asNeededBoolean") is True or "asNeededCodeableConcept" in line,
        as_needed_for=reason,
        most=tuple(filter(None, limits)),
        route=concept_text(line.get("route")),
        others=tuple(
            filter(
                None,
                (
                    concept_text(line.get("method")),
                    concept_text(line.get("site")),
                    *(concept_text(each) for each in many(line.get("additionalInstruction"))),
                    text(line.get("patientInstruction")),
                ),
            )
        ),
        sequence=line["sequence"] if type(line.get("sequence")) is int else None,
        unworded=_is_unworded(line, timing, repeat),
    )


def _is_unworded(line: Json, timing: Json, repeat: Json) -> bool:
    """Whether there is an element that the words do not hold: unknown ones, moments, a modifier, a malformed amount."""
    elements = {name for name in line if not name.startswith("_")}
    amounts = [
        part[name] for part in many(line.get("doseAndRate")) for name in part if name.startswith(("dose", "rate"))
    ]
    return bool(
        elements - _KNOWN
        or {name for name in repeat if not name.startswith("_")} - _REPEAT
        or timing.get("event")
        or timing.get("modifierExtension")
        or any(not (_dose({"doseQuantity": each, "doseRange": each}) or _ratio(each)) for each in amounts)
    )


def _dose(part: Json) -> str:
    return amount(part.get("doseQuantity")) or _range(part.get("doseRange"))


def _rate(part: Json) -> str:
    return amount(part.get("rateQuantity")) or _range(part.get("rateRange")) or _ratio(part.get("rateRatio"))


def _range(value: Any) -> str:
    """ "3 to 5 mg": the unit once where both ends have it."""
    low, high = amount(one(value).get("low")), amount(one(value).get("high"))
    if low and high:
        number, _, unit = low.partition(" ")
        return f"{number} to {high}" if high.endswith(f" {unit}") else f"{low} to {high}"
    return f"at least {low}" if low else f"up to {high}" if high else ""


def _ratio(value: Any) -> str:
    """ "15 mg per week", "100 mL per 8 hours"."""
    top, below = amount(one(value).get("numerator")), one(one(value).get("denominator"))
    number, unit = plain_number(below.get("value")), text(below.get("code")) or text(below.get("unit"))
    named = {"d": "day", "h": "hour", "wk": "week", "mo": "month", "min": "minute", "a": "year"}.get(unit, unit)
    if not top or not named:
        return ""
    return f"{top} per {named}" if number in ("1", "") else f"{top} per {number} {named}{'s' if named != unit else ''}"


def _either(low: Any, high: Any) -> str:
    least, most = plain_number(low), plain_number(high)
    return f"{least} to {most}" if least and most else least or (f"up to {most}" if most else "")


def _time(low: Any, high: Any, unit: Any) -> Span | None:
    least = plain_number(low)
    return Span(least, plain_number(high), text(unit)) if least and text(unit) else None


def _unit(ranged: Json) -> str:
    units = (text(one(ranged.get(end)).get(name)) for end in ("high", "low") for name in ("code", "unit"))
    return next(filter(None, units), "")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()
