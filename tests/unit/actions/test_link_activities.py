"""Medicines and appointments are put into a plan and taken out of it by reference; they themselves are not touched."""

from typing import Any

import pytest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.link_activities import link_activities
from dashboard.actions.restore_version import restore_version
from dashboard.actions.save_plan import save_plan
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.merge import Choice, ConflictKind
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, linked_as_ordered, with_links
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable, UserFacingError
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as people
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, PLAN, SERVICE, TASK, edited, plan_on
from tests.unit.people_and_teams import AS_OF, Json

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
METFORMIN, RAMIPRIL, VISIT = (
    Reference("MedicationRequest", "m1"),
    Reference("MedicationRequest", "m5"),
    Reference("Appointment", "v1"),
)
WHY = "so that we look at it together"


def booking(ident: str, patient: str = "p1", status: str = "booked", start: str = "2026-12-01T10:00:00Z") -> Json:
    actor = {"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}
    times = {"start": start, "end": start.replace("T10", "T11")}
    return {"resourceType": "Appointment", "id": ident, "status": status, "participant": [actor]} | times


@pytest.fixture
def server() -> FakeFhirServer:
    fake = make.fake()
    for row in (people.medicine("m1", "p1"), people.medicine("m5", "p1", "C09AA05"), booking("v1")):
        fake.put(row)
    return fake


def linked(
    server: FakeFhirServer,
    base: SharedPlan,
    *put_in: Reference,
    out: tuple[Reference, ...] = (),
    who: User = GP,
    **more: Any,
) -> PlanSaved | PlanConflict:
    return link_activities(server, who, "p1", base, put_in, out, **({"reason": WHY, "at": AS_OF} | more))


def activities(server: FakeFhirServer) -> list[Json]:
    found: list[Json] = server.rows["CarePlan"]["cp1"]["activity"]
    return found


def references(server: FakeFhirServer) -> list[str]:
    return [each["reference"]["reference"] for each in activities(server)]


def test_they_come_into_the_plan_by_reference_and_nothing_else_is_written(server: FakeFhirServer) -> None:
    before = {kind: dict(rows) for kind, rows in server.rows.items()}
    saved = linked(server, plan_on(server), METFORMIN, VISIT)
    assert isinstance(saved, PlanSaved)
    assert activities(server)[2:] == [{"reference": {"reference": str(each)}} for each in (METFORMIN, VISIT)]
    assert references(server)[:2] == [str(TASK), str(SERVICE)]
    changed = {kind for kind, rows in server.rows.items() if rows != before.get(kind, {})}
    assert changed == {"CarePlan", "Provenance"}
    assert [each.origin for each in make.view(server).linked.values()] == [METFORMIN, VISIT]


def test_who_put_them_in_and_why_is_signed_and_on_record(server: FakeFhirServer, trail: Trail) -> None:
    linked(server, plan_on(server), METFORMIN)
    record = list(server.rows["Provenance"].values())[-1]
    assert record["agent"][0]["who"]["reference"] == "Practitioner/gp"
    assert WHY in str(record["reason"]) and record["target"][0]["reference"].startswith("CarePlan/cp1")
    assert [(each.what, each.entities) for each in trail.records][-1] == ("link_activities", (PLAN,))


def test_they_are_taken_out_and_the_records_stay(server: FakeFhirServer) -> None:
    linked(server, plan_on(server), METFORMIN, VISIT)
    medicine = server.rows["MedicationRequest"]["m1"]
    linked(server, plan_on(server), RAMIPRIL, out=(METFORMIN,))
    assert references(server)[2:] == [str(VISIT), str(RAMIPRIL)]
    assert server.rows["MedicationRequest"]["m1"] == medicine


def test_what_two_people_put_in_is_in_the_plan_once(server: FakeFhirServer) -> None:
    base = plan_on(server)
    linked(server, base, VISIT, METFORMIN, who=NURSE)
    saved = linked(server, base, METFORMIN, RAMIPRIL)
    assert isinstance(saved, PlanSaved)
    assert sorted(references(server)[2:]) == sorted(map(str, (VISIT, METFORMIN, RAMIPRIL)))
    assert {each.item for each in saved.arrived if not each.field} == {VISIT, METFORMIN}


def test_others_changes_of_the_plan_are_merged_with_it(server: FakeFhirServer) -> None:
    base = plan_on(server)
    save_plan(server, NURSE, "p1", base, edited(base, GOAL, title="Under 60"), reason="r", at=AS_OF)
    save_plan(server, NURSE, "p1", plan_on(server), edited(plan_on(server), PLAN, title="Ours"), reason="r", at=AS_OF)
    assert isinstance(linked(server, base, METFORMIN), PlanSaved)
    now = plan_on(server)
    assert (now.plan.title, now.goals[0].text, METFORMIN in now.plan.activities) == ("Ours", "Under 60", True)


@pytest.mark.parametrize("choice", [Choice.MINE, Choice.THEIRS])
def test_taken_out_while_somebody_notes_what_came_of_it_is_asked(server: FakeFhirServer, choice: Choice) -> None:
    linked(server, plan_on(server), METFORMIN)
    base = plan_on(server)
    noted = edited(base, METFORMIN, outcome="No more cramps")
    save_plan(server, NURSE, "p1", base, noted, reason="told me", at=AS_OF)
    found = linked(server, base, out=(METFORMIN,))
    assert isinstance(found, PlanConflict)
    [conflict] = found.merged.conflicts
    assert (conflict.kind, conflict.origin) == (ConflictKind.REMOVED_AND_EDITED, METFORMIN)
    assert isinstance(linked(server, base, out=(METFORMIN,), choices={conflict: choice}), PlanSaved)
    now = plan_on(server)
    assert (METFORMIN in now.plan.activities) is (choice is Choice.THEIRS)
    assert [each.words for each in now.plan.outcomes] == (["No more cramps"] if choice is Choice.THEIRS else [])


def test_noted_while_somebody_took_it_out_is_asked_the_other_way_round(server: FakeFhirServer) -> None:
    linked(server, plan_on(server), METFORMIN)
    base = plan_on(server)
    linked(server, base, out=(METFORMIN,), who=NURSE)
    noted = edited(base, METFORMIN, outcome="No more cramps")
    found = save_plan(server, GP, "p1", base, noted, reason="told me", at=AS_OF)
    assert isinstance(found, PlanConflict)
    [conflict] = found.merged.conflicts
    assert conflict.kind is ConflictKind.REMOVED_AND_EDITED
    save_plan(server, GP, "p1", base, noted, reason="told me", at=AS_OF, choices={conflict: Choice.MINE})
    assert activities(server)[-1] == {
        "reference": {"reference": str(METFORMIN)},
        "outcomeCodeableConcept": [{"text": "No more cramps"}],
    }


# What is refused


def refused(server: FakeFhirServer, reference: Reference, code: str, error: type[DashboardError] = NotFound) -> None:
    before = server.rows["CarePlan"]["cp1"]
    with pytest.raises(error, match=f"^{code}"):
        linked(server, plan_on(server), reference)
    assert server.rows["CarePlan"]["cp1"] == before


@pytest.mark.parametrize(
    "row",
    [
        people.medicine("x", "p4"),
        people.medicine("x", "p1", status="entered-in-error"),
        people.medicine("x", "p1") | {"medicationCodeableConcept": {}},
        people.medicine("x", "p1") | {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]},
        booking("x", "p4"),
        people.condition("x", "p1"),
        people.medicine("y", "p1"),
    ],
)
def test_only_a_record_of_this_patient_that_is_there_and_understood_is_put_in(
    server: FakeFhirServer, row: Json
) -> None:
    server.put(row)
    refused(server, Reference(row["resourceType"], "x"), "plan-link-not-found")


