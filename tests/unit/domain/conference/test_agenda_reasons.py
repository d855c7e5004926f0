"""What puts a patient on an agenda: what is new since the last conference and what is overdue, by weight."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.conference.agenda_reasons import (
    POINTS,
    AgendaReasonKind,
    Proposal,
    Questionnaire,
    most_pressing_first,
    propose,
    that_fit,
)
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import Acceptance, Goal, RelatedGoal
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference

AS_OF = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LAST = datetime(2026, 11, 3, 13, 0, tzinfo=UTC)
ONE, TWO, THREE = (Reference("Patient", f"p{n}") for n in range(1, 4))


def result(when: str, ident: str = "k1") -> Result:
    value = Quantity(Decimal("5.9"), "mmol/L")
    return Result(Measure.POTASSIUM, value, PartialDate(when), value, False, Reference("Observation", ident))


def reason(kind: ReasonKind, points: int = 10, when: str = "", **more: Any) -> Reason:
    return Reason(kind, points, "", result=result(when) if when else None, **more)


def contact(kind: str, when: str, **more: Any) -> Contact:
    return Contact(Reference("Encounter", "e1"), PartialDate(when), "Admission", kind, "finished", "", "", **more)


def proposal(*reasons: Reason, contacts: tuple[Contact, ...] = (), **more: Any) -> Proposal:
    asked = {"questionnaires": (), "since": LAST, "postponed": False, "as_of": AS_OF} | more
    return propose(ONE, reasons, contacts, asked.pop("questionnaires"), **asked)


def kinds(made: Proposal) -> list[AgendaReasonKind]:
    return [each.kind for each in made.reasons]


@pytest.mark.parametrize(
    ("kind", "when", "expected"),
    [
        (ReasonKind.ABNORMAL_RESULT, "2026-11-20", True),
        (ReasonKind.ABNORMAL_RESULT, "2026-11-01", False),
        (ReasonKind.WORSENING, "2026-11-20", True),
        (ReasonKind.WORSENING, "2026-11-01", False),
        (ReasonKind.NEW_RESULT, "2026-11-20", True),
        (ReasonKind.DANGEROUS_RESULT, "2026-11-01", True),  # whatever is urgent counts, however long it is known
        (ReasonKind.TASK_OVERDUE, "", True),
        (ReasonKind.CHECK_OVERDUE, "", True),
        (ReasonKind.PLAN_REVIEW_DUE, "", True),
        (ReasonKind.MEDICINE_RISK, "", True),
        (ReasonKind.NO_CONTACT, "", False),
        (ReasonKind.NO_PLAN, "", False),
    ],
)
def test_a_result_counts_if_it_is_new_and_what_is_overdue_counts_always(
    kind: ReasonKind, when: str, expected: bool
) -> None:
    assert bool(proposal(reason(kind, when=when)).reasons) is expected


def test_two_lesser_reasons_about_one_result_that_make_it_urgent_count_however_old() -> None:
    old = [reason(ReasonKind.ABNORMAL_RESULT, 20, "2026-10-01"), reason(ReasonKind.WORSENING, 15, "2026-10-01")]
    made = proposal(*old)
    assert kinds(made) == [AgendaReasonKind.RESULT, AgendaReasonKind.RESULT] and made.urgent


def decision(due: str, status: str = "requested", ident: str = "t1") -> Task:
    return Task(
        Reference("Task", ident), "1", "Repeat potassium", ONE, status, "routine", None, "Dr Okafor", "", None,
        PartialDate(due),
    )  # fmt: skip


def test_what_a_conference_decided_comes_back_by_itself_when_its_day_is_past() -> None:
    late, due_today, done = decision("2026-11-23"), decision("2026-11-24"), decision("2026-11-20", "completed")
    made = proposal(decided=[late, due_today, done])
    assert [(each.kind, each.task) for each in made.reasons] == [(AgendaReasonKind.DECISION, late)]
    assert made.enough and made.points == POINTS[AgendaReasonKind.DECISION] == 20


def test_an_overdue_decision_is_not_said_twice_and_other_overdue_tasks_are_said_too() -> None:
    late = decision("2026-11-23")
    alone, among = (proposal(reason(ReasonKind.TASK_OVERDUE, count=n), decided=[late]) for n in (1, 2))
    assert kinds(alone) == [AgendaReasonKind.DECISION]
    assert kinds(among) == [AgendaReasonKind.DECISION, AgendaReasonKind.TASK]


def goal(ident: str, *against: str, status: str = "active", said: str = "") -> Goal:
    related = tuple(RelatedGoal("conflicts-with", Reference("Goal", each)) for each in against)
    said_by = (Acceptance(NamedReference(ONE, "Mary Aldous"), said),) if said else ()
    return Goal(Reference("Goal", ident), ident, status, "", False, None, related=related, accepted_by=said_by)


def conflicts(*goals: Goal) -> list[tuple[list[str], str]]:
    made = proposal(goals=goals)
    assert set(kinds(made)) <= {AgendaReasonKind.CONFLICT} and made.enough is bool(made.reasons)
    return [([each.text for each in one.goals], one.who) for one in made.reasons]


def test_goals_in_each_other_s_way_are_a_reason_once_whichever_of_them_says_so() -> None:
    assert conflicts(goal("a", "b"), goal("b", "a")) == conflicts(goal("b", "a"), goal("a")) == [(["a", "b"], "")]
    assert conflicts(goal("a", "b"), goal("b", status="completed")) == conflicts(goal("a", "gone", "a")) == []
    other = replace(goal("a"), related=(RelatedGoal("successor", Reference("Goal", "b")),))
    assert conflicts(other, goal("b")) == []


def test_a_goal_that_somebody_does_not_agree_to_is_a_reason_while_it_is_pursued() -> None:
    assert conflicts(goal("a", said="disagree"), goal("b", said="agree")) == [(["a"], "Mary Aldous")]
    assert conflicts(goal("a", said="disagree", status="cancelled")) == []


def test_without_any_conference_three_months_are_new() -> None:
    assert proposal(reason(ReasonKind.NEW_RESULT, when="2026-09-01"), since=None).reasons
    assert not proposal(reason(ReasonKind.NEW_RESULT, when="2026-08-01"), since=None).reasons


@pytest.mark.parametrize(
    ("kind", "when", "planned", "expected"),
    [
        ("IMP", "2026-11-10", False, True),
        ("EMER", "2026-11-10", False, True),
        ("AMB", "2026-11-10", False, False),
        ("VR", "2026-11-10", False, False),
        ("IMP", "2026-11-01", False, False),
        ("IMP", "2026-12-10", True, False),
    ],
)
def test_an_admission_since_the_last_conference(kind: str, when: str, planned: bool, expected: bool) -> None:
    made = proposal(contacts=(contact(kind, when, planned=planned),))
    assert (kinds(made) == [AgendaReasonKind.ADMISSION]) is expected


def test_a_questionnaire_is_named_and_is_not_enough_alone() -> None:
    asked = [Questionnaire("PHQ-9", PartialDate("2026-11-10")), Questionnaire("PHQ-9", PartialDate("2026-10-10"))]
    made = proposal(questionnaires=asked)
    assert [(each.kind, each.title) for each in made.reasons] == [(AgendaReasonKind.QUESTIONNAIRE, "PHQ-9")]
    assert not made.enough and made.points == POINTS[AgendaReasonKind.QUESTIONNAIRE]


def test_an_overdue_check_alone_is_for_the_worklist() -> None:
    assert not proposal(reason(ReasonKind.CHECK_OVERDUE, due=date(2026, 1, 1))).enough
    assert proposal(reason(ReasonKind.TASK_OVERDUE)).enough


def test_reasons_are_by_weight() -> None:
    made = proposal(
        reason(ReasonKind.CHECK_OVERDUE, 5),
        reason(ReasonKind.TASK_OVERDUE, 12),
        contacts=(contact("IMP", "2026-11-10"),),
        postponed=True,
    )
    assert kinds(made) == [
        AgendaReasonKind.POSTPONED,
        AgendaReasonKind.ADMISSION,
        AgendaReasonKind.TASK,
        AgendaReasonKind.REVIEW,
    ]


def test_who_waits_comes_first_then_the_urgent_then_points_and_as_many_as_there_is_time_for() -> None:
    waits = Proposal(THREE, proposal(postponed=True).reasons)
    urgent = Proposal(TWO, proposal(reason(ReasonKind.NEW_RESULT, 1, "2026-11-20")).reasons, urgent=True)
    many = Proposal(ONE, proposal(reason(ReasonKind.TASK_OVERDUE, 90)).reasons)
    little = Proposal(Reference("Patient", "p4"), proposal(reason(ReasonKind.CHECK_OVERDUE, 3)).reasons)
    assert most_pressing_first([little, many, urgent, waits]) == [waits, urgent, many, little]
    assert that_fit([little, many, urgent, waits], 60, 7) == [waits, urgent, many]
    assert that_fit([many, urgent, waits], 15, 7) == [waits, urgent]
    assert that_fit([many], 0, 7) == []
