"""Starting, signing, agreeing to, bringing back and converting: each saves as a whole, and says no in a sentence."""

from typing import Any

import pytest

from dashboard.actions.change_plan import PlanSaved
from dashboard.actions.convert_activity_details import can_be_converted, convert_activity_details
from dashboard.actions.record_agreement import record_agreement
from dashboard.actions.restore_version import restore_version
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.sign_plan import sign_plan
from dashboard.actions.start_plan import start_plan
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.plan_item import STATUS
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, new_activity, new_goal, without_item
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, UserFacingError, VersionConflict
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as people
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, OTHER, PATIENT, PLAN, TASK, edited, plan_on
from tests.unit.people_and_teams import AS_OF, Json

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
MARY = NamedReference(PATIENT, "Mary")
REVIEW = PartialDate("2027-05-20")


@pytest.fixture
def server() -> FakeFhirServer:
    return make.fake()


def done(answer: Any) -> PlanSaved:
    assert isinstance(answer, PlanSaved), answer
    return answer


def last_provenance(server: FakeFhirServer) -> Json:
    return list(server.rows["Provenance"].values())[-1]


# Starting


def started(server: FakeFhirServer, *items: Any, patient_id: str = "p2", **more: Any) -> PlanSaved:
    return start_plan(
        server, GP, patient_id, "Plan for Mary", REVIEW, items=items, reason="first meeting", at=AS_OF, **more
    )


def test_a_plan_starts_from_nothing(server: FakeFhirServer) -> None:
    answer = started(server, addresses=(Reference("Condition", "c2"),))
    [row] = [row for row in server.rows["CarePlan"].values() if row["subject"]["reference"] == "Patient/p2"]
    assert (row["status"], row["intent"], row["title"]) == ("draft", "plan", "Plan for Mary")
    assert row["period"] == {"start": "2026-11-20", "end": "2027-05-20"}
    assert row["careTeam"] == [{"reference": "CareTeam/ct-p2-team-1"}]
    assert row["author"]["reference"] == "Practitioner/gp"
    assert row["addresses"] == [{"reference": "Condition/c2"}]
    assert "Organization/team-1" in str(row["extension"]), "the custodian"
    assert row["category"][0]["coding"][0]["code"] == "734163000"
    assert answer.shared.plan.origin.id == row["id"]
    assert plan_on(server, patient_id="p2").plan.origin == answer.shared.plan.origin
    assert last_provenance(server)["activity"]["coding"][0]["code"] == "CREATE"


def test_a_plan_starts_from_goals_and_activities_that_were_chosen(server: FakeFhirServer) -> None:
    goal, task = new_reference("Goal"), new_reference("Task")
    answer = started(
        server,
        new_goal(goal, "Walk to the market", MARY, site_day(AS_OF)),
        new_activity(task, "Walk daily", MARY, goals=frozenset({goal})),
        status="active",
    )
    shared = plan_on(server, patient_id="p2")
    assert [each.text for each in shared.goals] == ["Walk to the market"]
    assert [each.text for each in shared.activities] == ["Walk daily"]
    assert shared.activities[0].goals == (shared.goals[0].origin,)
    assert items_of(answer.shared) == items_of(shared)
    assert answer.made[goal] == shared.goals[0].origin
    assert shared.plan.status == "active"


@pytest.mark.parametrize(
    ("more", "code"),
    [({"patient_id": "p1"}, "plan-there-already"), ({"status": "completed"}, "plan-status-not-allowed")],
)
def test_no_second_plan_and_no_ended_one_is_started(server: FakeFhirServer, more: Any, code: str) -> None:
    known = len(server.rows["CarePlan"])
    with pytest.raises(UserFacingError, match=f"^{code}"):
        started(server, **more)
    assert len(server.rows["CarePlan"]) == known


