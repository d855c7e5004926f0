"""What is remembered of a server's rows is bounded in length as well as in number."""

from typing import Any

import pytest

from dashboard.domain.timeline.lanes import remembered
from dashboard.domain.values.datatypes import CodeableConcept
from dashboard.fhir.mapping import condition, elements, medication_request, quantities
from dashboard.fhir.mapping.concepts import LONGEST_CODE, codings, concept
from dashboard.fhir.mapping.elements import CannotRead, reference
from dashboard.fhir.mapping.quantities import quantity
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make

T = load_terminology()
LONG = "N" * 2**20


def test_what_a_concept_means_is_worked_out_once() -> None:
    asked: list[CodeableConcept] = []
    meaning = remembered(lambda concept, terminology: asked.append(concept))
    for _ in range(3):
        meaning(concept(make.concept(make.SNOMED, make.T2DM, "diabetes")), T)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "value",
    [
        {"coding": [{"system": make.SNOMED, "code": make.T2DM, "display": LONG}]},
        {"coding": [{"system": make.SNOMED, "code": make.T2DM}], "text": LONG},
    ],
)
def test_what_is_long_is_worked_out_each_time(value: Any) -> None:
    asked: list[CodeableConcept] = []
    meaning = remembered(lambda found, terminology: asked.append(found))
    meaning(concept(value), T)
    meaning(concept(value), T)
    assert asked == [concept(value), concept(value)]


def test_codes_that_are_equal_and_displayed_otherwise_keep_their_displays() -> None:
    meaning = remembered(lambda found, terminology: found.codings[0].display)
    shown = [meaning(concept(make.concept(make.SNOMED, make.T2DM, words)), T) for words in ("diabetes", "sugar")]
    assert shown == ["diabetes", "sugar"]


def test_a_long_text_is_still_the_problem_s_and_the_medicine_s_name() -> None:
    assert condition.from_fhir(make.condition("c1", "p1") | {"code": {"text": LONG}}, T).text == LONG  # type: ignore[union-attr]
    assert (
        medication_request.from_fhir(make.medicine("m1", "p1", medicationCodeableConcept={"text": LONG}), T).text
        == LONG
    )  # type: ignore[union-attr]


def test_a_code_without_end_is_no_code() -> None:
    assert codings({"coding": [{"system": "s", "code": "1" * (LONGEST_CODE + 1)}]}) == ()
    assert codings([{"coding": [{"system": "s", "code": "1" * (LONGEST_CODE + 1)}]}]) == ()
    assert len(codings({"coding": [{"system": "s", "code": "1", "display": LONG}]})) == 1


def test_a_reference_and_a_unit_without_end_are_refused_and_not_remembered() -> None:
    before = elements._parsed.cache_info().currsize, quantities.quantity_of.cache_info().currsize
    assert reference({"reference": f"http://{LONG}/Patient/p1"}) is None
    with pytest.raises(CannotRead):
        quantity({"value": 7, "unit": LONG})
    assert (elements._parsed.cache_info().currsize, quantities.quantity_of.cache_info().currsize) == before
