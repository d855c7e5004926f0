"""What is kept from a shared screen: restricted records, and single answers about mental health, with all that names
them.
"""

from typing import Any

import pytest

from dashboard.access.shared_screen import for_shared_screen, is_labelled
from dashboard.errors import ServerUnavailable
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make

T = load_terminology()
R = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
LOINC = "http://loinc.org"
Json = dict[str, Any]


def observation(ident: str, code: str, **more: Any) -> Json:
    return {"resourceType": "Observation", "id": ident, "code": make.concept(LOINC, code)} | more


def answer(*rows: Json) -> SearchResult:
    return SearchResult(SearchRequest(rows[0]["resourceType"] if rows else "Observation"), list(rows), {})


def shown(*rows: Json) -> tuple[list[Json], int]:
    found, withheld = for_shared_screen({"all": answer(*rows)}, T)
    result = found["all"]
    assert isinstance(result, SearchResult)
    return result.rows, withheld


@pytest.mark.parametrize("code", ["44260-8", "44250-9", "69736-7"])
def test_a_single_answer_is_left_out_and_the_score_stays(code: str) -> None:
    rows, withheld = shown(observation("item", code), observation("score", "44261-6"))
    assert [row["id"] for row in rows] == ["score"] and withheld == 1


def test_the_answers_within_a_panel_are_left_out_with_its_narrative() -> None:
    parts = [{"code": make.concept(LOINC, code)} for code in ("44260-8", "44261-6")]
    [row], withheld = shown(observation("panel", "44249-1", component=parts, text={"div": "every day"}))
    assert row["component"] == parts[1:] and "text" not in row and withheld == 0
    [row], _ = shown(observation("panel", "44249-1", component=parts[:1], contained=[observation("c", "44260-8")]))
    assert "component" not in row and "contained" not in row


@pytest.mark.parametrize("code", ["R", "V", "XYZ"])
def test_what_is_restricted_is_left_out_with_what_refers_to_it(code: str) -> None:
    goal = make.goal("g1", "p1") | {"meta": {"security": [R | {"code": code}]}}
    task = make.task("t1", "p1", "Practitioner/gp", focus={"reference": "Goal/g1"})
    other = make.task("t2", "p1", "Practitioner/gp")
    rows, withheld = shown(goal, task, other)
    assert [row["id"] for row in rows] == ["t2"] and withheld == 1


def test_whose_record_it_is_stays_and_says_that_it_is_restricted() -> None:
    patient = make.patient("p1", "ALDOUS") | {"meta": {"security": [R]}}
    assert shown(patient)[0] == [patient] and is_labelled(patient)
    assert not is_labelled(make.patient("p1", "ALDOUS"))


def test_a_search_that_failed_stays_a_failure() -> None:
    gone = ServerUnavailable("server-away")
    assert for_shared_screen({"a": gone}, T) == ({"a": gone}, 0)
