"""Cached data of teams: the number of requests, the changes of a refresh, and that no scope sees rows of another."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.cache import AGE
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.record.views import Notice, Worklist
from dashboard.errors import NotPermitted, ServerUnavailable, Unsupported
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


class Clock:
    """A clock that a test sets; background work runs when the test starts it."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waiting: list[Any] = []

    def __call__(self) -> float:
        return self.seconds

    def run_waiting(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class ServerWithTeamCache:
    """A fake server, a cache whose clock and background work a test controls, and users who read the worklist."""

    def __init__(self, most: int = 64) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.clock = Clock()
        self.cache = TeamCache(self.clock, self.clock.waiting.append, most)

    def worklist(self, who: str = "gp", refresh: bool = False, as_of: Any = AS_OF) -> Worklist:
        return get_worklist(self.server, make.user(who), make.scope(who), T, as_of, refresh, self.cache)

    def ids(self, who: str = "gp", refresh: bool = False) -> list[str]:
        return sorted(self.worklist(who, refresh).rows["patient_id"])

    def row(self, patient_id: str, refresh: bool = False) -> dict[str, Any]:
        rows = self.worklist(refresh=refresh).rows
        found: dict[str, Any] = rows[rows["patient_id"] == patient_id].iloc[0].to_dict()
        return found

    def count_searches(self) -> int:
        count = len(self.server.asked)
        self.server.asked.clear()
        return count


@pytest.fixture
def process() -> ServerWithTeamCache:
    return ServerWithTeamCache()


def test_the_first_worklist_takes_thirteen_searches_and_the_second_none(process: ServerWithTeamCache) -> None:
    first = process.worklist()
    assert process.count_searches() == 13
    assert process.worklist() is first
    assert process.count_searches() == 0


def test_thirty_sessions_of_one_user_cause_one_load() -> None:
    process = ServerWithTeamCache()
    answer = process.server.try_all
    process.server.try_all = lambda *asked: (time.sleep(0.02), answer(*asked))[1]  # type: ignore[method-assign]
    sessions = [threading.Thread(target=process.worklist) for _ in range(30)]
    for session in sessions:
        session.start()
    for session in sessions:
        session.join()
    assert process.count_searches() == 13


def test_all_who_wait_for_an_unreachable_server_get_the_error_at_once() -> None:
    process = ServerWithTeamCache()
    process.server.down = True
    errors: list[Exception] = []
    gate = threading.Event()
    answer = process.server.try_all

    def slow(requests: Any) -> Any:
        gate.wait(PATIENCE)
        return answer(requests)

    process.server.try_all = slow  # type: ignore[method-assign]

    def session() -> None:
        try:
            process.worklist()
        except ServerUnavailable as error:
            errors.append(error)

    sessions = [threading.Thread(target=session) for _ in range(10)]
    for each in sessions:
        each.start()
    gate.set()
    for each in sessions:
        each.join()
    assert len(errors) == 10


def test_users_see_the_patients_of_their_own_teams_only(process: ServerWithTeamCache) -> None:
    assert process.ids("gp") == ["p1", "p2", "p3"]
    assert process.ids("nurse") == ["p3", "p4"]
    assert process.ids("stranger") == []
    assert process.ids("gp") == ["p1", "p2", "p3"]


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gp", "nurse", "other"]),
            st.booleans(),
            st.integers(0, 30),
            st.sampled_from(["", "move", "end"]),
        ),
        max_size=8,
    )
)
def test_no_sequence_of_worklists_shows_a_patient_of_another_team(requests: list[tuple[str, bool, int, str]]) -> None:
    """For any users, any order and any changes in between: every row is of a team of the user."""
    process = ServerWithTeamCache(most=2)
    for who, refresh, seconds, change in requests:
        process.clock.seconds += seconds
        if change == "move":
            process.server.put(make.care_team("p2", [who]))
        if change == "end":
            process.server.put(make.care_team("p1", ["gp"], period={"end": "2026-11-01"}))
        shown = set(process.ids(who, refresh))
        ever = {
            row["subject"]["reference"][8:]
            for row in process.server.rows["CareTeam"].values()
            if any(part["member"]["reference"] == f"Practitioner/{who}" for part in row["participant"])
        }
        if refresh:
            assert shown <= ever
        assert not (who == "other" and not {"p2"} >= shown)


def test_the_scope_of_another_user_or_server_is_refused(process: ServerWithTeamCache) -> None:
    with pytest.raises(ValueError, match="somebody else"):
        get_worklist(process.server, make.user("gp"), make.scope("nurse"), T, AS_OF, team_cache=process.cache)
    with pytest.raises(ValueError, match="another server"):
        get_worklist(
            process.server, make.user("gp"), make.scope("gp", "http://else.test"), T, AS_OF, team_cache=process.cache
        )


