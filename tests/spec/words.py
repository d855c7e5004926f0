"""The words of the tables in this folder: what each means in codes, and how a line of a table becomes facts.

A clinician can read and correct the tables without reading any code. Dates are ISO, and the day of view is 23 November
2026. Cells that hold several things part them with ";". A result is a name, a value, a unit and a date.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.trend import key_results
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.record.task import Task
from dashboard.domain.values.code_systems import LOINC, SNOMED
from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity, Reference
from dashboard.domain.values.units import to_canonical
from dashboard.fhir.terminology_files import load_terminology

AS_OF = date(2026, 11, 23)
OUTCOMES = ("applies", "does not", "missing")

CONDITIONS = {
    "T2DM": "44054006",
    "HF": "84114007",
    "CKD": "709044004",
    "CKD G2": "431856006",
    "CKD G3": "433144002",
    "CKD G3a": "700378005",
    "CKD G3b": "700379002",
    "CKD G4": "431857002",
    "CKD G5": "433146000",
    "depression": "35489007",
    "hypertension": "38341003",
}  # SNOMED CT
RESULTS = {
    "HbA1c": "4548-4",
    "eGFR": "33914-3",
    "uACR": "32294-1",
    "potassium": "2823-3",
    "sodium": "2951-2",
    "creatinine": "14682-9",
    "systolic": "8480-6",
    "diastolic": "8462-4",
    "weight": "29463-7",
    "BMI": "39156-5",
    "LVEF": "10230-1",
    "NT-proBNP": "33762-6",
    "PHQ-9": "44261-6",
    "LDL": "13457-7",
    "cholesterol": "2093-3",
    "HDL": "2085-9",
    "haemoglobin": "718-7",
}  # LOINC
MEDICINES = {
    "metformin": "A10BA02",
    "gliclazide": "A10BB09",
    "insulin glargine": "A10AE04",
    "pioglitazone": "A10BG03",
    "pioglitazone with metformin": "A10BD05",
    "saxagliptin": "A10BH03",
    "sitagliptin": "A10BH01",
    "dapagliflozin": "A10BK01",
    "ramipril": "C09AA05",
    "losartan": "C09CA01",
    "sacubitril with valsartan": "C09DX04",
    "spironolactone": "C03DA01",
    "furosemide": "C03CA01",
    "bendroflumethiazide": "C03AA01",
    "bisoprolol": "C07AB07",
    "amlodipine": "C08CA01",
    "diltiazem": "C08DB01",
    "atorvastatin": "C10AA05",
    "aspirin": "B01AC06",
    "apixaban": "B01AF02",
    "naproxen": "M01AE02",
    "glucosamine": "M01AX05",
    "paracetamol": "N02BE01",
    "sertraline": "N06AB06",
    "mirtazapine": "N06AX11",
    "amitriptyline": "N06AA09",
    "omeprazole": "A02BC01",
    "no medicine known": "",
}  # ATC


@dataclass(frozen=True)
class Line:
    """One line of a table: its cells by column, and what it should come to."""

    cells: dict[str, str]

    def __getattr__(self, column: str) -> str:
        return self.cells.get(column, "")

    def parts(self, column: str) -> list[str]:
        return [part.strip() for part in self.cells.get(column, "").split(";") if part.strip()]


def lines(table: str) -> list[Line]:
    """The lines of an aligned table, the first being its header."""
    rows = [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines() if row.strip()]
    header, *body = rows
    for row in body:
        assert len(row) == len(header), f"a line has {len(row)} cells under {len(header)} columns: {row}"
    return [Line(dict(zip(header, row, strict=True))) for row in body]


def conditions(line: Line) -> tuple[tuple[ConditionKey, ...], dict[ConditionKey, str]]:
    """Keys and stages of the conditions, by their SNOMED CT codes."""
    keys: list[ConditionKey] = []
    stages: dict[ConditionKey, str] = {}
    for name in line.parts("conditions"):
        coded = (Coding(SNOMED, CONDITIONS[name]),)
        found = load_terminology().conditions(coded)
        keys += found
        stages |= {key: load_terminology().stage(coded) for key in found if load_terminology().stage(coded)}
    return tuple(keys), stages


def results(line: Line) -> dict[Measure, KeyResult]:
    """Key results, by LOINC code and in the canonical unit, whatever unit the table uses."""
    found = []
    for part in line.parts("results"):
        name, value, unit, when = part.split()
        measure = load_terminology().measure((Coding(LOINC, RESULTS[name]),))
        assert measure is not None
        comparator = value[0] if value[0] in "<>" else ""
        recorded = Quantity(Decimal(value.lstrip("<>")), unit, comparator)
        canonical = to_canonical(measure, recorded)
        origin = Reference("Observation", f"o{len(found)}")
        found.append(Result(measure, canonical, PartialDate(when), recorded, canonical != recorded, origin))
    return key_results(found, AS_OF)


def medicines(line: Line) -> tuple[str, ...]:
    return tuple(MEDICINES[name] for name in line.parts("medicines"))


def facts(line: Line) -> PatientFacts:
    """A patient with a plan, a contact last week and no tasks, unless the line's "other" says otherwise."""
    keys, stages = conditions(line)
    measured = results(line)
    other = dict(part.split(" ", 1) for part in line.parts("other"))
    contact = other.get("contact", "2026-11-20")
    age = int(other["age"]) if "age" in other else None
    unread = {
        *({"Observation"} if "checks" not in other else ()),
        *({"CarePlan"} if other.get("plan") == "unread" else ()),
        *({"Encounter"} if contact == "unread" else ()),
    }
    return PatientFacts(
        conditions=keys,
        stages=stages,
        results=measured,
        medicines_atc=medicines(line),
        tasks=tuple(_task(due) for due in other.get("tasks", "").split()),
        plan=_plan(other.get("plan", "current")),
        last_contact=None if contact in ("never", "unread") else PartialDate(contact),
        age=age,
        unread=frozenset(unread),
    )


def _plan(text: str) -> CarePlanSummary | None:
    if text in ("none", "unread"):
        return None
    """`current`, a date of review, or `agreed 2026-01-01, changed 2026-05-01, on-hold`, each part where it is known."""
    due = date.fromisoformat(text) if text[0].isdigit() else None
    said = dict(part.split(" ", 1) for part in text.split(", ") if " " in part)
    status = next((part for part in text.split(", ") if part in ("draft", "on-hold", "completed")), "active")
    return CarePlanSummary(
        Reference("CarePlan", "c1"),
        "1",
        "Shared plan",
        status,
        "",
        datetime.fromisoformat(said["changed"] + "T12:00:00+00:00") if "changed" in said else None,
        date.fromisoformat(said["due"]) if "due" in said else due,
        start=PartialDate(said["agreed"]) if "agreed" in said else None,
    )


def _task(text: str) -> Task:
    """`2026-11-01` is a due date, `undated` has none; `!` after it makes the task urgent."""
    due = None if text.startswith("undated") else PartialDate(text.rstrip("!"))
    return Task(
        origin=Reference("Task", "t1"),
        version="1",
        text="Ring the patient",
        patient=None,
        status="requested",
        priority="urgent" if text.endswith("!") else "routine",
        owner=None,
        owner_name="",
        requester_name="",
        authored=None,
        due=due,
    )
