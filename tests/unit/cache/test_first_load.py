"""A team that is read for the first time: who is on the list comes first, the rest as it comes, and no part is lost."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.cache.team_resources import KINDS
from dashboard.domain.record.views import Notice, RowsRead, Worklist
from dashboard.errors import DashboardError, Failure, ServerUnavailable
from dashboard.fhir.search.request import NO_WATCH, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, naming

T = load_terminology()
TYPES = {kind.type for kind in KINDS}
TWICE = {kind.type for kind in KINDS if kind.beside}
"""Types of which each load makes two searches."""


class SteppedServer(FakeFhirServer):
    """Gives the worklist's types one at a time, each when the test lets it; all else at once."""

    def __init__(self, *more: Any) -> None:
        super().__init__([*make.cohort(), *more])
        self.let = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)

    def try_all(
        self, requests: Sequence[SearchRequest], watch: SearchWatch = NO_WATCH
    ) -> list[SearchResult | DashboardError]:
        if watch is NO_WATCH:
            return super().try_all(requests)
        server = self

        class Stepped(SearchWatch):
            def page(self, number: int, rows: int, total: int | None) -> None:
                watch.page(number, rows, total)

            def ended(self, number: int, result: SearchResult | DashboardError) -> None:
                assert server.let.acquire(timeout=PATIENCE)
                watch.ended(number, result)
                server.ended.release()

        return super().try_all(requests, Stepped())

    def give(self, types: int = 1) -> None:
        """Lets some more types come, and returns when they have."""
        for _ in range(types):
            self.let.release()
            assert self.ended.acquire(timeout=PATIENCE)


@pytest.fixture
def server() -> Iterator[SteppedServer]:
    server = SteppedServer(make.consent("p2", naming("deny", "Practitioner/gp"), ident="denied-p2"))
    yield server
    for _ in (*TYPES, *TWICE):  # no thread is left waiting
        server.let.release()


def read(server: FakeFhirServer, cache: TeamCache, wait: float | None = 0.0, refresh: bool = False) -> Worklist:
    return get_worklist(server, make.user("gp"), make.scope("gp"), T, AS_OF, refresh, cache, wait)


def whole(server: SteppedServer, cache: TeamCache) -> Worklist:
    """Returns the worklist once all types have come."""
    awaited = read(server, cache).awaited
    server.give(len(TYPES) - len(KINDS) + len(awaited) + len(TWICE & awaited.keys()))
    return read(server, cache, wait=PATIENCE)


def by_id(worklist: Worklist) -> dict[str, dict[str, Any]]:
    return {row["patient_id"]: row for row in worklist.rows.to_dict("records")}


def test_who_is_on_the_list_is_shown_before_anything_clinical_has_come(server: SteppedServer) -> None:
    worklist = read(server, TeamCache())
    assert set(worklist.awaited) == TYPES
    rows = by_id(worklist)
    assert set(rows) == {"p1", "p3"}, "p2 does not share with this doctor"
    for row in rows.values():
        assert row["awaited"] == TYPES and row["unread"] == frozenset()
        assert row["person"].name.family and not row["reasons"] and not row["conditions"]


def test_the_first_rows_are_by_name_and_the_last_ones_by_urgency(server: SteppedServer) -> None:
    cache = TeamCache()
    first = read(server, cache)
    names = [person.name.family for person in first.rows["person"]]
    assert names == sorted(names)
    last = whole(server, cache)
    assert not last.awaited
    assert list(last.rows["urgency"]) == sorted(last.rows["urgency"], reverse=True)


def test_when_all_has_come_the_rows_are_those_of_a_load_that_was_waited_for(server: SteppedServer) -> None:
    cache = TeamCache()
    read(server, cache)
    in_steps = whole(server, cache)
    at_once = read(FakeFhirServer([*make.cohort(), server.rows["Consent"]["denied-p2"]]), TeamCache(), wait=None)
    pd.testing.assert_frame_equal(
        in_steps.rows.drop(columns="updated"), at_once.rows.drop(columns="updated"), check_like=True
    )
    assert in_steps.notices == at_once.notices


def test_each_type_is_shown_as_soon_as_it_has_come(server: SteppedServer) -> None:
    cache = TeamCache()
    read(server, cache)
    server.give(1)
    worklist = read(server, cache)
    assert set(worklist.awaited) == TYPES - {KINDS[0].type} and KINDS[0].type == "Condition"
    assert any(row["conditions"] for row in by_id(worklist).values())
    assert not any(row["results"] for row in by_id(worklist).values())


def test_how_much_of_a_type_has_come_is_known(server: SteppedServer) -> None:
    cache = TeamCache()
    read(server, cache)
    server.give(1)
    end = time.monotonic() + PATIENCE
    while not (awaited := read(server, cache).awaited)["Observation"].rows:  # its rows come a moment later
        assert time.monotonic() < end
    rows = len([row for row in server.rows["Observation"].values() if row["subject"]["reference"] != "Patient/p2"])
    assert 0 < awaited["Observation"].rows <= rows
    assert awaited["Observation"].total == awaited["Observation"].rows
    assert awaited["Encounter"] == RowsRead()


