"""A shared plan is read, changed, merged, signed and remembered alike on every server, also on a poor one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.finish_broken_save import finish_broken_save
from dashboard.actions.link_activities import link_activities
from dashboard.actions.restore_version import restore_version
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.sign_plan import sign_plan
from dashboard.actions.start_plan import start_plan
from dashboard.actions.undo_broken_save import undo_broken_save
from dashboard.cache.change_feed import ChangeFeed, ChangeKind
from dashboard.cache.patient_cache import PlanCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, new_activity, new_goal, with_item
from dashboard.domain.care_plan.views import CarePlanView, PlanHistory
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, ServerUnavailable, UnexpectedAnswer, UserFacingError
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.follow_plan import FOLLOWED
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_plan_history import get_plan_history
from tests.contract.plan_storm import set_up
from tests.records import create, delete, search, update
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


@dataclass
class Team:
    """Two people and their patient on one server."""

    fhir: FhirServer
    patient: str
    people: tuple[Reference, ...]
    poor: bool

    def user(self, number: int) -> User:
        return User(self.people[number], f"Editor {number}")

    def scope(self, number: int) -> AccessScope:
        return AccessScope(self.fhir.base_url, str(self.people[number]))

    def view(self, number: int = 0) -> CarePlanView:
        return get_care_plan(
            self.fhir,
            self.user(number),
            self.scope(number),
            T,
            self.patient,
            AS_OF,
            team_cache=TeamCache(),
            patient_cache=PlanCache(),
        )

    def plan(self, number: int = 0) -> SharedPlan:
        ours = self.view(number).ours
        assert ours is not None
        return ours

    def history(self, *origins: Reference) -> PlanHistory:
        return get_plan_history(
            self.fhir, self.user(0), self.scope(0), T, self.patient, origins, AS_OF, team_cache=TeamCache()
        )

    def save(self, number: int, base: SharedPlan, items: Any, reason: str = "agreed") -> PlanSaved | PlanConflict:
        return save_plan(self.fhir, self.user(number), self.patient, base, items, reason=reason, at=AS_OF)

    def saved(self, number: int, base: SharedPlan, items: Any, reason: str = "agreed") -> SharedPlan:
        answer = self.save(number, base, items, reason)
        assert isinstance(answer, PlanSaved), answer
        return answer.shared


@pytest.fixture
def team(named_fhir: tuple[str, FhirServer]) -> Team:
    server, fhir = named_fhir
    stage = set_up(fhir, 2)
    return Team(fhir, stage.patient, stage.editors, poor=server == "medplum")


def edited(shared: SharedPlan, origin: Reference, **fields: Any) -> dict[Reference, PlanItem]:
    items = items_of(shared)
    return {**items, origin: items[origin].with_fields(fields)}


def test_a_change_is_saved_signed_and_remembered(team: Team) -> None:
    base = team.plan()
    goal = base.goals[0].origin
    team.saved(1, base, edited(base, goal, title="Walk to the market"), "first")
    after = team.plan()
    team.saved(0, after, edited(after, goal, due=PartialDate("2027-05-01")), "second")
    view = team.view()
    assert view.ours is not None
    item = items_of(view.ours)[goal]
    assert (item["title"], item["due"]) == ("Walk to the market", PartialDate("2027-05-01"))
    assert (view.changes[goal].who, view.changes[goal].signed) == ("Editor 0", True)
    assert (view.failed, view.missing, view.broken) == ({}, (), ())
    found = team.history(goal).versions[goal]
    assert [(each.item and each.item["title"], each.change and each.change.reason) for each in found] == [
        ("Walk to the market", "second"),
        ("Walk to the market", "first"),
        (base.goals[0].text, None),
    ]
    assert [notice.kind for notice in view.notices if notice.kind == "saved-in-steps"] == (
        ["saved-in-steps"] if team.poor else []
    )


def test_two_people_are_merged_or_asked(team: Team) -> None:
    base = team.plan()
    first, second = (goal.origin for goal in base.goals[:2])
    theirs = edited(base, first, title="Theirs")
    theirs[second] = theirs[second].with_fields({"due": PartialDate("2027-05-01")})
    team.saved(1, base, theirs)
    answer = team.save(0, base, edited(base, second, title="My own"))
    assert isinstance(answer, PlanSaved)
    item = items_of(team.plan())[second]
    assert (item["title"], item["due"]) == ("My own", PartialDate("2027-05-01"))
    conflict = team.save(0, base, edited(base, first, title="Mine"))
    assert isinstance(conflict, PlanConflict)
    assert conflict.changes[first].who == "Editor 1"
    assert items_of(team.plan())[first]["title"] == "Theirs"


def test_new_parts_refer_to_each_other(team: Team) -> None:
    base = team.plan()
    goal, task = new_reference("Goal"), new_reference("Task")
    by = NamedReference(team.people[0], "Editor 0")
    items = with_item(items_of(base), new_goal(goal, "Sleep better", by, site_day(AS_OF)))
    items = with_item(items, new_activity(task, "Keep a diary", by, goals=frozenset({goal})))
    saved = team.saved(0, base, items)
    now = team.plan()
    assert items_of(now) == items_of(saved)
    assert now.goals[-1].text == "Sleep better"
    assert now.activities[-1].goals == (now.goals[-1].origin,)


def test_an_old_version_comes_back_and_a_plan_is_signed(team: Team) -> None:
    base = team.plan()
    goal = base.goals[0].origin
    now = team.saved(1, base, edited(base, goal, title="Another"))
    number = team.history(goal).versions[goal][-1].version
    back = restore_version(
        team.fhir, team.user(0), team.patient, now, goal, number, "title", reason="it was right", at=AS_OF
    )
    assert isinstance(back, PlanSaved)
    assert items_of(team.plan())[goal]["title"] == base.goals[0].text
    signed = sign_plan(
        team.fhir, team.user(0), team.patient, back.shared, "completed", None, reason="all reached", at=AS_OF
    )
    assert isinstance(signed, PlanSaved)
    view = team.view()
    assert view.ours is None, "an ended plan is no plan of today"
    assert [each.plan.status for each in view.others] == ["completed"]
    started = start_plan(
        team.fhir,
        team.user(1),
        team.patient,
        "A new plan",
        PartialDate("2027-05-01"),
        items=[new_goal(new_reference("Goal"), "Stop smoking", NamedReference(team.people[0], "E"), site_day(AS_OF))],
        status="active",
        reason="a new year",
        at=AS_OF,
    )
    assert items_of(team.plan()) == items_of(started.shared)


def test_medicines_and_appointments_are_put_in_and_taken_out_by_reference(team: Team) -> None:
    subject = {"reference": f"Patient/{team.patient}"}
    medicine = {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": subject,
        "medicationCodeableConcept": {"text": "Metformin"}, "requester": {"reference": str(team.people[0])},
    }  # fmt: skip
    visit = {
        "resourceType": "Appointment", "status": "booked", "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z", "participant": [{"actor": subject, "status": "accepted"}],
    }  # fmt: skip
    rows = [create(team.fhir, row) for row in (medicine, medicine | {"status": "stopped"}, visit)]
    metformin, stopped, meeting = (Reference(row["resourceType"], row["id"]) for row in rows)
    assert {metformin, stopped, meeting} <= team.view().unlinked.keys()
    base = team.plan()

    def link(who: int, put_in: list[Reference], taken_out: list[Reference], on: SharedPlan = base) -> Any:
        return link_activities(
            team.fhir, team.user(who), team.patient, on, put_in, taken_out, reason="agreed", at=AS_OF
        )

    assert isinstance(link(1, [metformin], []), PlanSaved)
    saved = link(0, [metformin, meeting], [])
    assert isinstance(saved, PlanSaved) and metformin in [each.item for each in saved.arrived]
    view = team.view()
    assert view.ours is not None and set(view.linked) == {metformin, meeting} and view.missing == ()
    assert view.ours.plan.activities.count(metformin) == 1
    assert view.changes[view.ours.plan.origin].who == "Editor 0"
    with pytest.raises(UserFacingError, match=r"^plan-link-over"):
        link(0, [stopped], [], view.ours)
    now = view.ours
    team.saved(1, now, edited(now, metformin, outcome="No more cramps"))
    found = link(0, [], [metformin, meeting], now)
    assert isinstance(found, PlanConflict) and [each.origin for each in found.merged.conflicts] == [metformin]
    assert isinstance(link(0, [], [meeting], now), PlanSaved)
    assert [each for each in team.plan().plan.activities if each in (metformin, meeting)] == [metformin]
    for row in rows:
        assert team.fhir.read(row["resourceType"], row["id"])["meta"]["versionId"] == row["meta"]["versionId"]


def test_nobody_from_outside_the_team_changes_the_plan(team: Team) -> None:
    stranger = create(team.fhir, {"resourceType": "Practitioner", "name": [{"family": "Stranger"}]})
    base = team.plan()
    outside = User(Reference("Practitioner", stranger["id"]), "Stranger")
    with pytest.raises(NotFound):
        save_plan(
            team.fhir, outside, team.patient, base, edited(base, base.goals[0].origin, title="x"), reason="r", at=AS_OF
        )
    assert items_of(team.plan()) == items_of(base)


@pytest.mark.parametrize("people", [2, 30])
def test_people_who_start_a_plan_at_once_make_one(named_fhir: tuple[str, FhirServer], people: int) -> None:
    fhir = named_fhir[1]
    stage = set_up(fhir, people, plan=False)
    together = Barrier(people)

    def start(place: int) -> bool:
        me = stage.editors[place]
        goal = new_goal(new_reference("Goal"), f"Goal {place}", NamedReference(me, "E"), site_day(AS_OF))
        together.wait()
        try:
            start_plan(
                fhir, User(me, f"Editor {place}"), stage.patient, "Plan", None, items=[goal], reason="new", at=AS_OF
            )
        except UserFacingError as refused:
            assert refused.code == "plan-there-already"
            return False
        return True

    with ThreadPoolExecutor(people) as pool:
        first = [place for place, made in enumerate(pool.map(start, range(people))) if made]
    assert len(first) == 1
    plans, goals = (
        search(fhir, SearchRequest(kind, patients=(stage.patient,), fresh=True)).rows for kind in ("CarePlan", "Goal")
    )
    assert len(plans) == 1
    assert [each["description"]["text"] for each in goals] == [f"Goal {first[0]}"]
    shared = Team(fhir, stage.patient, stage.editors, poor=False)
    view = shared.view()
    assert view.ours is not None and view.changes[view.ours.plan.origin].who == f"Editor {first[0]}"
    plan = view.ours.plan.origin
    signed = [each.change and each.change.activity for each in shared.history(plan).versions[plan]]
    assert signed == ["start the care plan", "start the care plan"]


@pytest.mark.parametrize("way", [finish_broken_save, undo_broken_save])
def test_a_save_that_broke_off_is_found_and_closed(team: Team, monkeypatch: pytest.MonkeyPatch, way: Any) -> None:
    if not team.poor:
        return  # there a save is stored as a whole or not at all
    # The server's own time comes in whole seconds: that of a record just written may be later.
    monkeypatch.setattr("dashboard.cache.shared_plans.STILL_WRITING", timedelta(seconds=-5))
    base = team.plan()
    goal = base.goals[0].origin
    by = NamedReference(team.people[0], "Editor 0")
    items = with_item(
        edited(base, goal, title="Changed"), new_goal(new_reference("Goal"), "Sleep better", by, site_day(AS_OF))
    )
    real, left = team.fhir.write, [2]

    def write(entry: Entry) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise ServerUnavailable("server-busy", reference="r")
        return real(entry)

    monkeypatch.setattr(team.fhir, "write", write)
    with pytest.raises(UnexpectedAnswer, match=r"^save-broke-off"):
        team.save(0, base, items)
    monkeypatch.setattr(team.fhir, "write", real)
    [broken] = team.view().broken
    assert (len(broken.written), broken.all, broken.who) == (2, 3, "Editor 0")
    way(team.fhir, team.user(1), team.patient, team.plan(1), broken.ident, reason="after a look", at=AS_OF)
    view = team.view()
    assert view.broken == () and view.ours is not None
    kept = way is finish_broken_save
    assert (items_of(view.ours)[goal]["title"] == "Changed") is kept
    assert ("Sleep better" in [each.text for each in view.ours.goals]) is kept


def test_a_deletion_and_a_change_are_seen_with_the_next_poll_for_no_request_more(
    named_fhir: tuple[str, FhirServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    fhir = named_fhir[1]
    stage = set_up(fhir, 1, plan=False)
    row = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Walk"},
        "subject": {"reference": f"Patient/{stage.patient}"},
    }
    gone, stays = (create(fhir, row) for _ in range(2))
    seconds, asked = [0.0], []
    ask = fhir.try_all

    def try_all(requests: Any, *watch: Any) -> Any:
        asked.append(len(requests))
        return ask(requests, *watch)

    monkeypatch.setattr(fhir, "try_all", try_all)
    feed = ChangeFeed(lambda: seconds[0], lambda work: None)
    following = feed.follow(fhir, stage.patient, FOLLOWED)
    for beat in range(3):
        if beat == 1:
            delete(fhir, gone)
            update(fhir, {**stays, "description": {"text": "Walk to the market"}})
        seconds[0] += 2
        feed.poll()
    changes = [(each.reference.id, each.kind) for each in following.changes_after(0)]
    assert sorted(changes) == sorted([(gone["id"], ChangeKind.DELETED), (stays["id"], ChangeKind.SEEN)])
    assert following.error is None
    assert asked == [len(FOLLOWED)] * 3
