"""Contacts as FHIR: Encounter with its reason, the Observations of the visit, QuestionnaireResponse."""

from typing import Final

from dashboard.demo.course import Course, Visit
from dashboard.demo.depression import ITEMS
from dashboard.demo.fhir import Json, coding, moment, ref, resource, snomed
from dashboard.demo.profile import PROGRAMME
from dashboard.demo.records import Writer, observation, pressure
from dashboard.demo.staging import on_record
from dashboard.domain.values.code_systems import LOINC

QUESTIONNAIRE: Final = "https://c3-cloud.example/fhir/Questionnaire/phq-9"

# kind of visit: (SNOMED code, display, text, role who sees the patient, class)
VISITS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "review": ("185349003", "Encounter for check up", "GP review", "gp", "AMB"),
    "annual": ("185349003", "Encounter for check up", "Annual long-term condition review", "nurse", "AMB"),
    "nurse": ("185349003", "Encounter for check up", "Nurse appointment", "nurse", "AMB"),
    "diagnosis": ("185345009", "Encounter for symptom", "GP appointment", "gp", "AMB"),
    "cardiology": ("185349003", "Encounter for check up", "Cardiology clinic", "cardiologist", "AMB"),
    "admission": ("32485007", "Hospital admission", "Hospital stay: fluid, heart failure", "cardiologist", "IMP"),
    "emergency": ("50849002", "Emergency room admission", "Emergency department", "gp", "EMER"),
    "home": ("439708006", "Home visit", "Visit at home", "nurse", "HH"),
    "phone": ("185317003", "Telephone encounter", "Telephone call", "gp", "VR"),
}
_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def visits(w: Writer, course: Course) -> list[Json]:
    """Encounters and their results from the first day of the record on; a blood test alone is no encounter."""
    made: list[Json] = []
    for number, visit in enumerate(course.visits):
        if visit.day < w.since:
            continue
        encounter = None
        minutes = minutes_of(w, visit)
        if visit.kind != "blood":
            made.append(_encounter(w, visit, number, minutes))
            encounter = ref("Encounter", made[-1]["id"])
        made.extend(_results(w, visit, number, minutes, encounter))
    return made


def minutes_of(w: Writer, visit: Visit) -> int:
    """When on its day a visit began, in minutes since midnight."""
    return 510 + (visit.day * 37 + w.who.index * 53) % 480


# What a contact was about, by what was measured; an annual review is about all that the patient has.
_ABOUT: Final = {"t2dm": {"hba1c"}, "hf": {"lvef", "ntprobnp"}, "ckd": {"egfr"}, "depression": {"phq9"}}


def _about(w: Writer, visit: Visit) -> list[str]:
    if visit.kind == "annual":
        return list(PROGRAMME)
    if visit.kind in ("admission", "cardiology"):
        return ["hf"]
    return [name for name, measures in _ABOUT.items() if measures & visit.values.keys()]


def _encounter(w: Writer, visit: Visit, number: int, minutes: int) -> Json:
    # A stay ends three to eight days later before lunch.
    stayed = visit.day + 3 + number % 6
    ended = (stayed, 690) if VISITS[visit.kind][4] == "IMP" else (visit.day, minutes + 20)
    about = on_record(w.who, _about(w, visit), visit.day)
    return encounter(w, w.id("enc", number), visit.kind, (visit.day, minutes), ended, about, [])


def encounter(
    w: Writer,
    id_: str,
    visit: str,
    began: tuple[int, int],
    ended: tuple[int, int],
    about: list[Json],
    reasons: list[Json],
) -> Json:
    """A contact of a kind of `VISITS`, from and to (day, minutes), with the problems and other reasons it was for."""
    code, display, text, role, kind = VISITS[visit]
    site = w.who.place.site if role in ("gp", "nurse") and kind != "EMER" else w.who.place.team.region.hospital
    return resource(
        "Encounter",
        id_,
        status="finished",
        class_=coding(_ACT_CODE, kind),
        type_=[snomed(code, display, text)],
        subject=w.subject,
        participant=[] if kind == "EMER" else [{"individual": w.person(role).reference()}],
        reasonCode=reasons,
        reasonReference=about,
        period={"start": moment(began[0], w.offset, began[1]), "end": moment(ended[0], w.offset, ended[1])},
        serviceProvider=ref("Organization", site.id, site.name),
    )


def _results(w: Writer, visit: Visit, number: int, minutes: int, encounter: Json | None) -> list[Json]:
    when = moment(visit.day, w.offset, minutes)
    made = []
    values = dict(visit.values)
    if "systolic" in values:
        made.append(pressure(w, w.id("obs", f"{number}-bp"), when, values.pop("systolic"), values.pop("diastolic")))
    answered = None
    if visit.phq and not visit.screen:
        made.append(response(w, w.id("phq", number), visit.phq, when, encounter))
        answered = [ref("QuestionnaireResponse", made[-1]["id"])]
    for name, value in values.items():
        made.append(observation(w, w.id("obs", f"{number}-{name}"), name, value, when))
        if name == "phq9" and answered:
            made[-1]["derivedFrom"] = answered
    if encounter:
        for one in made:
            one["encounter"] = encounter
    return made


_ANSWERS: Final = (
    ("LA6568-5", "Not at all"),
    ("LA6569-3", "Several days"),
    ("LA6570-1", "More than half the days"),
    ("LA6571-9", "Nearly every day"),
)


def response(w: Writer, id_: str, answers: list[int], when: str, encounter: Json | None = None) -> Json:
    """The nine answers of a PHQ-9."""
    items = [
        {"linkId": item, "answer": [{"valueCoding": coding(LOINC, *_ANSWERS[answer])}]}
        for item, answer in zip(ITEMS, answers, strict=True)
    ]
    return resource(
        "QuestionnaireResponse",
        id_,
        questionnaire=QUESTIONNAIRE,
        status="completed",
        subject=w.subject,
        encounter=encounter,
        authored=when,
        source=w.subject,
        item=items,
    )