def test_everybody_who_asks_meanwhile_gets_the_same_load(server: SteppedServer) -> None:
    cache = TeamCache()
    for _ in range(5):
        read(server, cache)
    assert server.counts()["CareTeam"] == 1
    whole(server, cache)
    assert all(server.counts()[name] == 1 + (name in TWICE) for name in TYPES)


def test_a_load_that_fails_is_raised_and_the_next_request_tries_again() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    server.down = True
    for _ in range(2):
        with pytest.raises(ServerUnavailable):
            read(server, cache, wait=PATIENCE)
    server.down = False
    assert set(by_id(read(server, cache, wait=PATIENCE))) == {"p1", "p2", "p3"}


def test_a_patient_is_found_and_tasks_are_listed_while_the_rest_is_still_being_read(server: SteppedServer) -> None:
    cache = TeamCache()
    read(server, cache)
    found = find_patients(server, make.user("gp"), make.scope("gp"), "mary", AS_OF, T, cache, wait=0.0)
    assert {match.person.id for match in found} == {"p1", "p3"}
    tasks = get_my_tasks(server, make.user("gp"), make.scope("gp"), AS_OF, False, T, cache, wait=0.0)
    assert tasks.tasks and not tasks.stale


def test_tasks_that_fail_while_those_of_the_worklist_are_not_there_are_an_error(server: SteppedServer) -> None:
    """An empty list would say that there is nothing to do."""
    cache = TeamCache()
    read(server, cache)
    server.failing["Task"] = ServerUnavailable("server-timeout", reference="r1")
    with pytest.raises(ServerUnavailable):
        get_my_tasks(server, make.user("gp"), make.scope("gp"), AS_OF, False, T, cache, wait=0.0)


# --- parts that did not come ---------------------------------------------------------------------


class PartlySlowServer(FakeFhirServer):
    """Does not answer for the results of some patients, whoever else is asked for with them."""

    def __init__(self, *lost: str) -> None:
        super().__init__(make.cohort())
        self.lost = set(lost)

    def _answer(self, request: SearchRequest) -> Any:
        result = super()._answer(request)
        lost = self.lost & set(request.patients or ())
        if request.type != "Observation" or not lost or not isinstance(result, SearchResult):
            return result
        if not request.in_parts or lost == set(request.patients or ()):
            return ServerUnavailable("server-timeout", reference="r1")
        rows = [row for row in result.rows if row["subject"]["reference"].removeprefix("Patient/") not in lost]
        return SearchResult(request, rows, missing=tuple(lost), failure=Failure("server-timeout"))


def test_patients_whose_results_did_not_come_are_marked_and_the_others_are_whole() -> None:
    full = by_id(read(FakeFhirServer(make.cohort()), TeamCache(), wait=None))
    worklist = read(PartlySlowServer("p1"), TeamCache(), wait=None)
    rows = by_id(worklist)
    assert rows["p1"]["unread"] == {"Observation"} and not rows["p1"]["results"]
    assert not rows["p1"]["overdue"], "what was not read is not overdue"
    assert full["p1"]["results"], "there was something to lose"
    for patient in ("p2", "p3"):
        assert rows[patient]["unread"] == frozenset()
        assert rows[patient]["results"] == full[patient]["results"]
    assert Notice("section-missing", "Observation") in worklist.notices


def test_what_did_not_come_is_asked_for_again_at_the_next_refresh_and_then_whole() -> None:
    server, cache = PartlySlowServer("p1"), TeamCache()
    read(server, cache, wait=None)
    server.lost = set()
    server.asked.clear()
    worklist = read(server, cache, wait=None, refresh=True)
    assert by_id(worklist)["p1"]["unread"] == frozenset() and by_id(worklist)["p1"]["results"]
    assert Notice("section-missing", "Observation") not in worklist.notices
    asked = [request for request in server.asked if request.type == "Observation"]
    windows = [request for request in asked if "_lastUpdated" not in dict(request.params)]
    assert [request.patients for request in windows] == [("p1",)]


def test_what_still_does_not_come_stays_marked_and_takes_nothing_away() -> None:
    server, cache = PartlySlowServer("p1"), TeamCache()
    before = by_id(read(server, cache, wait=None))
    after = by_id(read(server, cache, wait=None, refresh=True))
    assert after["p1"]["unread"] == {"Observation"}
    assert after["p2"]["results"] == before["p2"]["results"]


def test_a_type_that_fails_for_all_is_said_once_and_marked_in_every_row() -> None:
    server = FakeFhirServer(make.cohort())
    server.failing["Observation"] = ServerUnavailable("server-timeout", reference="r1")
    worklist = read(server, TeamCache(), wait=None)
    assert Notice("section-failed", "Observation") in worklist.notices
    assert all(row["unread"] == {"Observation"} for row in by_id(worklist).values())
