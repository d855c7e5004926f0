"""Observations that answer the questions of the pilot's screening."""

from typing import Any

import pytest

from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.code_systems import OWN
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import screening_answer
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make

T = load_terminology()
LIVING = make.concept(make.LOINC, "75274-1")
ICT = make.concept(OWN + "screening", "ict-self-check")
NYHA = make.concept(make.LOINC, "88020-3")


def answer(code: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = make.observation("o1", "p1", "75274-1", 0, "1", "2026-11-01")
    del made["valueQuantity"]
    return {**made, "code": code, **more}


def read(resource: dict[str, Any]) -> ScreeningAnswer:
    found = screening_answer.from_fhir(resource, T)
    assert isinstance(found, ScreeningAnswer)
    return found


def snomed(code: str, display: str = "") -> dict[str, Any]:
    return {"valueCodeableConcept": make.concept(make.SNOMED, code, display)}


def own(code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": make.concept(OWN + "screening", code)}


@pytest.mark.parametrize(
    ("code", "value", "question", "holds"),
    [
        (LIVING, snomed("264362003"), "living-situation", True),
        (LIVING, snomed("105529008"), "living-situation", True),
        (LIVING, snomed("160734000"), "living-situation", False),
        (LIVING, snomed("365508006"), "living-situation", None),
        (LIVING, {"valueBoolean": True}, "living-situation", None),
        (LIVING, {"valueString": "at home"}, "living-situation", None),
        (make.concept(make.LOINC, "71802-3"), snomed("32911000"), "living-situation", False),
        (make.concept(make.SNOMED, "365508006"), snomed("394923006"), "living-situation", False),
        (ICT, own("passed"), "ict-self-check", True),
        (ICT, own("not-passed"), "ict-self-check", False),
        (ICT, {"valueBoolean": True}, "ict-self-check", True),
        (ICT, {"valueBoolean": False}, "ict-self-check", False),
        (ICT, {"dataAbsentReason": {"text": "refused"}}, "ict-self-check", None),
        (NYHA, snomed("421704003"), "nyha-class", True),
        (NYHA, snomed("420913000"), "nyha-class", False),
        (NYHA, snomed("255604002"), "nyha-class", None),
    ],
)
def test_an_answer_is_understood_by_its_codes(
    code: dict[str, Any], value: dict[str, Any], question: str, holds: bool | None
) -> None:
    found = read(answer(code, **value))
    assert (found.question, found.holds) == (ScreeningQuestion(question), holds)


def test_an_answer_that_says_both_is_not_understood() -> None:
    both = {
        "coding": [*make.concept(make.SNOMED, "264362003")["coding"], *make.concept(make.SNOMED, "32911000")["coding"]]
    }
    assert read(answer(LIVING, valueCodeableConcept=both)).holds is None


def test_an_answer_keeps_its_words_its_date_and_who_gave_it() -> None:
    carer = {"reference": "RelatedPerson/r1", "display": "Ann"}
    found = read(answer(LIVING, **snomed("264362003", "Home (environment)"), performer=[carer]))
    assert (found.text, str(found.when), found.by.to) == (
        "Home (environment)",
        "2026-11-01",
        Reference("RelatedPerson", "r1"),
    )
    assert read(answer(NYHA, **snomed("421704003"))).text == "NYHA II"


def test_what_is_no_answer_is_left_out_and_what_was_entered_in_error_too() -> None:
    other = make.observation("o2", "p1", "2823-3", 5, "mmol/L", "2026-11-01")
    wrong = answer(LIVING, **snomed("264362003"), status="entered-in-error")
    assert screening_answer.from_fhir(other, T) is None
    assert screening_answer.from_fhir(wrong, T) is Exclusion.ENTERED_IN_ERROR
    assert read_each([other, wrong], lambda row: screening_answer.from_fhir(row, T)).values == []


def test_the_server_is_asked_for_the_codes_of_the_questions_and_no_others() -> None:
    assert T.screening_codes() == ("365508006", "420816009", "71802-3", "75274-1", "88020-3", "ict-self-check")
    assert not set(T.screening_codes()) & set(T.observation_codes())