def test_an_item_that_cannot_be_starts_nothing(server: FakeFhirServer) -> None:
    with pytest.raises(UserFacingError, match=r"^plan-title-empty"):
        started(server, new_goal(new_reference("Goal"), " ", MARY, site_day(AS_OF)))
    assert len(server.rows["CarePlan"]) == 1


# Signing


def signed(server: FakeFhirServer, base: SharedPlan, status: str, review: PartialDate | None = None) -> PlanSaved:
    return done(sign_plan(server, GP, "p1", base, status, review, reason="agreed by all", at=AS_OF))


def test_a_plan_is_put_on_hold_and_signed_with_its_review(server: FakeFhirServer) -> None:
    answer = signed(server, plan_on(server), "on-hold", REVIEW)
    row = server.rows["CarePlan"]["cp1"]
    assert (row["status"], row["period"]["end"]) == ("on-hold", "2027-05-20")
    assert answer.shared.plan.status == "on-hold"
    assert signed(server, answer.shared, "active").shared.plan.end == REVIEW


def test_a_plan_that_becomes_active_begins(server: FakeFhirServer) -> None:
    server.put({**make.rows()[-1], "status": "draft", "period": {}})
    assert signed(server, plan_on(server), "active").shared.plan.start == PartialDate("2026-11-20")


def test_a_status_that_may_not_follow_is_refused(server: FakeFhirServer) -> None:
    with pytest.raises(UserFacingError, match=r"^plan-status-not-allowed"):
        signed(server, plan_on(server), "draft")


def test_only_what_was_read_is_signed(server: FakeFhirServer) -> None:
    base = plan_on(server)
    save_plan(server, GP, "p1", base, edited(base, title="Another"), reason="r", at=AS_OF)
    with pytest.raises(VersionConflict, match=r"^plan-changed-before-signing$"):
        signed(server, base, "completed")
    assert server.rows["CarePlan"]["cp1"]["status"] == "active"


# Agreement


@pytest.mark.parametrize("who", ["Patient/p1", "Practitioner/gp", "RelatedPerson/r1"])
def test_who_agrees_is_recorded_on_their_behalf(server: FakeFhirServer, who: str) -> None:
    server.put({"resourceType": "RelatedPerson", "id": "r1", "patient": {"reference": "Patient/p1"}})
    base, person = plan_on(server), Reference.parse(who)
    answer = record_agreement(
        server, GP, "p1", base, person, {GOAL: "agree", OTHER: "pending"}, reason="at the visit", at=AS_OF
    )
    said = items_of(done(answer).shared)
    assert (said[GOAL][f"agreement:{who}"], said[OTHER][f"agreement:{who}"]) == ("agree", "pending")
    [agent] = last_provenance(server)["agent"]
    assert agent.get("onBehalfOf", {}).get("reference") == (None if who == "Practitioner/gp" else who)


@pytest.mark.parametrize(
    ("who", "answer", "code"),
    [
        ("Patient/p2", "agree", "agreement-of-a-stranger"),
        ("RelatedPerson/r2", "agree", "agreement-of-a-stranger"),
        ("RelatedPerson/nobody", "agree", "agreement-of-a-stranger"),
        ("Organization/team-1", "agree", "agreement-of-a-stranger"),
        ("Patient/p1", "perhaps", "agreement-unknown"),
    ],
)
def test_nobody_else_agrees(server: FakeFhirServer, who: str, answer: str, code: str) -> None:
    server.put({"resourceType": "RelatedPerson", "id": "r2", "patient": {"reference": "Patient/p2"}})
    with pytest.raises(UserFacingError, match=f"^{code}"):
        record_agreement(server, GP, "p1", plan_on(server), Reference.parse(who), {GOAL: answer}, reason="r", at=AS_OF)


def test_a_goal_that_the_plan_does_not_have_is_not_agreed_to(server: FakeFhirServer) -> None:
    goal = Reference("Goal", "g9")
    with pytest.raises(NotFound, match=r"^plan-item-not-found$"):
        record_agreement(server, GP, "p1", plan_on(server), PATIENT, {goal: "agree"}, reason="r", at=AS_OF)


