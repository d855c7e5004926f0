"""The shared plan as it is read: whose plan it is, what of it is missing, and who changed each part last."""

from typing import Any

import pytest

from dashboard.cache.changes import publish_changes, written_changes
from dashboard.cache.patient_cache import PlanCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.care_plan.plan_item import STATUS
from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.care_plan.views import CarePlanView, choose_plans
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, ServerUnavailable, Unsupported
from dashboard.fhir.mapping.care_plan import from_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from tests.conftest import Trail
from tests.fakes import FakeFhirServer, capabilities
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

PLAN = Reference("CarePlan", "cp1")
GOAL = Reference("Goal", "g1")


def ref(kind: str, ident: str) -> Json:
    return {"reference": f"{kind}/{ident}"}


def service(ident: str, patient_id: str, **more: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": ident,
        "status": "active",
        "intent": "order",
        "code": {"text": "Cardiac rehabilitation"},
        "subject": ref("Patient", patient_id),
    } | more


def activities(*references: tuple[str, str]) -> Json:
    return {"activity": [{"reference": ref(*each)} for each in references]}


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def seen(
    server: FakeFhirServer, patient_id: str = "p1", who: str = "gp", cache: PlanCache | None = None
) -> CarePlanView:
    return get_care_plan(
        server,
        make.user(who),
        make.scope(who),
        load_terminology(),
        patient_id,
        AS_OF,
        team_cache=TeamCache(),
        patient_cache=cache or PlanCache(),
    )


def test_the_plan_comes_with_its_goals_activities_and_team(server: FakeFhirServer) -> None:
    server.put(service("s1", "p1"))
    linked = (("Task", "t1"), ("ServiceRequest", "s1"), ("MedicationRequest", "m1"), ("Appointment", "a1"))
    server.put(make.plan("cp1", "p1", ("g1",), **activities(*linked)))
    view = seen(server)
    assert view.ours is not None
    assert [goal.origin for goal in view.ours.goals] == [GOAL]
    assert [each.origin.id for each in view.ours.activities] == ["t1", "s1"]
    assert view.ours.team is not None and view.ours.team.origin.id == "ct-p1-team-1"
    assert {each.type for each in view.linked} == {"MedicationRequest", "Appointment"}
    assert view.missing == () and view.failed == {} and view.notices == ()
    assert all(part.source for part in (view.ours.plan, *view.ours.goals, *view.ours.activities))
    assert items_of(view.ours)[GOAL][STATUS] == "active"
    assert view.names[Reference("Practitioner", "gp")] == "Dr Jane Okafor"


def test_a_patient_without_a_plan_has_none_and_nothing_failed(server: FakeFhirServer) -> None:
    view = seen(server, "p2")
    assert (view.ours, view.others, view.failed, view.changes) == (None, (), {}, {})


@pytest.mark.parametrize("kind", ["CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest"])
def test_a_search_that_failed_is_never_none(server: FakeFhirServer, kind: str) -> None:
    server.failing[kind] = ServerUnavailable("server-busy", reference="r")
    view = seen(server)
    assert view.failed[kind].code == "server-busy"
    assert (view.ours is None) is (kind == "CarePlan")
    assert (view.missing == (GOAL,)) is (kind == "Goal")


def test_what_was_last_known_stays_with_its_age(server: FakeFhirServer) -> None:
    cache = PlanCache()
    seen(server, cache=cache)
    server.failing["Goal"] = ServerUnavailable("server-busy", reference="r")
    publish_changes(server.base_url, [server.put(make.plan("cp1", "p1", ("g1",), title="Another"))])
    cache.expire(lambda key: True)
    view = seen(server, cache=cache)
    assert view.ours is not None
    assert view.ours.plan.title == "Another"
    assert [goal.origin for goal in view.ours.goals] == [GOAL]
    assert set(view.old) == {"Goal"}


def test_a_server_without_messages_lacks_none(server: FakeFhirServer) -> None:
    server.failing["CommunicationRequest"] = Unsupported("type-not-served", what="CommunicationRequest")
    assert seen(server).failed == {}


def test_who_changed_a_part_last_is_known_for_its_present_version_only(server: FakeFhirServer) -> None:
    server.put(make.provenance("pv2", "Goal/g1/_history/1", "Ms Anna Lind", "2026-11-01T10:00:00+00:00"))
    server.put(make.provenance("pv0", "Goal/g1/_history/1", "Somebody", "2026-10-01T10:00:00+00:00"))
    view = seen(server)
    assert (view.changes[GOAL].who, view.changes[GOAL].signed) == ("Ms Anna Lind", True)
    assert view.changes[PLAN].who == "Dr Jane Okafor"
    server.put(make.goal("g1", "p1"))
    view = seen(server)
    change = view.changes[GOAL]
    assert (change.who, change.signed, change.change and change.change.who) == ("", False, "Ms Anna Lind")
    assert change.when == change.stored != None  # noqa: E711


