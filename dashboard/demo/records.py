"""A patient's course as FHIR: Condition, Encounter, Observation, QuestionnaireResponse, MedicationRequest."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.demo.chance import Chance
from dashboard.demo.codes import measure, problem
from dashboard.demo.course import Course, Prescription
from dashboard.demo.fhir import Json, coded, coding, concept, day, hl7, ref, resource, snomed
from dashboard.demo.files import words
from dashboard.demo.people import Professional, member
from dashboard.demo.profile import Profile
from dashboard.demo.staging import episodes
from dashboard.domain.values.code_systems import ATC, LOINC, SNOMED
from dashboard.domain.values.datatypes import PartialDate

_VITAL: Final = frozenset({"systolic", "diastolic", "weight", "height"})
_SURVEY: Final = frozenset({"phq9"})
_IMAGING: Final = frozenset({"lvef"})

# (low, high) of the usual adult reference range in canonical units; None: open.
RANGES: Final[dict[str, tuple[float | None, float | None]]] = {
    "hba1c": (20, 41),
    "egfr": (60, None),
    "creatinine": (None, None),
    "potassium": (3.5, 5.3),
    "sodium": (133, 146),
    "uacr": (None, 3.0),
    "ldl": (None, 3.0),
    "cholesterol": (None, 5.0),
    "ntprobnp": (None, 400),
    "lvef": (50, None),
}
_STAGES: Final = {
    "2": ("431856006", "Chronic kidney disease stage 2"),
    "3a": ("700378005", "Chronic kidney disease stage 3A"),
    "3b": ("700379002", "Chronic kidney disease stage 3B"),
    "4": ("431857002", "Chronic kidney disease stage 4"),
    "5": ("433146000", "Chronic kidney disease stage 5"),
}
NYHA: Final = {
    1: ("420300004", "New York Heart Association Classification - Class I"),
    2: ("421704003", "New York Heart Association Classification - Class II"),
    3: ("420913000", "New York Heart Association Classification - Class III"),
}
_OTHER: Final = ("hypertension", "heart-disease", "atrial-fibrillation", "knee", "stroke", "frailty")


@dataclass(frozen=True, slots=True)
class Writer:
    """What every record of one patient needs: the subject, the site's column of codes, the clock."""

    who: Profile
    subject: Json
    column: str
    offset: str
    since: int

    @classmethod
    def of(cls, who: Profile, since: int) -> "Writer":
        return cls(who, ref("Patient", who.id), who.place.site.coding, who.place.team.region.offset, since)

    def id(self, kind: str, number: object) -> str:
        return f"{self.who.id}-{kind}-{number}"

    def person(self, role: str) -> Professional:
        return member(self.who.place.team, role, self.who.place.ordinal)


def conditions(w: Writer, course: Course) -> list[Json]:
    """The problem list: the four conditions with their stages, and what else there is."""
    who, made = w.who, []
    if who.has("t2dm"):
        code = "t2dm-kidney" if who.has("ckd") and who.uacr > 3 and who.index % 3 == 0 else "t2dm"
        made.append(_condition(w, "t2dm", code, who.onset["t2dm"]))
    if who.has("hf"):
        stage = [{"summary": snomed(*NYHA[nyha(who)])}]
        made.append(_condition(w, "hf", "hf-reduced" if who.lvef <= 40 else "hf", who.onset["hf"], stage=stage))
    for number, (name, began) in enumerate(course.stages):
        last = number == len(course.stages) - 1
        code = {"3a": "ckd-3a", "3b": "ckd-3b", "4": "ckd-4", "5": "ckd-4"}[name]
        ended = None if last else course.stages[number + 1][1]
        stage = [{"summary": snomed(*_STAGES[name])}]
        made.append(_condition(w, f"ckd-{name}", code, began, ended=ended, stage=stage))
    if who.has("depression"):
        code = "depression-moderate" if who.phq >= 14.5 else "depression-mild"
        made.extend(_episodes(w, _condition(w, "depression", code, who.onset["depression"])))
    made.extend(_condition(w, name, name, who.onset[name]) for name in _OTHER if who.has(name))
    return made


def nyha(who: Profile, now: bool = True) -> int:
    """The pilot took class I and II; somebody who is congested now is in class III."""
    if now and who.situation == "congestion":
        return 3
    scripted = who.script.get("nyha")
    return int(scripted) if scripted else (1 if who.lvef > 40 and who.index % 2 else 2)