# Bringing back


def changed(server: FakeFhirServer, origin: Reference = GOAL, **fields: Any) -> SharedPlan:
    base = plan_on(server)
    return done(save_plan(server, GP, "p1", base, edited(base, origin, **fields), reason="r", at=AS_OF)).shared


def back(server: FakeFhirServer, base: SharedPlan, origin: Reference, number: str, field: str = "") -> PlanSaved:
    return done(restore_version(server, GP, "p1", base, origin, number, field, reason="it was right", at=AS_OF))


def test_one_field_comes_back_as_a_new_version(server: FakeFhirServer) -> None:
    base = changed(server, title="Another", due=REVIEW)
    answer = back(server, base, GOAL, "1", "title")
    item = items_of(answer.shared)[GOAL]
    assert (item["title"], item["due"]) == ("HbA1c under 53", REVIEW)
    assert len(server.versions["Goal/g1"]) == 3
    assert "Goal/g1/_history/1" in str(last_provenance(server)["entity"])


def test_a_whole_item_comes_back_but_for_its_notes(server: FakeFhirServer) -> None:
    changed(server, title="Another", due=REVIEW)
    base = changed(server, notes=(Comment("Jane", "2026-11-20T10:00:00Z", "A note", None),))
    item = items_of(back(server, base, GOAL, "1").shared)[GOAL]
    assert item["title"] == "HbA1c under 53"
    assert item["due"] == PartialDate("2027-03-31")
    assert len(item["notes"]) == 1  # type: ignore[arg-type]


def test_a_due_day_that_is_over_does_not_come_back_with_the_item(server: FakeFhirServer) -> None:
    assert server.rows["Task"]["t1"]["restriction"]["period"]["end"] == "2026-11-10"
    base = changed(server, TASK, title="Another", due=REVIEW, outcome="Walks daily")
    item = items_of(back(server, base, TASK, "1").shared)[TASK]
    assert (item["title"], item["due"], item["outcome"]) == ("Check the dose", REVIEW, "Walks daily")


def test_what_was_taken_out_comes_back_into_the_plan(server: FakeFhirServer) -> None:
    base = plan_on(server)
    without = done(save_plan(server, GP, "p1", base, without_item(items_of(base), OTHER), reason="r", at=AS_OF)).shared
    answer = back(server, without, OTHER, "1")
    assert [each.origin for each in answer.shared.goals] == [GOAL, OTHER]
    assert len(server.rows["Goal"]) == 2


def test_fields_of_the_plan_itself_and_outcomes_come_back(server: FakeFhirServer) -> None:
    changed(server, TASK, outcome="First")
    changed(server, TASK, outcome="Second")
    base = changed(server, PLAN, title="Another")
    answer = back(server, base, PLAN, "2", "outcome:Task/t1")
    assert items_of(answer.shared)[TASK]["outcome"] == "First"
    assert items_of(back(server, answer.shared, PLAN, "1", "title").shared)[PLAN]["title"] == "Shared plan"
    assert items_of(back(server, plan_on(server), PLAN, "3").shared)[TASK]["outcome"] == "First"


@pytest.mark.parametrize(
    ("origin", "number", "field"),
    [
        (GOAL, "9", ""),
        (GOAL, "1", "colour"),
        (Reference("Goal", "g4"), "1", ""),
        (Reference("Goal", "nobody"), "1", ""),
        (PLAN, "1", "outcome:Task/t9"),
        (PLAN, "1", "outcome:nothing"),
    ],
)
def test_what_is_not_there_does_not_come_back(
    server: FakeFhirServer, origin: Reference, number: str, field: str
) -> None:
    server.put(people.goal("g4", "p4"))
    base = plan_on(server)
    with pytest.raises(NotFound):
        back(server, base, origin, number, field)


