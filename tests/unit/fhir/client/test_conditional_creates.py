"""Several records that there shall be once, in one transaction: what is sent, and whose record the answer names."""

from collections.abc import Iterator

import pytest

from dashboard.errors import UnexpectedAnswer
from dashboard.fhir.client import json_text, transport
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from tests.unit.fhir.hostile_server import ABLE, HostileServer, Reply, hostile_server

NUMBER = ("urn:n", "a b")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    monkeypatch.setattr(transport, "BACKOFF", 0.001)
    with hostile_server() as hostile:
        yield hostile


def entry() -> Entry:
    return Entry("POST", {"resourceType": "Patient"}, unless=NUMBER)


def answered(*responses: dict[str, str]) -> Reply:
    entries = [{"response": response} for response in responses]
    return Reply(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


def test_what_was_made_is_what_was_sent_and_what_was_there_is_read(server: HostileServer) -> None:
    theirs = {"resourceType": "Patient", "id": "p9", "active": True}
    made = {"status": "201 Created", "location": "Patient/p1/_history/1"}
    there = {"status": "200 OK", "location": "Patient/p9/_history/4"}
    server.replies(answered(made, there), Reply(200, theirs))
    first, second = HttpFhirServer(server.base_url, capabilities=ABLE).transaction([entry(), entry()])
    assert (first["id"], second) == ("p1", theirs)
    sent = json_text.parse(server.requests[0].body)["entry"]
    assert {each["request"]["ifNoneExist"] for each in sent} == {"identifier=urn:n|a+b"}


def test_it_is_sent_again_after_a_lost_answer(server: HostileServer) -> None:
    made = {"status": "201 Created", "location": "Patient/p1/_history/1"}
    server.replies(Reply(hang_up=True), answered(made))
    [row] = HttpFhirServer(server.base_url, capabilities=ABLE).transaction([entry()])
    assert row["id"] == "p1" and len(server.requests) == 2


def test_an_answer_that_does_not_say_which_is_no_answer(server: HostileServer) -> None:
    server.replies(answered({"status": "200 OK"}))
    with pytest.raises(UnexpectedAnswer):
        HttpFhirServer(server.base_url, capabilities=ABLE).transaction([entry()])
