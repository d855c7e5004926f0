"""A plan on a server without transactions: every beginning of a save is harmless, and one that broke off is found."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.finish_broken_save import finish_broken_save
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.undo_broken_save import undo_broken_save
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, new_activity, new_goal, with_item, without_item
from dashboard.domain.care_plan.views import BrokenSave
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, NotFound, ServerUnavailable, UnexpectedAnswer, Unsupported
from tests.fakes import FakeFhirServer, capabilities
from tests.unit.actions import plans as make
from tests.unit.actions.plans import GOAL, OTHER, PATIENT, PLAN, TASK, edited, plan_on, view
from tests.unit.people_and_teams import AS_OF, Json

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = User(Reference("Practitioner", "nurse"), "Ms Anna Lind")


@pytest.fixture
def server() -> FakeFhirServer:
    made = make.fake()
    made.capabilities = capabilities(transactions=False)
    return made


def everything(base: SharedPlan) -> dict[Reference, PlanItem]:
    """A new goal, two changed items, and so the plan: four records and a Provenance."""
    goal = new_goal(new_reference("Goal"), "Sleep better", NamedReference(PATIENT, "Mary"), site_day(AS_OF))
    items = edited(base, title="Changed")
    items[TASK] = items[TASK].with_fields({"title": "Changed too"})
    return with_item(items, goal)


def saved(server: FakeFhirServer, base: SharedPlan, items: Any, actor: User = GP) -> PlanSaved:
    answer = save_plan(server, actor, "p1", base, items, reason="agreed", at=AS_OF)
    assert isinstance(answer, PlanSaved), answer
    return answer


def stops_after(server: FakeFhirServer, writes: int, forever: bool = True) -> None:
    """The server takes so many writes and then none, or fails once."""
    real, left = server.write, [writes]

    def write(entry: Any) -> Json:
        if left[0] == 0:
            if not forever:
                left[0] = -1
            raise ServerUnavailable("server-busy", reference="r")
        left[0] -= 1
        return real(entry)

    server.write = write  # type: ignore[method-assign]


def goes_on(server: FakeFhirServer) -> None:
    del server.write  # type: ignore[method-assign]
    server.now += timedelta(minutes=5)


def test_records_are_written_in_an_order_that_harms_nobody_and_signed_last(server: FakeFhirServer) -> None:
    order: list[str] = []
    real = server.write
    server.write = lambda entry: order.append(entry.resource["resourceType"]) or real(entry)  # type: ignore
    base = plan_on(server)
    answer = saved(server, base, everything(base))
    assert order == ["Goal", "Goal", "Task", "CarePlan", "Provenance"]
    assert {notice.kind for notice in answer.notices} == set()
    assert items_of(plan_on(server)) == items_of(answer.shared)
    record = list(server.rows["Provenance"].values())[-1]
    named = [each["reference"] for each in record["target"]]
    assert [name.partition("/_history")[0] for name in named[:4]] == named[4:]
    assert named[1:4] == ["Goal/g1/_history/2", "Task/t1/_history/2", "CarePlan/cp1/_history/2"]
    assert named[0].endswith("/_history/1")
    assert view(server).broken == ()
    assert view(server).changes[GOAL].who == "Dr Jane Okafor"


def test_the_tag_of_a_save_takes_the_place_of_the_last_ones(server: FakeFhirServer) -> None:
    for title in ("One", "Two"):
        base = plan_on(server)
        saved(server, base, edited(base, title=title))
    [tag] = server.rows["Goal"]["g1"]["meta"]["tag"]
    assert tag["code"] in server.rows["Provenance"]


@pytest.mark.parametrize("writes", range(5))
def test_every_beginning_of_a_save_is_harmless_and_found(server: FakeFhirServer, writes: int) -> None:
    base = plan_on(server)
    before = items_of(base)
    stops_after(server, writes)
    with pytest.raises(DashboardError) as stopped:
        saved(server, base, everything(base))
    assert stopped.value.code == ("save-broke-off" if writes else "server-busy")
    goes_on(server)
    seen = view(server)
    assert seen.ours is not None and seen.missing == ()
    now = items_of(seen.ours)
    assert (now[GOAL] != before[GOAL]) is (writes >= 2)
    assert (now[TASK] != before[TASK]) is (writes >= 3)
    assert (len(seen.ours.goals) == 3) is (writes >= 4)
    if writes == 0:
        assert seen.broken == ()
        return
    [broken] = seen.broken
    assert (len(broken.written), broken.all, broken.who) == (writes, 4, "Dr Jane Okafor")


def test_a_save_that_may_still_be_under_way_is_not_called_broken(server: FakeFhirServer) -> None:
    base = plan_on(server)
    stops_after(server, 2)
    with pytest.raises(UnexpectedAnswer):
        saved(server, base, everything(base))
    assert view(server).broken == ()


def broken_after(server: FakeFhirServer, writes: int) -> BrokenSave:
    base = plan_on(server)
    stops_after(server, writes)
    with pytest.raises(UnexpectedAnswer):
        saved(server, base, everything(base))
    goes_on(server)
    [broken] = view(server).broken
    return broken


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_a_broken_save_is_finished(server: FakeFhirServer, writes: int) -> None:
    broken = broken_after(server, writes)
    finish_broken_save(server, NURSE, "p1", plan_on(server, "nurse"), broken.ident, reason="it was right", at=AS_OF)
    server.now += timedelta(minutes=5)
    seen = view(server)
    assert seen.broken == ()
    assert seen.ours is not None and "Sleep better" in [goal.text for goal in seen.ours.goals]
    record = server.rows["Provenance"][broken.ident]
    assert record["agent"][0]["who"]["display"] == "Ms Anna Lind"
    named = {each["reference"].partition("/_history")[0] for each in record["target"]}
    assert {str(each) for each in broken.written} <= named
    with pytest.raises(NotFound, match=r"^broken-save-not-found$"):
        finish_broken_save(server, NURSE, "p1", plan_on(server, "nurse"), broken.ident, reason="r", at=AS_OF)


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_a_broken_save_is_undone(server: FakeFhirServer, writes: int) -> None:
    before = items_of(plan_on(server))
    broken = broken_after(server, writes)
    undo_broken_save(server, NURSE, "p1", plan_on(server, "nurse"), broken.ident, reason="it was not", at=AS_OF)
    server.now += timedelta(minutes=5)
    seen = view(server)
    assert seen.broken == ()
    assert seen.ours is not None and items_of(seen.ours) == before
    [new] = [row for row in server.rows["Goal"].values() if row["id"] not in ("g1", "g2")]
    assert new["lifecycleStatus"] == "entered-in-error", "nothing is deleted"


def test_what_somebody_took_out_meanwhile_is_not_brought_back(server: FakeFhirServer) -> None:
    broken = broken_after(server, 2)
    base = plan_on(server)
    saved(server, base, without_item(items_of(base), GOAL), NURSE)
    finish_broken_save(server, GP, "p1", plan_on(server), broken.ident, reason="it was right", at=AS_OF)
    server.now += timedelta(minutes=5)
    now = view(server)
    assert now.broken == ()
    assert now.ours is not None and [goal.text for goal in now.ours.goals] == [
        "Walk to the market again",
        "Sleep better",
    ]


def test_a_new_activity_is_undone_too(server: FakeFhirServer) -> None:
    base = plan_on(server)
    task = new_activity(new_reference("Task"), "Keep a diary", NamedReference(PATIENT, "Mary"))
    stops_after(server, 1)
    with pytest.raises(UnexpectedAnswer):
        saved(server, base, with_item(items_of(base), task))
    goes_on(server)
    [broken] = view(server).broken
    undo_broken_save(server, GP, "p1", plan_on(server), broken.ident, reason="it was not", at=AS_OF)
    assert server.rows["Task"][broken.written[0].id]["status"] == "entered-in-error"


def test_what_cannot_be_read_is_not_undone(server: FakeFhirServer) -> None:
    broken = broken_after(server, 2)
    server.versions["Goal/g1"][0] = {**server.versions["Goal/g1"][0], "description": {}}
    with pytest.raises(Unsupported, match=r"^save-not-undone"):
        undo_broken_save(server, GP, "p1", plan_on(server), broken.ident, reason="r", at=AS_OF)


def test_a_save_that_stops_is_signed_as_far_as_it_came(server: FakeFhirServer) -> None:
    base = plan_on(server)
    items = everything(base)
    stops_after(server, 2, forever=False)
    with pytest.raises(UnexpectedAnswer, match=r"^save-stopped done=2 all=4"):
        saved(server, base, items)
    goes_on(server)
    assert view(server).broken == ()
    saved(server, base, items)
    assert items_of(plan_on(server))[TASK]["title"] == "Changed too"
    assert [row["description"]["text"] for row in server.rows["Goal"].values()].count("Sleep better") == 1


def overtaken_at(server: FakeFhirServer, writes: int, by: Any) -> None:
    real, left = server.write, [writes]

    def write(entry: Any) -> Json:
        if left[0] == 0:
            left[0] = -1
            by()
        left[0] -= 1
        return real(entry)

    server.write = write  # type: ignore[method-assign]


def test_a_save_that_is_overtaken_halfway_goes_on_merged(server: FakeFhirServer) -> None:
    base = plan_on(server)
    overtaken_at(server, 2, lambda: server.put({**server.read("Task", "t1"), "priority": "urgent"}))
    saved(server, base, everything(base))
    row = server.rows["Task"]["t1"]
    assert (row["priority"], row["description"]) == ("urgent", "Changed too")
    server.now += timedelta(minutes=5)
    assert view(server).broken == ()


def test_a_conflict_halfway_is_told_and_what_was_written_is_signed(server: FakeFhirServer) -> None:
    base = plan_on(server)
    overtaken_at(server, 2, lambda: server.put({**server.read("Task", "t1"), "description": "Theirs"}))
    answer = save_plan(server, GP, "p1", base, everything(base), reason="r", at=AS_OF)
    assert isinstance(answer, PlanConflict)
    server.now += timedelta(minutes=5)
    assert view(server).broken == ()
    assert server.rows["Task"]["t1"]["description"] == "Theirs"


def test_without_versioned_update_all_is_compared_before_anything_is_written(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(transactions=False, versioning="no-version")
    base = plan_on(server)
    answer = saved(server, base, edited(base, OTHER, due=PartialDate("2027-05-01")))
    assert {(notice.kind, notice.detail) for notice in answer.notices} == {("unprotected-save", "Goal")}
    assert PLAN in items_of(answer.shared)


def test_nobody_elses_broken_save_is_closed(server: FakeFhirServer) -> None:
    broken = broken_after(server, 2)
    stranger = replace(GP, practitioner=Reference("Practitioner", "somebody"))
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        undo_broken_save(server, stranger, "p1", plan_on(server), broken.ident, reason="r", at=AS_OF)