def test_a_part_that_was_changed_long_ago_still_says_by_whom(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.cache.shared_plans.CHANGES_READ", 3)
    server.put(make.provenance("old", "Goal/g1/_history/1", "Ms Anna Lind", "2020-01-01T10:00:00+00:00"))
    for number in range(5):
        server.put(make.provenance(f"n{number}", "CarePlan/cp1/_history/1", "Dr X Y", "2026-11-01T10:00:00+00:00"))
    assert seen(server).changes[GOAL].who == "Ms Anna Lind"


def test_without_provenance_the_plan_is_shown_and_it_is_said(server: FakeFhirServer) -> None:
    server.failing["Provenance"] = ServerUnavailable("server-busy", reference="r")
    view = seen(server)
    assert view.ours is not None and view.changes == {}
    assert view.failed["Provenance"].code == "server-busy"


# Whose plan it is


def plan(ident: str, *keepers: str, status: str = "active", start: str = "2026-01-01") -> Any:
    row = make.plan(ident, "p1", status=status, period={"start": start})
    return from_fhir(row | {"careTeam": [{"reference": each} for each in keepers if each.startswith("CareTeam")]})


def test_the_teams_own_plan_is_chosen_and_others_are_listed(server: FakeFhirServer) -> None:
    teams = seen(server).teams
    ours, theirs, older, nobodys = (
        plan("ours", "CareTeam/ct-p1-team-1"),
        plan("theirs", "CareTeam/elsewhere", start="2026-06-01"),
        plan("older", "CareTeam/ct-p1-team-1", status="completed"),
        plan("nobodys", start="2026-09-01"),
    )
    chosen = choose_plans([older, theirs, nobodys, ours], teams)
    assert chosen.ours == ours
    assert chosen.also_active == ()
    assert [each.origin.id for each in chosen.others] == ["nobodys", "theirs", "older"]
    assert choose_plans([theirs, nobodys], teams).ours == nobodys
    assert choose_plans([theirs, older], teams).ours is None


def test_two_active_plans_of_one_team_are_told(server: FakeFhirServer) -> None:
    server.put(make.plan("cp2", "p1", period={"start": "2026-05-01"}))
    server.put(make.plan("cp3", "p1", status="draft", period={"start": "2026-06-01"}))
    view = seen(server)
    assert view.ours is not None and view.ours.plan.origin.id == "cp2"
    assert [each.plan.origin.id for each in view.also_active] == ["cp1"]
    assert [each.plan.origin.id for each in view.others] == ["cp3"]
    for ident in ("cp1", "cp2", "cp3"):
        found = view.plan(Reference("CarePlan", ident))
        assert found is not None and found.plan.origin.id == ident
    assert view.plan(Reference("CarePlan", "cp9")) is None


def test_goals_inside_a_plan_are_read(server: FakeFhirServer) -> None:
    inside = {**make.goal("own", "p1"), "id": "own"}
    row = make.plan("cp1", "p1", contained=[inside]) | {"goal": [{"reference": "#own"}]}
    server.put(row)
    assert [goal.text for goal in seen(server).contained[PLAN]] == ["HbA1c under 53"]


# Whose record


@pytest.mark.parametrize("patient_id", ["p4", "nobody", "../p1"])
def test_a_patient_of_another_team_is_not_found(server: FakeFhirServer, patient_id: str, trail: Trail) -> None:
    with pytest.raises(NotFound):
        seen(server, patient_id)
    assert [record.outcome for record in trail.records][-1] == "refused"


def test_another_patients_records_are_never_shown_though_the_plan_names_them(server: FakeFhirServer) -> None:
    server.put(make.goal("g4", "p4"))
    server.put(make.plan("cp1", "p1", ("g1", "g4"), **activities(("Task", "t3"))))
    view = seen(server)
    assert view.ours is not None
    assert [goal.origin.id for goal in view.ours.goals] == ["g1"]
    assert view.ours.activities == ()
    assert set(view.missing) == {Reference("Goal", "g4"), Reference("Task", "t3")}


def test_a_look_is_on_record(server: FakeFhirServer, trail: Trail) -> None:
    seen(server)
    [record] = trail.records
    assert (record.what, [each.id for each in record.patients], record.entities) == ("get_care_plan", ["p1"], (PLAN,))


# What is cached


def test_a_plan_is_read_once_and_again_after_a_change(server: FakeFhirServer) -> None:
    cache = PlanCache()
    first = seen(server, cache=cache)
    server.asked.clear()
    assert seen(server, cache=cache).ours == first.ours
    assert server.counts()["Goal"] == 0
    cache.apply(written_changes(server.base_url, [server.put({**make.goal("g1", "p1"), "lifecycleStatus": "on-hold"})]))
    again = seen(server, cache=cache)
    assert again.ours is not None and again.ours.goals[0].lifecycle_status == "on-hold"
    cache.apply([])


# Poor servers


def test_what_the_server_does_not_protect_is_said(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(versioning="no-version", transactions=False)
    kinds = {(notice.kind, notice.detail) for notice in seen(server).notices}
    assert ("unprotected-save", "Goal") in kinds
    assert ("saved-in-steps", "CarePlan") in kinds
