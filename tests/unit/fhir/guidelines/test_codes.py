"""Medicines that count for a fact and such that do not, one by one; test_hierarchy.py walks all codes."""

import json
from pathlib import Path

import pytest

from dashboard.domain.guidelines.compute import is_of
from dashboard.domain.values.code_systems import ATC, LOINC, SNOMED
from dashboard.fhir.terminology_files import FOLDER
from tests.guidelines import library

FACTS = library().facts
COUNTS = {
    "nsaid": (
        "N02AJ08 codeine and ibuprofen",
        "M01AE01 ibuprofen",
        "M01AE02 naproxen",
        "M01AB05 diclofenac",
        "M01AH01 celecoxib",
        "M01AC06 meloxicam",
    ),
    "sglt2_inhibitor": ("A10BK01 dapagliflozin", "A10BK03 empagliflozin"),
    "dpp4_inhibitor": ("A10BH01 sitagliptin", "A10BH05 linagliptin"),
    "saxagliptin_or_alogliptin": ("A10BH03 saxagliptin", "A10BH04 alogliptin"),
    "ace_inhibitor": ("C09AA05 ramipril", "C09BA05 ramipril and diuretics"),
    "arb": ("C09CA01 losartan", "C09DA01 losartan and diuretics", "C09DX04 valsartan and sacubitril"),
    "diuretic": ("C03CA01 furosemide", "C03AA03 hydrochlorothiazide", "C03BA11 indapamide", "C03DB01 amiloride"),
    "loop_diuretic": ("C03CA01 furosemide", "C03CA02 bumetanide"),
    "proton_pump_inhibitor": ("A02BC01 omeprazole", "A02BC02 pantoprazole"),
    "mra": ("C03DA01 spironolactone", "C03DA04 eplerenone", "C03DA05 finerenone"),
    "anticoagulant": ("B01AA03 warfarin", "B01AF02 apixaban", "B01AE07 dabigatran"),
    "antiplatelet": ("B01AC06 acetylsalicylic acid", "B01AC04 clopidogrel"),
    "ssri": ("N06AB06 sertraline", "N06AB04 citalopram", "N06AB10 escitalopram"),
    "rate_limiting_ccb": ("C08DA01 verapamil", "C08DB01 diltiazem"),
    "insulin": ("A10AE04 insulin glargine",),
    "beta_blocker": ("C09BX05 ramipril and bisoprolol",),
    "statin": ("C10BX06 atorvastatin, acetylsalicylic acid and ramipril",),
}
DO_NOT_COUNT = {
    "nsaid": (
        "S01BC03 diclofenac, eye",
        "M01AX05 glucosamine",
        "M02AA13 ibuprofen, on the skin",
        "N02BE01 paracetamol",
    ),
    "dpp4_inhibitor": ("A10BK01 dapagliflozin", "A10BJ02 liraglutide"),
    "saxagliptin_or_alogliptin": ("A10BH01 sitagliptin",),
    "mra": ("C03DB01 amiloride",),
    "loop_diuretic": ("C03AA03 hydrochlorothiazide", "C03DA01 spironolactone"),
    "proton_pump_inhibitor": ("A02BA02 ranitidine",),
    "rate_limiting_ccb": ("C08CA01 amlodipine",),
    "ssri": ("N06AX11 mirtazapine", "N06AA09 amitriptyline"),
    "ace_inhibitor": ("C09CA01 losartan",),
    "insulin": ("A10BA02 metformin",),
    "statin": ("C10BA10 bempedoic acid and ezetimibe",),
}


@pytest.mark.parametrize(("name", "medicine"), [(name, each) for name, found in COUNTS.items() for each in found])
def test_a_medicine_that_counts(name: str, medicine: str) -> None:
    assert is_of(FACTS[name], medicine.split()[0])


@pytest.mark.parametrize(("name", "medicine"), [(name, each) for name, found in DO_NOT_COUNT.items() for each in found])
def test_a_medicine_that_does_not_count(name: str, medicine: str) -> None:
    assert not is_of(FACTS[name], medicine.split()[0])


def members(name: str):
    """Each code of a value set with its system."""
    [file] = Path(FOLDER).rglob(f"{name}.json")
    for part in json.loads(file.read_text(encoding="utf-8"))["compose"]["include"]:
        codes = [each["code"] for each in part.get("concept", ())] + [each["value"] for each in part.get("filter", ())]
        yield from ((part["system"], code) for code in codes)


def test_no_code_of_medicines_is_taken_for_a_problem_or_a_result() -> None:
    for fact in FACTS.values():
        systems = {system for name in fact.value_sets for system, _ in members(name)}
        assert ATC not in systems, fact.name
        assert not fact.value_sets or systems & {SNOMED, LOINC}, fact.name
