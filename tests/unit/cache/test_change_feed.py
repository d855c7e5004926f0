"""Changes of a patient's resources reach the followers of the patient, from writers of this process and from the
server.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.access.request_context import request_context
from dashboard.cache import change_feed
from dashboard.cache.access_cache import AccessCache
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


class FeedWithServer:
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
        """Advances the clock and polls; returns the number of searches."""
        self.seconds += seconds
        self.server.now += timedelta(seconds=seconds)
        self.server.asked.clear()
        self.feed.poll()
        return len(self.server.asked)

    def publish(self, *rows: dict[str, Any]) -> None:
        self.feed.publish(written_changes(self.server.base_url, rows))


@pytest.fixture
def tested() -> FeedWithServer:
    return FeedWithServer()


def described(changes: tuple[Change, ...]) -> list[tuple[str, str, ChangeKind]]:
    """Returns the resource, version and kind of each change."""
    return [(str(change.reference), change.version, change.kind) for change in changes]


def test_the_constants_allow_a_change_to_be_shown_within_three_seconds() -> None:
    assert change_feed.POLL_SECONDS == 2
    assert change_feed.POLL_SECONDS + change_feed._TICK_SECONDS < 2.5
    assert (change_feed.COMPARE_SECONDS, change_feed.LEASE_SECONDS) == (30, 15)
    assert timedelta(seconds=15) == change_feed.POLL_OVERLAP


# The changes that followers get


def test_resources_at_the_first_poll_are_no_changes(tested: FeedWithServer) -> None:
    following = tested.follow()
    assert (following.version_of(T1), following.sequence) == (None, 0)
    tested.poll()
    assert (following.version_of(T1), following.sequence) == ("1", 0)
    assert following.changes_after(0) == ()


def test_the_next_poll_finds_a_change_of_others(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    tested.server.put(make.plan("cp1", "p1", ("g1",), status="revoked"))
    tested.server.put(make.goal("g9", "p1"))
    tested.server.put(make.task("t4", "p4", "Practitioner/nurse"))
    tested.poll()
    changes = following.changes_after(0)
    assert described(changes) == [("CarePlan/cp1", "2", ChangeKind.SEEN), ("Goal/g9", "1", ChangeKind.SEEN)]
    assert (changes[0].server, changes[0].patient_ids) == (tested.server.base_url, frozenset({"p1"}))
    assert following.version_of(CP1) == "2"


@pytest.mark.parametrize("odd", [{"id": "../../x"}, {"id": 7}, {"meta": [1]}, {"meta": {"lastUpdated": 7}}])
def test_one_odd_row_hides_no_change_of_another(tested: FeedWithServer, odd: dict[str, Any]) -> None:
    tested.server.rows["Task"]["odd"] = make.task("odd", "p1", "Practitioner/gp") | odd
    following = tested.follow()
    tested.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert ("Task/t1", "2", ChangeKind.SEEN) in described(following.changes_after(0))


def test_each_change_has_a_higher_number_and_is_returned_once(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    first = following.sequence
    assert (first > 0, following.changes_after(first)) == (True, ())
    tested.poll()
    assert following.sequence == first
    tested.server.put(make.task("t2", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert described(following.changes_after(first)) == [("Task/t2", "2", ChangeKind.SEEN)]
    assert following.sequence == first + 1


def test_a_write_of_this_process_is_returned_at_once_and_not_repeated_by_a_poll(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    saved = tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.publish(saved)
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.WRITTEN)]
    tested.publish(saved)  # as a refresh of a team does when it finds the resource on the server
    tested.poll()
    tested.poll(31)
    assert len(following.changes_after(0)) == 1


def test_a_write_before_the_first_poll_is_a_change(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.publish(tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed")))
    tested.poll()
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.WRITTEN)]
    assert following.version_of(Reference("Task", "t2")) == "1"


def test_a_resource_of_several_patients_reaches_the_followers_of_each(tested: FeedWithServer) -> None:
    first, second = (tested.follow(patient, ("Appointment",)) for patient in ("p1", "p4"))
    tested.publish(tested.server.put(make.conference("a1", ["p1", "p4"], "2026-11-25T09:00:00+00:00")))
    assert described(first.changes_after(0)) == described(second.changes_after(0)) != []


def test_followers_get_changes_of_their_patient_server_and_types_only(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.publish(make.task("t3", "p4", "Practitioner/nurse") | {"meta": {"versionId": "2"}})
    tested.publish(make.condition("c1", "p1") | {"meta": {"versionId": "2"}})
    task = make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": "2"}}
    tested.feed.publish(written_changes("http://else.test/fhir", [task]))
    assert following.changes_after(0) == ()


def test_a_deletion_among_few_is_found_by_the_next_poll_for_no_request_more(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    tested.server.delete("Task", "t1")
    assert tested.poll() == len(TYPES)
    assert described(following.changes_after(0)) == [("Task/t1", "", ChangeKind.DELETED)]
    assert following.version_of(T1) is None
    assert tested.poll() == len(TYPES)
    assert len(following.changes_after(0)) == 1


def test_what_this_process_makes_while_a_poll_is_asked_is_not_taken_for_deleted_or_old(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = tested.follow()
    tested.poll()
    ask = tested.server.try_all

    def answer(requests: Any, *watch: Any) -> Any:
        answers = ask(requests, *watch)
        made = tested.server.put(make.task("t9", "p1", "Practitioner/gp"))
        tested.publish(made, tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed")))
        return answers

    monkeypatch.setattr(tested.server, "try_all", answer)
    tested.poll()
    monkeypatch.setattr(tested.server, "try_all", ask)
    tested.poll()
    assert {each.kind for each in following.changes_after(0)} == {ChangeKind.WRITTEN}
    assert (following.version_of(Reference("Task", "t9")), following.version_of(T1)) == ("1", "2")


def test_a_server_that_leaves_the_version_out_of_some_elements_is_asked_for_all(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    elements = tested.server._elements

    def without_version(row: dict[str, Any], request: Any) -> dict[str, Any]:
        some = any(name == "_elements" for name, _ in request.params)
        return {**row, "meta": {}} if some else elements(row, request)

    monkeypatch.setattr(tested.server, "_elements", without_version)
    following = tested.follow()
    tested.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert following.changes_after(0) == ()
    tested.poll()
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_a_deletion_among_many_is_found_by_the_comparison_after_half_a_minute(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "FEW", 0)
    following = tested.follow()
    tested.poll()
    tested.server.delete("Task", "t1")
    tested.poll(10)
    assert following.changes_after(0) == ()
    assert following.version_of(T1) == "1"
    tested.poll(10)
    tested.poll(9.9)
    assert following.changes_after(0) == ()
    tested.poll(2)
    assert described(following.changes_after(0)) == [("Task/t1", "", ChangeKind.DELETED)]
    assert following.version_of(T1) is None
    tested.poll(31)
    assert len(following.changes_after(0)) == 1


def test_a_truncated_search_result_causes_no_deletion(tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch) -> None:
    following = tested.follow()
    tested.poll()
    answer = tested.server._answer

    def cut(request: Any) -> Any:
        result = answer(request)
        del result.rows[:]
        object.__setattr__(result, "truncated", True)
        return result

    monkeypatch.setattr(tested.server, "_answer", cut)
    for _ in range(4):
        tested.poll(10)
        _ = following.sequence
    assert following.changes_after(0) == ()


def test_only_the_latest_changes_are_stored(tested: FeedWithServer) -> None:
    following = tested.follow()
    for n in range(change_feed.MOST_CHANGES + 5):
        tested.publish(make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": str(n)}})
    changes = following.changes_after(0)
    assert (len(changes), changes[-1].version) == (change_feed.MOST_CHANGES, str(change_feed.MOST_CHANGES + 4))


def test_changes_on_a_server_without_versions_are_found_by_last_updated(tested: FeedWithServer) -> None:
    def without_versions() -> None:
        for row in tested.server.rows["Task"].values():
            row["meta"].pop("versionId", None)

    following = tested.follow(types=("Task",))
    without_versions()
    tested.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    without_versions()
    tested.poll()
    (change,) = following.changes_after(0)
    assert (change.reference, change.version) == (T1, tested.server.rows["Task"]["t1"]["meta"]["lastUpdated"])


def test_a_resource_without_version_and_stamp_is_known_and_never_a_change(tested: FeedWithServer) -> None:
    for row in tested.server.rows["Task"].values():
        del row["meta"]
    following = tested.follow(types=("Task",))
    tested.poll()
    assert following.version_of(T1) == ""
    tested.poll(31)
    assert following.changes_after(0) == ()


def test_a_poll_that_finds_nothing_new_tells_the_listeners_nothing(tested: FeedWithServer) -> None:
    received: list[Change] = []
    tested.feed.listen(received.extend)
    following = tested.follow()
    for seconds in (2, 2, 14, 14, 14):
        tested.poll(seconds)
        _ = following.sequence
    assert received == []


def test_a_change_is_found_although_another_type_did_not_come_yet(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.server.failing["CarePlan"] = ServerUnavailable("server-timeout", reference="r1")
    tested.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


# What a page has on screen


def drawn(tested: FeedWithServer, *kinds: str) -> dict[Reference, str]:
    """What a page shows that was read just now."""
    return {
        Reference(kind, ident): str(row["meta"]["versionId"])
        for kind in kinds or TYPES
        for ident, row in tested.server.rows[kind].items()
        if ident in ("t1", "t2", "cp1", "g1")
    }


def test_what_is_on_screen_as_it_is_now_is_no_news(tested: FeedWithServer) -> None:
    following = tested.follow()
    shown = drawn(tested)
    assert shown
    assert following.news(shown, 0) == frozenset()
    tested.poll()
    assert following.news(shown, following.sequence) == frozenset()


def test_a_newer_version_is_news_until_it_is_on_screen(tested: FeedWithServer) -> None:
    following = tested.follow()
    shown = drawn(tested)
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))  # between the reading and the poll
    tested.poll()
    assert following.changes_after(0) == ()
    for _ in range(2):
        assert following.news(shown, following.sequence) == {T1}
    assert following.news(drawn(tested), following.sequence) == frozenset()


def test_a_page_that_has_read_more_than_the_last_poll_gets_no_old_news(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    shown = drawn(tested) | {T1: "10"}  # not "1" > "10" as words
    assert following.news(shown, 0) == frozenset()
    assert following.news(shown | {T1: "0"}, 0) == {T1}
    assert following.news(shown | {T1: "W-7"}, 0) == {T1}, "versions that are no numbers have no order"


def test_what_is_new_or_gone_is_news_once(tested: FeedWithServer) -> None:
    following = tested.follow()
    shown = drawn(tested)
    tested.poll()
    tested.server.put(make.goal("g9", "p1"))
    tested.poll()
    assert following.news(shown, 0) == {Reference("Goal", "g9")}
    seen = following.sequence
    assert following.news(shown, seen) == frozenset()
    tested.server.delete("Task", "t1")
    tested.poll(10)
    _ = following.sequence
    tested.poll(10)
    _ = following.sequence
    tested.poll(11)
    assert following.news(shown, seen) == {T1}
    assert following.news({ref: shown[ref] for ref in shown if ref != T1}, seen) == frozenset()


def test_without_versions_the_changes_since_the_reading_are_news(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    shown = dict.fromkeys(drawn(tested), "")
    assert following.news(shown, 0) == frozenset()
    tested.publish(tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed")))
    assert following.news(shown, 0) == {T1}
    assert following.news(shown, following.sequence) == frozenset()


# The polls


def test_many_followers_of_a_patient_cause_one_poll(tested: FeedWithServer) -> None:
    for _ in range(30):
        tested.follow()
    assert len(tested.started) == 1
    assert tested.poll() == len(TYPES)


def test_reading_the_changes_sends_no_request(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    tested.server.asked.clear()
    assert (following.sequence, following.changes_after(0), following.version_of(T1)) == (0, (), "1")
    assert following.error is None
    assert tested.server.asked == []


def test_a_poll_of_many_searches_for_changes_since_the_last_poll_minus_an_overlap(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "FEW", -1)
    tested.follow()
    tested.poll()
    last = tested.server.now
    tested.poll()
    expected = (("_lastUpdated", f"ge{(last - change_feed.POLL_OVERLAP).isoformat(timespec='seconds')}"),)
    assert {(request.params, request.patients, request.fresh) for request in tested.server.asked} == {
        (expected, ("p1",), True)
    }


def test_a_resource_with_an_earlier_last_updated_that_appears_late_is_a_change(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    stamp = (tested.server.now - timedelta(seconds=13)).isoformat()
    tested.server.put(make.task("t9", "p1", "Practitioner/gp"))
    tested.server.rows["Task"]["t9"]["meta"]["lastUpdated"] = stamp
    tested.poll()
    assert [str(change.reference) for change in following.changes_after(0)] == ["Task/t9"]


@pytest.mark.parametrize(("seconds", "compares"), [(29.9, False), (30, True)])
def test_half_a_minute_after_the_last_comparison_a_poll_compares_again(
    tested: FeedWithServer, seconds: float, compares: bool
) -> None:
    following = tested.follow()
    tested.poll()
    for _ in range(2):
        tested.poll(10)
        _ = following.sequence
    tested.poll(seconds - 20)
    assert len(tested.server.asked) == len(TYPES)
    assert {request.params == () for request in tested.server.asked} == {compares}


def test_a_poll_asks_for_the_types_of_all_followers_of_a_patient(tested: FeedWithServer) -> None:
    tasks, goals = tested.follow(types=("Task",)), tested.follow(types=("Goal",))
    tested.poll()
    assert tested.server.counts() == {"Task": 1, "Goal": 1}
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert described(tasks.changes_after(0)) == described(goals.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_a_server_without_a_clock_is_asked_for_everything_by_each_poll(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = tested.server._search
    monkeypatch.setattr(tested.server, "_search", lambda request: replace(search(request), server_time=None))
    following = tested.follow()
    tested.poll()
    tested.server.delete("Task", "t1")
    tested.poll()
    assert {request.params for request in tested.server.asked} == {()}
    assert described(following.changes_after(0)) == [("Task/t1", "", ChangeKind.DELETED)]


def test_a_server_that_serves_none_of_the_types_is_followed_without_a_change(tested: FeedWithServer) -> None:
    tested.server.failing = {kind: Unsupported("type-not-served", what=kind) for kind in TYPES}
    following = tested.follow()
    tested.poll()
    assert tested.poll() == len(TYPES)
    assert isinstance(following.error, Unsupported)
    assert following.changes_after(0) == ()


@pytest.mark.parametrize(("interval", "seconds", "searches"), [(2, 1.9, 0), (2, 2, 3), (10, 9.9, 0), (10, 10, 3)])
def test_polls_have_the_requested_interval(
    tested: FeedWithServer, interval: float, seconds: float, searches: int
) -> None:
    tested.follow(interval=interval)
    tested.poll()
    assert tested.poll(seconds) == searches


def test_the_shortest_interval_counts(tested: FeedWithServer) -> None:
    tested.follow(interval=10)
    tested.follow(interval=2)
    tested.follow(interval=10)
    tested.poll()
    assert tested.poll(2) == len(TYPES)


def test_the_first_poll_of_a_new_type_compares_all_resources(tested: FeedWithServer) -> None:
    tested.follow(types=("Task",))
    tested.poll()
    following = tested.follow(types=("Goal",))
    tested.poll()
    assert {request.params for request in tested.server.asked} == {()}
    assert following.changes_after(0) == ()
    assert following.version_of(Reference("Goal", "g1")) == "1"


def test_polls_end_without_followers_and_later_continue_where_they_ended(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    assert tested.poll(13) == len(TYPES)
    assert tested.poll(0.1) == 0
    assert not tested.feed.poll()
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.server.delete("Task", "t2")
    assert tested.poll(600) == 0
    assert following.changes_after(0) == ()
    assert len(tested.started) == 2
    tested.poll()
    assert {(str(change.reference), change.kind) for change in following.changes_after(0)} == {
        ("Task/t1", ChangeKind.SEEN),
        ("Task/t2", ChangeKind.DELETED),
    }


def test_polls_continue_while_changes_are_read(tested: FeedWithServer) -> None:
    following = tested.follow()
    questions: list[Callable[[], object]] = [
        lambda: following.sequence,
        lambda: following.changes_after(0),
        lambda: following.version_of(T1),
        lambda: following.error,
    ]
    for question in questions:
        assert tested.poll(15) == len(TYPES)
        question()
    assert len(tested.started) == 1


def test_the_thread_polls_and_sleeps_until_no_follower_is_left(tested: FeedWithServer) -> None:
    tested.follow()
    tested.started[0]()
    polls = tested.server.counts()["Task"]
    assert polls == 1 + 15 // 2
    assert tested.seconds == pytest.approx(15, abs=1)
    assert set(tested.slept) == {0.25}


def test_an_internal_error_in_a_poll_does_not_end_the_feed(tested: FeedWithServer) -> None:
    following = tested.follow()

    def broken() -> None:
        raise RuntimeError("a defect")

    tested.on_sleep = broken
    with pytest.raises(RuntimeError):
        tested.started.pop()()
    _ = following.sequence
    assert len(tested.started) == 1


def test_an_unreachable_server_is_reported_and_no_change_is_lost(tested: FeedWithServer) -> None:
    following = tested.follow()
    tested.poll()
    tested.server.down = True
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll(60)
    assert following.sequence == 0
    tested.poll()
    assert isinstance(following.error, ServerUnavailable)
    tested.server.down = False
    tested.poll(60)
    _ = following.sequence
    tested.poll()
    assert following.error is None
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_a_type_that_the_server_does_not_serve_does_not_affect_the_others(tested: FeedWithServer) -> None:
    tested.server.failing["CarePlan"] = Unsupported("type-not-served", what="CarePlan")
    following = tested.follow()
    tested.poll()
    assert isinstance(following.error, Unsupported)
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.poll()
    assert all(request.params for request in tested.server.asked)
    assert described(following.changes_after(0)) == [("Task/t1", "2", ChangeKind.SEEN)]


def test_polls_use_the_credentials_of_the_last_follower(tested: FeedWithServer) -> None:
    first, second = tested.follow(), FakeFhirServer(make.cohort())
    tested.feed.follow(second, "p1", TYPES)
    assert tested.poll() == 0
    assert len(second.asked) == len(TYPES)
    _ = first.sequence
    assert tested.poll() == len(TYPES)


def test_beyond_the_limit_the_patient_followed_longest_ago_is_dropped(
    tested: FeedWithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "MOST_FOLLOWED", 2)
    tested.follow("p2")
    tested.seconds += 1
    tested.follow("p1")
    tested.seconds += 1
    tested.follow("p3")
    tested.poll()
    assert {request.patients for request in tested.server.asked} == {("p1",), ("p3",)}


# Permission to follow


@pytest.mark.parametrize(
    ("patient_id", "may"), [("p1", True), ("p3", True), ("p4", False), ("p99", False), ("..", False)]
)
def test_only_users_who_may_see_a_patient_may_follow_the_patient(
    tested: FeedWithServer, patient_id: str, may: bool
) -> None:
    context = request_context(tested.server, make.user("gp"), make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)
    access = AccessCache()
    with suppress(NotFound, ValueError):
        access.relationship(context, make.user("gp"), patient_id)
    if may:
        follow_patient(context, make.user("gp"), patient_id, TYPES, access, feed=tested.feed)
        assert tested.poll() == len(TYPES)
    else:
        with pytest.raises(NotFound):
            follow_patient(context, make.user("gp"), patient_id, TYPES, access, feed=tested.feed)
        assert tested.started == []


# Caches


def summary(server: FakeFhirServer, teams: TeamCache, cache: PatientCache[PatientSummary]) -> PatientSummary:
    return get_patient(server, make.user("gp"), make.scope("gp"), T, "p1", AS_OF, team_cache=teams, patient_cache=cache)


def test_listeners_get_every_change(tested: FeedWithServer) -> None:
    received: list[Change] = []
    tested.feed.listen(received.extend)
    tested.feed.publish([])
    tested.publish(make.task("t1", "p1", "Practitioner/gp") | {"meta": {"versionId": "2"}})
    assert described(tuple(received)) == [("Task/t1", "2", ChangeKind.WRITTEN)]


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_a_change_causes_a_new_read_of_cached_views_of_its_patient(tested: FeedWithServer, kind: ChangeKind) -> None:
    """After a write of this process before they are shown again; after a change of others in the background."""
    waiting: list[Callable[[], None]] = []
    teams, cache = TeamCache(), PatientCache[PatientSummary](lambda: tested.seconds, waiting.append)
    before = summary(tested.server, teams, cache)
    server = tested.server.base_url
    cache.apply([Change(server, frozenset({"p2"}), T1, "2", kind)])
    cache.apply([Change("http://else.test/fhir", frozenset({"p1"}), T1, "2", kind)])
    assert summary(tested.server, teams, cache) is before
    cache.apply([Change(server, frozenset({"p1", "p2"}), T1, "2", kind)])
    after = summary(tested.server, teams, cache)
    assert (after is before) == (kind is not ChangeKind.WRITTEN)
    assert waiting == [] or kind is not ChangeKind.WRITTEN
    for work in waiting:
        work()
    assert summary(tested.server, teams, cache) is not before


def test_a_refresh_of_a_team_publishes_the_changes_that_it_found(tested: FeedWithServer) -> None:
    published: list[Change] = []
    teams = TeamCache(publish=published.extend)

    def refresh() -> list[tuple[str, str, ChangeKind]]:
        published.clear()
        get_worklist(tested.server, make.user("gp"), make.scope("gp"), T, AS_OF, refresh=True, team_cache=teams)
        return described(tuple(published))

    tested.server.now += timedelta(minutes=1)
    assert refresh() == []
    tested.server.now += timedelta(minutes=1)
    assert refresh() == []
    tested.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    tested.server.put(make.task("t2", "p1", "Practitioner/gp", status="in-progress"))
    tested.server.put(make.patient("p2", "Ibáñez"))
    seen = ChangeKind.SEEN
    assert refresh() == [("Task/t1", "", seen), ("Task/t2", "2", seen), ("Patient/p2", "", seen)]
    assert refresh() == []  # a resource within the overlap that did not change


def test_published_changes_reach_the_caches_of_this_process() -> None:
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
