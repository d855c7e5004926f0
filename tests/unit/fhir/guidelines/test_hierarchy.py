"""Each code of each fact stands in the hierarchy of its code system under what the fact is about.

C3-Cloud mapped NSAID to ATC S01BC, drops for the eye, so that ibuprofen fired nothing. The tables of
data/terminology/hierarchy were read in published sources; a code that is in none of them fails, unless it is named
there as not checked.
"""

import re
from dataclasses import replace

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import Outcome, finding
from dashboard.domain.values.code_systems import ATC, CONDITION_CLINICAL, ICD_10_CM, LOINC, READ, RXNORM, SNOMED
from dashboard.fhir.guidelines.case_files import AS_OF
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests import hierarchy
from tests.guidelines import RULES, library
from tests.hierarchy import problem_of, problems_of_medicines, value_sets

FACTS = library().facts
SETS = hierarchy.sets_of(FACTS.values())
MEDICINES = [fact for fact in FACTS.values() if fact.atc]
NOT_CHECKED = hierarchy.about()["not_checked"]


@pytest.mark.parametrize("name", SETS)
def test_every_code_of_a_fact_stands_under_what_the_fact_is_about(name: str) -> None:
    assert [each for system, code in value_sets()[name] if (each := problem_of(name, system, code))] == []


def test_every_code_that_a_map_brings_into_a_fact_stands_there_too() -> None:
    assert [each for found in hierarchy.translated_into(SETS) if (each := problem_of(*found))] == []


@pytest.mark.parametrize("fact", MEDICINES, ids=lambda fact: fact.name)
def test_every_medicine_of_a_fact_holds_one_of_its_substances_and_none_is_left_out(fact) -> None:
    assert problems_of_medicines(fact) == []


def test_an_nsaid_is_m01a_and_what_holds_one() -> None:
    [nsaid] = [fact for fact in MEDICINES if fact.name == "nsaid"]
    assert {"M01A", "N02AJ08"} <= set(nsaid.atc)
    assert not [family for family in nsaid.atc if family.startswith(("S01", "M02"))]


def test_what_is_said_of_the_tables_is_true() -> None:
    """Nothing is excused that is in no fact, and every fact and value set has its line."""
    known = {code for name in SETS for _, code in value_sets()[name]}
    known |= {code for _, _, code in hierarchy.translated_into(SETS)}
    about = hierarchy.about()
    excused = {code for what in about["value_sets"].values() for code in what.get("exceptions", ())}
    left_out = {code for what in about["value_sets"].values() for code in what.get("left_out", ())}
    assert left_out <= set(hierarchy.snomed())
    assert set(NOT_CHECKED) | excused <= known
    assert set(about["medicines"]) == {fact.name for fact in MEDICINES}
    assert set(about["value_sets"]) >= set(SETS)
    readme = (hierarchy.FOLDER / "README.md").read_text(encoding="utf-8")
    [counted] = re.findall(r"(\d+) codes are not checked", readme)
    assert int(counted) == len(NOT_CHECKED)


# --- a wrong code is noticed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_a_code_of_another_fact_is_noticed_and_none_that_stands_there_is_left_out(name: str) -> None:
    """Every code of the tables and of the other facts is in the value set, or not known to stand there."""
    known = {(SNOMED, code) for code in hierarchy.snomed()} | {each for other in SETS for each in value_sets()[other]}
    left_out = {*NOT_CHECKED, *hierarchy.about()["value_sets"][name].get("left_out", ())}
    others = [each for each in sorted(known) if not hierarchy.holds(name, *each) and each[1] not in left_out]
    assert [each for each in others if not problem_of(name, *each)] == []
    assert others


@pytest.mark.parametrize(
    ("name", "system", "code"),
    [
        ("condition-HF", SNOMED, "44054006"),
        ("condition-T2DM", SNOMED, "609562003"),  # maturity onset diabetes of the young, type 1
        ("condition-CKD", ICD_10_CM, "E142"),  # the American edition has no E14
        ("measure-POTASSIUM", LOINC, "2828-2"),  # potassium in urine
        ("measure-POTASSIUM", LOINC, "2951-2"),  # sodium
        ("measure-POTASSIUM", READ, "4414"),  # C3-Cloud's table has a 1 for an I
        ("measure-HBA1C", LOINC, "718-7"),  # haemoglobin
        ("condition-HF", ATC, "C03CA01"),
    ],
)
def test_a_wrong_code_is_noticed(name: str, system: str, code: str) -> None:
    assert problem_of(name, system, code)


@pytest.mark.parametrize("fact", MEDICINES, ids=lambda fact: fact.name)
def test_a_wrong_medicine_is_noticed(fact) -> None:
    assert problems_of_medicines(replace(fact, atc=(*fact.atc, "S01BC" if fact.name != "nsaid" else "A10BA02")))
    assert problems_of_medicines(replace(fact, atc=fact.atc[1:]))
    assert problems_of_medicines(replace(fact, name="another"))


def test_the_eye_drops_of_c3_cloud_would_be_noticed() -> None:
    [nsaid] = [fact for fact in MEDICINES if fact.name == "nsaid"]
    problems = problems_of_medicines(replace(nsaid, atc=("S01BC",), without_atc=()))
    assert any("S01BC03 diclofenac" in each or "M01AE01 ibuprofen is left out" in each for each in problems)


# --- ibuprofen fires -------------------------------------------------------------------------------------------------

IBUPROFEN = [
    (ATC, "M01AE01"),
    (RXNORM, "310965"),  # of Synthea's people
    (RXNORM, "198405"),
    (RXNORM, "5640"),
    (ATC, "N02AJ08"),  # codeine and ibuprofen
]


@pytest.mark.parametrize(("system", "code"), IBUPROFEN)
def test_ibuprofen_fires_in_heart_failure(system: str, code: str) -> None:
    [rule] = [rule for rule in RULES if rule.id == "11-nsaid"]
    [advice] = [each for each in rule.advice if each.key == "heart-kidney"]
    rows = [
        {
            "resourceType": "Condition", "id": "hf",
            "clinicalStatus": {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]},
            "code": {"coding": [{"system": SNOMED, "code": "367363000"}]},
        },
        {
            "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
            "authoredOn": "2026-11-01", "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]},
        },
    ]  # fmt: skip
    record = read_record(rows, load_terminology(), AS_OF)
    facts = [FACTS[name] for name in advice.condition.facts]
    values = compute_facts(record, facts, load_terminology(), AS_OF)
    assert finding(rule, advice, values).outcome is Outcome.APPLIES
    assert values["nsaid"].value is True
