"""What a written story adds to the record drawn for its patient: its own results and medicines; what it takes away.

Keys of a story (data/demo/story-*.yaml) used here: `results` (measure "kidneys" gives creatinine, eGFR and potassium
that agree; "phq9" comes with its answers), `medicines`, `without` (ATC codes left out), `stop` (ATC code: days ago it
was stopped, or [days, why]), `drop` (measure: nothing younger than so many days), `contacts` (a visit that no routine
brings, with its reason). The others are read where they matter: profile, course, patients, tasks; staging (`episodes`:
a condition that went and came back), examinations (`talking`: therapy was had), plans and plan_history (`plan_changes`
and `plan_why`: who changed the plan and why, `reached`: goals that are); plans and achievements (`doing`: how a goal
goes that no result measures, or that a clinician judges to be "not-attainable").
"""

from collections.abc import Iterator
from typing import Any

from dashboard.demo.contacts import encounter, response
from dashboard.demo.depression import answers
from dashboard.demo.examinations import ECHO, examined
from dashboard.demo.fhir import Json, coding, concept, day, moment, ref, resource, snomed, to
from dashboard.demo.files import words
from dashboard.demo.kidney import creatinine_of, egfr_of
from dashboard.demo.records import Writer, observation, pressure
from dashboard.demo.staging import on_record
from dashboard.domain.values.code_systems import ATC


def apply_script(w: Writer, made: list[Json]) -> list[Json]:
    """The record as the story has it; unchanged for a patient without a story."""
    script = w.who.script
    left_out, stopped = set(script.get("without", [])), script.get("stop", {})
    changed = []
    for one in made:
        if one["resourceType"] == "MedicationRequest":
            if _atc(one) in left_out:
                continue
            if _atc(one) in stopped and one["status"] == "active":
                _stop(w, one, stopped[_atc(one)])
        if not _dropped(w, one):
            changed.append(one)
    problems = [one for one in made if one["resourceType"] == "Condition"]
    changed.extend(_medicine(w, number, given, problems) for number, given in enumerate(script.get("medicines", [])))
    for number, given in enumerate(script.get("results", [])):
        changed.extend(_results(w, number, given))
    changed.extend(_contact(w, number, given) for number, given in enumerate(script.get("contacts", [])))
    return changed


def _stop(w: Writer, request: Json, how: int | list[Any]) -> None:
    """The day it was stopped, and why where the story says so."""
    days, *why = how if isinstance(how, list) else [how]
    request["status"] = "stopped"
    request["dispenseRequest"]["validityPeriod"]["end"] = day(w.who.as_of - days)
    if why:
        request["statusReason"] = {"text": why[0]}


def _contact(w: Writer, number: int, given: dict[str, Any]) -> Json:
    then = w.who.as_of - int(given["days_ago"])
    return encounter(
        w,
        w.id("enc", f"story-{number}"),
        given["kind"],
        (then, 700),
        (then + int(given.get("stay", 0)), 760),
        on_record(w.who, given.get("about", []), then),
        [snomed(*given["reason"])] if "reason" in given else [],
    )


def _atc(request: Json) -> str:
    return str(request["medicationCodeableConcept"]["coding"][0]["code"])


def _dropped(w: Writer, one: Json) -> bool:
    """Whether the story wants no result of this measure so young; PHQ-9 answers go with their score."""
    kind, id_ = one["resourceType"], one["id"]
    for name, days in w.who.script.get("drop", {}).items():
        since = day(w.who.as_of - days)
        if kind == "Observation" and id_.endswith(f"-{name}") and one["effectiveDateTime"] >= since:
            return True
        if kind == "QuestionnaireResponse" and name == "phq9" and one["authored"] >= since:
            return True
    return False


def _results(w: Writer, number: int, given: dict[str, Any]) -> Iterator[Json]:
    then = w.who.as_of - int(given["days_ago"])
    when = moment(then, w.offset, 555)
    name, id_ = given["measure"], w.id("obs", f"story-{number}")
    if name == "pressure":
        yield pressure(w, id_, when, *given["value"])
    elif name == "kidneys":
        age = w.who.age(then)
        creatinine = round(creatinine_of(given["egfr"], age, w.who.female))
        agreeing = {"creatinine": creatinine, "egfr": egfr_of(creatinine, age, w.who.female)}
        for part, value in (*agreeing.items(), ("potassium", given["potassium"])):
            yield observation(w, f"{id_}-{part}", part, value, when)
    else:
        made = observation(w, f"{id_}-{name}", name, given["value"], when)
        if name == "phq9":
            given_answers = answers(given["value"], w.who.chance(f"story-{number}"))
            asked = response(w, w.id("phq", f"story-{number}"), given_answers, when)
            made["derivedFrom"] = [to(asked)]
            yield asked
        if name == "lvef":
            yield examined(w, f"story-{number}", ECHO, "hf", then, "cardiologist", 555)
        yield made


def _medicine(w: Writer, number: int, given: dict[str, Any], problems: list[Json]) -> Json:
    known = words("medicines")[given["medicine"]]
    strength, directions = known["steps"][given.get("step", 0)]
    start, ended = w.who.as_of - int(given["days_ago"]), given.get("until_days_ago")
    until = w.who.as_of + 60 if ended is None else w.who.as_of - int(ended)
    prefix = f"{w.who.id}-con-"
    reasons = [
        ref("Condition", one["id"])
        for wanted in known["for"]
        for one in problems
        if one["id"].removeprefix(prefix).startswith(wanted) and "abatementDateTime" not in one
    ]
    return resource(
        "MedicationRequest",
        w.id("med", f"story-{number}"),
        status="active" if ended is None else "completed",
        intent="order",
        medicationCodeableConcept=concept(
            [coding(ATC, known["atc"], known["name"].lower())], f"{known['name']} {strength}"
        ),
        subject=w.subject,
        authoredOn=day(start),
        requester=w.person(given.get("by", "gp")).reference(),
        reasonReference=reasons[:2],
        dosageInstruction=[{"text": directions}],
        dispenseRequest={"validityPeriod": {"start": day(start), "end": day(max(start, until))}},
    )
