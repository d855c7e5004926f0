"""Reads R4 transaction bundles without any code of the dashboard, as an independent statement of what pages must show.

It uses dictionaries, counts and small tables of codes. The tables hold the codes that Synthea's patients have, sorted
by a person into the four conditions and the key measures.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
# SNOMED CT code -> condition of the programme; a code that is missing here is none of them.
CONDITIONS = {
    "44054006": "T2DM",  # Diabetes (mellitus type 2)
    "422034002": "T2DM",  # Diabetic retinopathy associated with type II diabetes mellitus
    "368581000119106": "T2DM",  # Neuropathy due to type 2 diabetes mellitus
    "90781000119102": "T2DM",  # Microalbuminuria due to type 2 diabetes mellitus
    "88805009": "HF",  # Chronic congestive heart failure
    "431855005": "CKD",  # Chronic kidney disease stage 1
    "431856006": "CKD",  # Chronic kidney disease stage 2
    "127013003": "CKD",  # Diabetic renal disease
    "370143000": "DEPRESSION",  # Major depression disorder
}
# LOINC code -> (measure, factor to the canonical unit by the unit of the source); HbA1c in % has its own formula.
MEASURES = {
    "4548-4": ("HBA1C", {"%": None}),
    "33914-3": ("EGFR", {"mL/min/{1.73_m2}": 1}),  # "mL/min" is an absolute clearance
    "14959-1": ("UACR", {"mg/g": 1 / 8.84}),  # 113.12 g/mol creatinine
    "38483-4": ("CREATININE", {"mg/dL": 88.4}),
    "6298-4": ("POTASSIUM", {"mmol/L": 1}),
    "2947-0": ("SODIUM", {"mmol/L": 1}),
    "8480-6": ("SYSTOLIC", {"mm[Hg]": 1, "mmHg": 1}),
    "8462-4": ("DIASTOLIC", {"mm[Hg]": 1, "mmHg": 1}),
    "29463-7": ("WEIGHT", {"kg": 1}),
    "8302-2": ("HEIGHT", {"cm": 1}),
    "39156-5": ("BMI", {"kg/m2": 1}),
    "10230-1": ("LVEF", {"%": 1}),
    "33762-6": ("NTPROBNP", {"pg/mL": 1}),
    "18262-6": ("LDL", {"mg/dL": 1 / 38.67}),
    "2093-3": ("CHOLESTEROL", {"mg/dL": 1 / 38.67}),
    "2085-9": ("HDL", {"mg/dL": 1 / 38.67}),
    "718-7": ("HAEMOGLOBIN", {"g/dL": 10}),
}


@dataclass(frozen=True)
class Value:
    """A key measure as recorded in the bundle, and in the unit that the dashboard shows."""

    when: str
    recorded: float
    unit: str
    shown: float


@dataclass(frozen=True)
class Chart:
    """One patient's bundle: the Patient, and the other resources about this patient by type."""

    patient: Json
    rows: dict[str, list[Json]]

    @property
    def id(self) -> str:
        return str(self.patient["id"])

    def counts(self) -> Counter[str]:
        """Returns how many resources of each type there are."""
        return Counter({name: len(rows) for name, rows in self.rows.items()})

    def active_problems(self) -> list[Json]:
        return [row for row in self.rows["Condition"] if _status(row["clinicalStatus"]) == "active"]

    def conditions(self) -> set[str]:
        """Returns the programme's conditions among the active problems."""
        codes = {coding["code"] for row in self.active_problems() for coding in row["code"]["coding"]}
        return {CONDITIONS[code] for code in codes if code in CONDITIONS}

    def stages(self) -> set[str]:
        """Returns the CKD stages that the codes of active problems name."""
        codes = {coding["code"] for row in self.active_problems() for coding in row["code"]["coding"]}
        return {stage for code, stage in (("431855005", "G1"), ("431856006", "G2")) if code in codes}

    def medicines(self, status: str) -> Counter[str]:
        """Returns the RxNorm codes of the MedicationRequests of a status, each as often as it was ordered."""
        rows = [row for row in self.rows["MedicationRequest"] if row["status"] == status]
        return Counter(row["medicationCodeableConcept"]["coding"][0]["code"] for row in rows)

    def allergies(self) -> Counter[str]:
        return Counter(row["code"]["text"] for row in self.rows["AllergyIntolerance"])

    def latest(self, since: date = date.min, until: date = date.max) -> dict[str, list[Value]]:
        """Returns, for each measure, the latest value between two days; several where they have the same time."""
        found: dict[str, list[Value]] = defaultdict(list)
        for measure, value in self._values():
            if since <= datetime.fromisoformat(value.when).date() <= until:
                found[measure].append(value)
        return {
            measure: [value for value in values if value.when == max(v.when for v in values)]
            for measure, values in found.items()
        }

    def in_unknown_units(self) -> set[str]:
        """Returns the ids of the Observations of key measures in a unit that says another quantity."""
        return {
            str(row["id"])
            for row in self.rows["Observation"]
            for coding in row["code"]["coding"]
            if coding["code"] in MEASURES and row["valueQuantity"]["code"] not in MEASURES[coding["code"]][1]
        }

    def last_contact(self, since: date, until: date) -> str | None:
        """Returns the start of the last Encounter between two days."""
        starts = [row["period"]["start"] for row in self.rows["Encounter"]]
        return max((s for s in starts if since <= datetime.fromisoformat(s).date() <= until), default=None)

    def _values(self) -> Iterator[tuple[str, Value]]:
        for row in self.rows["Observation"]:
            for part in [row, *row.get("component", [])]:
                code = next((c["code"] for c in part["code"]["coding"] if c["system"] == LOINC), "")
                if code in MEASURES and "valueQuantity" in part:
                    measure, factors = MEASURES[code]
                    quantity = part["valueQuantity"]
                    if quantity["code"] not in factors:
                        continue
                    factor = factors[quantity["code"]]
                    number = float(quantity["value"])
                    # NGSP = 0.09148 IFCC + 2.152 (ngsp.org)
                    shown = (number - 2.152) / 0.09148 if factor is None else number * factor
                    yield measure, Value(row["effectiveDateTime"], number, quantity["code"], shown)


@dataclass(frozen=True)
class Bundles:
    """The contents of all files: the patients' charts, and the distinct ids of each type."""

    charts: dict[str, Chart]
    ids: dict[str, set[str]]


def read_bundles(folder: Path) -> Bundles:
    """Reads every `.json.gz` bundle of a folder."""
    charts: dict[str, Chart] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.glob("*.json.gz")):
        rows: dict[str, list[Json]] = defaultdict(list)
        for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]:
            rows[entry["resource"]["resourceType"]].append(entry["resource"])
            ids[entry["resource"]["resourceType"]].add(entry["resource"]["id"])
        for patient in rows.pop("Patient", []):
            charts[patient["id"]] = Chart(patient, rows)
    return Bundles(charts, dict(ids))


def _status(concept: Json) -> str:
    return str(concept["coding"][0]["code"])
