"""Changes of a patient's resources reach whoever follows the patient, from writers here and from the server."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dashboard.access.request_context import request_context
from dashboard.cache import change_feed
from dashboard.cache.change_feed import Change, ChangeFeed, ChangeKind, Following
from dashboard.cache.changes import publish_changes, written_changes
from dashboard.cache.open_patient import follow_patient
from dashboard.cache.patient_cache import SUMMARY_CACHE, TIMELINE_CACHE, PatientCache, PatientKey
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, ServerUnavailable, Unsupported
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
TYPES = ("CarePlan", "Goal", "Task")
T1, CP1 = Reference("Task", "t1"), Reference("CarePlan", "cp1")


class Room:
    """A feed whose clock, polls and sleeps a test controls, over a fake server."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 0.0
        self.started: list[Callable[[], None]] = []
        self.slept: list[float] = []
        self.feed = ChangeFeed(lambda: self.seconds, self.started.append, self._sleep)
        self.on_sleep: Callable[[], None] = lambda: None

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        self.on_sleep()

    def follow(self, patient_id: str = "p1", types: tuple[str, ...] = TYPES, **more: Any) -> Following:
        return self.feed.follow(self.server, patient_id, types, **more)

    def poll(self, seconds: float = 2.0) -> int:
        """Lets time go by and polls; returns the number of searches."""
        self.seconds += seconds
        self.server.now += timedelta(seconds=seconds)
        self.server.asked.clear()
        self.feed.poll()
        return len(self.server.asked)

    def publish(self, *rows: dict[str, Any]) -> None:
        self.feed.publish(written_changes(self.server.base_url, rows))


@pytest.fixture
def room() -> Room:
    return Room()


def described(changes: tuple[Change, ...]) -> list[tuple[str, str, ChangeKind]]:
    """The resource, version and kind of each change."""
    return [(str(change.reference), change.version, change.kind) for change in changes]


def test_the_constants_keep_the_promise_of_three_seconds() -> None:
    assert change_feed.POLL_SECONDS == 2
    assert change_feed.POLL_SECONDS + change_feed._TICK_SECONDS < 2.5
    assert (change_feed.COMPARE_SECONDS, change_feed.LEASE_SECONDS) == (30, 15)
    assert timedelta(seconds=15) == change_feed.POLL_OVERLAP


# What followers get


def test_what_is_there_at_the_first_poll_is_no_change(room: Room) -> None:
    following = room.follow()
    assert (following.version_of(T1), following.sequence) == (None, 0)
    room.poll()
    assert (following.version_of(T1), following.sequence) == ("1", 0)
    assert following.changes_after(0) == ()


def test_a_change_of_others_is_seen_by_the_next_poll(room: Room) -> None:
    following = room.follow()
    room.poll()
    room.server.put(make.plan("cp1", "p1", ("g1",), status="revoked"))
    room.server.put(make.goal("g9", "p1"))
    room.server.put(make.task("t4", "p4", "Practitioner/nurse"))
    room.poll()
    changes = following.changes_after(0)
    assert described(changes) == [("CarePlan/cp1", "2", ChangeKind.SEEN), ("Goal/g9", "1", ChangeKind.SEEN)]
    assert (changes[0].server, changes[0].patient_ids) == (room.server.base_url, frozenset({"p1"}))
    assert following.version_of(CP1) == "2"


def test_each_change_has_a_higher_number_and_is_given_once(room: Room) -> None:
    following = room.follow()
    room.poll()
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.poll()
    first = following.sequence
    assert (first > 0, following.changes_after(first)) == (True, ())
    room.poll()
    assert following.sequence == first
    room.server.put(make.task("t2", "p1", "Practitioner/gp", status="completed"))
    room.poll()
    assert described(following.changes_after(first)) == [("Task/t2", "2", ChangeKind.SEEN)]
    assert following.sequence == first + 1


def test_a_write_of_this_process_is_there_at_once_and_no_poll_repeats_it(room: Room) -> None:
    following = room.follow()
    room.poll()
    saved = room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.publish(saved)
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.WRITTEN)]
    room.publish(saved)  # as a refresh of a team does that finds it on the server
    room.poll()
    room.poll(31)
    assert len(following.changes_after(0)) == 1