def _condition(
    w: Writer, name: str, code: str, began: int, *, ended: int | None = None, stage: list[Json] | None = None
) -> Json:
    # What was diagnosed before the record begins is often known to the month or the year only.
    onset = day(began)
    if began < w.who.start:
        onset = onset[:4] if began < w.who.start - 2500 else onset[:7]
    return resource(
        "Condition",
        w.id("con", name),
        clinicalStatus=hl7("condition-clinical", "inactive" if ended else "active"),
        verificationStatus=hl7("condition-ver-status", "confirmed"),
        category=[hl7("condition-category", "problem-list-item")],
        code=problem(code, w.column),
        subject=w.subject,
        stage=stage,
        onsetDateTime=onset,
        abatementDateTime=day(ended) if ended else None,
        recordedDate=day(max(began, w.who.start)),
        recorder=w.person("gp").reference(),
    )


def _episodes(w: Writer, made: Json) -> list[Json]:
    """The condition once for each of its episodes, where a story has several; the last keeps its id."""
    scripted = episodes(w.who, "depression")
    if not scripted:
        return [made]
    occurrences = []
    for number, (began, ended) in enumerate(scripted, start=1):
        # Recorded in the days after it began, whatever the record knows of that day.
        one: Json = {**made, "onsetDateTime": began, "recordedDate": day(PartialDate(began).start.toordinal() + 9)}
        if ended:
            one |= {"id": f"{made['id']}-{number}", "abatementDateTime": ended}
            one["clinicalStatus"] = hl7("condition-clinical", "resolved")
        elif number > 1:
            one["clinicalStatus"] = hl7("condition-clinical", "recurrence")
        occurrences.append(one)
    return occurrences


def category(name: str) -> str:
    """The Observation category of a measure."""
    if name in _VITAL:
        return "vital-signs"
    return "survey" if name in _SURVEY else "imaging" if name in _IMAGING else "laboratory"


def observation(w: Writer, id_: str, name: str, value: float, when: str, column: str = "") -> Json:
    """One measured value as the patient's site sends it, with its reference range and, out of it, H or L."""
    how = measure(name, column or w.column)
    made = resource(
        "Observation",
        id_,
        status="final",
        category=[hl7("observation-category", category(name))],
        code=how.concept(),
        subject=w.subject,
        effectiveDateTime=when,
        valueQuantity=how.quantity(value),
    )
    low, high = RANGES.get(name, (None, None))
    if low is not None or high is not None:
        ends = (("low", low), ("high", high))
        made["referenceRange"] = [{end: how.quantity(limit) for end, limit in ends if limit is not None}]
        if (low is not None and value < low) or (high is not None and value > high):
            flag = "L" if low is not None and value < low else "H"
            made["interpretation"] = [hl7("v3-ObservationInterpretation", flag)]
    return made


def pressure(w: Writer, id_: str, when: str, systolic: float, diastolic: float) -> Json:
    """A blood pressure panel with its two components."""
    parts = [("systolic", systolic), ("diastolic", diastolic)]
    hows = [(measure(name, w.column), value) for name, value in parts]
    return resource(
        "Observation",
        id_,
        status="final",
        category=[hl7("observation-category", "vital-signs")],
        code=coded(LOINC, "85354-9", "Blood pressure panel", "Blood pressure"),
        subject=w.subject,
        effectiveDateTime=when,
        component=[{"code": how.concept(), "valueQuantity": how.quantity(value)} for how, value in hows],
    )


def prescriptions(w: Writer, course: Course, problems: list[Json], source: Chance) -> list[Json]:
    """MedicationRequests; those that ended before the first day of the record are left out."""
    recorded = [one for one in course.prescriptions if one.end is None or one.end >= w.since]
    return [_prescription(w, number, one, problems, source) for number, one in enumerate(recorded)]


def _prescription(w: Writer, number: int, one: Prescription, problems: list[Json], source: Chance) -> Json:
    given = words("medicines")[one.medicine]
    strength, directions = given["steps"][one.step]
    status = "active" if one.end is None else ("completed" if one.why == "changed" else "stopped")
    until = one.end if one.end is not None else w.who.as_of + 30 + int(source.random() * 150)
    # ICD-like problem ids end in the condition's name: "…-con-ckd-3b" serves "ckd".
    reasons = [
        ref("Condition", made["id"])
        for wanted in given["for"]
        for made in problems
        if made["id"].removeprefix(f"{w.who.id}-con-").startswith(wanted)
        and made["clinicalStatus"]["coding"][0]["code"] == "active"
    ]
    return resource(
        "MedicationRequest",
        w.id("med", number),
        status=status,
        intent="order",
        medicationCodeableConcept=concept(
            [coding(ATC, given["atc"], given["name"].lower())], f"{given['name']} {strength}"
        ),
        subject=w.subject,
        authoredOn=day(one.start),
        requester=w.person("gp").reference(),
        reasonReference=reasons[:2],
        dosageInstruction=[{"text": directions}],
        dispenseRequest={"validityPeriod": {"start": day(one.start), "end": day(max(one.start, until))}},
    )


