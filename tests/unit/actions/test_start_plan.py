"""Starting a plan: whoever starts it with others at the same moment makes one plan, and a start that is cut off does no
harm.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from dashboard.actions import start_plan as action
from dashboard.actions.change_plan import PlanSaved
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.sign_plan import sign_plan
from dashboard.actions.start_plan import start_plan
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.shared_plan import items_of, new_goal, with_item
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.code_systems import PLAN_OF_TEAM, PLAN_REVIEW
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, ServerUnavailable, UserFacingError, VersionConflict
from tests.fakes import FakeFhirServer, capabilities
from tests.unit import people_and_teams as people
from tests.unit.actions import plans as make
from tests.unit.actions.plans import plan_on, view
from tests.unit.people_and_teams import AS_OF, Json

GP, NURSE = User(Reference("Practitioner", "gp"), "Dr Okafor"), User(Reference("Practitioner", "nurse"), "Ms Lind")
REVIEW = PartialDate("2027-05-20")
AWAY = ServerUnavailable("server-busy", reference="r")


@pytest.fixture
def server() -> FakeFhirServer:
    """Patient p2 has no plan, and a team of two."""
    return FakeFhirServer([*make.rows(), people.care_team("p2", ["gp", "nurse"])])


def started(server: FakeFhirServer, who: User = GP, goal: str = "", **more: Any) -> PlanSaved:
    by = NamedReference(who.practitioner, who.name)
    items = [new_goal(new_reference("Goal"), goal, by, site_day(AS_OF))] if goal else []
    asked: dict[str, Any] = {"reason": "first meeting", "at": AS_OF} | more
    return start_plan(server, who, "p2", f"Plan of {who.name}", REVIEW, items=items, **asked)


def plans(server: FakeFhirServer) -> list[Json]:
    return [row for row in server.rows["CarePlan"].values() if row["subject"]["reference"] == "Patient/p2"]


def test_goals_with_which_a_plan_is_started_are_no_review_of_it_and_its_next_signature_is(
    server: FakeFhirServer,
) -> None:
    answer = started(server, goal="Walk", status="active")
    [row] = plans(server)
    assert row["goal"] and not row.get("meta", {}).get("tag")
    again = PartialDate("2027-11-20")
    sign_plan(server, GP, "p2", answer.shared, "active", again, reason="gone through", at=AS_OF)
    [row] = plans(server)
    assert row["meta"]["tag"] == [{"system": PLAN_REVIEW, "code": "reviewed"}]


def goals(server: FakeFhirServer) -> list[str]:
    return [row["description"]["text"] for row in server.rows["Goal"].values()]


def before_anybody(server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts from now on has looked before the other wrote."""
    seen: dict[str, Any] = {}
    real = action.read_plans

    def read(context: Any, patient_id: str) -> Any:
        return seen.setdefault(patient_id, real(context, patient_id))

    monkeypatch.setattr(action, "read_plans", read)


@pytest.mark.parametrize("conditional", [True, False])
def test_who_was_second_adds_nothing_to_the_plan_of_the_first(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch, conditional: bool
) -> None:
    monkeypatch.setattr("dashboard.actions.save.LONGEST_WRITE", 0.0)
    server.capabilities = capabilities(conditional_create=conditional)
    before_anybody(server, monkeypatch)
    first = started(server, goal="Walk")
    with pytest.raises(UserFacingError, match=r"^plan-there-already"):
        started(server, NURSE, goal="Sleep")
    [row] = plans(server)
    assert row["id"] == first.shared.plan.origin.id and row["title"] == "Plan of Dr Okafor"
    assert "Sleep" not in goals(server)
    assert view(server, patient_id="p2").changes[first.shared.plan.origin].who == "Dr Okafor"


@pytest.mark.parametrize("conditional", [True, False])
def test_of_thirty_who_start_at_once_one_does(server: FakeFhirServer, conditional: bool) -> None:
    server.capabilities = capabilities(conditional_create=conditional)
    together = Barrier(30)

    def start(place: int) -> str:
        together.wait()
        try:
            started(server, GP if place % 2 else NURSE, goal=f"Goal {place}")
        except UserFacingError as refused:
            return refused.code
        return f"Goal {place}"

    with ThreadPoolExecutor(30) as pool:
        outcomes = list(pool.map(start, range(30)))
    [first] = [each for each in outcomes if each != "plan-there-already"]
    assert len(plans(server)) == 1
    shared = plan_on(server, patient_id="p2")
    assert [goal.text for goal in shared.goals] == [first]
    assert [goal for goal in goals(server) if goal.startswith("Goal ")] == [first]


