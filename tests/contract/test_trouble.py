"""A server that is slow, breaks off or refuses at random: a cold worklist is complete, or says what is missing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.demo.__main__ import main as load_demo
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.views import Worklist
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.fhir.client import transport
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search import approach
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.shared.error_words import ERRORS
from tests.patience import PATIENCE
from tests.servers.start import Server, start_embedded
from tests.unit.fhir.hostile_server import HostileServer, ReceivedRequest, Reply, hostile_server, passed_on

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

T = load_terminology()
PATIENTS = 90  # a team of 30, so that a slow server is asked in groups
AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
ME = Reference("Practitioner", "prac-sw-gp-1")
TROUBLE = ("slow", "slow", "slow", "hang up", "busy", "cut", "failed")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_embedded(tmp_path_factory.mktemp("trouble") / "fhir.sqlite") as server:
        arguments = ["--fhir-url", server.base_url, "--patients", str(PATIENTS), "--as-of", "2026-11-23"]
        assert load_demo(arguments) == 0
        yield server


@dataclass
class TroubledServer:
    """A proxy before a server, that answers a part of the requests too late or wrongly. `trouble` is that part."""

    target: str
    proxy: HostileServer
    chance: random.Random
    trouble: float = 0.0
    troubled: list[str] = field(default_factory=list)

    def answer(self, request: ReceivedRequest) -> Reply:
        kind = self.chance.choice(TROUBLE) if self.chance.random() < self.trouble else ""
        if request.path.endswith("/metadata"):
            kind = ""
        self.troubled += [kind] if kind else []
        if kind == "hang up":
            return Reply(hang_up=True)
        if kind in ("busy", "failed"):
            return Reply(503 if kind == "busy" else 500, {"resourceType": "OperationOutcome", "issue": []})
        reply = passed_on(request, self.target)
        reply.wait, reply.cut = (0.6 if kind == "slow" else 0.0), kind == "cut"
        return reply


@pytest.fixture
def proxy() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


def read(base_url: str, cache: TeamCache, *, refresh: bool = False, seconds: float = 0.4) -> Worklist:
    """Returns the worklist; the server may take so many seconds for a request."""
    fhir = HttpFhirServer(base_url, timeout=(2.0, seconds))
    try:
        return get_worklist(fhir, User(ME, "Demo"), AccessScope(base_url, str(ME)), T, AS_OF, refresh, cache)
    finally:
        fhir.close()


def rows_of(worklist: Worklist) -> dict[str, dict[str, Any]]:
    return {row["patient_id"]: row for row in worklist.rows.to_dict("records")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_cold_worklist_is_complete_or_says_what_is_missing(
    cohort: Server, proxy: HostileServer, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.001)
    monkeypatch.setattr(approach, "_memories", {})
    whole = rows_of(read(cohort.base_url, TeamCache(), seconds=PATIENCE))
    assert len(whole) > approach.FEW_PATIENTS
    server = TroubledServer(cohort.base_url, proxy, random.Random(seed), trouble=0.2 + 0.1 * (seed % 4))
    proxy.answer = server.answer
    cache = TeamCache()
    for _ in range(3):
        try:
            worklist = read(proxy.base_url, cache, refresh=True)
        except DashboardError as error:
            assert error.code in ERRORS, "the user gets a sentence"
            continue
        rows = rows_of(worklist)
        assert set(rows) == set(whole), "who is on the list is never a part of it"
        said = {notice.detail for notice in worklist.notices if notice.kind in ("section-failed", "section-missing")}
        for patient, row in rows.items():
            assert row["unread"] <= said, "what a row lacks is said above it"
            if not row["unread"]:
                assert row == whole[patient], "a row that claims to be complete is"
        assert said == {name for row in rows.values() for name in row["unread"]}
    assert server.troubled, "there was trouble at all"
    server.trouble = 0.0
    worklist = read(proxy.base_url, cache, refresh=True, seconds=PATIENCE)
    assert rows_of(worklist) == whole, "nothing stays lost when the server is well again"
    assert not worklist.notices and not worklist.stale