def test_a_write_before_the_first_poll_is_a_change(room: Room) -> None:
    following = room.follow()
    room.publish(room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed")))
    room.poll()
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.WRITTEN)]
    assert following.version_of(Reference("Task", "t2")) == "1"


def test_a_resource_of_several_patients_reaches_the_followers_of_each(room: Room) -> None:
    first, second = (room.follow(patient, ("Appointment",)) for patient in ("p1", "p4"))
    room.publish(room.server.put(make.conference("a1", ["p1", "p4"], "2026-11-25T09:00:00+00:00")))
    assert described(first.changes_after(0)) == described(second.changes_after(0)) != []


def test_followers_get_their_own_patient_on_their_own_server_and_their_types(room: Room) -> None:
    following = room.follow()
    room.publish(make.task("t3", "p4", "Practitioner/nurse") | {"meta": {"versionId": "2"}})
    room.publish(make.condition("c1", "p1") | {"meta": {"versionId": "2"}})
    task = make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": "2"}}
    room.feed.publish(written_changes("http://else.test/fhir", [task]))
    assert following.changes_after(0) == ()


def test_a_deletion_is_seen_by_the_comparison_that_comes_after_half_a_minute(room: Room) -> None:
    following = room.follow()
    room.poll()
    room.server.delete("Task", "t1")
    room.poll(10)
    assert following.changes_after(0) == ()
    assert following.version_of(T1) == "1"
    room.poll(10)
    room.poll(9.9)
    assert following.changes_after(0) == ()
    room.poll(2)
    assert described(following.changes_after(0)) == [("Task/t1", "", ChangeKind.DELETED)]
    assert following.version_of(T1) is None
    room.poll(31)
    assert len(following.changes_after(0)) == 1


def test_a_list_that_a_server_cut_off_deletes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    following = room.follow()
    room.poll()
    answer = room.server._answer

    def cut(request: Any) -> Any:
        result = answer(request)
        del result.rows[:]
        object.__setattr__(result, "truncated", True)
        return result

    monkeypatch.setattr(room.server, "_answer", cut)
    for _ in range(4):
        room.poll(10)
        _ = following.sequence
    assert following.changes_after(0) == ()


