"""Examinations and therapies apart from visits: echocardiograms, foot and eye checks, talking therapy, NYHA classes."""

from typing import Final

from dashboard.demo.chance import Chance
from dashboard.demo.contacts import minutes_of
from dashboard.demo.course import Course, Visit
from dashboard.demo.fhir import Json, coded, concept, day, hl7, moment, ref, resource, snomed
from dashboard.demo.profile import YEAR
from dashboard.demo.records import NYHA, Writer, nyha
from dashboard.demo.staging import on_record
from dashboard.domain.values.code_systems import LOINC, SNOMED

ECHO: Final = ("40701008", "Echocardiography", "Echocardiogram")
FOOT: Final = ("401191002", "Diabetic foot examination", "Foot check")
EYES: Final = ("134395001", "Diabetic retinopathy screening", "Retinal screening")
KIDNEYS: Final = ("306005", "Ultrasonography of kidney", "Kidney ultrasound")
TALKING: Final = ("228557008", "Cognitive and behavioral therapy", "Talking therapy, ten sessions")
_NYHA_CODE: Final = "88020-3"
_CHECKED_YEARS: Final = 2  # Yearly checks go back so far; those of a scripted patient go back to the start.
_MISSED: Final = 0.12  # Of those invited to the eyes' photograph, how many did not come.
_TALKED: Final = 0.5  # Of those with low mood, how many had talking therapy.


def examinations(w: Writer, course: Course, source: Chance) -> list[Json]:
    """Procedures and NYHA classes; none before the first day of the record or after the day of view."""
    made: list[Json] = []
    for number, visit in enumerate(course.visits):
        draws = [source.random() for _ in range(2)]
        if visit.day < w.since:
            continue
        if "lvef" in visit.values:
            made.append(examined(w, f"{number}-echo", ECHO, "hf", visit.day, "cardiologist", minutes_of(w, visit)))
        if w.who.has("hf", visit.day) and ("lvef" in visit.values or visit.day == w.who.last_visit):
            made.append(_nyha(w, number, visit))
        recent = visit.day > w.who.as_of - _CHECKED_YEARS * YEAR or bool(w.who.script.get("story"))
        if visit.kind == "annual" and recent and w.who.has("t2dm", visit.day):
            made.append(examined(w, f"{number}-foot", FOOT, "t2dm", visit.day, "nurse", minutes_of(w, visit)))
            made.extend(_eyes(w, number, visit.day + 20 + int(40 * draws[0]), draws[1]))
    return [*made, *_once(w, source)]


def _once(w: Writer, source: Chance) -> list[Json]:
    """What is done once, after a diagnosis."""
    who, made, likely = w.who, [], source.random()
    scanned = who.onset.get("ckd", 0) + 25
    if w.since <= scanned <= who.last_visit:
        made.append(examined(w, "ultrasound", KIDNEYS, "ckd", scanned, "gp", 660))
    began = who.onset.get("depression", 0) + 45
    if w.since <= began and began + 70 <= who.last_visit and (likely < _TALKED or who.script.get("talking")):
        talked = examined(w, "talking", TALKING, "depression", began, "psychologist", 600)
        del talked["performedDateTime"]
        talked["performedPeriod"] = {"start": day(began), "end": day(began + 70)}
        made.append(talked)
    return made


def _eyes(w: Writer, number: int, when: int, came: float) -> list[Json]:
    if when > w.who.as_of - 2:
        return []
    made = examined(w, f"{number}-eyes", EYES, "t2dm", when, "nurse", 630)
    if came < _MISSED:
        made["status"] = "not-done"
        made["statusReason"] = {"text": "Did not come"}
    return [made]


def examined(w: Writer, name: str, code: tuple[str, str, str], reason: str, when: int, role: str, minutes: int) -> Json:
    """A Procedure that was done, for the problem of that name as it stood on the day."""
    return resource(
        "Procedure",
        w.id("proc", name),
        status="completed",
        code=snomed(*code),
        subject=w.subject,
        performedDateTime=moment(when, w.offset, minutes),
        performer=[{"actor": w.person(role).reference()}],
        reasonReference=on_record(w.who, [reason], when),
    )


def _nyha(w: Writer, number: int, visit: Visit) -> Json:
    """The class on that day: the one of today at the last visit, before it the one of the stable years."""
    code, display = NYHA[nyha(w.who, now=visit.day == w.who.last_visit)]
    words = {1: "NYHA class I", 2: "NYHA class II", 3: "NYHA class III"}
    text = next(words[number] for number, coding in NYHA.items() if coding[0] == code)
    return resource(
        "Observation",
        w.id("obs", f"{number}-nyha"),
        status="final",
        category=[hl7("observation-category", "exam")],
        code=coded(LOINC, _NYHA_CODE, "Functional capacity NYHA", "NYHA class"),
        subject=w.subject,
        encounter=None if visit.kind == "blood" else ref("Encounter", w.id("enc", number)),
        effectiveDateTime=moment(visit.day, w.offset, minutes_of(w, visit)),
        valueCodeableConcept=concept([{"system": SNOMED, "code": code, "display": display}], text),
    )
