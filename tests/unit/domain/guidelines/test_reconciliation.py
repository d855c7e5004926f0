"""A decision about a contradiction stands for its facts, the last one counts, and what cannot be is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.pull import Puller, PullerKind
from dashboard.domain.guidelines.reconciliation import (
    Decision,
    Reconciliation,
    Way,
    decided,
    in_conflict,
    in_force,
    new_reconciliation,
    not_in_conflict,
    returned,
)
from dashboard.domain.record.goal import CONFLICTS_WITH, Goal, RelatedGoal
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import UserFacingError
from tests.contradictions import ME, NOW, heart_and_kidneys, shown


def decision(way: Way = Way.MORE, words: str = "Keep spironolactone", days: int = 0) -> Decision:
    return Decision(way, words, "Heart first", ME, PartialDate((NOW + timedelta(days)).isoformat()))


def goal(ident: str, *related: RelatedGoal) -> Goal:
    return Goal(Reference("Goal", ident), "x", "active", "", False, None, related=related)


def test_what_is_written_says_what_it_rests_on() -> None:
    made = shown()
    assert (made.target, made.severity, made.words) == ("potassium", "moderate", "potassium in the blood")
    assert {each.type for each in made.implicated} == {"Condition", "MedicationRequest", "Observation"}
    assert [each.words for each in made.evidence] == [
        "Heart failure with reduced ejection fraction without an ACE inhibitor",
        "Heart failure with reduced ejection fraction without an MRA",
        "takes a mineralocorticoid receptor antagonist",
        "Potassium is above 5.5 mmol/L on an MRA: reduce its dose",
    ]
    assert made.link.startswith("https://") and made.decision is None


def test_a_goal_is_evidence_in_its_words() -> None:
    found = heart_and_kidneys()
    mine = goal("g1")
    by = Puller(PullerKind.GOAL, "Goal/g1", found.outcome, goal=mine)
    with_goal = replace(found, up=(*found.up, by))
    made = new_reconciliation(with_goal, Reference("Patient", "p1"), ME, NOW, Reference("DetectedIssue", "x"))
    assert made.evidence[-2].words == "x" and mine.origin in made.implicated
    nobody = Contradiction("x", "x", found.outcome, (by,), (by,))
    assert new_reconciliation(nobody, made.patient, ME, NOW, made.origin).link == ""


def test_it_stands_while_its_facts_are_the_same_and_comes_back_when_one_changes() -> None:
    before = decided(shown(), decision())
    assert in_force(heart_and_kidneys(), [before]) == before
    assert returned(heart_and_kidneys(), [before]) is None
    later = heart_and_kidneys("5.9")
    assert in_force(later, [before]) is None and returned(later, [before]) == before
    again = decided(shown(potassium="5.9"), decision(Way.LESS, days=1))
    assert in_force(later, [before, again]) == again and returned(later, [before, again]) is None
    # What was decided of older facts does not speak over it, and what nobody decided says nothing.
    assert in_force(heart_and_kidneys(), [shown()]) is None and returned(heart_and_kidneys(), [shown()]) is None


def test_what_is_taken_back_is_open_and_stays_readable() -> None:
    before = decided(shown(), decision())
    back = decided(before, decision(Way.TAKEN_BACK, "", 1))
    assert back.decision is None and [each.way for each in back.decisions] == [Way.MORE, Way.TAKEN_BACK]
    assert in_force(heart_and_kidneys(), [back]) is None
    assert returned(heart_and_kidneys("5.9"), [back]) is None
    assert in_force(heart_and_kidneys(), [decided(back, decision(Way.LESS, days=2))]) is not None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (decision(Way.TAKEN_BACK), "contradiction-not-decided"),
        (decision(Way.THIRD_WAY, " \n"), "contradiction-third-way"),
        (decision(words="x" * 501), "reason-too-long"),
        (replace(decision(), reason="x" * 501), "reason-too-long"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(wrong: Decision, code: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        decided(shown(), wrong)
    assert refused.value.code == code


def test_the_number_is_that_of_person_target_and_facts() -> None:
    numbers = {each.number for each in (shown(), shown("p2"), shown(potassium="5.9"))}
    assert len(numbers) == 3 and shown().number == replace(shown(), origin=Reference("DetectedIssue", "z")).number
    assert isinstance(shown(), Reconciliation)


def test_two_goals_in_conflict_say_it_of_each_other_once() -> None:
    one, other = in_conflict(goal("g1"), goal("g2"))
    assert one.related == (RelatedGoal(CONFLICTS_WITH, other.origin),)
    assert in_conflict(one, other) == ()
    assert [each.origin.id for each in in_conflict(one, goal("g2"))] == ["g2"]
    # Another relation of the two is theirs: it is not overwritten.
    assert in_conflict(goal("g1", RelatedGoal("predecessor", other.origin)), other) == ()
    assert not_in_conflict(one, other) == (goal("g1"), goal("g2"))
    assert not_in_conflict(goal("g1"), goal("g2")) == ()
