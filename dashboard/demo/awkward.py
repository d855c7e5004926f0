"""Records that real feeds bring and that software trips over, one kind a function; who has which is in awkward.yaml."""

from collections.abc import Callable
from typing import Final

from dashboard.demo.chance import chance
from dashboard.demo.codes import LOCAL, measure, problem
from dashboard.demo.fhir import Json, coded, day, hl7, moment, quantity, resource
from dashboard.demo.records import Writer, observation
from dashboard.domain.values.code_systems import LOINC

_HOME_DAYS: Final = 1000


def change(w: Writer, made: list[Json]) -> list[Json]:
    """The record made awkward in the way of its patient; unchanged for most."""
    kind = _KINDS.get(w.who.oddity)
    return kind(w, made) if kind else made


def _deceased(w: Writer, made: list[Json]) -> list[Json]:
    """Died three weeks ago; the plan was ended, the care team and a task were forgotten."""
    died = w.who.as_of - 21
    for one in made:
        if one["resourceType"] == "Patient":
            one["deceasedDateTime"] = moment(died, w.offset, 265)
        elif one["resourceType"] == "CarePlan":
            one["status"] = "revoked"
        elif one["resourceType"] == "MedicationRequest" and one["status"] == "active":
            one["status"] = "stopped"
    return made


def _mixed_units(w: Writer, made: list[Json]) -> list[Json]:
    """HbA1c in % until three years ago and now and then since, in mmol/mol otherwise."""
    changed = 0
    old = day(w.who.as_of - 3 * 365)
    for one in made:
        if one["id"].endswith("-hba1c") and one["resourceType"] == "Observation":
            changed += 1
            if one["effectiveDateTime"] < old or changed % 4 == 0:
                how = measure("hba1c", "uk-percent")
                one["code"] = how.concept()
                one["valueQuantity"] = how.quantity(float(one["valueQuantity"]["value"]))
                one.pop("referenceRange", None)
    return made


def _many(w: Writer, made: list[Json]) -> list[Json]:
    """A thousand mornings of weight, pulse and oxygen from the home monitor: 3,000 observations."""
    source = chance(w.who.seed, w.who.index, "home")
    kinds = (("8867-4", "Heart rate", "/min", 68.0, 5.0, 0), ("59408-5", "Oxygen saturation", "%", 95.5, 1.2, 0))
    drift = 0.0
    for back in range(_HOME_DAYS, 0, -1):
        when = moment(w.who.as_of - back, w.offset, 425 + int(source.random() * 40))
        drift = 0.97 * drift + source.gauss(0, 0.25)
        made.append(observation(w, w.id("home-weight", back), "weight", w.who.weight + drift, when))
        for code, text, unit, mean, spread, decimals in kinds:
            made.append(
                resource(
                    "Observation",
                    w.id(f"home-{code}", back),
                    status="final",
                    category=[hl7("observation-category", "vital-signs")],
                    code=coded(LOINC, code, text, text),
                    subject=w.subject,
                    effectiveDateTime=when,
                    valueQuantity=quantity(min(99.0, source.gauss(mean, spread)), unit, decimals),
                )
            )
    return made


def _entered_in_error(w: Writer, made: list[Json]) -> list[Json]:
    """A potassium of 9.8 from a haemolysed sample, withdrawn the same day."""
    wrong = observation(w, w.id("obs", "error"), "potassium", 9.8, moment(w.who.as_of - 5, w.offset, 600))
    wrong["status"] = "entered-in-error"
    return [*made, wrong]


def _unknown_unit(w: Writer, made: list[Json]) -> list[Json]:
    """A creatinine in a unit that cannot be converted: shown as unreadable, never as a number."""
    odd = observation(w, w.id("obs", "unit"), "creatinine", 112, moment(w.who.as_of - 8, w.offset, 600))
    odd["valueQuantity"] = {"value": 112, "unit": "arb units"}
    odd.pop("referenceRange", None)
    return [*made, odd]


def _no_value(w: Writer, made: list[Json]) -> list[Json]:
    """A potassium that the laboratory could not give, with the reason in its place."""
    odd = observation(w, w.id("obs", "absent"), "potassium", 4.4, moment(w.who.as_of - 6, w.offset, 600))
    odd.pop("valueQuantity")
    odd.pop("interpretation", None)
    odd["dataAbsentReason"] = hl7("data-absent-reason", "error")
    return [*made, odd]


def _refuted(w: Writer, made: list[Json]) -> list[Json]:
    """Kidney disease that was suspected and ruled out: not a condition of this patient."""
    suspected = resource(
        "Condition",
        w.id("con", "refuted"),
        verificationStatus=hl7("condition-ver-status", "refuted"),
        category=[hl7("condition-category", "problem-list-item")],
        code=problem("ckd-3a", w.column),
        subject=w.subject,
        onsetDateTime=day(w.who.as_of - 300)[:7],
        recordedDate=day(w.who.as_of - 290),
    )
    return [*made, suspected]


def _unmapped(w: Writer, made: list[Json]) -> list[Json]:
    """A problem and a result in codes that no map knows: shown as unmapped, never dropped."""
    local = resource(
        "Condition",
        w.id("con", "unmapped"),
        clinicalStatus=hl7("condition-clinical", "active"),
        verificationStatus=hl7("condition-ver-status", "confirmed"),
        category=[hl7("condition-category", "problem-list-item")],
        code=problem("unmapped", w.column),
        subject=w.subject,
        onsetDateTime=day(w.who.as_of - 700),
    )
    result = resource(
        "Observation",
        w.id("obs", "unmapped"),
        status="final",
        category=[hl7("observation-category", "laboratory")],
        code=coded(LOCAL, "LOC-88", "Índice local", "Índice local"),
        subject=w.subject,
        effectiveDateTime=moment(w.who.as_of - 12, w.offset),
        valueQuantity=quantity(3.4, "1", 1),
    )
    return [*made, local, result]


def _birth_year(w: Writer, made: list[Json]) -> list[Json]:
    """Only the year of birth is known, so no personnummer either."""
    person = made[0]
    person["birthDate"] = person["birthDate"][:4]
    person.pop("identifier", None)
    return made


def _no_address(w: Writer, made: list[Json]) -> list[Json]:
    """No home address and no telephone."""
    made[0].pop("address", None)
    made[0].pop("telecom", None)
    return made


# Kinds without a function differ by what awkward.yaml says of them alone (names, allergies).
_KINDS: Final[dict[str, Callable[[Writer, list[Json]], list[Json]]]] = {
    "deceased": _deceased,
    "mixed-units": _mixed_units,
    "many": _many,
    "entered-in-error": _entered_in_error,
    "unknown-unit": _unknown_unit,
    "no-value": _no_value,
    "refuted": _refuted,
    "unmapped": _unmapped,
    "birth-year": _birth_year,
    "no-address": _no_address,
}
