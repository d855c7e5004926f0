"""Patients of the tests on risk scores: records as a server sends them, read as the worklist reads them."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.risk.risks import risks
from dashboard.domain.risk.score import InputKey, RiskKey, RiskScore
from dashboard.domain.values.code_systems import ATC, ICD_10, LOINC, SNOMED
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping import condition, medication_request, observation
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.terminology_files import load_terminology

ON = date(2026, 11, 23)
TERMINOLOGY = load_terminology()
Json = dict[str, Any]
CODES = {
    "creatinine": "14682-9",
    "egfr": "33914-3",
    "uacr": "32294-1",
    "systolic": "8480-6",
    "cholesterol": "14647-2",
    "hdl": "14646-4",
    "hba1c": "59261-8",
    "phq9": "44261-6",
}  # LOINC
T2DM, HF, CKD = "44054006", "84114007", "433144002"  # SNOMED CT
SMOKER, EX_SMOKER = "77176002", "8517006"


def result(name: str, value: str, unit: str, when: str = "2026-09-01", comparator: str = "") -> Json:
    """An Observation with a value; a comparator is "<" or ">"."""
    quantity: Json = {"value": Decimal(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    if comparator:
        quantity["comparator"] = comparator
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": CODES[name]}]},
        "effectiveDateTime": when,
        "valueQuantity": quantity,
    }


def smoking(code: str, when: str = "2026-09-01") -> Json:
    coded = {"coding": [{"system": SNOMED, "code": code}], "text": "as recorded"}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "72166-2"}]},
        "effectiveDateTime": when,
        "valueCodeableConcept": coded,
    }


def problem(code: str, onset: str = "2015-03-01", system: str = SNOMED, **fields: Any) -> Json:
    """A Condition; `clinical` and `verification` are its statuses."""
    clinical, verification = fields.get("clinical", "active"), fields.get("verification", "confirmed")
    where = "http://terminology.hl7.org/CodeSystem/condition-"
    made: Json = {
        "resourceType": "Condition",
        "code": {"coding": [{"system": system, "code": code, "display": code}]},
        "clinicalStatus": {"coding": [{"system": where + "clinical", "code": clinical}]},
        "verificationStatus": {"coding": [{"system": where + "ver-status", "code": verification}]},
    }
    return made | ({"onsetDateTime": onset} if onset else {})


def icd(code: str, **fields: Any) -> Json:
    return problem(code, system=ICD_10, **fields)


def medicine(atc: str, status: str = "active", text: str = "a medicine", kind: str = "MedicationRequest") -> Json:
    coding = {"coding": [{"system": ATC, "code": atc}]} if atc else {}
    return {
        "resourceType": kind,
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {**coding, "text": text},
        "authoredOn": "2026-01-01",
    }


READERS: dict[str, Callable[[Json], Any]] = {
    "Condition": lambda row: condition.from_fhir(row, TERMINOLOGY),
    "Observation": lambda row: observation.from_fhir(row, TERMINOLOGY),
    "MedicationRequest": lambda row: medication_request.from_fhir(row, TERMINOLOGY, {}),
    "MedicationStatement": lambda row: medication_request.from_fhir(row, TERMINOLOGY, {}),
}


def record(rows: Iterable[Json], born: str = "1962-05-10", gender: str = "female") -> PatientRecord:
    resources: dict[str, dict[str, ResourceValue]] = {}
    for number, row in enumerate(rows):
        kind, ident = row["resourceType"], f"r{number}"
        value = read_one({**row, "id": ident, "subject": {"reference": "Patient/p"}}, READERS[kind])
        if not isinstance(value, Exclusion):
            resources.setdefault(kind, {})[ident] = ResourceValue("", value)
    return PatientRecord(Person("p", HumanName(), PartialDate(born) if born else None, gender), "", resources)


def scores(
    rows: Iterable[Json], country: str = "GB", unread: Iterable[str] = (), **who: str
) -> dict[RiskKey, RiskScore]:
    made = risks(record(rows, **who), ON, TERMINOLOGY, country, frozenset(unread))
    assert [each.key for each in made] == list(RiskKey)
    return {each.key: each for each in made}


def score(key: RiskKey, rows: Iterable[Json], country: str = "GB", **fields: Any) -> RiskScore:
    return scores(rows, country, **fields)[key]


def used(score: RiskScore, key: InputKey) -> list[str]:
    """What was used of one input: its value with unit, and its date."""
    return [
        f"{getattr(each.value, 'value', each.value)} {getattr(each.value, 'unit', '')} {each.when or ''}".strip()
        for each in score.inputs
        if each.key is key
    ]


KIDNEYS = (
    result("creatinine", "150", "umol/L"),
    result("egfr", "33", "mL/min/{1.73_m2}"),
    result("uacr", "20", "mg/mmol"),
    problem(CKD),
)
"""A woman of 64 with an eGFR of 33 and A2 albuminuria."""
DIABETIC = (
    problem(T2DM),
    result("egfr", "75", "mL/min/{1.73_m2}"),
    result("uacr", "2", "mg/mmol"),
    result("systolic", "140", "mm[Hg]"),
    result("cholesterol", "5.5", "mmol/L"),
    result("hdl", "1.3", "mmol/L"),
    result("hba1c", "58", "mmol/mol"),
    smoking(EX_SMOKER),
)
"""A woman of 64 with type 2 diabetes since 52, for whom SCORE2-Diabetes is valid."""
