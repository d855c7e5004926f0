"""What may be done with a Task in each status, and what each change makes of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.task import OPEN_TASK, Task
from dashboard.domain.record.task_changes import (
    LONGEST_TASK,
    OWNERS,
    add_comment,
    complete,
    new_task,
    reassign,
    reopen,
    signed_comment,
    withdraw,
)
from dashboard.domain.record.task_states import STATES, TaskAction, after
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError
from tests.unit.people_and_teams import AS_OF

# https://hl7.org/fhir/R4/valueset-task-status.html
STATUSES = [
    *("draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold"),
    *("failed", "completed", "entered-in-error"),
]
GP = Reference("Practitioner", "gp")
# fmt: off
TASK = Task(
    Reference("Task", "t1"), "3", "Call", Reference("Patient", "p1"), "requested", "routine", GP, "Jane", "Anna", None,
    None, (Comment("Anna", "2026-11-01T10:00:00Z", "first"),), requester=GP,
)
# fmt: on
CHANGES = {
    TaskAction.COMPLETE: lambda task: complete(task, AS_OF),
    TaskAction.REOPEN: lambda task: reopen(task, AS_OF),
    TaskAction.REASSIGN: lambda task: reassign(task, Reference("Practitioner", "nurse"), "Nurse", None, AS_OF),
    TaskAction.COMMENT: lambda task: add_comment(task, GP, "Jane", "seen", AS_OF),
    TaskAction.WITHDRAW: lambda task: withdraw(task, GP, "wrong patient", AS_OF),
}


def test_the_table_of_states_has_every_status_of_fhir_and_no_other() -> None:
    assert set(STATES) == set(STATUSES)
    assert {to for actions in STATES.values() for to in actions.values()} <= set(STATES)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("action", TaskAction)
def test_every_action_in_every_status_is_allowed_or_refused_with_a_sentence(status: str, action: TaskAction) -> None:
    if action in STATES[status]:
        reached = after(status, action)
        assert (reached in OPEN_TASK) == {
            TaskAction.COMPLETE: False,
            TaskAction.REOPEN: True,
            TaskAction.REASSIGN: True,
            TaskAction.COMMENT: status in OPEN_TASK,
            TaskAction.WITHDRAW: False,
        }[action]
        assert CHANGES[action](replace(TASK, status=status)).status == reached
    else:
        with pytest.raises(UserFacingError, match=r"^task-"):
            after(status, action)
        with pytest.raises(UserFacingError, match=r"^task-"):
            CHANGES[action](replace(TASK, status=status))


def test_an_unknown_status_allows_nothing() -> None:
    with pytest.raises(UserFacingError):
        after("nonsense", TaskAction.COMPLETE)


@pytest.mark.parametrize("action", [action for action in TaskAction if action is not TaskAction.REOPEN])
def test_a_change_touches_its_own_fields_and_says_when(action: TaskAction) -> None:
    changed = CHANGES[action](TASK)
    assert changed.modified == PartialDate("2026-11-20T14:00:00.000+00:00")
    own = {
        TaskAction.COMPLETE: {"status", "ended"},
        TaskAction.REASSIGN: {"owner", "owner_name"},
        TaskAction.COMMENT: {"comments"},
        TaskAction.WITHDRAW: {"status", "ended", "status_reason"},
    }[action]
    fields = Task.__dataclass_fields__
    assert {name for name in fields if getattr(changed, name) != getattr(TASK, name)} == own | {"modified"}


def test_reopening_takes_completing_back() -> None:
    done = complete(TASK, AS_OF)
    assert done.ended == PartialDate("2026-11-20T14:00:00+00:00")
    assert reopen(done, AS_OF).ended is None


def test_a_comment_goes_after_the_others_and_is_signed() -> None:
    comments = add_comment(TASK, GP, "Jane", "  seen ", AS_OF).comments
    assert comments == (*TASK.comments, Comment("Jane", "2026-11-20T14:00:00+00:00", "seen", GP))


@pytest.mark.parametrize("kind", ["Device", "HealthcareService", "Task"])
def test_only_people_and_teams_own_a_task(kind: str) -> None:
    with pytest.raises(UserFacingError, match="task-owner-impossible"):
        reassign(TASK, Reference(kind, "d"), "Pump", None, AS_OF)


@pytest.mark.parametrize("kind", sorted(OWNERS))
def test_every_kind_of_person_or_team_may_own_a_task(kind: str) -> None:
    assert reassign(TASK, Reference(kind, "d"), "Somebody", None, AS_OF).owner == Reference(kind, "d")


def test_the_reason_of_a_hand_over_is_the_last_comment() -> None:
    why = signed_comment(GP, "Jane", " on leave ", AS_OF)
    handed_on = reassign(TASK, Reference("Practitioner", "nurse"), "Nurse", why, AS_OF)
    assert handed_on.comments == (*TASK.comments, Comment("Jane", "2026-11-20T14:00:00+00:00", "on leave", GP))


def test_reopening_takes_withdrawing_back_and_its_reason() -> None:
    gone = withdraw(TASK, GP, " wrong patient ", AS_OF)
    assert (gone.status, gone.status_reason) == ("cancelled", "entered in error: wrong patient")
    again = reopen(gone, AS_OF)
    assert (again.status, again.ended, again.status_reason) == ("requested", None, "")


@pytest.mark.parametrize("asker", [None, Reference("Practitioner", "nurse")])
def test_only_who_asked_for_a_task_takes_it_back(asker: Reference | None) -> None:
    with pytest.raises(UserFacingError, match="task-not-asked-by-you"):
        withdraw(replace(TASK, requester=asker), GP, "wrong patient", AS_OF)


def added(**other: Any) -> Task:
    asked: dict[str, Any] = {
        "origin": Reference("Task", "new"),
        "patient": Reference("Patient", "p1"),
        "text": " Repeat potassium ",
        "owner": NamedReference(Reference("Practitioner", "nurse"), "Tom"),
        "due": date(2026, 11, 27),
        "by": NamedReference(GP, "Jane"),
        "why": " Potassium 5.9 ",
        "about": Reference("Observation", "o1"),
        "at": AS_OF,
    }
    return new_task(**asked | other)


def test_a_new_task_says_what_who_until_when_by_whom_and_why() -> None:
    task = added()
    assert (task.text, task.status, task.intent, task.priority) == ("Repeat potassium", "requested", "order", "routine")
    assert (task.owner, task.owner_name) == (Reference("Practitioner", "nurse"), "Tom")
    assert (task.requester, task.requester_name) == (GP, "Jane")
    assert task.due == PartialDate("2026-11-27") and task.authored == PartialDate("2026-11-20T14:00:00+00:00")
    assert [each.text for each in task.reason_codes] == ["Potassium 5.9"]
    assert [each.to for each in task.reason_references] == [Reference("Observation", "o1")]
    assert task.open and task.source == {}
    assert added(about=None).reason_references == ()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"text": "  "}, "task-text-empty"),
        ({"text": "x" * (LONGEST_TASK + 1)}, "task-text-too-long"),
        ({"owner": NamedReference(None, "Tom")}, "task-owner-missing"),
        ({"owner": NamedReference(Reference("Device", "d"), "Pump")}, "task-owner-impossible"),
        ({"due": None}, "task-due-missing"),
        ({"due": date(2026, 11, 19)}, "task-due-impossible"),
        ({"due": date(2226, 11, 19)}, "task-due-impossible"),
        ({"why": " "}, "reason-empty"),
    ],
)
def test_what_is_missing_or_cannot_be_is_a_sentence(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(UserFacingError, match=f"^{code}( most=|$)"):
        added(**wrong)


def test_a_task_may_be_due_today() -> None:
    assert added(due=date(2026, 11, 20)).due == PartialDate("2026-11-20")
