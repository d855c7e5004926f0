"""What is new since a day: by results, problems and medicines that came after it, and nothing that was so before."""

from datetime import date

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.new_since import new_since
from dashboard.fhir.terminology_files import load_terminology
from tests.pages import samples
from tests.pages.recommendation_samples import ROWS, recommendations
from tests.unit import people_and_teams as make

T = load_terminology()
STOP = "03-metformin-kidney/stop"


def names(findings: tuple[Finding, ...]) -> set[str]:
    return {f"{each.rule.id}/{each.advice.key}" for each in findings}


def new(since: str, *more: make.Json) -> set[str]:
    found = recommendations(samples.ALDOUS, *more)
    day = date.fromisoformat(since)
    return names(new_since(found.record, day, found.on, found.in_force, T, found.unread))


def test_a_result_that_came_after_the_day_makes_its_card_new() -> None:
    assert STOP in new("2026-11-19") and STOP not in new("2026-11-20")  # the eGFR of 28 is of the 20th


def test_what_applied_before_is_not_new_although_it_was_measured_again() -> None:
    before = make.observation("o8", "p1", "33914-3", 27, "mL/min/{1.73_m2}", "2026-06-01")
    assert STOP not in new("2026-11-19", before)


def test_a_medicine_and_a_problem_that_came_later_make_their_cards_new() -> None:
    arb = make.medicine("m8", "p1", "C09CA01", authoredOn="2026-11-10")
    both = "14-ace-and-arb"
    assert any(each.startswith(both) for each in new("2026-11-01", arb))
    assert not any(each.startswith(both) for each in new("2026-11-12", arb))
    assert len(ROWS) and new("2026-11-22") == set()
    later = make.condition("c9", "p1", recordedDate="2026-11-21") | {"code": make.concept(make.SNOMED, "35489007")}
    assert new("2026-11-20", later) >= new("2026-11-22", later)


def test_an_answer_to_a_single_question_is_on_no_agenda() -> None:
    assert not any("item-9" in each for each in new("2026-01-01"))
