"""The caches of codes, references and units of a server are limited in number and in the length of each entry."""

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


def test_the_meaning_of_a_concept_is_computed_once() -> None:
    computed: list[CodeableConcept] = []
    meaning = remembered(lambda concept, terminology: computed.append(concept))
    for _ in range(3):
        meaning(concept(make.concept(make.SNOMED, make.T2DM, "diabetes")), T)
    assert len(computed) == 1


@pytest.mark.parametrize(
    "value",
    [
        {"coding": [{"system": make.SNOMED, "code": make.T2DM, "display": LONG}]},
        {"coding": [{"system": make.SNOMED, "code": make.T2DM}], "text": LONG},
    ],
)
def test_the_meaning_of_a_long_concept_is_computed_each_time(value: Any) -> None:
    computed: list[CodeableConcept] = []
    meaning = remembered(lambda found, terminology: computed.append(found))
    meaning(concept(value), T)
    meaning(concept(value), T)
    assert computed == [concept(value), concept(value)]


def test_equal_codes_with_different_displays_have_their_own_displays() -> None:
    meaning = remembered(lambda found, terminology: found.codings[0].display)
    shown = [meaning(concept(make.concept(make.SNOMED, make.T2DM, words)), T) for words in ("diabetes", "sugar")]
    assert shown == ["diabetes", "sugar"]


def test_a_long_text_is_the_name_of_a_problem_or_medicine() -> None:
    assert condition.from_fhir(make.condition("c1", "p1") | {"code": {"text": LONG}}, T).text == LONG  # type: ignore[union-attr]
    assert (
        medication_request.from_fhir(make.medicine("m1", "p1", medicationCodeableConcept={"text": LONG}), T).text
        == LONG
    )  # type: ignore[union-attr]


def test_a_code_beyond_the_limit_is_ignored() -> None:
    assert codings({"coding": [{"system": "s", "code": "1" * (LONGEST_CODE + 1)}]}) == ()
    assert codings([{"coding": [{"system": "s", "code": "1" * (LONGEST_CODE + 1)}]}]) == ()
    assert len(codings({"coding": [{"system": "s", "code": "1", "display": LONG}]})) == 1


def test_a_reference_and_a_unit_beyond_the_limit_are_refused_and_not_cached() -> None:
    before = elements._parsed.cache_info().currsize, quantities.quantity_of.cache_info().currsize
    assert reference({"reference": f"http://{LONG}/Patient/p1"}) is None
    with pytest.raises(CannotRead):
        quantity({"value": 7, "unit": LONG})
    assert (elements._parsed.cache_info().currsize, quantities.quantity_of.cache_info().currsize) == before
