"""What is new since a day: by results, problems and medicines that came after it, and nothing that was so before."""

from dataclasses import replace
from datetime import date

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.guidance import ReplyKind
from dashboard.domain.guidelines.new_since import NewSince, new_since, open_since, without_decided
from dashboard.domain.record.views import Section
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.terminology_files import load_terminology
from tests.pages import samples
from tests.pages.recommendation_samples import HEART, ROWS, answered, clash, decided_page, recommendations
from tests.unit import people_and_teams as make

T = load_terminology()
STOP = "03-metformin-kidney/stop"


def names(findings: tuple[Finding, ...]) -> set[str]:
    return {f"{each.rule.id}/{each.advice.key}" for each in findings}


def new_of(since: str, *more: make.Json) -> NewSince:
    found = recommendations(samples.ALDOUS, *more)
    day = date.fromisoformat(since) if since else None
    return new_since(found.record, day, found.on, found.in_force, T, found.unread)


def new(since: str, *more: make.Json) -> set[str]:
    return names(new_of(since, *more).findings)


def clashes(new: NewSince) -> set[str]:
    return {each.target for each in new.contradictions}


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


def test_of_whom_the_team_has_never_spoken_all_that_applies_is_new() -> None:
    found = recommendations()
    assert new("") == names(found.open(shared=True))
    assert clashes(new_of("", *HEART)) == {
        each.target for each in recommendations(samples.ALDOUS, *HEART).contradictions
        if each.outcome is Outcome.APPLIES
    }  # fmt: skip
    died = replace(found.record, person=replace(samples.ALDOUS, deceased=True))
    assert not len(new_since(died, None, found.on, found.in_force, T))


def test_a_contradiction_is_new_where_its_sides_are() -> None:
    # Heart failure with an ejection fraction of 35 % (October) asks for what a potassium of 6.2 (the 20th) warns of.
    assert "potassium" in clashes(new_of("2026-11-19", *HEART))
    assert "potassium" not in clashes(new_of("2026-11-20", *HEART))


def test_what_is_answered_or_decided_or_kept_from_a_shared_screen_is_not_to_be_discussed() -> None:
    found, day = clash(), date(2026, 11, 19)
    whole = open_since(found, day, T)
    assert STOP in names(whole.findings) and "potassium" in clashes(whole)
    assert set(whole.findings) <= set(found.open(shared=True))
    *_, record = decided_page()
    assert "potassium" not in clashes(open_since(replace(found, reconciled=Section((record,))), day, T))
    answer = answered(ReplyKind.NOT_FOR_THIS_PERSON, STOP, reason="burden", words="Too frail")
    assert STOP not in names(open_since(replace(found, guidance=Section((answer,))), day, T).findings)
    kept = open_since(found, day, T, frozenset({Reference("Observation", "o1"), Reference("Observation", "o2")}))
    assert STOP not in names(kept.findings) and "potassium" not in clashes(kept)
    assert "potassium" in clashes(open_since(found, day, T, frozenset({Reference("Observation", "o1")})))


def test_on_an_agenda_too_what_was_answered_or_decided_is_not_new() -> None:
    found = clash()
    answer = answered(ReplyKind.NOT_FOR_THIS_PERSON, STOP, reason="burden", words="Too frail")
    asked = (found.record, None, found.on, found.in_force, T, found.unread)
    whole = new_since(*asked)
    assert STOP in names(whole.findings) and STOP not in names(new_since(*asked, (), (answer,)).findings)
    *_, record = decided_page()
    assert "potassium" in clashes(without_decided(whole, ()))
    left = without_decided(new_since(*asked, found.goals.value or ()), (record,))
    assert "potassium" not in clashes(left) and left.findings == whole.findings


def test_a_goal_that_was_set_since_makes_its_contradiction_new_and_a_restricted_one_shows_none() -> None:
    found = clash()
    goals = {each.goal.origin for one in found.contradictions for each in one.pullers if each.goal is not None}
    assert clashes(open_since(found, None, T, frozenset(goals))) <= clashes(open_since(found, None, T))
    later = tuple(replace(each, start=PartialDate("2026-11-22")) for each in found.goals.value or ())
    assert clashes(open_since(replace(found, goals=Section(later)), date(2026, 11, 21), T)) >= clashes(
        open_since(found, date(2026, 11, 21), T)
    )


def test_nothing_is_new_for_what_could_not_be_read() -> None:
    whole = recommendations()
    for kind in ("Observation", "Condition", "MedicationRequest"):
        found = recommendations(without=(kind,))
        assert names(open_since(found, None, T).findings) < names(open_since(whole, None, T).findings), kind
