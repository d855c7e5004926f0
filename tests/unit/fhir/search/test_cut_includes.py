"""A server that stops including at some number without a word: what did not come is read, and nothing is missing."""

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search import runner
from dashboard.fhir.search.request import SearchRequest
from tests.records import search
from tests.unit.fhir.hostile_server import ABLE, HostileServer, ReceivedRequest, Reply, bundle, hostile_server

MOST = 5
TASKS = 12


def task(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "id": f"t{number}",
        "for": {"reference": "Patient/p1"},
        "owner": {"reference": f"Practitioner/d{number}"},
    }


def owner(number: int) -> dict[str, Any]:
    return {"resourceType": "Practitioner", "id": f"d{number}"}


def provenance(number: int) -> dict[str, Any]:
    return {"resourceType": "Provenance", "id": f"v{number}", "target": [{"reference": f"Task/t{number}"}]}


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


def cutting(request: ReceivedRequest) -> Reply:
    """Answers as a server that includes at most `MOST` records a page."""
    if request.path.endswith("/Practitioner"):
        return Reply(body=bundle(*(owner(int(each[1:])) for each in request.param("_id").split(","))))
    if request.path.endswith("/Provenance"):
        targets = request.param("target").split(",")
        return Reply(body=bundle(*(provenance(int(each.removeprefix("Task/t"))) for each in targets)))
    others = [made(number) for made in (owner, provenance) for number in range(TASKS)]
    modes = {"Practitioner": "include", "Provenance": "include"}
    return Reply(body=bundle(*map(task, range(TASKS)), *others[:MOST], **modes))


def test_what_a_full_page_of_includes_left_out_is_read(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MOST_INCLUDED", MOST)
    server.answer = cutting
    fhir = HttpFhirServer(server.base_url, capabilities=ABLE)
    found = search(
        fhir, SearchRequest("Task", patients=("p1",), include=("Task:owner",), revinclude=("Provenance:target",))
    )
    expected = {
        f"{kind}/{letter}{n}" for kind, letter in (("Practitioner", "d"), ("Provenance", "v")) for n in range(TASKS)
    }
    assert set(found.included) == expected
    fhir.close()


def test_a_page_with_few_includes_is_believed(server: HostileServer) -> None:
    server.answer = cutting
    fhir = HttpFhirServer(server.base_url, capabilities=ABLE)
    search(fhir, SearchRequest("Task", patients=("p1",), include=("Task:owner",), revinclude=("Provenance:target",)))
    assert [request.path.rpartition("/")[2] for request in server.requests] == ["Task"]
    fhir.close()
