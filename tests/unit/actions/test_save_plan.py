"""A change of a shared plan: merged with what others saved, saved as a whole, signed, and never over anything."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.actions.change_plan import TRIES, PlanConflict, PlanSaved
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.merge import Choice, ConflictKind
from dashboard.domain.care_plan.plan_item import STATUS, PlanItem
from dashboard.domain.care_plan.shared_plan import (
    SharedPlan,
    items_of,
    new_activity,
    new_goal,
    with_item,
    without_item,
)
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import Coding, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import (
    DashboardError,
    NotFound,
    NotPermitted,
    ServerUnavailable,
    UserFacingError,
    VersionConflict,
)
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, OTHER, PLAN, SERVICE, TASK, edited, plan_on
from tests.unit.people_and_teams import AS_OF, Json

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", Coding("http://snomed.info/sct", "62247001"), "GP")
NURSE = User(Reference("Practitioner", "nurse"), "Ms Anna Lind")


@pytest.fixture
def server() -> FakeFhirServer:
    return make.fake()


def saved(server: FakeFhirServer, base: SharedPlan, mine: Any, actor: User = GP, **more: Any) -> PlanSaved:
    answer = save_plan(server, actor, "p1", base, mine, reason="agreed", at=AS_OF, **more)
    assert isinstance(answer, PlanSaved), answer
    return answer


def refused(server: FakeFhirServer, base: SharedPlan, mine: Any, actor: User = GP, **more: Any) -> PlanConflict:
    before = server.versions
    count = sum(map(len, before.values()))
    answer = save_plan(server, actor, "p1", base, mine, reason="agreed", at=AS_OF, **more)
    assert isinstance(answer, PlanConflict)
    assert sum(map(len, server.versions.values())) == count, "a conflict writes nothing"
    return answer


def last_provenance(server: FakeFhirServer) -> Json:
    return list(server.rows["Provenance"].values())[-1]


# What is saved


def test_one_field_is_saved_with_who_why_and_in_which_role(server: FakeFhirServer) -> None:
    base = plan_on(server)
    answer = saved(
        server,
        base,
        edited(base, title="HbA1c under 58"),
        on_behalf_of=make.PATIENT,
        during=Reference("Appointment", "a1"),
    )
    assert server.rows["Goal"]["g1"]["description"]["text"] == "HbA1c under 58"
    assert items_of(answer.shared)[GOAL]["title"] == "HbA1c under 58"
    assert items_of(plan_on(server)) == items_of(answer.shared)
    record = last_provenance(server)
    assert [each["reference"] for each in record["target"]] == ["Goal/g1/_history/2"]
    [agent] = record["agent"]
    assert agent["who"]["reference"] == "Practitioner/gp"
    assert agent["role"][0]["coding"][0]["code"] == "62247001"
    assert agent["onBehalfOf"]["reference"] == "Patient/p1"
    assert "Appointment/a1" in str(record["entity"])
    assert record["reason"] == [{"text": "agreed"}]
    assert len(server.versions["CarePlan/cp1"]) == 1, "the plan itself did not change"


def test_several_items_and_a_new_one_are_one_transaction(server: FakeFhirServer, monkeypatch: Any) -> None:
    base = plan_on(server)
    goal, task = new_reference("Goal"), new_reference("Task")
    mine = with_item(
        edited(base, due=PartialDate("2027-05-01")),
        new_goal(goal, "Sleep better", NamedReference(make.PATIENT, "Mary"), site_day(AS_OF)),
    )
    mine = with_item(
        mine, new_activity(task, "Keep a diary", NamedReference(make.PATIENT, "Mary"), goals=frozenset({goal}))
    )
    calls: list[int] = []
    real = server.transaction
    monkeypatch.setattr(server, "transaction", lambda entries: calls.append(len(entries)) or real(entries))
    answer = saved(server, base, mine)
    assert calls == [5], "the goal, the task, the changed goal, the plan, the Provenance"
    made = answer.made[goal]
    assert [each.origin for each in answer.shared.goals] == [GOAL, OTHER, made]
    row = server.rows["Task"][answer.made[task].id]
    assert str(made) in str(row["extension"])
    assert row["basedOn"] == [{"reference": "CarePlan/cp1"}]
    assert row["identifier"] == [{"system": "https://c3-cloud.example/fhir/sid/record-number", "value": task.id}]
    assert items_of(plan_on(server)) == items_of(answer.shared)


def test_an_item_that_is_taken_out_stays_on_record(server: FakeFhirServer) -> None:
    base = plan_on(server)
    answer = saved(server, base, without_item(items_of(base), OTHER))
    assert [each.origin for each in answer.shared.goals] == [GOAL]
    assert server.rows["Goal"]["g2"]["lifecycleStatus"] == "active"


def test_nothing_changed_is_nothing_saved(server: FakeFhirServer) -> None:
    base = plan_on(server)
    known = len(server.rows["Provenance"])
    answer = saved(server, base, items_of(base))
    assert (answer.shared, answer.arrived, len(server.rows["Provenance"])) == (base, (), known)


def test_texts_are_stored_as_text(server: FakeFhirServer) -> None:
    base = plan_on(server)
    text = "<script>alert(1)</script> \u202eright to left\u0000"
    saved(server, base, edited(base, title=text))
    assert server.rows["Goal"]["g1"]["description"]["text"] == "<script>alert(1)</script> \u202eright to left"


# What is refused


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "  "}, "plan-title-empty"),
        ({"title": "x" * 501}, "plan-text-too-long"),
        ({STATUS: "proposed"}, "plan-status-not-allowed"),
        ({STATUS: "cancelled"}, "plan-end-needs-reason"),
        ({"due": PartialDate("2020-01-01")}, "plan-due-impossible"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(server: FakeFhirServer, fields: Any, code: str) -> None:
    base = plan_on(server)
    with pytest.raises(UserFacingError) as refusal:
        saved(server, base, edited(base, **fields))
    assert refusal.value.code == code
    assert len(server.versions["Goal/g1"]) == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_other_roles_change_no_plan_and_the_server_is_not_asked(server: FakeFhirServer, role: Role) -> None:
    base = plan_on(server)
    server.asked.clear()
    with pytest.raises(NotPermitted, match=r"^plan-change-not-permitted$"):
        saved(server, base, edited(base, title="x"), replace(GP, roles=(role,)))
    assert server.asked == []


@pytest.mark.parametrize("patient_id", ["p4", "nobody", "../p1"])
def test_a_plan_of_another_teams_patient_is_not_found(server: FakeFhirServer, patient_id: str, trail: Trail) -> None:
    base = plan_on(server)
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        save_plan(server, GP, patient_id, base, edited(base, title="x"), reason="r", at=AS_OF)
    assert trail.records[-1].outcome == "refused"


def test_nobody_without_a_practitioner_changes_a_plan(server: FakeFhirServer) -> None:
    base = plan_on(server)
    with pytest.raises(NotPermitted, match=r"^not-in-a-care-team$"):
        saved(server, base, edited(base, title="x"), replace(GP, practitioner=None, fhir_user=GP.practitioner))


def test_a_plan_of_one_patient_is_not_saved_through_another(server: FakeFhirServer) -> None:
    base = plan_on(server)
    with pytest.raises(NotFound, match=r"^plan-not-found$"):
        save_plan(server, GP, "p2", base, edited(base, title="x"), reason="r", at=AS_OF)
    assert len(server.versions["Goal/g1"]) == 1


@pytest.mark.parametrize("keeper", ["CareTeam/elsewhere", "CareTeam/ct-p3-team-2"])
def test_a_plan_that_others_keep_is_not_changed_here(server: FakeFhirServer, keeper: str) -> None:
    server.put({**server.read("CarePlan", "cp1"), "id": "cp9", "careTeam": [{"reference": keeper}]})
    theirs = make.view(server).plan(Reference("CarePlan", "cp9"))
    assert theirs is not None
    with pytest.raises(NotPermitted, match=r"^plan-of-others$"):
        saved(server, theirs, edited(theirs, title="x"))
    assert len(server.versions["Goal/g1"]) == 1


def test_a_search_that_failed_is_not_taken_for_a_removal(server: FakeFhirServer) -> None:
    base = plan_on(server)
    server.failing["Goal"] = ServerUnavailable("server-busy", reference="r")
    with pytest.raises(ServerUnavailable):
        saved(server, base, edited(base, TASK, title="x"))
    assert len(server.versions["Task/t1"]) == 1


def test_the_audit_record_names_patient_and_plan(server: FakeFhirServer, trail: Trail) -> None:
    base = plan_on(server)
    trail.records.clear()
    saved(server, base, edited(base, title="x"))
    [record] = trail.records
    assert (record.what, [each.id for each in record.patients], record.entities) == ("save_plan", ["p1"], (PLAN,))


def test_a_conflict_is_on_record_as_one(server: FakeFhirServer, trail: Trail) -> None:
    base = plan_on(server)
    saved(server, base, edited(base, title="Theirs"), NURSE)
    refused(server, base, edited(base, title="Mine"))
    assert trail.records[-1].why == "conflict: nothing was saved"


# Together


def test_different_fields_merge_by_themselves_and_it_is_told(server: FakeFhirServer) -> None:
    base = plan_on(server)
    saved(server, base, edited(base, due=PartialDate("2027-05-01")), NURSE)
    answer = saved(server, base, edited(base, title="HbA1c under 58"))
    item = items_of(plan_on(server))[GOAL]
    assert (item["title"], item["due"]) == ("HbA1c under 58", PartialDate("2027-05-01"))
    [arrived] = answer.arrived
    assert (arrived.item, arrived.field, arrived.now) == (GOAL, "due", PartialDate("2027-05-01"))


def test_the_same_field_is_asked_with_who_changed_it(server: FakeFhirServer) -> None:
    base = plan_on(server)
    saved(server, base, edited(base, title="Theirs"), NURSE)
    answer = refused(server, base, edited(base, title="Mine"))
    [conflict] = answer.merged.conflicts
    assert conflict.kind is ConflictKind.SAME_FIELD
    assert [each["title"] for each in (conflict.was, conflict.mine, conflict.theirs) if each] == [
        "HbA1c under 53",
        "Mine",
        "Theirs",
    ]
    assert answer.changes[GOAL].who == "Ms Anna Lind"
    assert items_of(answer.theirs)[GOAL]["title"] == "Theirs"


@pytest.mark.parametrize(
    ("choice", "stored"), [(Choice.MINE, "Mine"), (Choice.THEIRS, "Theirs"), ({"title": "Another"}, "Another")]
)
def test_the_choice_and_both_values_are_in_the_provenance(server: FakeFhirServer, choice: Any, stored: str) -> None:
    base = plan_on(server)
    saved(server, base, edited(base, title="Theirs"), NURSE)
    mine = edited(base, title="Mine", due=PartialDate("2027-05-01"))
    [conflict] = refused(server, base, mine).merged.conflicts
    saved(server, base, mine, choices={conflict: choice})
    assert server.rows["Goal"]["g1"]["description"]["text"] == stored
    [extension] = last_provenance(server)["extension"]
    words = {part["url"]: part.get("valueString") for part in extension["extension"]}
    assert words | {"item": None} == {
        "item": None,
        "field": "title",
        "was": "HbA1c under 53",
        "mine": "Mine",
        "theirs": "Theirs",
        "theirsBy": "Ms Anna Lind",
        "chosen": stored,
    }


def test_a_conflict_that_has_moved_on_is_asked_about_again(server: FakeFhirServer) -> None:
    base = plan_on(server)
    saved(server, base, edited(base, title="Theirs"), NURSE)
    [conflict] = refused(server, base, edited(base, title="Mine")).merged.conflicts
    newer = plan_on(server)
    saved(server, newer, edited(newer, title="Theirs again"), NURSE)
    again = refused(server, base, edited(base, title="Mine"), choices={conflict: Choice.MINE})
    assert again.merged.conflicts != (conflict,)


def test_an_item_that_somebody_took_out_is_asked_about(server: FakeFhirServer) -> None:
    base = plan_on(server)
    saved(server, base, without_item(items_of(base), GOAL), NURSE)
    mine = edited(base, title="Mine")
    [conflict] = refused(server, base, mine).merged.conflicts
    assert conflict.kind is ConflictKind.REMOVED_AND_EDITED
    saved(server, base, mine, choices={conflict: Choice.MINE})
    back = items_of(plan_on(server))
    assert back[GOAL]["title"] == "Mine"
    assert len(server.versions["Goal/g1"]) == 2, "the same record, and no second one"
    assert "cp1" in last_provenance(server)["target"][-1]["reference"]


def test_what_both_added_is_asked(server: FakeFhirServer) -> None:
    base = plan_on(server)

    def with_new(actor: User) -> Any:
        made = new_goal(
            new_reference("Goal"), "Stop smoking", NamedReference(actor.practitioner, actor.name), site_day(AS_OF)
        )
        return with_item(items_of(base), made)

    saved(server, base, with_new(NURSE), NURSE)
    mine = with_new(GP)
    [conflict] = refused(server, base, mine).merged.conflicts
    assert conflict.kind is ConflictKind.ADDED_TWICE
    answer = saved(server, base, mine, choices={conflict: Choice.THEIRS})
    assert [goal.text for goal in answer.shared.goals].count("Stop smoking") == 1
    answer = saved(server, base, mine, choices={conflict: Choice.BOTH})
    assert [goal.text for goal in answer.shared.goals].count("Stop smoking") == 2


def test_notes_of_two_people_are_both_there(server: FakeFhirServer) -> None:
    base = plan_on(server)
    first, second = Comment("Anna", "2026-11-20T10:00:00Z", "One"), Comment("Jane", "2026-11-20T10:00:01Z", "Two")
    saved(server, base, edited(base, TASK, notes=(first,)), NURSE)
    saved(server, base, edited(base, TASK, notes=(second,)))
    assert [note["text"] for note in server.rows["Task"]["t1"]["note"]] == ["One", "Two"]


# Others save while we do


def overtaken(server: FakeFhirServer, by: Callable[[], Any], times: int = 1) -> None:
    """Somebody else saves between our reading and our writing, so many times."""
    real, left = server.transaction, [times]

    def transaction(entries: Any) -> Any:
        if left[0]:
            left[0] -= 1
            server.transaction = real  # type: ignore[method-assign]
            by()
            server.transaction = transaction  # type: ignore[method-assign]
        return real(entries)

    server.transaction = transaction  # type: ignore[method-assign]


def test_a_save_that_is_overtaken_is_merged_and_tried_again(server: FakeFhirServer) -> None:
    base = plan_on(server)
    overtaken(server, lambda: saved(server, base, edited(base, due=PartialDate("2027-05-01")), NURSE))
    answer = saved(server, base, edited(base, title="Mine"))
    item = items_of(plan_on(server))[GOAL]
    assert (item["title"], item["due"]) == ("Mine", PartialDate("2027-05-01"))
    assert [each.field for each in answer.arrived] == ["due"]


def test_a_conflict_in_the_last_moment_is_a_conflict(server: FakeFhirServer) -> None:
    base = plan_on(server)
    overtaken(server, lambda: saved(server, base, edited(base, title="Theirs"), NURSE))
    answer = save_plan(server, GP, "p1", base, edited(base, title="Mine"), reason="r", at=AS_OF)
    assert isinstance(answer, PlanConflict)
    assert server.rows["Goal"]["g1"]["description"]["text"] == "Theirs"


def test_who_is_overtaken_again_and_again_is_told(server: FakeFhirServer, monkeypatch: Any) -> None:
    monkeypatch.setattr("dashboard.actions.change_plan.LONGEST_WAIT", 0.0)
    base = plan_on(server)
    overtaken(server, lambda: server.put(server.read("Goal", "g1")), times=TRIES)
    with pytest.raises(VersionConflict, match=r"^plan-changed-again$"):
        saved(server, base, edited(base, title="Mine"))


def test_thirty_people_at_once_lose_nothing(server: FakeFhirServer) -> None:
    base = plan_on(server)

    def write(number: int) -> None:
        note = Comment(f"writer {number}", "", f"note {number}")
        saved(server, base, edited(base, TASK, notes=(note,)), replace(GP, name=f"writer {number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {note["text"] for note in server.rows["Task"]["t1"]["note"]} == {f"note {number}" for number in range(8)}


# Lost answers


def lost_answer(server: FakeFhirServer) -> None:
    """The next transaction is carried out, and nobody hears of it."""
    real = server.transaction

    def transaction(entries: Any) -> Any:
        server.transaction = real  # type: ignore[method-assign]
        real(entries)
        raise ServerUnavailable("save-uncertain", reference="r")

    server.transaction = transaction  # type: ignore[method-assign]


def test_a_new_item_whose_answer_was_lost_is_not_made_twice(server: FakeFhirServer) -> None:
    base = plan_on(server)
    goal = new_reference("Goal")
    mine = with_item(items_of(base), new_goal(goal, "Sleep", NamedReference(make.PATIENT, "Mary"), site_day(AS_OF)))
    task = new_reference("Task")
    mine = with_item(mine, new_activity(task, "Diary", NamedReference(make.PATIENT, "Mary"), goals=frozenset({goal})))
    lost_answer(server)
    with pytest.raises(DashboardError):
        saved(server, base, mine)
    known = len(server.rows["Provenance"])
    answer = saved(server, base, mine)
    assert [each.text for each in answer.shared.goals].count("Sleep") == 1
    assert len(answer.shared.activities) == 3
    assert len(server.rows["Provenance"]) == known, "it was saved, and signed, before"
    assert answer.made.keys() == {goal, task}, "whoever holds a draft of them must learn their references"
    assert answer.made[goal] in {each.origin for each in answer.shared.goals}


def test_a_changed_item_whose_answer_was_lost_is_saved_once(server: FakeFhirServer) -> None:
    base = plan_on(server)
    lost_answer(server)
    with pytest.raises(ServerUnavailable):
        saved(server, base, edited(base, title="Mine"))
    saved(server, base, edited(base, title="Mine"))
    assert len(server.versions["Goal/g1"]) == 2


def test_what_is_prescribed_elsewhere_is_linked_and_never_changed(server: FakeFhirServer) -> None:
    base = plan_on(server)
    items = items_of(base)
    order = (*items[PLAN]["activity_order"], Reference("MedicationRequest", "m1"))  # type: ignore[misc]
    medicine = Reference("MedicationRequest", "m1")
    mine = {
        **items,
        PLAN: items[PLAN].with_fields({"activity_order": order}),
        medicine: PlanItem(medicine, {"outcome": ""}),
    }
    answer = saved(server, base, mine)
    assert answer.shared.plan.activities == (TASK, SERVICE, medicine)
    assert len(server.versions["MedicationRequest/m1"]) == 1


def test_the_moment_is_that_of_the_change(server: FakeFhirServer) -> None:
    base = plan_on(server)
    at = AS_OF + timedelta(minutes=5)
    save_plan(server, GP, "p1", base, edited(base, title="x"), reason="r", at=at)
    assert last_provenance(server)["recorded"].startswith("2026-11-20T14:05")


def test_a_task_that_is_there_already_is_brought_into_the_plan(server: FakeFhirServer) -> None:
    base = plan_on(server)
    known = len(server.rows["Task"])
    task = new_activity(Reference("Task", "t2"), "Check the dose", NamedReference(None, "team-1"))
    answer = saved(server, base, with_item(items_of(base), task))
    assert [each.origin.id for each in answer.shared.activities] == ["t1", "s1", "t2"]
    assert len(server.rows["Task"]) == known


# What was deleted on the server


@pytest.mark.parametrize(("kind", "origin"), [("goal", GOAL), ("activity", TASK)])
def test_whoever_edits_what_was_deleted_is_asked_and_loses_nothing(kind: str, origin: Reference) -> None:
    server = make.fake()
    base = plan_on(server)
    mine = edited(base, origin, title="Walk further")
    server.delete(origin.type, origin.id)
    asked = save_plan(server, GP, "p1", base, mine, reason="agreed", at=AS_OF)
    assert isinstance(asked, PlanConflict)
    [conflict] = asked.merged.conflicts
    assert conflict.kind is ConflictKind.REMOVED_AND_EDITED and conflict.theirs is None
    choices = {conflict: Choice.MINE}
    kept = save_plan(server, GP, "p1", base, mine, reason="agreed", at=AS_OF, choices=choices)
    assert isinstance(kept, PlanSaved)
    now = plan_on(server)
    [item] = [item for item in items_of(now).values() if item["title"] == "Walk further"]
    assert kept.made[origin] == item.origin != origin
    before = items_of(base)[origin]
    assert {name: item[name] for name in before.fields} == {**before.fields, "title": "Walk further"}
    assert item.origin in (now.plan.goals if kind == "goal" else now.plan.activities)


@pytest.mark.parametrize("origin", [GOAL, TASK])
def test_what_was_deleted_and_nobody_keeps_stays_deleted(origin: Reference) -> None:
    server = make.fake()
    base = plan_on(server)
    server.delete(origin.type, origin.id)
    other = save_plan(server, GP, "p1", base, edited(base, OTHER, title="Dance"), reason="agreed", at=AS_OF)
    assert isinstance(other, PlanSaved), "an edit of something else is in nobody's way"
    asked = save_plan(server, GP, "p1", base, edited(base, origin, title="Walk"), reason="agreed", at=AS_OF)
    assert isinstance(asked, PlanConflict)
    choices = dict.fromkeys(asked.merged.conflicts, Choice.THEIRS)
    save_plan(server, GP, "p1", base, edited(base, origin, title="Walk"), reason="agreed", at=AS_OF, choices=choices)
    assert "Walk" not in [item["title"] for item in items_of(plan_on(server)).values()]
