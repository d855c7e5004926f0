"""Counts of a server that has no batches, does not count, or answers with something else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.errors import DashboardError, NotPermitted, ServerUnavailable, UnexpectedAnswer, Unsupported
from dashboard.fhir.client import transport
from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import CountResult, SearchRequest
from tests.patience import PATIENCE
from tests.unit.fhir.hostile_server import (
    ABLE,
    HostileServer,
    ReceivedRequest,
    Reply,
    bundle,
    hostile_server,
    observation,
)

TAGGED = SearchRequest("Observation", (("_tag", "s|a"),))
THROUGH = SearchRequest("Observation", (("patient:Patient._has:Task:patient:code", "x"),))


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


@pytest.fixture
def fhir(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFhirServer]:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    fhir = HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE), capabilities=ABLE)
    yield fhir
    fhir.close()


def batch(*totals: Any) -> Reply:
    entries = [{"response": {"status": "200 OK"}, "resource": bundle(total=total)} for total in totals]
    return Reply(body={"resourceType": "Bundle", "type": "batch-response", "entry": entries})


def totals(found: list[CountResult | DashboardError]) -> list[Any]:
    return [each.total if isinstance(each, CountResult) else type(each) for each in found]


def test_many_counts_are_few_requests_past_the_cache_that_count_as_reading(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.answer = lambda request: batch(*range(len(json.loads(request.body)["entry"])))
    found = fhir.count_all([SearchRequest("Observation", (("_tag", f"s|{n}"),), fresh=True) for n in range(120)])
    assert totals(found) == [*range(50), *range(50), *range(20)]
    assert len(server.requests) == 3
    assert {each.headers["Cache-Control"] for each in server.requests} == {"no-cache"}
    urls = [each["request"]["url"] for each in json.loads(server.requests[0].body)["entry"]]
    assert all(url.startswith("Observation?_tag=s%7C") and url.endswith("&_summary=count") for url in urls)
    before = len(server.requests)
    server.replies(Reply(body=bundle()))
    fhir.try_all([SearchRequest("Observation", patients=("p1",))])
    assert "Cache-Control" not in server.requests[before].headers  # nothing was written


@pytest.mark.parametrize("refusal", [Reply(404), Reply(501), Reply(body=b"<html>"), batch(1), Reply(body=bundle())])
def test_a_server_without_batches_is_asked_for_each_count(
    server: HostileServer, fhir: HttpFhirServer, refusal: Reply
) -> None:
    server.answer = lambda request: refusal if request.method == "POST" else Reply(body=bundle(total=4))
    assert totals(fhir.count_all([TAGGED] * 3)) == [4, 4, 4]
    assert [each.method for each in server.requests].count("POST") == 1
    assert totals(fhir.count_all([TAGGED] * 3)) == [4, 4, 4]
    assert [each.method for each in server.requests].count("POST") == 1  # and remembers it


def test_a_count_without_a_number_is_read_and_said(server: HostileServer, fhir: HttpFhirServer) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if request.method == "POST":
            return Reply(405)
        counting = request.param("_summary") == "count"
        return Reply(400) if counting else Reply(body=bundle(observation("o1"), observation("o2", "p2")))

    server.answer = answer
    [first, through] = fhir.count_all([TAGGED, THROUGH])
    assert isinstance(first, CountResult) and first.total == 2
    assert [notice.kind for notice in first.notices] == [NoticeKind.NO_COUNT]
    assert isinstance(through, DashboardError)  # nobody can follow a chain here
    server.answer = lambda request: batch(None, True) if request.method == "POST" else Reply(body=bundle())
    assert totals(fhir.count_all([TAGGED, THROUGH])) == [0, Unsupported]


def test_each_count_of_a_batch_has_an_error_of_its_own(server: HostileServer, fhir: HttpFhirServer) -> None:
    entries: list[Any] = [
        {"response": {"status": "200"}, "resource": bundle(total=3)},
        {"response": {"status": "403 Forbidden"}},
        {"response": {"status": "500"}},
        "nothing",
    ]
    server.replies(Reply(body={"resourceType": "Bundle", "entry": entries}))
    found = fhir.count_all([TAGGED] * 4)
    assert totals(found) == [3, NotPermitted, ServerUnavailable, ServerUnavailable]


def test_a_server_that_is_away_is_away_for_every_count(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(503))
    assert totals(fhir.count_all([TAGGED] * 60)) == [ServerUnavailable] * 60
    assert fhir.count_all([SearchRequest("Observation", patients=("../p",))])[0].__class__.__name__ == "NotFound"
    silent = HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE))
    assert totals(silent.count_all([TAGGED])) == [ServerUnavailable]
    silent.close()


def test_a_defect_is_no_answer_of_the_server(fhir: HttpFhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FhirClient, "send", broken)
    for requests in ([TAGGED], [TAGGED, TAGGED]):
        with pytest.raises(ZeroDivisionError):
            fhir.count_all(requests)


def test_what_has_to_be_looked_at_here_is_read(server: HostileServer) -> None:
    listed = TypeCapabilities(search_params=frozenset({"patient"}))
    fhir = HttpFhirServer(server.base_url, capabilities=Capabilities("4.0.1", types={"Observation": listed}))
    server.replies(Reply(body=bundle(observation("o1", status="final"), observation("o2", status="amended"))))
    [found] = fhir.count_all([SearchRequest("Observation", (("status", "final"),))])
    assert isinstance(found, CountResult) and found.total == 1
    assert {notice.kind for notice in found.notices} == {NoticeKind.NO_COUNT, NoticeKind.FILTERED_HERE}
    fhir.close()


def test_a_long_count_is_posted(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=bundle(total=2)))
    codes = ",".join(f"http://loinc.org|{number}" for number in range(200))
    assert totals(fhir.count_all([SearchRequest("Observation", (("code", codes),))])) == [2]
    assert server.requests[-1].path.endswith("/Observation/_search")


def test_a_batch_that_is_too_slow_is_an_error_of_its_counts(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = lambda request: Reply(body=b"[]" if request.method == "GET" else b"{}", status=200)
    assert totals(fhir.count_all([TAGGED, TAGGED])) == [UnexpectedAnswer, UnexpectedAnswer]
