"""The audit on every FHIR server: every kind is taken, twice is once, and each question finds what it should."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.audit.log import AuditLog
from dashboard.audit.read_log import read_audit
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditFilter, AuditKind, AuditOutcome, AuditRecord, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Unsupported
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.audit_event import audit_event
from tests.records import create
from tests.servers.start import Server

WHEN = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@dataclass
class World:
    """One server with records of two people about two patients, one a minute, of every kind."""

    fhir: HttpFhirServer
    server: str
    gp: Reference
    mary: str
    records: list[AuditRecord]

    def ids(self, wanted: AuditFilter, first: int = 0, most: int = 100) -> list[str]:
        return [entry.id for entry in read_audit(self.fhir, wanted, WHEN, first, most).entries]

    def newest(self, *those: AuditRecord) -> list[str]:
        return [record.id for record in sorted(those, key=lambda record: record.when, reverse=True)]


@pytest.fixture(scope="module")
def world(fhir_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    fhir = HttpFhirServer(fhir_server.base_url)
    tag = uuid.uuid4().hex[:8]
    gp, other = (
        Reference("Practitioner", create(fhir, {"resourceType": "Practitioner", "name": [{"family": n + tag}]})["id"])
        for n in ("Okafor", "Lind")
    )
    mary, derek = (
        create(fhir, {"resourceType": "Patient", "name": [{"family": name + tag}]})["id"] for name in ("A", "B")
    )
    users = {gp: User(gp, "Dr Jane Okafor"), other: User(other, "Ms Anna Lind", roles=(Role.COORDINATOR,))}
    records = [
        record_of(
            users[gp if number % 2 else other],
            kind,
            "get_something",
            WHEN + timedelta(minutes=number),
            patients=[Reference("Patient", mary)] + ([Reference("Patient", derek)] if number % 3 else []),
            outcome=AuditOutcome.REFUSED if kind is AuditKind.REFUSAL else AuditOutcome.SUCCESS,
            why="asleep, alone" if kind is AuditKind.EMERGENCY_ACCESS else "",
        )
        for number, kind in enumerate(AuditKind)
    ]
    log = AuditLog(tmp_path_factory.mktemp("audit"), fhir, host="ward-3", every=0.05, pause=0.1)
    for record in records:
        log.record(record)
    assert log.flush(60.0) and log.status().refused == 0
    log.close()
    yield World(fhir, fhir_server.name, gp, mary, records)
    fhir.close()


def test_every_kind_is_taken_and_read_back(world: World) -> None:
    for record in world.records:
        stored = world.fhir.read("AuditEvent", record.id)
        sent = audit_event(record, world.fhir.base_url, "ward-3")
        assert {key: stored[key] for key in sent if key != "meta"} == {key: sent[key] for key in sent if key != "meta"}


def test_twice_is_once(world: World) -> None:
    record = world.records[0]
    before = world.ids(AuditFilter(patient=world.mary))
    world.fhir.put_new(audit_event(record, world.fhir.base_url, "ward-3"))
    assert world.ids(AuditFilter(patient=world.mary)) == before


def test_a_patients_records_are_found_newest_first(world: World) -> None:
    assert world.ids(AuditFilter(patient=world.mary)) == world.newest(*world.records)


def test_they_are_paged(world: World) -> None:
    wanted = AuditFilter(patient=world.mary)
    whole = world.ids(wanted)
    page = read_audit(world.fhir, wanted, WHEN, 4, 4)
    assert [entry.id for entry in page.entries] == whole[4:8] and page.more
    assert not read_audit(world.fhir, wanted, WHEN, 8, 10).more


def test_the_filters_find_what_they_say(world: World) -> None:
    of_gp = [record for record in world.records if record.who == world.gp]
    refused = [record for record in world.records if record.outcome is AuditOutcome.REFUSED]
    exported = [record for record in world.records if record.kind is AuditKind.EXPORT]
    for wanted, expected in (
        (AuditFilter(patient=world.mary, who=world.gp), of_gp),
        (AuditFilter(who=world.gp), of_gp),
        (AuditFilter(patient=world.mary, outcome=AuditOutcome.REFUSED), refused),
        (AuditFilter(patient=world.mary, kind=AuditKind.EXPORT), exported),
        (AuditFilter(patient=world.mary, since=date(2026, 11, 20), until=date(2026, 11, 20)), world.records),
        (AuditFilter(patient=world.mary, since=date(2026, 11, 21)), []),
        (AuditFilter(patient=world.mary, until=date(2026, 11, 19)), []),
    ):
        try:
            found = world.ids(wanted)
        except Unsupported:
            assert world.server == "medplum", "only the poor server may lack a filter, and it says so"
            continue
        assert found == world.newest(*expected), wanted


def test_a_record_about_nobody_there_arrives_all_the_same(world: World, tmp_path: Path) -> None:
    """A guessed id is what must be on record; HAPI refuses references to what it does not have."""
    gp = User(world.gp, "Dr Jane Okafor")
    nobody = Reference("Patient", f"guessed-{uuid.uuid4().hex[:8]}")
    record = record_of(gp, AuditKind.REFUSAL, "get_patient", WHEN, patients=[nobody], outcome=AuditOutcome.REFUSED)
    log = AuditLog(tmp_path, world.fhir, host="ward-3", every=0.05, pause=0.1)
    log.record(record)
    assert log.flush(60.0) and log.status().refused == 0
    log.close()
    assert nobody.id in str(world.fhir.read("AuditEvent", record.id))