def test_only_the_last_changes_are_remembered(room: Room) -> None:
    following = room.follow()
    for n in range(change_feed.MOST_CHANGES + 5):
        room.publish(make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": str(n)}})
    changes = following.changes_after(0)
    assert (len(changes), changes[-1].version) == (change_feed.MOST_CHANGES, str(change_feed.MOST_CHANGES + 4))


def test_a_server_without_versions_is_followed_by_its_stamps(room: Room) -> None:
    def without_versions() -> None:
        for row in room.server.rows["Task"].values():
            row["meta"].pop("versionId", None)

    following = room.follow(types=("Task",))
    without_versions()
    room.poll()
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    without_versions()
    room.poll()
    (change,) = following.changes_after(0)
    assert (change.reference, change.version) == (T1, room.server.rows["Task"]["t1"]["meta"]["lastUpdated"])


# The polls


def test_many_followers_of_a_patient_cause_one_poll(room: Room) -> None:
    for _ in range(30):
        room.follow()
    assert len(room.started) == 1
    assert room.poll() == len(TYPES)


def test_a_question_costs_no_request(room: Room) -> None:
    following = room.follow()
    room.poll()
    room.server.asked.clear()
    assert (following.sequence, following.changes_after(0), following.version_of(T1)) == (0, (), "1")
    assert following.error is None
    assert room.server.asked == []


def test_a_poll_asks_for_what_changed_since_the_last_less_an_overlap(room: Room) -> None:
    room.follow()
    room.poll()
    last = room.server.now
    room.poll()
    expected = (("_lastUpdated", f"ge{(last - change_feed.POLL_OVERLAP).isoformat(timespec='seconds')}"),)
    assert {(request.params, request.patients, request.fresh) for request in room.server.asked} == {
        (expected, ("p1",), True)
    }


def test_a_resource_stamped_before_the_last_poll_and_found_after_it_is_seen(room: Room) -> None:
    following = room.follow()
    room.poll()
    stamp = (room.server.now - timedelta(seconds=13)).isoformat()
    room.server.put(make.task("t9", "p1", "Practitioner/gp"))
    room.server.rows["Task"]["t9"]["meta"]["lastUpdated"] = stamp
    room.poll()
    assert [str(change.reference) for change in following.changes_after(0)] == ["Task/t9"]


@pytest.mark.parametrize(("interval", "seconds", "searches"), [(2, 1.9, 0), (2, 2, 3), (10, 9.9, 0), (10, 10, 3)])
def test_polls_keep_the_interval_that_was_asked_for(room: Room, interval: float, seconds: float, searches: int) -> None:
    room.follow(interval=interval)
    room.poll()
    assert room.poll(seconds) == searches


def test_the_shortest_interval_counts(room: Room) -> None:
    room.follow(interval=10)
    room.follow(interval=2)
    room.follow(interval=10)
    room.poll()
    assert room.poll(2) == len(TYPES)


def test_a_follower_of_more_types_has_them_compared_first(room: Room) -> None:
    room.follow(types=("Task",))
    room.poll()
    following = room.follow(types=("Goal",))
    room.poll()
    assert {request.params for request in room.server.asked} == {()}
    assert following.changes_after(0) == ()
    assert following.version_of(Reference("Goal", "g1")) == "1"


def test_polls_end_when_nobody_asks_any_more_and_go_on_where_they_were(room: Room) -> None:
    following = room.follow()
    room.poll()
    assert room.poll(13) == len(TYPES)
    assert room.poll(0.1) == 0
    assert not room.feed.poll()
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.server.delete("Task", "t2")
    assert room.poll(600) == 0
    assert following.changes_after(0) == ()
    assert len(room.started) == 2
    room.poll()
    assert {(str(change.reference), change.kind) for change in following.changes_after(0)} == {
        ("Task/t1", ChangeKind.SEEN),
        ("Task/t2", ChangeKind.DELETED),
    }


def test_each_question_keeps_the_polls_going(room: Room) -> None:
    following = room.follow()
    questions: list[Callable[[], object]] = [
        lambda: following.sequence,
        lambda: following.changes_after(0),
        lambda: following.version_of(T1),
        lambda: following.error,
    ]
    for question in questions:
        assert room.poll(15) == len(TYPES)
        question()
    assert len(room.started) == 1


def test_the_thread_polls_and_sleeps_until_nobody_follows(room: Room) -> None:
    room.follow()
    room.started[0]()
    polls = room.server.counts()["Task"]
    assert polls == 1 + 15 // 2
    assert room.seconds == pytest.approx(15, abs=1)
    assert set(room.slept) == {0.25}


def test_a_defect_in_a_poll_does_not_end_the_following(room: Room) -> None:
    following = room.follow()

    def broken() -> None:
        raise RuntimeError("a defect")

    room.on_sleep = broken
    with pytest.raises(RuntimeError):
        room.started.pop()()
    _ = following.sequence
    assert len(room.started) == 1


def test_a_server_that_is_away_is_said_and_nothing_is_lost(room: Room) -> None:
    following = room.follow()
    room.poll()
    room.server.down = True
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.poll(60)
    assert following.sequence == 0
    room.poll()
    assert isinstance(following.error, ServerUnavailable)
    room.server.down = False
    room.poll(60)
    _ = following.sequence
    room.poll()
    assert following.error is None
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_a_type_that_the_server_does_not_know_leaves_the_others(room: Room) -> None:
    room.server.failing["CarePlan"] = Unsupported("type-not-served", what="CarePlan")
    following = room.follow()
    room.poll()
    assert isinstance(following.error, Unsupported)
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.poll()
    assert all(request.params for request in room.server.asked)
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_the_credentials_of_whoever_asked_last_are_used(room: Room) -> None:
    first, second = room.follow(), FakeFhirServer(make.cohort())
    room.feed.follow(second, "p1", TYPES)
    assert room.poll() == 0
    assert len(second.asked) == len(TYPES)
    _ = first.sequence
    assert room.poll() == len(TYPES)


def test_of_very_many_patients_the_one_followed_longest_ago_is_forgotten(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "MOST_FOLLOWED", 2)
    room.follow("p2")
    room.seconds += 1
    room.follow("p1")
    room.seconds += 1
    room.follow("p3")
    room.poll()
    assert {request.patients for request in room.server.asked} == {("p1",), ("p3",)}


# Who may follow


@pytest.mark.parametrize(
    ("patient_id", "may"), [("p1", True), ("p3", True), ("p4", False), ("p99", False), ("..", False)]
)
def test_only_who_may_see_a_patient_may_follow(room: Room, patient_id: str, may: bool) -> None:
    context = request_context(room.server, make.user("gp"), make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)
    if may:
        follow_patient(context, make.user("gp"), patient_id, TYPES, feed=room.feed)
        assert room.poll() == len(TYPES)
    else:
        with pytest.raises(NotFound):
            follow_patient(context, make.user("gp"), patient_id, TYPES, feed=room.feed)
        assert room.started == []


# The caches


def summary(server: FakeFhirServer, teams: TeamCache, cache: PatientCache[PatientSummary]) -> PatientSummary:
    return get_patient(server, make.user("gp"), make.scope("gp"), T, "p1", AS_OF, team_cache=teams, patient_cache=cache)


def test_listeners_get_every_change(room: Room) -> None:
    heard: list[Change] = []
    room.feed.listen(heard.extend)
    room.feed.publish([])
    room.publish(make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": "2"}})
    assert described(tuple(heard)) == [("Task/t1", "2", ChangeKind.WRITTEN)]


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_a_change_has_the_views_of_its_patient_read_again(room: Room, kind: ChangeKind) -> None:
    """A write of this process before they are shown; a change of others while they are."""
    waiting: list[Callable[[], None]] = []
    teams, cache = TeamCache(), PatientCache[PatientSummary](lambda: room.seconds, waiting.append)
    before = summary(room.server, teams, cache)
    server = room.server.base_url
    cache.apply([Change(server, frozenset({"p2"}), T1, "2", kind)])
    cache.apply([Change("http://else.test/fhir", frozenset({"p1"}), T1, "2", kind)])
    assert summary(room.server, teams, cache) is before
    cache.apply([Change(server, frozenset({"p1", "p2"}), T1, "2", kind)])
    after = summary(room.server, teams, cache)
    assert (after is before) == (kind is not ChangeKind.WRITTEN)
    assert waiting == [] or kind is not ChangeKind.WRITTEN
    for work in waiting:
        work()
    assert summary(room.server, teams, cache) is not before


def test_a_refresh_of_a_team_publishes_what_it_found(room: Room) -> None:
    published: list[Change] = []
    teams = TeamCache(publish=published.extend)

    def refresh() -> list[tuple[str, str, ChangeKind]]:
        published.clear()
        get_worklist(room.server, make.user("gp"), make.scope("gp"), T, AS_OF, refresh=True, team_cache=teams)
        return described(tuple(published))

    room.server.now += timedelta(minutes=1)
    assert refresh() == []
    room.server.now += timedelta(minutes=1)
    assert refresh() == []
    room.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    room.server.put(make.task("t2", "p1", "Practitioner/gp", status="in-progress"))
    room.server.put(make.patient("p2", "Ibáñez"))
    seen = ChangeKind.SEEN
    assert refresh() == [("Task/t1", "", seen), ("Task/t2", "2", seen), ("Patient/p2", "", seen)]
    assert refresh() == []  # read again within the overlap, and the same


def test_what_this_process_publishes_reaches_its_caches() -> None:
    server = FakeFhirServer(make.cohort(), "http://published.test/fhir")
    scope = make.scope("gp", server.base_url)
    try:
        worklist = get_worklist(server, make.user("gp"), scope, T, AS_OF)
        before = get_patient(server, make.user("gp"), scope, T, "p1", AS_OF)
        publish_changes(server.base_url, [server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))])
        server.asked.clear()
        assert get_worklist(server, make.user("gp"), scope, T, AS_OF) is not worklist
        assert server.asked == []
        after = get_patient(server, make.user("gp"), scope, T, "p1", AS_OF)
        assert before.tasks.value != after.tasks.value
    finally:
        TEAM_CACHE.forget(scope)
        SUMMARY_CACHE.forget(PatientKey(scope, "p1", AS_OF.date()))
    assert TIMELINE_CACHE.peek(PatientKey(scope, "p1", AS_OF.date())) is None