def test_a_status_comes_back_only_where_it_may_follow(server: FakeFhirServer) -> None:
    base = changed(server, **{STATUS: "cancelled", "status_reason": "moved away"})
    base = done(back(server, base, GOAL, "1", STATUS)).shared
    assert items_of(base)[GOAL][STATUS] == "active"


# Converting


def detail(text: str, **more: Any) -> Json:
    return {"detail": {"code": {"text": text}, "status": "in-progress", **more}}


def test_activities_that_the_plan_says_become_records(server: FakeFhirServer) -> None:
    person = {"reference": "Practitioner/nurse", "display": "Ms Anna Lind"}
    parts = [
        {**detail("Foot check", performer=[person], scheduledPeriod={"end": "2027-02-01"}, description="Both feet"),
         "progress": [{"text": "begun"}]},
        detail("Walk", kind="Task", goal=[{"reference": "Goal/g1"}], status="completed"),
        detail("Metformin", kind="MedicationRequest"),
        detail("No NSAIDs", doNotPerform=True),
    ]  # fmt: skip
    row = make.rows()[-1]
    server.put({**row, "activity": [*row["activity"], *parts]})
    base = plan_on(server)
    chosen = [each for each in base.plan.details if can_be_converted(each)]
    assert [each.text for each in chosen] == ["Foot check", "Walk"]
    answer = convert_activity_details(server, GP, "p1", base, chosen, reason="to edit them", at=AS_OF)
    stored = server.rows["CarePlan"]["cp1"]["activity"]
    assert [("reference" in part, "detail" in part) for part in stored] == [
        (True, False),
        (True, False),
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]
    assert stored[2]["progress"] == [{"text": "begun"}]
    made = {each.text: each for each in answer.shared.activities}
    foot, walk = made["Foot check"], made["Walk"]
    assert (foot.origin.type, walk.origin.type, walk.status) == ("ServiceRequest", "Task", "completed")
    assert walk.goals == (GOAL,)
    item = items_of(answer.shared)[foot.origin]
    assert (item["due"], item["owner"]) == (
        PartialDate("2027-02-01"),
        NamedReference(Reference("Practitioner", "nurse"), "Ms Anna Lind"),
    )
    assert any("Both feet" in note.text for note in foot.notes)  # type: ignore[union-attr]
    assert items_of(plan_on(server)) == items_of(answer.shared)
    again = plan_on(server)
    assert [each.text for each in again.plan.details if each.in_plan] == ["Metformin", "No NSAIDs"]
    with pytest.raises(UserFacingError, match=r"^activity-not-convertible"):
        convert_activity_details(server, GP, "p1", again, again.plan.details, reason="r", at=AS_OF)
    with pytest.raises(VersionConflict, match=r"^version-changed"):
        convert_activity_details(server, GP, "p1", base, chosen, reason="r", at=AS_OF)


def test_a_task_takes_every_reason_that_the_plan_gave(server: FakeFhirServer) -> None:
    """R4 has one reason of a Task, and one record as a reason: the others are words of it, and notes."""
    pain = {"reference": "Condition/c1", "display": "Pain"}
    reasons = [{"text": "Stiff"}, {"coding": [{"system": "urn:x", "code": "f", "display": "Falls"}]}]
    records = [pain, {"display": "Old fracture"}, {"reference": "Condition/c2"}]
    row = make.rows()[-1]
    part = detail("Walk", kind="Task", reasonCode=reasons, reasonReference=records)
    server.put({**row, "activity": [part]})
    base = plan_on(server)
    answer = convert_activity_details(server, GP, "p1", base, base.plan.details, reason="to edit it", at=AS_OF)
    [walk] = [each for each in answer.shared.activities if each.text == "Walk"]
    assert [each.text for each in walk.reason_codes] == ["Stiff; Falls"]
    assert walk.reason_references == (NamedReference(Reference("Condition", "c1"), "Pain"),)
    assert {"Old fracture", "Condition/c2"} <= {note.text for note in walk.comments}  # type: ignore[union-attr]