def test_a_server_that_cannot_say_who_was_first_is_asked_again(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = server.create_once, [2]

    def create_once(resource: Json, identifier: tuple[str, str]) -> Json:
        left[0] -= 1
        if left[0] >= 0:
            raise VersionConflict("version-conflict", what="CarePlan")
        return real(resource, identifier)

    monkeypatch.setattr(server, "create_once", create_once)
    assert started(server).shared.plan.title == "Plan of Dr Okafor"
    left[0] = 1000
    server.rows["CarePlan"].clear()
    with pytest.raises(UserFacingError, match=r"^plan-there-already"):
        started(server)
    assert not plans(server)


def test_a_server_that_does_not_answer_is_not_taken_for_one_without_a_plan(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(conditional_create=False)
    real = server.try_all

    def try_all(requests: Any, *watch: Any) -> Any:
        if any(name == "identifier" for request in requests for name, _ in request.params):
            return [AWAY for _ in requests]
        return real(requests, *watch)

    server.try_all = try_all  # type: ignore[method-assign]
    with pytest.raises(ServerUnavailable):
        started(server)
    assert not plans(server)


def test_who_meets_the_same_goal_in_the_new_plan_decides_there(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = action.save

    def save(*given: Any, **more: Any) -> Any:
        done = real(*given, **more)
        shared = plan_on(server, "nurse", "p2")
        mine = with_item(items_of(shared), new_goal(new_reference("Goal"), "Walk", NamedReference(), site_day(AS_OF)))
        save_plan(server, NURSE, "p2", shared, mine, reason="found it", at=AS_OF)
        return done

    monkeypatch.setattr(action, "save", save)
    with pytest.raises(UserFacingError, match=r"^plan-there-already"):
        started(server, goal="Walk")
    assert goals(server).count("Walk") == 1


def test_after_an_ended_plan_another_is_started(server: FakeFhirServer) -> None:
    numbers = set()
    for _ in range(2):
        row = server.rows["CarePlan"][started(server).shared.plan.origin.id]
        numbers |= {each["value"] for each in row["identifier"] if each["system"] == PLAN_OF_TEAM}
        server.put({**row, "status": "completed"})
    assert len(plans(server)) == len(numbers) == 2


@pytest.mark.parametrize("after", [0, 1])
def test_a_start_that_is_cut_off_leaves_an_empty_draft_at_worst(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    real, left = server.transaction, [after]

    def transaction(entries: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise AWAY
        return real(entries)

    monkeypatch.setattr(server, "transaction", transaction)
    with pytest.raises(DashboardError):
        started(server, goal="Walk")
    monkeypatch.setattr(server, "transaction", real)
    shown = view(server, "nurse", "p2")
    assert shown.ours is not None and shown.failed == {} and shown.missing == ()
    plan = shown.ours.plan
    assert (plan.status, plan.author.name, plan.goals, plan.activities) == ("draft", "Dr Okafor", (), ())
    assert shown.changes[plan.origin].who == ("Dr Okafor" if after else "")
    assert "Walk" not in goals(server)
    # What was chosen is added to it as to every plan.
    mine = with_item(items_of(shown.ours), new_goal(new_reference("Goal"), "Walk", NamedReference(), site_day(AS_OF)))
    answer = save_plan(server, GP, "p2", shown.ours, mine, reason="first meeting", at=AS_OF)
    assert isinstance(answer, PlanSaved) and [goal.text for goal in answer.shared.goals] == ["Walk"]


@pytest.mark.parametrize("reason", ["", " ", "x" * (LONGEST_REASON + 1)])
def test_without_a_reason_nothing_is_started(server: FakeFhirServer, reason: str) -> None:
    with pytest.raises(UserFacingError, match=r"^reason-"):
        started(server, reason=reason)
    assert not plans(server)


# Whose plan it is


def two_teams(server: FakeFhirServer) -> None:
    server.put(people.care_team("p2", ["gp"], "team-2"))


def test_in_several_teams_it_is_asked_which_one_it_is_for(server: FakeFhirServer) -> None:
    two_teams(server)
    for team in (None, Reference("CareTeam", "ct-p1-team-1")):
        with pytest.raises(UserFacingError, match=r"^plan-team-not-chosen"):
            started(server, team=team)
    assert not plans(server)
    started(server, team=Reference("CareTeam", "ct-p2-team-2"))
    assert plans(server)[0]["careTeam"] == [{"reference": "CareTeam/ct-p2-team-2"}]
    started(server, NURSE)
    assert len(plans(server)) == 2, "two teams may each have a plan"


def test_a_team_from_which_a_consent_withholds_the_patient_gets_no_plan(server: FakeFhirServer) -> None:
    two_teams(server)
    denied = people.naming("deny", "Organization/team-1")
    server.put(people.consent("p2", {"type": "permit", "provision": [denied]}, ident="denied"))
    assert [team.origin.id for team in view(server, patient_id="p2").teams] == ["ct-p2-team-2"]
    started(server)
    assert plans(server)[0]["careTeam"] == [{"reference": "CareTeam/ct-p2-team-2"}]


def test_a_plan_of_a_team_without_consent_is_one_of_others(server: FakeFhirServer) -> None:
    kept = started(server).shared
    two_teams(server)
    denied = people.naming("deny", "Organization/team-1")
    server.put(people.consent("p2", {"type": "permit", "provision": [denied]}, ident="denied"))
    shown = view(server, patient_id="p2")
    assert shown.ours is None and [each.plan.origin for each in shown.others] == [kept.plan.origin]
    with pytest.raises(DashboardError, match=r"^plan-of-others"):
        save_plan(server, GP, "p2", kept, make.edited(kept, kept.plan.origin, title="x"), reason="r", at=AS_OF)
