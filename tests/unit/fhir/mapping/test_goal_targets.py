"""A target that is no number of a key measure is shown as it is written: what is aimed at is never lost."""

from typing import Any

import pytest

from dashboard.fhir.mapping import goal
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.record.targets import aims, show_aim, show_other_target
from tests.unit import people_and_teams as make

T = load_terminology()
GLUCOSE = {"measure": {"coding": [{"system": make.LOINC, "code": "1558-6", "display": "Fasting glucose"}]}}
SMOKING = {"measure": {"text": "Cigarettes"}}
HBA1C = {"measure": make.concept(make.LOINC, "4548-4")}
UCUM = "http://unitsofmeasure.org"


def amount(value: float, unit: str, comparator: str = "") -> dict[str, Any]:
    written = {"value": value, "unit": unit, "system": UCUM, "code": unit, "comparator": comparator}
    return {name: part for name, part in written.items() if part}


def shown(*targets: dict[str, Any]) -> list[str]:
    made = {**make.goal("g1", "p1", "4548-4", 7, "%"), "target": [*targets]}
    found = goal.from_fhir(made, T)
    return [show_aim(aim) for aim in aims(found.targets)] + [show_other_target(each) for each in found.other_targets]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (
            {**GLUCOSE, "detailRange": {"low": amount(4, "mmol/L"), "high": amount(7, "mmol/L")}},
            "Fasting glucose 4 to 7 mmol/L",
        ),
        ({**GLUCOSE, "detailQuantity": amount(7, "mmol/L", "<")}, "Fasting glucose below 7 mmol/L"),
        ({**GLUCOSE, "detailQuantity": amount(6, "mmol/L")}, "Fasting glucose 6 mmol/L"),
        ({**GLUCOSE, "detailRange": {"low": amount(4.5, "mmol/L")}}, "Fasting glucose 4.5 mmol/L or more"),
        ({**SMOKING, "detailInteger": 0}, "Cigarettes: 0"),
        ({**SMOKING, "detailQuantity": {"value": 5, "comparator": "<="}}, "Cigarettes 5 or less"),
        ({**SMOKING, "detailString": "none on weekdays"}, "Cigarettes: none on weekdays"),
        ({"detailCodeableConcept": {"text": "Walks without a stick"}}, "Walks without a stick"),
        (
            {**SMOKING, "detailRatio": {"numerator": amount(1, "1"), "denominator": amount(1, "wk")}},
            "Cigarettes: 1 1 : 1 wk",
        ),
        ({**HBA1C, "detailString": "as agreed with the clinic"}, "HbA1c: as agreed with the clinic"),
    ],
)
def test_what_is_no_number_of_a_key_measure_is_shown_as_it_is_written(target: dict[str, Any], words: str) -> None:
    assert shown(target) == [words]


def test_a_target_that_is_only_a_day_adds_nothing() -> None:
    assert shown({**GLUCOSE, "dueDate": "2027-01-01"}) == []


def test_the_numbers_of_key_measures_stay_as_they_are() -> None:
    smoking = {**SMOKING, "detailString": "none"}
    assert shown(smoking, {**HBA1C, "detailQuantity": amount(53, "mmol/mol", "<")}) == [
        "HbA1c below 53 mmol/mol",
        "Cigarettes: none",
    ]
