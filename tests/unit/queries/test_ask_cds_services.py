"""Asking foreign services about a patient: who may, what is sent, and that it is on record before."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.access.relationship import Relationship
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.guidelines.foreign_card import ForeignService
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.cds_hooks.ask import CdsServices
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.ask_cds_services import ask_cds_services
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.fhir.hostile_server import HostileServer, Reply, hostile_server

T = load_terminology()
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", session_id="s1")
SCOPE = AccessScope("http://fake.test/fhir", "Practitioner/gp")
P = "{{context.patientId}}"
PREFETCH = {
    "patient": f"Patient/{P}",
    "problems": f"Condition?patient={P}",
    "audit": f"AuditEvent?patient={P}",
    "vaccines": f"Immunization?patient={P}",
}
CARDS = {"cards": [{"summary": "Check potassium", "indicator": "info", "source": {"label": "Lab"}}]}


@pytest.fixture
def foreign() -> Iterator[HostileServer]:
    with hostile_server() as server:
        offered = [{"hook": "patient-view", "id": "a", "prefetch": PREFETCH}]
        server.answer = lambda request: Reply(body={"services": offered} if request.method == "GET" else CARDS)
        yield server


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort()])


def ask(server: FakeFhirServer, foreign: HostileServer, patient: str = "p1") -> Any:
    service = ForeignService("lab", "Lab", foreign.base_url.removesuffix("/fhir"))
    services = CdsServices([service], seconds=5)
    return ask_cds_services(server, GP, SCOPE, T, services, patient, make.AS_OF, team_cache=TeamCache())


def test_what_a_service_asks_for_is_sent_and_put_on_record_before(
    server: FakeFhirServer, foreign: HostileServer, trail: Trail
) -> None:
    [answer] = ask(server, foreign)
    assert [card.summary for card in answer.cards] == ["Check potassium"]
    assert "AuditEvent" in answer.unread
    sent = json.loads(foreign.requests[-1].body)["prefetch"]
    assert sent["patient"]["id"] == "p1"
    assert "name" not in sent["patient"]
    assert {each["resource"]["subject"]["reference"] for each in sent["problems"]["entry"]} == {"Patient/p1"}
    assert "audit" not in sent
    begun, ended = trail.begun[-1], trail.records[-1]
    assert (begun.kind, begun.what, begun.patients) == (
        AuditKind.EXPORT, "ask_cds_services", (Reference("Patient", "p1"),),
    )  # fmt: skip
    assert (ended.id, ended.outcome, ended.query) == (begun.id, AuditOutcome.SUCCESS, "cds-services=lab")


@pytest.mark.parametrize("patient", ["p4", "nobody", "../p1", ""])
def test_nothing_of_another_s_patient_is_sent(server: FakeFhirServer, foreign: HostileServer, patient: str) -> None:
    with pytest.raises(NotFound):
        ask(server, foreign, patient)
    assert foreign.requests == []


def test_emergency_access_is_for_reading(
    server: FakeFhirServer, foreign: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = object()
    given = lambda *_, **__: (Relationship(Relation.EMERGENCY_ACCESS, emergency_access=grant), None)  # noqa: E731
    monkeypatch.setattr("dashboard.cache.access_cache.AccessCache.relationship", given)
    with pytest.raises(NotPermitted):
        ask(server, foreign)
    assert foreign.requests == []


def test_off_the_record_nothing_is_sent(server: FakeFhirServer, foreign: HostileServer, trail: Trail) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        ask(server, foreign)
    assert foreign.requests == []


def test_what_could_not_be_read_is_left_out_and_not_null(server: FakeFhirServer, foreign: HostileServer) -> None:
    server.failing["Condition"] = ServerUnavailable("server-busy")
    [answer] = ask(server, foreign)
    assert "Condition" in answer.unread
    assert "problems" not in json.loads(foreign.requests[-1].body)["prefetch"]
    assert answer.cards
