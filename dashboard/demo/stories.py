"""What a written story adds to the record drawn for its patient: its own results, medicines and last words."""

from typing import Any

from dashboard.demo.fhir import Json, coding, concept, day, moment, resource
from dashboard.demo.files import words
from dashboard.demo.records import Writer, observation, pressure
from dashboard.domain.code_systems import ATC


def tell(w: Writer, made: list[Json]) -> list[Json]:
    """The record with the story's medicines and results in it; unchanged for a patient without a story."""
    told = w.who.told
    extra = [_medicine(w, number, given) for number, given in enumerate(told.get("medicines", []))]
    stopped = set(told.get("without", []))
    kept = [one for one in made if not (one["resourceType"] == "MedicationRequest" and _atc(one) in stopped)]
    return [*kept, *extra, *(_result(w, number, given) for number, given in enumerate(told.get("results", [])))]


def _atc(request: Json) -> str:
    return str(request["medicationCodeableConcept"]["coding"][0]["code"])


def _result(w: Writer, number: int, given: dict[str, Any]) -> Json:
    when = moment(w.who.as_of - int(given["days_ago"]), w.offset, 555)
    if given["measure"] == "pressure":
        return pressure(w, w.id("obs", f"story-{number}"), when, *given["value"])
    column = given.get("column", "")
    return observation(w, w.id("obs", f"story-{number}"), given["measure"], given["value"], when, column)


def _medicine(w: Writer, number: int, given: dict[str, Any]) -> Json:
    known = words("medicines")[given["medicine"]]
    strength, directions = known["steps"][given.get("step", 0)]
    start = w.who.as_of - int(given["days_ago"])
    return resource(
        "MedicationRequest",
        w.id("med", f"story-{number}"),
        status="active",
        intent="order",
        medicationCodeableConcept=concept(
            [coding(ATC, known["atc"], known["name"].lower())], f"{known['name']} {strength}"
        ),
        subject=w.subject,
        authoredOn=day(start),
        requester=w.person(given.get("by", "gp")).reference(),
        dosageInstruction=[{"text": directions}],
        dispenseRequest={"validityPeriod": {"start": day(start), "end": day(w.who.as_of + 60)}},
    )
