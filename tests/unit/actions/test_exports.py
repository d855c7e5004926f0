"""What leaves the dashboard as a file: for whom, and on record before there is a file."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from dashboard.actions.export_audit import export_audit
from dashboard.actions.export_patients import export_patients
from dashboard.audit import read_log
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditKind, AuditOutcome, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, NotPermitted
from dashboard.fhir.mapping.audit_event import audit_event
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

GP = make.user("gp")
ADMINISTRATOR = User(None, "Sam Reed", roles=(Role.ADMINISTRATOR,))
MARY = Reference("Patient", "p1")
OF_MARY = AuditFilter(patient="p1", kind=AuditKind.PATIENT_READ)


def no_file(*parts: Any) -> bytes:
    raise AssertionError("a file was made")


def number(entries: Iterable[AuditEntry]) -> bytes:
    return str(len(list(entries))).encode()


def read_by_gp(patient: Reference) -> Any:
    record = record_of(GP, AuditKind.PATIENT_READ, "get_patient", AS_OF, patients=[patient])
    return audit_event(record, "http://fake.test/fhir", "dashboard.test")


def audit_server(reads: int = 3) -> FakeFhirServer:
    others = read_by_gp(Reference("Patient", "p2"))
    return FakeFhirServer([*make.cohort(), *(read_by_gp(MARY) for _ in range(reads)), others])


# Patients


def test_a_file_about_patients_is_on_record_before_it_is_made(trail: Trail) -> None:
    def make_file() -> bytes:
        [begun] = trail.begun
        assert (begun.kind, begun.patients, begun.query) == (AuditKind.EXPORT, (MARY,), "worklist.csv")
        return b"mary"

    assert export_patients(GP, ["p1"], "worklist.csv", make_file, at=AS_OF) == b"mary"
    assert [(record.patients, record.outcome) for record in trail.records] == [((MARY,), AuditOutcome.SUCCESS)]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_only_those_in_a_team_take_a_file_about_patients(role: Role, trail: Trail) -> None:
    """Also managers and administrators, who may take other files."""
    with pytest.raises(NotPermitted, match=r"^export-not-permitted$"):
        export_patients(replace(GP, roles=(role,)), ["p1"], "worklist.csv", no_file, at=AS_OF)
    assert [record.outcome for record in trail.records] == [AuditOutcome.REFUSED]


def test_there_is_no_file_about_patients_without_a_record_of_it(trail: Trail) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        export_patients(GP, ["p1"], "worklist.csv", no_file, at=AS_OF)


# The audit


def test_the_audit_file_has_the_records_that_fit_and_the_filter_is_on_record(trail: Trail) -> None:
    assert export_audit(audit_server(), ADMINISTRATOR, OF_MARY, number, at=AS_OF) == b"3"
    [record] = trail.records
    assert (record.kind, record.outcome) == (AuditKind.EXPORT, AuditOutcome.SUCCESS)
    assert record.query == f"audit.csv?patient=p1&subtype={read_log.KIND}|patient-read"


def test_the_audit_file_begins_with_the_newest_record_and_has_ten_thousand_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = audit_server()
    export_audit(server, ADMINISTRATOR, OF_MARY, number, at=AS_OF)
    [request] = [request for request in server.asked if request.type == "AuditEvent"]
    assert (request.sort, request.max_rows) == ("-date", 10_001)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_take_the_audit_file(role: Role, trail: Trail) -> None:
    server = audit_server()
    with pytest.raises(NotPermitted, match=r"^audit-not-permitted$"):
        export_audit(server, replace(GP, roles=(role,)), OF_MARY, no_file, at=AS_OF)
    assert server.asked == []
    assert [record.outcome for record in trail.records] == [AuditOutcome.REFUSED]
