"""A search that is slow on a server is asked otherwise: what comes back is the same, and what is missing is named."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import DashboardError, ServerSlow, ServerUnavailable
from dashboard.fhir.client import transport
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search import approach
from dashboard.fhir.search.approach import (
    APPROACHES,
    FEW_PATIENTS,
    FORGET_SECONDS,
    LONG_LIST,
    PATIENTS_AT_ONCE,
    RETRY_SECONDS,
    SLOW_SECONDS,
    Approach,
    ApproachMemory,
    approaches_for,
)
from dashboard.fhir.search.request import SearchRequest, SearchResult, SearchWatch
from tests.patience import PATIENCE
from tests.records import search
from tests.unit.fhir.hostile_server import (
    ABLE,
    HostileServer,
    ReceivedRequest,
    Reply,
    bundle,
    hostile_server,
    observation,
)

AS_ASKED, WITHOUT_LISTS, FEW_AT_A_TIME = approaches_for(80, has_long_list=True)
PATIENTS = tuple(f"p{number}" for number in range(50))
WANTED, OTHER = "4548-4", "8867-4"
CODES = ",".join([WANTED, *(f"http://loinc.org|{number}" for number in range(LONG_LIST))])
SEARCH = SearchRequest("Observation", (("code", CODES),), PATIENTS)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


@pytest.fixture
def fhir(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFhirServer]:
    monkeypatch.setattr(transport, "TRIES", 1)
    fhir = HttpFhirServer(server.base_url, timeout=(0.3, 0.3), capabilities=ABLE)
    yield fhir
    fhir.close()


def rows_of(request: ReceivedRequest) -> Reply:
    """Returns for each patient asked for one row of the code wanted and one of another, filtered where it is asked."""
    patients = asked_for(request)
    codes = [WANTED] if request.param("code") else [WANTED, OTHER]
    return Reply(
        body=bundle(
            *(
                observation(
                    f"{patient}-{code}", patient, code={"coding": [{"system": "http://loinc.org", "code": code}]}
                )
                for patient in patients
                for code in codes
            )
        )
    )


def hangs_on(condition: Callable[[ReceivedRequest], bool]) -> Callable[[ReceivedRequest], Reply]:
    """Returns an answer that comes too late for the requests of the condition, and is right for all others."""

    def answer(request: ReceivedRequest) -> Reply:
        return Reply(wait=1.0) if condition(request) else rows_of(request)

    return answer


def asked_for(request: ReceivedRequest) -> list[str]:
    return [each.removeprefix("Patient/") for each in request.param("patient").split(",")]


def patients_in(request: ReceivedRequest) -> int:
    return len(asked_for(request))


def ids(result: SearchResult) -> set[str]:
    return {row["id"] for row in result.rows}


ALL_WANTED = {f"{patient}-{WANTED}" for patient in PATIENTS}


# --- the ways, and what is remembered of them ----------------------------------------------------


def test_a_small_search_has_one_way_and_keeps_the_servers_own_limit() -> None:
    assert approaches_for(1, has_long_list=False) == (Approach(False, PATIENTS_AT_ONCE, None),)
    assert approaches_for(FEW_PATIENTS, has_long_list=False) == (Approach(False, PATIENTS_AT_ONCE, None),)


@given(patients=st.integers(0, 1000), has_long_list=st.booleans())
def test_the_first_way_is_as_asked_and_only_the_last_may_take_as_long_as_the_server_likes(
    patients: int, has_long_list: bool
) -> None:
    ways = approaches_for(patients, has_long_list)
    assert (ways[0].leaves_lists_out, ways[0].patients_at_once) == (False, PATIENTS_AT_ONCE)
    assert [way.patience is None for way in ways] == [False] * (len(ways) - 1) + [True]
    assert len(set(ways)) == len(ways)
    assert has_long_list or patients > FEW_PATIENTS or len(ways) == 1


def test_the_quickest_way_known_is_taken_while_it_is_quick() -> None:
    memory, ways = ApproachMemory(), APPROACHES
    assert memory.choose("key", ways) == ways[0]
    memory.remember("key", ways[0], 0.01, SLOW_SECONDS)
    assert memory.choose("key", ways) == ways[0]
    assert memory.choose("other key", ways) == ways[0]


def test_a_slow_way_is_left_for_one_not_tried_and_taken_again_if_that_is_no_quicker() -> None:
    memory, ways = ApproachMemory(), APPROACHES[:2]
    memory.remember("key", ways[0], 0.2, SLOW_SECONDS + 1)
    assert memory.choose("key", ways) == ways[1]
    memory.remember("key", ways[1], 0.3, SLOW_SECONDS + 1)
    assert memory.choose("key", ways) == ways[0]


def test_after_no_answer_the_next_way_is_tried_and_after_none_at_all_the_surest() -> None:
    memory = ApproachMemory()
    for way, after in zip(APPROACHES, (*APPROACHES[1:], APPROACHES[-1]), strict=True):
        memory.remember_no_answer("key", way)
        assert memory.choose("key", APPROACHES) == after


def test_what_was_measured_is_forgotten_after_hours() -> None:
    now = 0.0
    memory = ApproachMemory(clock=lambda: now)
    memory.remember("key", APPROACHES[0], 0.02, SLOW_SECONDS)
    memory.remember("key", APPROACHES[1], 0.01, SLOW_SECONDS)
    now = FORGET_SECONDS - 1
    assert memory.choose("key", APPROACHES) == APPROACHES[1]
    now = FORGET_SECONDS
    assert memory.choose("key", APPROACHES) == APPROACHES[0]


def test_a_way_that_was_not_answered_is_tried_again_ever_less_often() -> None:
    """A server that has just started answers nothing in time; the best way must not be lost for the day."""
    now = 0.0
    memory = ApproachMemory(clock=lambda: now)
    for wait in (*RETRY_SECONDS, RETRY_SECONDS[-1]):
        memory.remember("key", APPROACHES[2], 0.01, 0.1)
        memory.remember_no_answer("key", APPROACHES[0])
        memory.remember_no_answer("key", APPROACHES[1])
        now += wait - 1
        assert memory.choose("key", APPROACHES) == APPROACHES[2]
        now += 1
        assert memory.choose("key", APPROACHES) == APPROACHES[0]


def test_a_way_that_is_answered_again_is_taken_again_where_it_is_the_quickest() -> None:
    now = 0.0
    memory = ApproachMemory(clock=lambda: now)
    memory.remember_no_answer("key", APPROACHES[0])
    memory.remember("key", APPROACHES[1], 0.05, 0.5)
    now = RETRY_SECONDS[0]
    memory.remember("key", APPROACHES[0], 0.01, 0.5)
    assert memory.choose("key", APPROACHES) == APPROACHES[0]
    memory.remember_no_answer("key", APPROACHES[0])
    now += RETRY_SECONDS[0]
    assert memory.choose("key", APPROACHES) == APPROACHES[0], "it starts again from the first time"


# --- on a server that is slow --------------------------------------------------------------------


def test_a_quick_server_is_asked_once_and_filters_itself(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = rows_of
    assert ids(search(fhir, SEARCH)) == ALL_WANTED
    assert [(patients_in(request), request.param("code")) for request in server.requests] == [(len(PATIENTS), CODES)]


def test_a_server_that_is_slow_with_a_list_of_codes_is_asked_without_it_and_the_rows_are_the_same(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = hangs_on(lambda request: bool(request.param("code")))
    result = search(fhir, SEARCH)
    assert ids(result) == ALL_WANTED
    assert not result.missing and not result.truncated and not result.notices


def test_the_way_that_worked_is_taken_at_once_the_next_time_by_whoever_asks(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = hangs_on(lambda request: bool(request.param("code")))
    search(fhir, SEARCH)
    server.requests.clear()
    colleague = HttpFhirServer(server.base_url, capabilities=ABLE)
    assert ids(search(colleague, SEARCH)) == ALL_WANTED
    assert [request.param("code") for request in server.requests] == [""]
    colleague.close()


def test_a_server_that_is_slow_with_a_team_is_asked_for_few_patients_at_a_time(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = hangs_on(lambda request: patients_in(request) > FEW_PATIENTS)
    result = search(fhir, SEARCH)
    assert ids(result) == ALL_WANTED
    assert {patients_in(request) for request in server.requests[-3:]} == {20, 10}


def test_a_group_that_never_comes_takes_nothing_from_the_others_and_is_named(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = hangs_on(lambda request: "Patient/p25" in request.param("patient").split(","))
    result = search(fhir, SearchRequest("Observation", (("code", CODES),), PATIENTS, in_parts=True))
    assert set(result.missing) == set(PATIENTS[20:40])
    assert result.failure is not None and result.failure.code == "server-timeout"
    assert ids(result) == {f"{patient}-{WANTED}" for patient in PATIENTS if patient not in result.missing}


def test_whoever_does_not_ask_for_parts_gets_all_or_an_error(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = hangs_on(lambda request: "Patient/p25" in request.param("patient").split(","))
    with pytest.raises(ServerSlow):
        search(fhir, SEARCH)


def test_a_server_that_answers_nothing_is_unavailable_for_a_search_in_parts_too(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = hangs_on(lambda request: True)
    with pytest.raises(ServerUnavailable):
        search(fhir, SearchRequest("Observation", patients=PATIENTS, in_parts=True))


def test_a_list_that_cannot_be_filtered_here_is_always_sent(server: HostileServer, fhir: HttpFhirServer) -> None:
    """The references of `encounter` are no codes, so the way without lists does not exist for them."""
    server.answer = hangs_on(lambda request: patients_in(request) > FEW_PATIENTS)
    encounters = ",".join(f"Encounter/e{number}" for number in range(LONG_LIST + 1))
    with pytest.raises(DashboardError):  # the rows have no encounter, so the server is not believed
        search(fhir, SearchRequest("Observation", (("encounter", encounters),), PATIENTS))
    assert {request.param("encounter") for request in server.requests} == {encounters}


# --- beside a slow way, the next one ---------------------------------------------------------------


@pytest.fixture
def patient_fhir(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFhirServer]:
    """A client with all the time in the world, on ways that are tried one after the other within moments."""
    ways = tuple(replace(way, patience=way.patience and 0.2) for way in APPROACHES)
    monkeypatch.setattr(approach, "APPROACHES", ways)
    fhir = HttpFhirServer(server.base_url, timeout=(5.0, 20.0), capabilities=ABLE)
    yield fhir
    fhir.close()


def test_the_next_way_starts_beside_a_slow_one_and_its_answer_counts(
    server: HostileServer, patient_fhir: HttpFhirServer
) -> None:
    until = threading.Event()

    def answer(request: ReceivedRequest) -> Reply:
        if request.param("code"):
            assert until.wait(PATIENCE)
        return rows_of(request)

    server.answer = answer
    assert ids(search(patient_fhir, SEARCH)) == ALL_WANTED
    assert [bool(request.param("code")) for request in server.requests] == [True, False]
    server.requests.clear()
    assert ids(search(patient_fhir, SEARCH)) == ALL_WANTED
    assert [bool(request.param("code")) for request in server.requests] == [False]
    until.set()


def test_a_slow_way_that_is_answered_first_after_all_counts(
    server: HostileServer, patient_fhir: HttpFhirServer
) -> None:
    until = threading.Event()

    def answer(request: ReceivedRequest) -> Reply:
        if not request.param("code"):
            assert until.wait(PATIENCE)
        else:
            assert waits_for(lambda: len(server.requests) > 1)
        return rows_of(request)

    server.answer = answer
    assert ids(search(patient_fhir, SEARCH)) == ALL_WANTED
    until.set()


def test_no_other_way_is_tried_while_the_server_answers_nobody(
    server: HostileServer, patient_fhir: HttpFhirServer
) -> None:
    """A server that has just started: more requests would make it slower still."""
    started = time.monotonic()
    sent_before_an_answer: list[int] = []

    def answer(request: ReceivedRequest) -> Reply:
        time.sleep(max(0.0, started + 1.0 - time.monotonic()))
        sent_before_an_answer.append(len(server.requests))
        return rows_of(request)

    server.answer = answer
    other = SearchRequest("Observation", (("status", "final"),), PATIENTS)
    results = patient_fhir.try_all([SEARCH, other])
    assert all(isinstance(result, SearchResult) for result in results)
    assert sent_before_an_answer[0] == 2


def test_a_search_whose_pages_keep_coming_is_not_slow_however_long_it_takes(
    server: HostileServer, patient_fhir: HttpFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page takes a third of the patience, all of them more than it: a busy machine may double a page's time.
    ways = tuple(replace(way, patience=way.patience and 1.2) for way in APPROACHES)
    monkeypatch.setattr(approach, "APPROACHES", ways)

    def answer(request: ReceivedRequest) -> Reply:
        if other in request.path:
            return Reply(body=bundle())
        number = int(request.param("page") or 1)
        link = {"next": f"{server.base_url}/Observation?page={number + 1}"} if number < 5 else {}
        return Reply(body=bundle(observation(f"o{number}"), links=link), wait=0.4)

    other = "Task"
    server.answer = answer
    requests = [SearchRequest("Observation", (("code", CODES),), ("p1",)), SearchRequest(other, patients=("p1",))]
    found, _ = patient_fhir.try_all(requests)
    assert isinstance(found, SearchResult) and len(found.rows) == 5
    assert len([request for request in server.requests if "Observation" in request.path]) == 5


def test_two_empty_answers_to_one_search_and_one_to_another_end_both(
    server: HostileServer, patient_fhir: HttpFhirServer
) -> None:
    """Empty answers wait for each other, in case the server reads no lists; none may wait for ever."""
    seen: list[str] = []

    def answer(request: ReceivedRequest) -> Reply:
        kind = request.path.split("/")[2]
        if kind == "Patient":
            return Reply(
                body=bundle(*({"resourceType": "Patient", "id": each} for each in request.param("_id").split(",")))
            )
        seen.append(kind)
        if kind == "Observation" and request.param("code"):
            assert waits_for(lambda: seen.count("Observation") > 1)
            time.sleep(0.1)
        return Reply(body=bundle())

    server.answer = answer
    results = patient_fhir.try_all([SEARCH, SearchRequest("Task", patients=PATIENTS)])
    assert [result.rows for result in results if isinstance(result, SearchResult)] == [[], []]


def waits_for(holds: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if holds():
            return True
        time.sleep(0.01)
    return False


# --- following a search --------------------------------------------------------------------------


class Seen(SearchWatch):
    def __init__(self) -> None:
        self.pages: list[tuple[int, int, int | None]] = []
        self.results: dict[int, SearchResult | DashboardError] = {}

    def page(self, number: int, rows: int, total: int | None) -> None:
        self.pages.append((number, rows, total))

    def ended(self, number: int, result: SearchResult | DashboardError) -> None:
        assert number not in self.results
        self.results[number] = result


def test_pages_and_results_are_given_as_they_come(server: HostileServer, fhir: HttpFhirServer) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if request.path.endswith("Task"):
            return Reply(404, {"resourceType": "OperationOutcome", "issue": []})
        number = int(request.param("page") or 1)
        link = {"next": f"{server.base_url}/Observation?page={number + 1}"} if number < 3 else {}
        return Reply(body=bundle(observation(f"o{number}"), links=link, total=3))

    server.answer = answer
    seen = Seen()
    requests = [SearchRequest("Observation", patients=("p1",)), SearchRequest("Task", patients=("p1",))]
    results = fhir.try_all(requests, seen)
    assert seen.pages == [(0, 1, 3), (0, 2, 3), (0, 3, 3)]
    assert [seen.results[0], seen.results[1]] == results
    assert isinstance(results[0], SearchResult) and isinstance(results[1], DashboardError)


def test_the_total_of_a_search_in_groups_is_given_when_every_group_has_begun(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    patients = tuple(f"p{number}" for number in range(PATIENTS_AT_ONCE + 1))
    server.answer = lambda request: Reply(
        body=bundle(*(observation(each, each) for each in asked_for(request)), total=patients_in(request))
    )
    seen = Seen()
    fhir.try_all([SearchRequest("Observation", patients=patients)], seen)
    assert seen.pages[-1] == (0, len(patients), len(patients))
    assert seen.pages[0][2] is None


@pytest.mark.parametrize("codes", [WANTED, f"http://loinc.org|{WANTED}", f"http://loinc.org|,{OTHER}", f"|{WANTED}"])
def test_a_list_left_out_selects_what_it_selects_on_the_server(
    server: HostileServer, fhir: HttpFhirServer, codes: str
) -> None:
    """The filter here is R4's reading of a token: any system, one system, all of a system, none."""
    expected = {WANTED: {WANTED}, f"http://loinc.org|{WANTED}": {WANTED}, f"|{WANTED}": set()}.get(
        codes, {WANTED, OTHER}
    )
    server.answer = hangs_on(lambda request: bool(request.param("code")))
    long = ",".join([codes, *(f"http://loinc.org|x{number}" for number in range(LONG_LIST))])
    found = search(fhir, SearchRequest("Observation", (("code", long),), ("p1", "p2")))
    assert {row["id"].partition("-")[2] for row in found.rows} == expected
