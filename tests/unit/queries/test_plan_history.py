"""Every version of what is in a plan: who made it, when and why, and never a version of somebody else's record."""

from datetime import datetime
from typing import Any

import pytest

from dashboard.actions.save_plan import save_plan
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.history import differences
from dashboard.domain.care_plan.plan_item import STATUS
from dashboard.domain.care_plan.views import PlanHistory
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_plan_history import get_plan_history
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as people
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, PLAN, SERVICE, TASK, TEAM, edited, plan_on
from tests.unit.people_and_teams import AS_OF

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")


@pytest.fixture
def server() -> FakeFhirServer:
    return make.fake()


def history(server: FakeFhirServer, *origins: Reference, patient_id: str = "p1") -> PlanHistory:
    return get_plan_history(
        server, people.user(), people.scope(), load_terminology(), patient_id, origins, AS_OF, team_cache=TeamCache()
    )


def change(server: FakeFhirServer, reason: str, origin: Reference = GOAL, **fields: Any) -> None:
    base = plan_on(server)
    save_plan(server, GP, "p1", base, edited(base, origin, **fields), reason=reason, at=AS_OF)


def test_every_version_says_who_when_and_why(server: FakeFhirServer) -> None:
    change(server, "first", title="One")
    change(server, "second", due=PartialDate("2027-06-01"))
    server.put({**server.read("Goal", "g1"), "lifecycleStatus": "on-hold"})
    found = history(server, GOAL)
    assert found.complete and found.failed == {}
    last, second, first, begun = found.versions[GOAL]
    assert [each.version for each in found.versions[GOAL]] == ["4", "3", "2", "1"]
    assert (last.change, begun.change) == (None, None), "changed elsewhere, where nobody signed it"
    assert [each.change and (each.change.who, each.change.reason) for each in (second, first)] == [
        ("Dr Jane Okafor", "second"),
        ("Dr Jane Okafor", "first"),
    ]
    assert [(each.field, each.was, each.now) for each in differences(begun.item, first.item)] == [
        ("title", "HbA1c under 53", "One")
    ]
    assert [each.field for each in differences(begun.item, last.item)] == ["title", STATUS, "due"]
    assert all(isinstance(each.when, datetime) for each in found.versions[GOAL])


def test_each_kind_of_item_has_its_versions(server: FakeFhirServer) -> None:
    change(server, "why", TASK, outcome="Walks daily")
    found = history(server, PLAN, GOAL, TASK, SERVICE, TEAM, Reference("MedicationRequest", "m1"))
    assert set(found.versions) == {PLAN, GOAL, TASK, SERVICE, TEAM}
    now, before = (each.item for each in found.versions[PLAN])
    assert [(each.field, each.now) for each in differences(before, now)] == [("outcome:Task/t1", "Walks daily")]


def test_a_server_that_drops_versions_from_references_still_says_who(server: FakeFhirServer) -> None:
    """A FHIR server may store references without versions."""
    for reason in ("first", "second"):
        change(server, reason, title=reason)
        newest = list(server.rows["Provenance"].values())[-1]
        newest["target"] = [{"reference": "Goal/g1"}]
        newest["meta"]["lastUpdated"] = server.read("Goal", "g1")["meta"]["lastUpdated"]
    assert [each.change and each.change.reason for each in history(server, GOAL).versions[GOAL]] == [
        "second",
        "first",
        None,
    ]


def test_a_change_made_one_version_also_where_several_were_stored_in_one_second(server: FakeFhirServer) -> None:
    """On a server that drops versions from references the change is that which was stored nearest, and of no other."""
    change(server, "first", title="One")
    versions = server.versions["Goal/g1"]
    provenance = list(server.rows["Provenance"].values())[-1]
    provenance["target"] = [{"reference": "Goal/g1"}]
    versions[0]["meta"]["lastUpdated"] = "2026-11-20T10:00:00.000Z"
    for row in (server.rows["Goal"]["g1"], versions[-1], provenance):
        row["meta"]["lastUpdated"] = "2026-11-20T10:00:00.400Z"
    found = history(server, GOAL).versions[GOAL]
    assert [each.change and each.change.reason for each in found] == ["first", None]


def test_where_no_versions_are_kept_provenance_says_what_it_can(server: FakeFhirServer) -> None:
    change(server, "first", title="One")
    change(server, "second", title="Two")
    server.keeps_history = False
    found = history(server, GOAL)
    assert not found.complete
    assert [
        (each.version, each.item and each.item["title"], each.change and each.change.reason)
        for each in found.versions[GOAL]
    ] == [
        ("3", "Two", "second"),
        ("2", None, "first"),
    ]


def test_a_version_about_somebody_else_is_not_shown(server: FakeFhirServer) -> None:
    server.put({**make.fake().read("Goal", "g1"), "subject": {"reference": "Patient/p4"}})
    server.put(people.goal("g1", "p1"))
    assert [each.version for each in history(server, GOAL).versions[GOAL]] == ["3", "1"]


def test_an_item_of_another_patient_is_not_found(server: FakeFhirServer) -> None:
    server.put(people.goal("g4", "p4"))
    found = history(server, Reference("Goal", "g4"), Reference("Goal", "nobody"))
    assert found.versions == {}
    assert {failure.code for failure in found.failed.values()} == {"record-not-found"}


@pytest.mark.parametrize("patient_id", ["p4", "nobody", "../p1"])
def test_the_history_of_another_teams_patient_is_not_found(
    server: FakeFhirServer, patient_id: str, trail: Trail
) -> None:
    with pytest.raises(NotFound):
        history(server, GOAL, patient_id=patient_id)
    assert trail.records[-1].outcome == "refused"


def test_a_version_that_cannot_be_read_stays_in_the_list(server: FakeFhirServer) -> None:
    server.put({**people.goal("g1", "p1"), "description": {}})
    assert [each.item is None for each in history(server, GOAL).versions[GOAL]] == [True, False]


def test_one_item_that_fails_leaves_the_others(server: FakeFhirServer) -> None:
    server.failing["Provenance"] = ServerUnavailable("server-busy", reference="r")
    assert history(server, GOAL).failed[GOAL].code == "server-busy"


def test_after_an_item_that_the_server_did_not_answer_it_is_not_asked_for_the_others(server: FakeFhirServer) -> None:
    server.failing["Provenance"] = ServerUnavailable("server-timeout", reference="r")
    found = history(server, GOAL, TASK, PLAN)
    assert {origin: failure.code for origin, failure in found.failed.items()} == dict.fromkeys(
        (GOAL, TASK, PLAN), "server-timeout"
    )
    assert [request.type for request in server.asked].count("Provenance") == 1


def test_whose_history_was_read_is_on_record(server: FakeFhirServer, trail: Trail) -> None:
    history(server, GOAL)
    assert (trail.records[-1].what, trail.records[-1].entities) == ("get_plan_history", (GOAL,))


def test_other_roles_read_no_history(server: FakeFhirServer) -> None:
    manager = User(Reference("Practitioner", "gp"), "gp", roles=())
    with pytest.raises(NotPermitted):
        get_plan_history(server, manager, people.scope(), load_terminology(), "p1", [GOAL], AS_OF)