@pytest.mark.parametrize(
    "row",
    [
        people.medicine("x", "p1", status="stopped"),
        people.medicine("x", "p1") | {"doNotPerform": True},
        booking("x", status="cancelled"),
        booking("x", start="2026-11-02T10:00:00Z"),
    ],
)
def test_what_is_over_is_not_put_in(server: FakeFhirServer, row: Json) -> None:
    server.put(row)
    refused(server, Reference(row["resourceType"], "x"), "plan-link-over", UserFacingError)


def test_no_other_save_of_the_plan_puts_in_what_is_not_the_patients(server: FakeFhirServer) -> None:
    server.put(people.medicine("x", "p4"))
    base = plan_on(server)
    for foreign in (Reference("MedicationRequest", "x"), Reference("Observation", "o1")):
        with pytest.raises(NotFound, match=r"^plan-link-not-found"):
            save_plan(server, GP, "p1", base, with_links(items_of(base), [foreign]), reason="r", at=AS_OF)
    assert references(server) == [str(TASK), str(SERVICE)]


def test_nothing_and_what_is_edited_here_and_what_is_not_in_the_plan_is_refused(server: FakeFhirServer) -> None:
    base = plan_on(server)
    for out, code in (((), "plan-nothing-changed"), ((TASK,), "plan-link-not-found"), ((METFORMIN,), "plan-item-not")):
        with pytest.raises(DashboardError, match=f"^{code}"):
            linked(server, base, out=out)
    with pytest.raises(UserFacingError, match="reason"):
        linked(server, base, METFORMIN, reason=" ")


