"""The facts beside the concepts of C3-Cloud's mapping table: each has one, or it is said why not."""

import csv
import re
from datetime import date
from decimal import Decimal

import pytest

from dashboard.domain.guidelines.compute import compute_facts, is_of
from dashboard.domain.guidelines.fact import FactKind, Why
from dashboard.domain.values.code_systems import ATC, CONDITION_CLINICAL, LOINC, UCUM
from dashboard.domain.values.drug_classes import is_atc
from dashboard.fhir.guidelines.library import FOLDER
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests import hierarchy
from tests.guidelines import library
from tests.unit.domain.values.test_terminology import TABLE

FACTS = library().facts
MORE = [fact for fact in FACTS.values() if fact not in library().facts_used()]
ON = date(2026, 11, 23)
ROWS = dict(
    re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", (FOLDER / "C3-CLOUD.md").read_text(encoding="utf-8"), re.MULTILINE)
)
WRONG_IN_THE_TABLE = {"NSAID"}


def named(concept: str) -> list[str]:
    return re.findall(r"`([a-z0-9_]+)`", ROWS[concept]) if not ROWS[concept].startswith("none: ") else []


def value_of(fact, *rows: dict):
    record = read_record([{"id": f"r{n}", **row} for n, row in enumerate(rows)], load_terminology(), ON)
    return compute_facts(record, [fact], load_terminology(), ON)[fact.name]


def medicine(code: str) -> dict:
    concept = {"coding": [{"system": ATC, "code": code}]} if code else {"text": "something"}
    return {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-11-01",
        "medicationCodeableConcept": concept,
    }  # fmt: skip


@pytest.mark.skipif(not TABLE.exists(), reason="the mapping table is not part of the project")
def test_every_concept_has_its_facts_or_the_reason_why_not() -> None:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["concept"] and row["sheet"] != "sheet"]
    assert {row["concept"] for row in rows} <= set(ROWS)
    for row in rows:
        if row["system"] == "ATC" and row["site"] == "reference" and is_atc(row["code"]):
            facts = [FACTS[name] for name in named(row["concept"])]
            fits = any(is_of(fact, row["code"]) or row["code"] <= max(fact.atc) for fact in facts)
            under = any(family.startswith(row["code"]) for fact in facts for family in fact.atc)
            assert not facts or fits or under or row["concept"] in WRONG_IN_THE_TABLE, row


def test_the_names_of_facts_are_right_and_about_as_many_as_c3_cloud_had() -> None:
    assert {name for concept in ROWS for name in named(concept)} <= set(FACTS)
    assert 0.85 * 139 < len(FACTS) < 1.15 * 139
    page = (FOLDER / "C3-CLOUD.md").read_text(encoding="utf-8")
    assert f"We have {len(FACTS)} facts" in page


@pytest.mark.parametrize("fact", [each for each in MORE if each.atc], ids=lambda fact: fact.name)
def test_a_medicine_is_taken_or_not_or_nobody_can_tell(fact) -> None:
    [code, *_] = [each for each in hierarchy.atc() if len(each) == 7 and is_of(fact, each)]
    other = "C01AA05" if fact.name != "digoxin" else "A10BA02"
    assert value_of(fact, medicine(code)).value is True
    assert value_of(fact, medicine(other)).value is False
    assert value_of(fact, medicine("")).why is Why.NO_CLASS
    if fact.unsure_atc:
        assert value_of(fact, medicine(fact.unsure_atc[0].ljust(7, "0"))).why is Why.NO_CLASS


@pytest.mark.parametrize("fact", [each for each in MORE if each.kind is FactKind.CONDITION], ids=lambda fact: fact.name)
def test_a_problem_is_there_or_not(fact) -> None:
    [(system, code), *_] = hierarchy.value_sets()[fact.value_sets[0]]
    active = {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]}
    row = {
        "resourceType": "Condition",
        "clinicalStatus": active,
        "code": {"coding": [{"system": system, "code": code}]},
    }
    assert value_of(fact, row).value is True
    assert value_of(fact).value is False


@pytest.mark.parametrize(
    ("name", "code", "value", "unit", "expected"),
    [
        ("cholesterol", "2093-3", 200, "mg/dL", "5.2"),
        ("hdl", "2085-9", 50, "mg/dL", "1.3"),
        ("ldl", "13457-7", 3, "mmol/L", "3"),
        ("creatinine", "2160-0", 1, "mg/dL", "88"),
        ("sodium", "2951-2", 140, "meq/L", "140"),
        ("haemoglobin", "718-7", 13, "g/dL", "130"),
        ("ntprobnp", "33762-6", 400, "pg/mL", "400"),
        ("weight", "29463-7", 80000, "g", "80"),
        ("height", "8302-2", 2, "m", "200"),
        ("bmi", "39156-5", 27, "kg/m2", "27"),
    ],
)
def test_a_result_is_in_the_unit_of_its_fact(name: str, code: str, value: int, unit: str, expected: str) -> None:
    row = {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": "2026-11-01", "valueQuantity": {"value": value, "system": UCUM, "code": unit},
    }  # fmt: skip
    found = value_of(FACTS[name], row)
    assert found.value == Decimal(expected) and [str(each) for each in found.records] == ["Observation/r0"]
    row["valueQuantity"]["code"] = "furlongs"
    assert value_of(FACTS[name], row).why is Why.UNREADABLE
    assert value_of(FACTS[name]).why is Why.NOT_RECORDED


def test_stages_are_words_of_the_problem() -> None:
    active = {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]}

    def problem(code: str) -> dict:
        coding = {"system": "http://snomed.info/sct", "code": code}
        return {"resourceType": "Condition", "clinicalStatus": active, "code": {"coding": [coding]}}

    assert value_of(FACTS["ckd_stage"], problem("950061000000103")).value == "G3b"
    assert value_of(FACTS["depression_severity"], problem("310497006")).value == "severe"
    assert value_of(FACTS["ckd_stage"], problem("709044004")).why is Why.NOT_RECORDED
