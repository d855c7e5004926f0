"""The audit on every FHIR server: each kind of record is stored, a record that is sent twice is stored once, and each
filter finds its records.
"""

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
class AuditServer:
    """One server with records of two users about two patients, one a minute and one of each kind."""

    fhir: HttpFhirServer
    server: str
    gp: Reference
    mary: str
    records: list[AuditRecord]

    def ids(self, wanted: AuditFilter, first: int = 0, most: int = 100) -> list[str]:
        return [entry.id for entry in read_audit(self.fhir, wanted, WHEN, first, most).entries]

    def newest(self, *records: AuditRecord) -> list[str]:
        return [record.id for record in sorted(records, key=lambda record: record.when, reverse=True)]


@pytest.fixture(scope="module")
def audit_server(fhir_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditServer]:
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
    log = AuditLog(tmp_path_factory.mktemp("audit"), fhir, host="host-3", every=0.05, pause=0.1)
    for record in records:
        log.record(record)
    assert log.flush(60.0) and log.status().refused == 0
    log.close()
    yield AuditServer(fhir, fhir_server.name, gp, mary, records)
    fhir.close()


def test_every_kind_of_record_is_stored_and_read_back(audit_server: AuditServer) -> None:
    for record in audit_server.records:
        stored = audit_server.fhir.read("AuditEvent", record.id)
        sent = audit_event(record, audit_server.fhir.base_url, "host-3")
        assert {key: stored[key] for key in sent if key != "meta"} == {key: sent[key] for key in sent if key != "meta"}


def test_a_record_that_is_sent_twice_is_stored_once(audit_server: AuditServer) -> None:
    record = audit_server.records[0]
    before = audit_server.ids(AuditFilter(patient=audit_server.mary))
    audit_server.fhir.put_new(audit_event(record, audit_server.fhir.base_url, "host-3"))
    assert audit_server.ids(AuditFilter(patient=audit_server.mary)) == before


def test_a_patients_records_are_found_newest_first(audit_server: AuditServer) -> None:
    assert audit_server.ids(AuditFilter(patient=audit_server.mary)) == audit_server.newest(*audit_server.records)


def test_the_records_of_a_patient_are_paged(audit_server: AuditServer) -> None:
    wanted = AuditFilter(patient=audit_server.mary)
    all_ids = audit_server.ids(wanted)
    page = read_audit(audit_server.fhir, wanted, WHEN, 4, 4)
    assert [entry.id for entry in page.entries] == all_ids[4:8] and page.more
    assert not read_audit(audit_server.fhir, wanted, WHEN, 8, 10).more


def test_each_filter_finds_exactly_its_records(audit_server: AuditServer) -> None:
    of_gp = [record for record in audit_server.records if record.who == audit_server.gp]
    refused = [record for record in audit_server.records if record.outcome is AuditOutcome.REFUSED]
    exported = [record for record in audit_server.records if record.kind is AuditKind.EXPORT]
    for wanted, expected in (
        (AuditFilter(patient=audit_server.mary, who=audit_server.gp), of_gp),
        (AuditFilter(who=audit_server.gp), of_gp),
        (AuditFilter(patient=audit_server.mary, outcome=AuditOutcome.REFUSED), refused),
        (AuditFilter(patient=audit_server.mary, kind=AuditKind.EXPORT), exported),
        (
            AuditFilter(patient=audit_server.mary, since=date(2026, 11, 20), until=date(2026, 11, 20)),
            audit_server.records,
        ),
        (AuditFilter(patient=audit_server.mary, since=date(2026, 11, 21)), []),
        (AuditFilter(patient=audit_server.mary, until=date(2026, 11, 19)), []),
    ):
        try:
            found = audit_server.ids(wanted)
        except Unsupported:
            assert audit_server.server == "medplum", "only the poor server may lack a filter, and it reports this"
            continue
        assert found == audit_server.newest(*expected), wanted


def test_a_record_about_a_patient_that_does_not_exist_is_stored(audit_server: AuditServer, tmp_path: Path) -> None:
    """A guessed id must be on record, although HAPI refuses references to resources that it does not have."""
    gp = User(audit_server.gp, "Dr Jane Okafor")
    unknown = Reference("Patient", f"guessed-{uuid.uuid4().hex[:8]}")
    record = record_of(gp, AuditKind.REFUSAL, "get_patient", WHEN, patients=[unknown], outcome=AuditOutcome.REFUSED)
    log = AuditLog(tmp_path, audit_server.fhir, host="host-3", every=0.05, pause=0.1)
    log.record(record)
    assert log.flush(60.0) and log.status().refused == 0
    log.close()
    assert unknown.id in str(audit_server.fhir.read("AuditEvent", record.id))
