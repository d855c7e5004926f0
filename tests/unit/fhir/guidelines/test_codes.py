"""Every code of every fact is of the substance or problem that the fact is about, by the hierarchy of its code system.

C3-Cloud mapped NSAID to ATC S01BC, drops for the eye. ATC's names after the index of the WHO Collaborating Centre, from
memory; ICD-10's chapters are those of its three characters.
"""

import json
import re
from pathlib import Path

import pytest

from dashboard.domain.guidelines.compute import is_of
from dashboard.domain.guidelines.fact import FactKind
from dashboard.domain.values.code_systems import ATC, LOINC, SNOMED
from dashboard.fhir.terminology_files import FOLDER
from tests.guidelines import library

FACTS = library().facts
DRUGS = [fact for fact in FACTS.values() if fact.atc]
COMBINATIONS = {
    "A10BD01": "phenformin and sulfonylureas", "A10BD02": "metformin and sulfonylureas",
    "A10BD03": "metformin and rosiglitazone", "A10BD04": "glimepiride and rosiglitazone",
    "A10BD05": "metformin and pioglitazone", "A10BD06": "glimepiride and pioglitazone",
    "A10BD07": "metformin and sitagliptin", "A10BD08": "metformin and vildagliptin",
    "A10BD09": "pioglitazone and alogliptin", "A10BD10": "metformin and saxagliptin",
    "A10BD11": "metformin and linagliptin", "A10BD12": "pioglitazone and sitagliptin",
    "A10BD13": "metformin and alogliptin", "A10BD14": "metformin and repaglinide",
    "A10BD15": "metformin and dapagliflozin", "A10BD16": "metformin and canagliflozin",
    "A10BD17": "metformin and acarbose", "A10BD18": "metformin and gemigliptin",
    "A10BD19": "linagliptin and empagliflozin", "A10BD20": "metformin and empagliflozin",
    "A10BD21": "saxagliptin and dapagliflozin", "A10BD22": "metformin and evogliptin",
    "A10BD23": "metformin and ertugliflozin", "A10BD24": "sitagliptin and ertugliflozin",
    "A10BD25": "metformin, saxagliptin and dapagliflozin", "A10BD26": "metformin and lobeglitazone",
    "A10BD27": "metformin, linagliptin and empagliflozin",
}  # fmt: skip
"""Combinations of oral glucose-lowering medicines, a substance in the name of each."""
SUBSTANCE = {
    "metformin": r"metformin",
    "sglt2_inhibitor": r"gliflozin",
    "dpp4_inhibitor": r"gliptin",
    "saxagliptin_or_alogliptin": r"saxagliptin|alogliptin",
    "pioglitazone": r"pioglitazone",
    "sulfonylurea": r"sulfonylureas|glimepiride",
}
GROUPS = {
    "metformin": "A10BA02", "sglt2_inhibitor": "A10BK", "dpp4_inhibitor": "A10BH", "pioglitazone": "A10BG03",
    "saxagliptin_or_alogliptin": "A10BH03 A10BH04", "sulfonylurea": "A10BB", "insulin": "A10A",
    "ace_inhibitor": "C09A C09B", "arb": "C09C C09D", "arni": "C09DX04", "beta_blocker": "C07 C09BX",
    "mra": "C03DA", "diuretic": "C03 C07B C07C C07D C08GA C09BA C09BX C09DA C09DX C09XA",
    "loop_diuretic": "C03C C03EB", "proton_pump_inhibitor": "A02BC",
    "thiazide": "C03A C03B C03EA C07B C07C C07D C08GA C09BA C09BX C09DA C09DX C09XA",
    "rate_limiting_ccb": "C08D C09BB10", "nsaid": "M01A", "antiplatelet": "B01AC", "anticoagulant": "B01A",
    "statin": "C10A C10B", "ssri": "N06AB", "citalopram": "N06AB04", "tricyclic": "N06AA", "antidepressant": "N06A",
    "days_since_raas_started": "C09A C09B C09C C09D", "days_since_mra_started": "C03DA",
    "days_since_antidepressant_started": "N06A",
}  # fmt: skip
"""The groups of ATC in which each fact's substances stand, but for combinations of glucose-lowering medicines."""
COUNTS = {
    "nsaid": ("M01AE01 ibuprofen", "M01AE02 naproxen", "M01AB05 diclofenac", "M01AH01 celecoxib", "M01AC06 meloxicam"),
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
}
ICD = {
    "condition-T2DM": "E11", "condition-HF": "I50 I11 I13 I42", "condition-CKD": "N18 I12 I13 E10 E11 E13 E14",
    "condition-DEPRESSION": "F32 F33 F34 F41", "fact-type-1-diabetes": "E10",
    "fact-hypertension": "I10 I11 I12 I13 I15",
    "fact-ketoacidosis": "E10 E11 E13 E14", "fact-hypoglycaemia": "E16 E11", "fact-frailty": "R54",
    "fact-foot-ulcer": "",
}  # fmt: skip
"""The categories of ICD-10 in which the codes of each value set of problems stand."""


@pytest.mark.parametrize("fact", DRUGS, ids=lambda fact: fact.name)
def test_every_family_stands_in_the_group_of_its_substance(fact) -> None:
    groups = tuple(GROUPS[fact.name].split())
    for family in fact.atc:
        if family.startswith("A10BD"):
            assert re.search(SUBSTANCE[fact.name], COMBINATIONS[family]), (family, COMBINATIONS[family])
        else:
            assert family.startswith(groups), family


@pytest.mark.parametrize("name", SUBSTANCE)
def test_no_combination_with_the_substance_is_left_out(name: str) -> None:
    left_out = [
        f"{code} {words}"
        for code, words in COMBINATIONS.items()
        if re.search(SUBSTANCE[name], words) and not is_of(FACTS[name], code)
    ]
    assert left_out == []


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


def test_every_problem_code_of_icd_10_stands_in_the_category_of_the_fact() -> None:
    names = {
        name for fact in FACTS.values() if fact.kind in (FactKind.CONDITION, FactKind.STAGE) for name in fact.value_sets
    }
    assert names == set(ICD)
    for name in sorted(names):
        allowed = tuple(ICD[name].split())
        wrong = [
            code
            for system, code in members(name)
            if re.search("icd-10|1\\.2\\.752|cie-10", system) and not code.startswith(allowed)
        ]
        assert wrong == [], name


def test_no_code_of_medicines_is_taken_for_a_problem_or_a_result() -> None:
    for fact in FACTS.values():
        systems = {system for name in fact.value_sets for system, _ in members(name)}
        assert ATC not in systems, fact.name
        assert not fact.value_sets or systems & {SNOMED, LOINC}, fact.name
