"""Every code of a fact about a condition of the Charlson index has its place in the index, or is excused with a reason.

Quan 2005 lists categories of ICD-10; what is excused is in none of them, and the index is then what it is at least.
"""

from collections.abc import Iterator

import pytest

from dashboard.domain.values.code_systems import READ, SNOMED
from dashboard.domain.values.datatypes import Coding
from tests.guidelines import library
from tests.hierarchy import value_sets
from tests.unit.domain.risk.records import TERMINOLOGY

DIABETES = ("diabetes", "diabetes-with-complication")
PLACES = {
    "condition-T2DM": DIABETES,
    "fact-type-1-diabetes": DIABETES,
    "condition-CKD": ("renal-disease",),
    "condition-HF": ("heart-failure",),
    "fact-copd": ("chronic-pulmonary-disease",),
    "fact-peripheral-arterial-disease": ("peripheral-vascular-disease", "diabetes-with-complication"),
    "fact-diabetic-retinopathy": ("diabetes-with-complication",),
    "fact-diabetic-neuropathy": ("diabetes-with-complication",),
    "fact-diabetic-kidney-disease": ("diabetes-with-complication",),
}
"""The value sets of facts, and the comorbidities of which each of their codes is one."""
OF_NONE = {
    "condition-DEPRESSION": "no comorbidity of the index",
    "fact-hypertension": "no comorbidity of the index",
    "fact-atrial-fibrillation": "no comorbidity of the index",
    "fact-hypoglycaemia": "counts by the diabetes that it comes of",
    "fact-ketoacidosis": "counts by the diabetes that it comes of",
    "fact-foot-ulcer": "counts by the diabetes that it comes of",
    "fact-frailty": "no comorbidity of the index",
}
"""Value sets of facts that no comorbidity is about."""
PREGNANCY = "ICD-10 O24, of which Quan 2005 has none"
OTHER_CAUSE = "E08 and E09 are of the American edition alone, and of none of the comorbidities"
OF_DIABETES = "E10.2 to E14.2: Quan 2005 counts them as diabetes with complication alone"
HEART_TOO = "I13.0 and I13.2: Quan 2005 counts them as heart failure alone"
ONLY_SOME = "only I12.0 and I13.1 are renal disease; the others say that the kidneys have not failed, or the heart has"
NO_CATEGORY = "the index of ICD-10 gives no category that is certain"
EMBOLISM = "I74, of which Quan 2005 has none"
JOINT = "E10.6 to E14.6: Quan 2005 counts them as diabetes without complication"
EXCUSED = {
    ("condition-T2DM", "199230006"): PREGNANCY,
    ("condition-T2DM", "609567009"): PREGNANCY,
    ("fact-type-1-diabetes", "199229001"): PREGNANCY,
    **{("condition-CKD", code): OF_DIABETES for code in ("E102", "E112", "E132", "E142")},
    **{("condition-CKD", code): OF_DIABETES for code in ("C104", "C109C", "C10ED", "C10FC", "127013003", "420279001")},
    **{("condition-CKD", code): ONLY_SOME for code in ("I12", "I13")},
    **{("condition-CKD", code): HEART_TOO for code in ("194779001", "194781004")},
    **{
        (name, f"{category}{digit}"): OTHER_CAUSE
        for name, digit in (
            ("condition-CKD", 2), ("fact-diabetic-kidney-disease", 2), ("fact-diabetic-retinopathy", 3),
            ("fact-diabetic-neuropathy", 4),
        )
        for category in ("E08", "E09")
    },
    **{
        ("fact-peripheral-arterial-disease", code): NO_CATEGORY
        for code in (
            "233958001", "233961000", "233962007", "238794007", "238796009", "300917007", "301755001", "307408003",
            "312822006", "836711000000108",
        )
    },
    **{("fact-peripheral-arterial-disease", code): EMBOLISM for code in ("307406004", "723870003")},
    **{
        ("fact-diabetic-neuropathy", code): JOINT
        for code in ("C109H", "C10EJ", "C10FH", "201724008", "314904008", "781000119106")
    },
}  # fmt: skip
"""Codes of facts that are not in the comorbidity that the fact is about."""


def comorbidities(system: str, code: str) -> set[str]:
    found = TERMINOLOGY.value_sets_of((Coding(system, code),))
    return {name.removeprefix("charlson-") for name in found if name.startswith("charlson-")}


def without_place(name: str) -> Iterator[str]:
    for system, code in value_sets()[name]:
        if comorbidities(system, code).isdisjoint(PLACES[name]):
            yield code


@pytest.mark.parametrize("name", PLACES)
def test_every_code_of_a_fact_has_its_place_or_its_reason(name: str) -> None:
    excused = {code for of, code in EXCUSED if of == name}
    assert set(without_place(name)) == excused  # nobody is excused who has a place, or is in no fact


def test_every_fact_about_a_condition_is_looked_at() -> None:
    """A new fact of a comorbidity is no gap that nobody sees."""
    asked = {name for fact in library().facts_used() for name in fact.value_sets}
    conditions = {name for name in asked if name.startswith(("condition-", "fact-")) and "phq9" not in name}
    assert conditions <= PLACES.keys() | OF_NONE.keys()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("731000119105", {"diabetes-with-complication", "renal-disease"}),  # CKD stage 3 due to type 2 diabetes
        ("420756003", {"diabetes-with-complication"}),  # cataract: E11.3
        ("421750000", {"diabetes"}),  # ketoacidosis: E11.1
        ("314903002", {"diabetes"}),  # arthropathy: E11.6
        ("15781000119107", {"heart-failure", "renal-disease"}),  # hypertensive heart and CKD with heart failure
    ],
)
def test_a_concept_is_placed_by_the_category_that_its_name_belongs_to(code: str, expected: set[str]) -> None:
    assert comorbidities(SNOMED, code) == expected


def test_a_read_code_says_more_than_the_diabetes_that_it_is_translated_to() -> None:
    assert "diabetes-with-complication" in comorbidities(READ, "C10F6")  # retinopathy
    assert comorbidities(READ, "C10FH") == {"diabetes"}  # neuropathic arthropathy