_ALLERGIES: Final = (
    ("91936005", "Allergy to penicillin", "Penicillin", "271807003", "Rash", "high"),
    ("91939003", "Allergy to sulfonamide", "Sulfonamides", "271807003", "Rash", "low"),
    ("293619005", "Allergy to NSAID", "NSAIDs", "39579001", "Anaphylaxis", "high"),
    ("300916003", "Latex allergy", "Latex", "40275004", "Contact dermatitis", "low"),
    ("91934008", "Allergy to nut", "Nuts", "271807003", "Rash", "high"),
)


def allergies(w: Writer, source: Chance) -> list[Json]:
    """Known, none known, or nothing at all: three different banners."""
    drawn, which = source.random(), int(source.random() * len(_ALLERGIES))
    wanted = w.who.script.get("allergy")
    if wanted == "not-recorded" or (wanted is None and drawn > 0.82):
        return []
    if wanted == "none" or (wanted is None and drawn > 0.3):
        return [_allergy(w, snomed("716186003", "No known allergy"), None, None)]
    if wanted is not None:
        which = next(place for place, row in enumerate(_ALLERGIES) if row[2].lower().startswith(wanted))
    code, display, text, reaction, word, risk = _ALLERGIES[which]
    shown = [{"manifestation": [snomed(reaction, word)]}]
    return [_allergy(w, snomed(code, display, text), shown, risk)]


def _allergy(w: Writer, code: Json, reaction: list[Json] | None, risk: str | None) -> Json:
    return resource(
        "AllergyIntolerance",
        w.id("alg", 0),
        clinicalStatus=hl7("allergyintolerance-clinical", "active"),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed"),
        criticality=risk,
        code=code,
        patient=w.subject,
        recordedDate=day(w.who.start + 40),
        reaction=reaction,
    )


_VACCINES: Final = {
    "influenza": ("J07BB02", "influenza, inactivated, split virus or surface antigen", "Influenza vaccine"),
    "covid": ("J07BN01", "covid-19, RNA-based vaccine", "COVID-19 vaccine"),
    "pneumococcal": ("J07AL01", "pneumococcus, purified polysaccharides antigen", "Pneumococcal vaccine"),
}


def immunisations(w: Writer, source: Chance) -> list[Json]:
    """Influenza each October (most years), COVID-19 boosters, pneumococcal once."""
    who, made = w.who, []
    year = int(day(who.as_of)[:4])
    latest = who.last_visit if who.situation == "unseen" else who.as_of - 2
    for number, back in enumerate(range(5, -1, -1)):
        draws = [source.random() for _ in range(3)]
        for name, likely, month in (("influenza", 0.74, 10), ("covid", 0.45, 10)):
            given = _first_of(year - back, month) + int(draws[2] * 40)
            if draws[name == "covid"] < likely and max(w.since, who.start) <= given <= latest:
                made.append(_immunisation(w, f"{number}-{name}", name, given))
    given = who.birth + int(65.2 * 365.25) + int(source.random() * 900)
    if max(w.since, who.start) < given < min(latest, who.as_of - 30):
        made.append(_immunisation(w, "pneumo", "pneumococcal", given))
    return made


def _first_of(year: int, month: int) -> int:
    return date(year, month, 1).toordinal()


def _immunisation(w: Writer, number: str, name: str, given: int) -> Json:
    code, display, text = _VACCINES[name]
    codes = [coding(ATC, code, display)]
    if name != "covid" and w.who.place.team.region.id == "sw":
        codes.insert(0, coding(SNOMED, "86198006" if name == "influenza" else "12866006", text))
    return resource(
        "Immunization",
        w.id("imm", number),
        status="completed",
        vaccineCode=concept(codes, text),
        patient=w.subject,
        occurrenceDateTime=day(given),
        primarySource=True,
        performer=[{"actor": w.person("nurse").reference()}],
    )
