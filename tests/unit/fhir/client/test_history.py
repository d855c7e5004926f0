"""What a server may answer when it is asked for the versions of a record, and when one record is written."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dashboard.errors import NotFound, ServerUnavailable, UnexpectedAnswer, Unsupported, VersionConflict
from dashboard.fhir.client import history as reading
from dashboard.fhir.client import transport
from dashboard.fhir.client.capabilities import TypeCapabilities
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from tests.unit.fhir.hostile_server import ABLE, HostileServer, Reply, hostile_server

Json = dict[str, Any]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    monkeypatch.setattr(transport, "BACKOFF", 0.001)
    with hostile_server() as hostile:
        yield hostile


def version(number: int, ident: str = "p1", kind: str = "Patient") -> Json:
    return {"resourceType": kind, "id": ident, "meta": {"versionId": str(number)}}


def page(*rows: Any, following: str = "") -> Reply:
    links = [{"relation": "next", "url": following}] if following else []
    entries = [{"resource": row} if row else {"request": {"method": "DELETE"}} for row in rows]
    return Reply(200, {"resourceType": "Bundle", "type": "history", "link": links, "entry": entries})


def numbers(server: HostileServer) -> list[str]:
    rows = HttpFhirServer(server.base_url, capabilities=ABLE).history("Patient", "p1")
    return [row["meta"]["versionId"] for row in rows]


def test_all_pages_are_read_and_each_version_once(server: HostileServer) -> None:
    server.replies(
        page(version(3), None, version(2), following="Patient/p1/_history?page=2"), page(version(2), version(1))
    )
    assert numbers(server) == ["3", "2", "1"]


def test_a_next_link_is_never_followed_to_another_server(server: HostileServer) -> None:
    server.replies(page(version(1), following="http://192.0.2.1/Patient/p1/_history?page=2"))
    with pytest.raises(UnexpectedAnswer, match=r"^search-page-outside-server"):
        numbers(server)


def test_pages_without_end_come_to_one(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 5)
    server.replies(page(version(1), following="Patient/p1/_history?page=2"))
    with pytest.raises(UnexpectedAnswer, match=r"^history-without-end"):
        numbers(server)


@pytest.mark.parametrize("row", [version(1, "p2"), version(1, kind="Observation")])
def test_a_version_of_another_record_is_refused(server: HostileServer, row: Json) -> None:
    server.replies(page(row))
    with pytest.raises(UnexpectedAnswer, match=r"^answer-other-record"):
        numbers(server)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, {"resourceType": "OperationOutcome", "issue": []}), NotFound),
        (Reply(405), Unsupported),
        (Reply(400, {"resourceType": "OperationOutcome", "issue": []}), Unsupported),
        (Reply(500), ServerUnavailable),
        (Reply(200, {"resourceType": "Patient", "id": "p1"}), UnexpectedAnswer),
        (Reply(200, b"<html>"), UnexpectedAnswer),
    ],
)
def test_what_is_no_history_is_an_error(server: HostileServer, reply: Reply, error: type[Exception]) -> None:
    server.replies(reply)
    with pytest.raises(error):
        numbers(server)


def test_a_server_that_says_that_it_keeps_none_is_not_asked(server: HostileServer) -> None:
    patient = TypeCapabilities(interactions=frozenset({"read"}))
    fhir = HttpFhirServer(server.base_url, capabilities=replace(ABLE, types={"Patient": patient}))
    with pytest.raises(Unsupported, match=r"^history-not-kept"):
        fhir.history("Patient", "p1")
    assert server.requests == []


# One record


def write(server: HostileServer, row: Json) -> Json:
    return HttpFhirServer(server.base_url, capabilities=ABLE).write(Entry("PUT", row))


def test_a_write_names_the_version_that_was_read(server: HostileServer) -> None:
    server.replies(Reply(200, version(2)))
    assert write(server, version(1)) == version(2)
    [request] = server.requests
    assert (request.method, request.path.endswith("/Patient/p1"), request.headers["If-Match"]) == ("PUT", True, 'W/"1"')


def test_a_new_record_is_put_under_its_own_id(server: HostileServer) -> None:
    server.replies(Reply(201), Reply(200, version(1)))
    assert write(server, {"resourceType": "Patient", "id": "p1"}) == version(1)
    assert "If-Match" not in server.requests[0].headers


@pytest.mark.parametrize("status", [409, 412])
def test_a_stale_write_is_a_conflict(server: HostileServer, status: int) -> None:
    server.replies(Reply(status))
    with pytest.raises(VersionConflict):
        write(server, version(1))


@pytest.mark.parametrize("same", [True, False])
def test_after_a_lost_answer_it_is_compared_what_is_there(server: HostileServer, same: bool) -> None:
    sent = version(1) | {"active": True}
    stored = version(2) | {"active": same}
    server.replies(Reply(hang_up=True), Reply(412), Reply(200, stored))
    if same:
        assert write(server, sent) == stored
    else:
        with pytest.raises(VersionConflict):
            write(server, sent)


@pytest.mark.parametrize("entry", [Entry("POST", version(1)), Entry("PUT", {"resourceType": "Patient"})])
def test_only_a_record_with_an_id_is_written(server: HostileServer, entry: Entry) -> None:
    with pytest.raises(ValueError, match="type and id"):
        HttpFhirServer(server.base_url, capabilities=ABLE).write(entry)
