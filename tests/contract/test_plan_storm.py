"""A storm of editors on one shared plan: each accepted change is in the history, or in a conflict its author saw."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from dashboard.fhir.client import transport
from dashboard.fhir.client.http_server import HttpFhirServer
from tests.contract.plan_storm import lost_changes, proxied, set_up, storm
from tests.servers.start import Server, start_hapi
from tests.unit.fhir.hostile_server import HostileServer, hostile_server

EDITORS = 30
EDITS = {"embedded": 150, "hapi": 45}
"""A thousand with `STORM_EDITS=1000 make test ARGS=tests/contract/test_plan_storm.py`: some minutes on the embedded
server, many on HAPI, which then runs on PostgreSQL: H2's planner reads all Provenances for each search.
"""


@pytest.fixture
def proxy() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


@pytest.fixture(params=["embedded", pytest.param("hapi", marks=[pytest.mark.java, pytest.mark.xdist_group("hapi")])])
def stormy(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "hapi" and "STORM_EDITS" in os.environ:
        with start_hapi("postgresql") as server:
            yield server
    else:
        yield request.getfixturevalue(f"{request.param}_server")


@pytest.mark.slow
def test_no_change_is_lost_in_a_storm(stormy: Server, proxy: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    edits = int(os.environ.get("STORM_EDITS", EDITS[stormy.name]))
    assert loses_nothing(stormy, proxy, EDITORS, edits), "people met"


def test_no_change_is_lost_in_a_short_storm(
    embedded_server: Server, proxy: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    loses_nothing(embedded_server, proxy, 5, 25)


def loses_nothing(server: Server, proxy: HostileServer, people: int, edits: int) -> int:
    """Returns how many conflicts the editors were shown."""
    fhir = HttpFhirServer(server.base_url)
    stage = set_up(fhir, people)
    trouble = proxied(proxy, server.base_url, seed=7, share=0.06)
    editors = storm(proxy.base_url, stage, edits, seed=7)
    trouble.share = 0.0
    outcomes = Counter(edit.outcome for editor in editors for edit in editor.journal)
    conflicts = sum(len(edit.seen) for editor in editors for edit in editor.journal)
    print(outcomes, "conflicts", conflicts, "troubled requests", trouble.count)
    lost = lost_changes(fhir, stage, editors)
    fhir.close()
    assert lost == []
    # The storm was one.
    assert outcomes["saved"] > edits / 2
    assert trouble.count
    return conflicts
