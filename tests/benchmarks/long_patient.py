"""Makes a fictional patient with a given number of events over twenty years, as a FHIR bundle: type 2 diabetes, heart
failure and kidney disease, with the records that a practice, a laboratory and a home monitor would send.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

Json = dict[str, Any]
END = date(2026, 11, 20)
YEARS = 20
LOINC, SNOMED, ATC = "http://loinc.org", "http://snomed.info/sct", "http://www.whocc.no/atc"

# code, words, unit, mean, spread, decimals: key measures, and others that stay as recorded
MEASURED = (
    ("59261-8", "Haemoglobin A1c (IFCC)", "mmol/mol", 58, 9, 0),
    ("33914-3", "eGFR", "mL/min/{1.73_m2}", 48, 9, 0),
    ("2823-3", "Potassium", "mmol/L", 4.6, 0.4, 1),
    ("2951-2", "Sodium", "mmol/L", 139, 3, 0),
    ("29463-7", "Body weight", "kg", 88, 3, 1),
    ("33762-6", "NT-proBNP", "ng/L", 900, 300, 0),
    ("718-7", "Haemoglobin", "g/L", 128, 9, 0),
    ("8867-4", "Heart rate", "/min", 72, 8, 0),
    ("59408-5", "Oxygen saturation", "%", 96, 1, 0),
    ("1920-8", "Aspartate aminotransferase", "U/L", 24, 6, 0),
)
MEDICINES = (("A10BA02", "Metformin"), ("C09AA05", "Ramipril"), ("C07AB07", "Bisoprolol"), ("C10AA05", "Atorvastatin"))
PROBLEMS = (("44054006", "Type 2 diabetes"), ("84114007", "Heart failure"), ("700379002", "CKD stage 3B"))
# How many of each hundred events are of which kind, the problems not counted.
SHARE = {"result": 82, "contact": 8, "medicine": 3, "report": 3, "procedure": 2, "vaccine": 1, "task": 1}


def patient_id(events: int) -> str:
    return f"long-{events}"


def write_bundles(folder: Path, sizes: tuple[int, ...]) -> None:
    """Writes one transaction bundle for each patient."""
    for events in sizes:
        entries = [{"fullUrl": f"{row['resourceType']}/{row['id']}", "resource": row} for row in records(events)]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        (folder / f"{patient_id(events)}.json").write_text(json.dumps(bundle), encoding="utf-8")


def records(events: int) -> Iterator[Json]:
    """Yields the Patient and `events` records about it; the same ones each time."""
    source = Random(events)
    patient = patient_id(events)
    yield {
        "resourceType": "Patient",
        "id": patient,
        "name": [{"use": "official", "family": "Long", "given": [f"Story {events}"]}],
        "birthDate": "1950-03-02",
        "gender": "female",
    }
    for number, (code, words) in enumerate(PROBLEMS):
        yield _about(patient, "Condition", f"con-{number}") | {
            "clinicalStatus": _concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
            "verificationStatus": _concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
            "code": _concept(SNOMED, code, words),
            "onsetDateTime": str(2006 + 4 * number),
        }
    kinds = [kind for kind, share in SHARE.items() for _ in range(share)]
    last: list[str] = []
    for number in range(events - len(PROBLEMS)):
        when = _moment(source, number, events)
        kind = kinds[number * 37 % len(kinds)]  # 37 and 100 have no factor in common: every kind in its share
        row = _MADE[kind](patient, number, when, source)
        if kind == "report":
            row["result"] = [{"reference": f"Observation/{each}"} for each in last[-4:]]
        elif kind == "result":
            last.append(row["id"])
        yield row


def _moment(source: Random, number: int, events: int) -> datetime:
    back = (events - number) / events * YEARS * 365
    day = END - timedelta(days=int(back))
    return datetime(day.year, day.month, day.day, 6 + source.randrange(12), source.randrange(60), tzinfo=UTC)


def _concept(system: str, code: str, words: str = "") -> Json:
    made: Json = {"coding": [{"system": system, "code": code, **({"display": words} if words else {})}]}
    return made | ({"text": words} if words else {})


def _about(patient: str, kind: str, name: str) -> Json:
    subject = "patient" if kind == "Immunization" else "for" if kind == "Task" else "subject"
    return {"resourceType": kind, "id": f"{patient}-{name}", subject: {"reference": f"Patient/{patient}"}}


def _result(patient: str, number: int, when: datetime, source: Random) -> Json:
    row = _about(patient, "Observation", f"obs-{number}") | {
        "status": "final",
        "category": [_concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
        "effectiveDateTime": when.isoformat(),
        "issued": (when + timedelta(hours=9)).isoformat(),
    }
    if number % 6 == 0:
        pair = (("8480-6", "Systolic", 138, 12), ("8462-4", "Diastolic", 78, 8))
        return row | {
            "code": _concept(LOINC, "85354-9", "Blood pressure"),
            "component": [
                {"code": _concept(LOINC, code, words), "valueQuantity": _quantity(source, mean, spread, 0, "mm[Hg]")}
                for code, words, mean, spread in pair
            ],
        }
    code, words, unit, mean, spread, decimals = MEASURED[source.randrange(len(MEASURED))]
    return row | {
        "code": _concept(LOINC, code, words),
        "valueQuantity": _quantity(source, mean, spread, decimals, unit),
    }


def _quantity(source: Random, mean: float, spread: float, decimals: int, unit: str) -> Json:
    value = round(source.gauss(mean, spread), decimals) if decimals else int(source.gauss(mean, spread))
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _contact(patient: str, number: int, when: datetime, source: Random) -> Json:
    return _about(patient, "Encounter", f"enc-{number}") | {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [_concept(SNOMED, "185349003", "Review")],
        "period": {"start": when.isoformat(), "end": (when + timedelta(minutes=20)).isoformat()},
    }


def _medicine(patient: str, number: int, when: datetime, source: Random) -> Json:
    code, words = MEDICINES[source.randrange(len(MEDICINES))]
    end = when.date() + timedelta(days=200)
    return _about(patient, "MedicationRequest", f"med-{number}") | {
        "status": "active" if end > END else "completed",
        "intent": "order",
        "medicationCodeableConcept": _concept(ATC, code, words),
        "authoredOn": when.date().isoformat(),
        "reasonReference": [{"reference": f"Condition/{patient}-con-{source.randrange(len(PROBLEMS))}"}],
        "dosageInstruction": [{"text": "1 tablet in the morning"}],
        "dispenseRequest": {"validityPeriod": {"start": when.date().isoformat(), "end": end.isoformat()}},
    }


def _report(patient: str, number: int, when: datetime, source: Random) -> Json:
    return _about(patient, "DiagnosticReport", f"rep-{number}") | {
        "status": "final",
        "code": _concept(LOINC, "51990-0", "Basic metabolic panel"),
        "effectiveDateTime": when.isoformat(),
    }


def _procedure(patient: str, number: int, when: datetime, source: Random) -> Json:
    return _about(patient, "Procedure", f"pro-{number}") | {
        "status": "completed",
        "code": _concept(SNOMED, "401191002", "Diabetic foot examination"),
        "performedDateTime": when.isoformat(),
    }


def _vaccine(patient: str, number: int, when: datetime, source: Random) -> Json:
    return _about(patient, "Immunization", f"imm-{number}") | {
        "status": "completed",
        "vaccineCode": _concept(ATC, "J07BB02", "Influenza vaccine"),
        "occurrenceDateTime": when.date().isoformat(),
    }


def _task(patient: str, number: int, when: datetime, source: Random) -> Json:
    return _about(patient, "Task", f"tsk-{number}") | {
        "status": "completed",
        "intent": "order",
        "description": "Telephone about the weight",
        "authoredOn": when.isoformat(),
    }


_MADE = {
    "result": _result,
    "contact": _contact,
    "medicine": _medicine,
    "report": _report,
    "procedure": _procedure,
    "vaccine": _vaccine,
    "task": _task,
}