def test_a_user_without_clinical_identity_has_no_worklist(process: ServerWithTeamCache) -> None:
    from dashboard.domain.access.user import AccessScope, User

    with pytest.raises(NotPermitted):
        get_worklist(process.server, User(None, "Manager"), AccessScope("http://fake.test/fhir", ""), T, AS_OF)


# Changes


def test_a_refresh_reads_only_changes_and_shows_them(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.count_searches()
    process.server.put(make.patient("p1", "Aldous-Smith"))
    process.server.put(make.observation("o9", "p2", "2823-3", 4.9, "mmol/L", "2026-11-20"))
    row = process.row("p1", refresh=True)
    assert row["person"].name.family == "Aldous-Smith"
    assert process.row("p2")["results"]["POTASSIUM"].latest.value.value
    assert all(any(name == "_lastUpdated" for name, _ in request.params) for request in process.server.asked)
    assert process.count_searches() <= 16


def test_rows_that_no_longer_match_are_removed(process: ServerWithTeamCache) -> None:
    assert process.row("p1")["open_tasks"] == 2
    process.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    process.server.put(make.conference("a1", ["p4"], "2026-11-24T09:00:00+00:00"))
    process.server.put(make.condition("c1", "p1", verificationStatus=make.concept("", "entered-in-error")))
    row = process.row("p1", refresh=True)
    assert (row["open_tasks"], row["next_conference"], row["conditions"]) == (1, None, ())


def test_a_row_that_changes_its_patient_is_moved(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.server.put(make.task("t1", "p2", "Practitioner/gp"))
    process.worklist(refresh=True)
    assert (process.row("p1")["open_tasks"], process.row("p2")["open_tasks"]) == (1, 1)


def test_a_new_patient_is_read_completely_and_a_former_one_is_removed(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.server.put(make.care_team("p4", ["nurse", "gp"], "team-2"))
    process.server.put(make.care_team("p2", ["nurse"]))
    process.server.put(make.care_team("p3", ["gp"], status="inactive"))
    assert process.ids(refresh=True) == ["p1", "p4"]
    assert process.row("p4")["results"]["POTASSIUM"].latest.value.value
    assert process.row("p4")["open_tasks"] == 2


def test_a_membership_that_ends_by_the_calendar_ends_without_a_refresh(process: ServerWithTeamCache) -> None:
    process.server.put(make.care_team("p2", ["gp"], period={"start": "2024", "end": "2026-11-20"}))
    assert process.ids() == ["p1", "p2", "p3"]
    later = process.worklist(as_of=AS_OF + timedelta(days=1))
    assert sorted(later.rows["patient_id"]) == ["p1", "p3"]


def test_a_new_editor_of_the_care_plan_is_shown(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.server.put(make.plan("cp1", "p1", ("g1",)))
    process.server.put(make.provenance("pv2", "CarePlan/cp1", "Jon Ibarra", "2026-11-20T13:00:00+00:00"))
    assert process.row("p1", refresh=True)["plan"].editor == "Jon Ibarra"


def test_deletions_are_found_by_the_complete_load_after_half_an_hour(process: ServerWithTeamCache) -> None:
    assert process.row("p1")["open_tasks"] == 2
    process.server.delete("Task", "t1")
    assert process.row("p1", refresh=True)["open_tasks"] == 2
    process.clock.seconds += AGE.reload_after + 1
    assert process.row("p1")["open_tasks"] == 1


def test_unchanged_rows_are_not_built_again(process: ServerWithTeamCache) -> None:
    before = process.worklist().rows.set_index("patient_id")["person"]
    process.server.put(make.task("t9", "p1", "Practitioner/gp"))
    after = process.worklist(refresh=True).rows.set_index("patient_id")["person"]
    assert after["p2"] is before["p2"]


# Age


def test_the_page_does_not_wait_for_a_refresh_of_data_that_are_a_minute_old(process: ServerWithTeamCache) -> None:
    first = process.worklist()
    process.count_searches()
    process.clock.seconds += 60
    process.server.put(make.task("t9", "p1", "Practitioner/gp"))
    assert process.worklist() is first
    assert process.count_searches() == 2, "who may see them is asked, and nothing else"
    process.clock.run_waiting()
    assert process.count_searches() > 0
    assert process.row("p1")["open_tasks"] == 3


def test_data_of_another_day_are_loaded_completely(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.count_searches()
    process.worklist(as_of=AS_OF + timedelta(days=1))
    assert process.count_searches() == 13


def test_the_page_waits_when_the_data_are_old(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.clock.seconds += 600
    process.server.put(make.task("t9", "p1", "Practitioner/gp"))
    assert process.row("p1")["open_tasks"] == 3


def test_the_scope_used_longest_ago_is_dropped() -> None:
    process = ServerWithTeamCache(most=2)
    for who in ("gp", "nurse", "other", "gp"):
        process.worklist(who)
    assert process.count_searches() == 13 + 13 + 1 + 13


# Failures


def test_while_the_server_is_unreachable_the_last_rows_are_returned_with_the_error(
    process: ServerWithTeamCache,
) -> None:
    first = process.worklist()
    process.server.down = True
    stale = process.worklist(refresh=True, as_of=AS_OF + timedelta(minutes=10))
    assert stale.stale
    assert stale.fetched == first.fetched
    assert list(stale.rows["patient_id"]) == list(first.rows["patient_id"])
    process.server.down = False
    assert process.worklist(refresh=True).stale == ""


def test_while_the_server_is_unreachable_only_the_background_tries_again(process: ServerWithTeamCache) -> None:
    process.worklist()
    process.server.down = True
    process.worklist(refresh=True)
    process.count_searches()
    process.clock.seconds += 3600
    assert process.worklist().stale
    assert process.count_searches() == 2, "who may see them is asked, and nothing else"
    process.server.down = False
    process.clock.seconds += 6
    process.worklist()
    process.clock.run_waiting()
    assert process.worklist().stale == ""


def test_without_cached_rows_the_error_is_raised(process: ServerWithTeamCache) -> None:
    process.server.down = True
    with pytest.raises(ServerUnavailable):
        process.worklist()


def test_a_section_that_fails_is_reported_and_the_others_are_shown(process: ServerWithTeamCache) -> None:
    process.server.failing["Appointment"] = Unsupported("type-not-served", what="Appointment")
    worklist = process.worklist()
    assert worklist.notices == (Notice("section-failed", "Appointment"),)
    assert process.row("p1")["open_tasks"] == 2
    assert process.row("p1")["next_conference"] is None
    del process.server.failing["Appointment"]
    assert process.row("p1", refresh=True)["next_conference"] is not None
    assert process.worklist().notices == ()


def test_no_check_is_due_because_records_could_not_be_read(process: ServerWithTeamCache) -> None:
    for kind in ("CarePlan", "Encounter", "Observation"):
        process.server.failing[kind] = Unsupported("type-not-served", what="Appointment")
    row = process.row("p2")
    assert {reason.detail for reason in row["reasons"]} & {"no-plan", "no-contact-in-window", "checks-overdue"} == set()
    assert row["overdue"] == ()


def test_an_unreadable_record_is_reported_and_its_patient_is_shown(process: ServerWithTeamCache) -> None:
    process.server.put(make.observation("bad", "p1", "2823-3", 4.1, "furlong", "2026-11-20"))
    process.server.put(make.condition("bad", "p1") | {"onsetDateTime": "long ago"})
    worklist = process.worklist()
    assert sorted((str(u.origin), u.why) for u in worklist.unreadable) == [
        ("Condition/bad", "bad-date"),
        ("Observation/bad", "unknown-unit"),
    ]
    assert "p1" in set(worklist.rows["patient_id"])


def test_a_truncated_search_result_is_reported(process: ServerWithTeamCache, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = process.server._answer

    def cut(request: Any) -> Any:
        found = answer(request)
        if request.type == "Observation":
            object.__setattr__(found, "truncated", True)
        return found

    monkeypatch.setattr(process.server, "_answer", cut)
    assert Notice("truncated", "Observation") in process.worklist().notices


def test_a_write_is_in_every_scope_that_may_see_it_and_in_no_other_one(process: ServerWithTeamCache) -> None:
    process.worklist("gp")
    process.worklist("nurse")
    process.count_searches()
    saved = process.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    process.cache.put("http://fake.test/fhir", [saved])
    assert process.row("p1")["open_tasks"] == 1
    shared = process.server.put(make.task("t7", "p3", "Practitioner/nurse"))
    process.cache.put("http://fake.test/fhir", [shared])
    for who in ("gp", "nurse"):
        rows = process.worklist(who).rows.set_index("patient_id")
        assert rows.loc["p3", "open_tasks"] == 1
    assert "p1" not in set(process.worklist("nurse").rows["patient_id"])
    assert process.count_searches() == 0