def test_nobody_but_the_team_and_no_manager_changes_it(server: FakeFhirServer) -> None:
    base = plan_on(server)
    with pytest.raises(NotFound):
        linked(server, base, METFORMIN, who=User(Reference("Practitioner", "stranger"), "x"))
    with pytest.raises(NotPermitted):
        linked(server, base, METFORMIN, who=User(GP.practitioner, "x", roles=(Role.PILOT_MANAGER,)))


def test_a_search_that_failed_is_its_error_and_nothing_is_saved(server: FakeFhirServer) -> None:
    base = plan_on(server)
    server.failing["MedicationRequest"] = ServerUnavailable("server-busy", reference="r")
    with pytest.raises(ServerUnavailable):
        linked(server, base, METFORMIN)
    assert references(server) == [str(TASK), str(SERVICE)]


# What is offered, and the way back


def test_current_medicines_and_coming_appointments_that_are_not_in_it_are_known(server: FakeFhirServer) -> None:
    linked(server, plan_on(server), METFORMIN)
    view = make.view(server)
    assert {RAMIPRIL, VISIT} <= view.unlinked.keys() and METFORMIN not in view.unlinked


def test_an_old_order_of_the_plan_brings_back_what_was_taken_out_and_takes_out_what_came(
    server: FakeFhirServer,
) -> None:
    linked(server, plan_on(server), METFORMIN)
    number = server.rows["CarePlan"]["cp1"]["meta"]["versionId"]
    linked(server, plan_on(server), VISIT, out=(METFORMIN,))
    now = plan_on(server)
    back = restore_version(server, GP, "p1", now, PLAN, number, "activity_order", reason="was right", at=AS_OF)
    assert isinstance(back, PlanSaved)
    assert references(server)[2:] == [str(METFORMIN)]


def test_items_as_an_order_has_them_keep_what_was_known_of_them(server: FakeFhirServer) -> None:
    base = plan_on(server)
    items = with_links(items_of(base), [METFORMIN])
    noted = PlanItem(METFORMIN, {"outcome": "No more cramps"})
    without = with_links(items, [VISIT], [METFORMIN])
    plan = without[PLAN].with_fields({"activity_order": (TASK, SERVICE, METFORMIN)})
    back = linked_as_ordered({**without, PLAN: plan}, {METFORMIN: noted})
    assert back[METFORMIN] == noted and VISIT not in back and {TASK, SERVICE, GOAL} <= back.keys()
    assert with_links(items, [METFORMIN]) == items
