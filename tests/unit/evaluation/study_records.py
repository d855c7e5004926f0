"""Records of a small study for the evaluation: subjects with histories, and what is measured of them, as raw JSON."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
TODAY = date(2026, 11, 23)
AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWN = "https://c3-cloud.example/fhir/StructureDefinition/"
LOINC, SNOMED, UCUM, ATC = (
    "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org", "http://www.whocc.no/atc",
)  # fmt: skip
CONDITIONS = {"T2DM": "44054006", "HF": "84114007", "CKD": "433144002", "DEPRESSION": "35489007"}


def change(action: str, state: str, day: date, site: str = "s1", **more: Any) -> Json:
    """One change of a subject. `reason` is a code, `back` says that it was taken back."""
    parts: list[Json] = [
        {"url": "action", "valueCode": action},
        {"url": "state", "valueCode": state},
        {"url": "day", "valueDate": str(day)},
        {"url": "recorded", "valueDateTime": f"{day}T12:00:00Z"},
        {"url": "site", "valueReference": {"reference": f"Organization/{site}"}},
    ]
    if "reason" in more:
        parts.append({"url": "reason", "valueCoding": {"code": more["reason"]}})
    if more.get("back"):
        parts.append({"url": "takenBack", "valueBoolean": True})
    return {"url": f"{OWN}enrolment-change", "extension": parts}


def subject(ident: str, enrolled: date, *later: Json, arm: str = "intervention", site: str = "s1", **more: Any) -> Json:
    """A subject who was enrolled on this day, with the changes after it."""
    changes = [
        change("list", "listed", enrolled - timedelta(30), site),
        change("enrol", "enrolled", enrolled, site),
        *later,
    ]
    return {
        "resourceType": "ResearchSubject",
        "id": f"rs-{ident}",
        "status": "on-study",
        "study": {"reference": "ResearchStudy/pilot"},
        "individual": {"reference": f"Patient/{ident}"},
        "assignedArm": arm,
        "extension": changes,
    } | more


def person(ident: str, **more: Any) -> Json:
    """A patient with a name, which must be in no output."""
    named = {"name": [{"family": f"Qzx{ident}"}], "birthDate": "1950-03-07", "identifier": [{"value": f"99qzx{ident}"}]}
    return {"resourceType": "Patient", "id": ident} | named | more


def observation(ident: str, whose: str, code: str, at: str, value: float, unit: str, **more: Any) -> Json:
    """A result; `at` is a date or a dateTime."""
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "subject": {"reference": f"Patient/{whose}"},
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": at,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    } | more


def pressure(ident: str, whose: str, at: str, upper: int, lower: int, **more: Any) -> Json:
    """A reading of blood pressure, each value with a code of a site besides."""

    def part(loinc: str, read: str, value: int) -> Json:
        codes = [{"system": LOINC, "code": loinc}, {"system": "http://read.info/readv2", "code": read}]
        return {"code": {"coding": codes}, "valueQuantity": {"value": value, "system": UCUM, "code": "mm[Hg]"}}

    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "subject": {"reference": f"Patient/{whose}"},
        "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
        "effectiveDateTime": at,
        "component": [part("8480-6", "2469.", upper), part("8462-4", "246A.", lower)],
    } | more


def condition(ident: str, whose: str, key: str, **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": ident,
        "subject": {"reference": f"Patient/{whose}"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": CONDITIONS[key]}]},
    } | more


def medicine(
    ident: str, whose: str, atc: str, since: str, until: str | None, status: str = "active", **more: Any
) -> Json:
    period = {"validityPeriod": {"start": since, **({"end": until} if until else {})}}
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": status,
        "intent": "order",
        "subject": {"reference": f"Patient/{whose}"},
        "authoredOn": since,
        "medicationCodeableConcept": {"text": f"medicine {atc}", "coding": [{"system": ATC, "code": atc}]},
        "dispenseRequest": period,
    } | more


def stay(ident: str, whose: str, since: str, kind: str = "IMP", status: str = "finished", **more: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": ident,
        "status": status,
        "class": {"code": kind},
        "subject": {"reference": f"Patient/{whose}"},
        "period": {"start": since},
    } | more


def discussion(ident: str, whose: str, since: str) -> Json:
    number = {"system": "https://c3-cloud.example/fhir/sid/conference", "value": f"7.{whose}"}
    return stay(ident, whose, since, "VR", identifier=[number])


def task(ident: str, whose: str, encounter: str, decided: str, done: str | None, status: str = "completed") -> Json:
    return {
        "resourceType": "Task",
        "id": ident,
        "status": status,
        "intent": "order",
        "for": {"reference": f"Patient/{whose}"},
        "encounter": {"reference": f"Encounter/{encounter}"},
        "authoredOn": decided,
        "executionPeriod": {"end": done} if done else {},
    }


def goal(ident: str, whose: str, since: str, changed: str | None, achievement: str, lifecycle: str = "active") -> Json:
    return {
        "resourceType": "Goal",
        "id": ident,
        "lifecycleStatus": lifecycle,
        "achievementStatus": {"coding": [{"code": achievement}]},
        "subject": {"reference": f"Patient/{whose}"},
        "startDate": since,
        **({"statusDate": changed} if changed else {}),
    }


STUDY: Json = {"resourceType": "ResearchStudy", "id": "pilot", "status": "active", "title": "Pilot"}
SITES: list[Json] = [{"resourceType": "Organization", "id": f"s{n}", "name": f"Site {n}"} for n in (1, 2, 3)]

_RESULTS = (
    ("4548-4", "%", 4.0, 12.0), ("59261-8", "mmol/mol", 20.0, 120.0), ("33914-3", "mL/min/{1.73_m2}", 10.0, 110.0),
    ("62238-1", "mL/s/{1.73_m2}", 0.2, 1.8), ("44261-6", "{score}", 0.0, 27.0), ("8480-6", "mm[Hg]", 90.0, 200.0),
    ("8480-6", "kPa", 12.0, 26.0), ("4548-4", "furlong", 1.0, 9.0), ("2823-3", "mmol/L", 3.0, 6.0),
)  # fmt: skip
"""Codes with a unit and the range of values: known and unknown units, wanted measures and another."""
_STATUSES = ("final", "final", "amended", "preliminary", "entered-in-error", "cancelled", "registered")
_GOAL = ("active", "active", "completed", "cancelled", "proposed", "entered-in-error")
_ACHIEVEMENT = ("in-progress", "achieved", "sustaining", "not-achieved")
_MEDICINES = ("A10BA02", "C03CA01", "C09AA05", "N06AB04", "C07AB07", "B01AC06", "C10AA05")


def _moment(draw: Any, enrolled: date) -> str:
    """A day around enrolment as servers write it: with zones in which it may be another day, or less precise."""
    day = enrolled + timedelta(draw(st.integers(-780, 480)))
    how = draw(st.integers(0, 7))
    if how < 4:
        return str(day)
    if how == 4:
        return str(day)[:7]
    zone = draw(st.sampled_from(("Z", "+05:30", "-08:00", "+02:00")))
    return f"{day}T{draw(st.integers(0, 23)):02d}:30:00{zone}"


@st.composite
def studies(draw: Any, most: int = 4) -> list[Json]:
    """All resources of a random study of a few people."""
    rows: list[Json] = [STUDY, *SITES]
    for number in range(draw(st.integers(1, most))):
        ident = f"p{number}"
        enrolled = TODAY - timedelta(draw(st.integers(-20, 700)))
        rows += _person(draw, ident, enrolled)
        rows += _records(draw, ident, enrolled)
    rows.append(observation("of-nobody", "stranger", "4548-4", "2026-01-01", 7.0, "%"))
    return rows


def _person(draw: Any, ident: str, enrolled: date) -> list[Json]:
    later: list[Json] = []
    after = enrolled + timedelta(draw(st.integers(0, 400)))
    ending = draw(st.integers(0, 9))
    more: Json = {}
    if ending == 0:
        later.append(change("withdraw", "withdrawn", after, reason="no-time"))
        more["status"] = "off-study"
    elif ending == 1:
        later.append(change("leave", "left", after, reason=draw(st.sampled_from(("moved-away", "died")))))
        more["status"] = "off-study"
    elif ending == 2:  # enrolled, a mistake, enrolled again on the same day
        later += [change("take-back", "consented", enrolled), change("enrol", "enrolled", enrolled, "s2")]
    elif ending == 3:
        more = {"extension": [change("list", "listed", enrolled)], "status": "candidate"}
    made = subject(
        ident, enrolled, *later, arm=draw(st.sampled_from(("intervention", "comparison"))),
        site=draw(st.sampled_from(("s1", "s2", "s3"))), **more,
    )  # fmt: skip
    if ending == 2:
        made["extension"][1]["extension"].append({"url": "takenBack", "valueBoolean": True})
    dead: Json = {}
    if draw(st.integers(0, 5)) == 0:
        day = str(enrolled + timedelta(draw(st.integers(0, 400))))
        dead = draw(st.sampled_from(({"deceasedBoolean": True}, {"deceasedDateTime": day})))
    return [made, person(ident, **dead)]


def _records(draw: Any, ident: str, enrolled: date) -> list[Json]:
    rows: list[Json] = []
    for number in range(draw(st.integers(0, 12))):
        code, unit, low, high = draw(st.sampled_from(_RESULTS))
        value = round(draw(st.floats(low, high)), 1)
        more: Json = {"status": draw(st.sampled_from(_STATUSES))}
        made = observation(f"{ident}-o{number}", ident, code, _moment(draw, enrolled), value, unit, **more)
        if draw(st.integers(0, 9)) == 0:
            made["valueQuantity"]["comparator"] = "<"
        rows.append(made)
    for number in range(draw(st.integers(0, 8))):
        value = round(draw(st.floats(10, 110)), 1)
        at = _moment(draw, enrolled)
        rows.append(observation(f"{ident}-egfr{number}", ident, "33914-3", at, value, "mL/min/{1.73_m2}"))
    for number in range(draw(st.integers(0, 2))):
        at = _moment(draw, enrolled)
        rows.append(pressure(f"{ident}-bp{number}", ident, at, draw(st.integers(90, 200)), draw(st.integers(50, 110))))
    for number, key in enumerate(draw(st.sets(st.sampled_from(sorted(CONDITIONS))))):
        doubt = draw(st.sampled_from(("confirmed", "confirmed", "provisional", "entered-in-error")))
        rows.append(condition(f"{ident}-c{number}", ident, key, verificationStatus={"coding": [{"code": doubt}]}))
    for number in range(draw(st.integers(0, 8))):
        since = enrolled + timedelta(draw(st.integers(-800, 400)))
        until = since + timedelta(draw(st.integers(0, 900))) if draw(st.booleans()) else None
        status = draw(st.sampled_from(("active", "active", "completed", "stopped", "entered-in-error", "draft")))
        atc = draw(st.sampled_from(_MEDICINES))
        rows.append(medicine(f"{ident}-m{number}", ident, atc, str(since), str(until) if until else None, status))
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("IMP", "ACUTE", "AMB", "EMER")))
        status = draw(st.sampled_from(("finished", "in-progress", "cancelled", "entered-in-error", "planned")))
        rows.append(stay(f"{ident}-e{number}", ident, _moment(draw, enrolled), kind, status))
    for number in range(draw(st.integers(0, 3))):
        since = enrolled + timedelta(draw(st.integers(-700, 400)))
        changed = str(since + timedelta(draw(st.integers(0, 500)))) if draw(st.integers(0, 4)) else None
        lifecycle, reached = draw(st.sampled_from(_GOAL)), draw(st.sampled_from(_ACHIEVEMENT))
        rows.append(goal(f"{ident}-g{number}", ident, str(since), changed, reached, lifecycle))
    rows.append(discussion(f"{ident}-d", ident, str(enrolled)))
    for number in range(draw(st.integers(0, 3))):
        decided = enrolled + timedelta(draw(st.integers(-400, 400)))
        done = str(decided + timedelta(draw(st.integers(0, 60)))) if draw(st.integers(0, 4)) else None
        where, status = draw(st.sampled_from(("d", "e0"))), draw(st.sampled_from(("completed", "requested")))
        rows.append(task(f"{ident}-t{number}", ident, f"{ident}-{where}", str(decided), done, status))
    return rows
