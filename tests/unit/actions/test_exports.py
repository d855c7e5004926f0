"""What leaves the dashboard as a file: for whom, and on record before there is a file."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.actions.export_audit import export_audit
from dashboard.actions.export_enrolment import export_enrolment
from dashboard.actions.export_patients import export_patients
from dashboard.actions.note_browser_print import note_browser_print
from dashboard.actions.print_patients import print_patients
from dashboard.audit import read_log
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditKind, AuditOutcome, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import AuditUnavailable, NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.mapping.audit_event import audit_event
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.subjects import RandomPilot
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.people_of_the_pilot import MANAGER

T = load_terminology()
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


def asked(
    who: User = GP, server: FakeFhirServer | None = None
) -> tuple[FakeFhirServer, User, AccessScope, Terminology]:
    return server or FakeFhirServer(make.cohort()), who, make.scope(), T


def test_a_file_about_patients_is_on_record_before_it_is_made(trail: Trail) -> None:
    def make_file() -> bytes:
        [begun] = trail.begun
        assert (begun.kind, begun.patients, begun.query) == (AuditKind.EXPORT, (MARY,), "worklist.csv")
        return b"mary"

    assert export_patients(*asked(), ["p1"], "worklist.csv", make_file, at=AS_OF, team_cache=TeamCache()) == b"mary"
    assert [(record.patients, record.outcome) for record in trail.records] == [((MARY,), AuditOutcome.SUCCESS)]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_only_those_in_a_team_take_a_file_about_patients(role: Role, trail: Trail) -> None:
    """Also managers and administrators, who may take other files."""
    with pytest.raises(NotPermitted, match=r"^export-not-permitted$"):
        export_patients(
            *asked(replace(GP, roles=(role,))), ["p1"], "worklist.csv", no_file, at=AS_OF, team_cache=TeamCache()
        )
    assert [record.outcome for record in trail.records] == [AuditOutcome.REFUSED]


def test_there_is_no_file_about_patients_without_a_record_of_it(trail: Trail) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        export_patients(*asked(), ["p1"], "worklist.csv", no_file, at=AS_OF, team_cache=TeamCache())


def test_sheets_are_on_record_as_a_print_before_they_are_made(trail: Trail) -> None:
    def sheets() -> bytes:
        [begun] = trail.begun
        assert (begun.kind, begun.what, begun.patients) == (AuditKind.PRINT, "print_patients", (MARY,))
        return b"sheets"

    assert print_patients(*asked(), ["p1"], "patient.pdf?id=p1", sheets, at=AS_OF, team_cache=TeamCache()) == b"sheets"
    assert [(each.kind, each.outcome) for each in trail.records] == [(AuditKind.PRINT, AuditOutcome.SUCCESS)]


def test_a_print_by_the_browser_is_on_record_whoever_may_see_the_patient(trail: Trail) -> None:
    note_browser_print(GP, ["p1", "p4"], "worklist.browser?page=1", at=AS_OF)
    [record] = trail.records
    assert (record.kind, record.what, record.outcome) == (
        AuditKind.PRINT,
        "note_browser_print",
        AuditOutcome.SUCCESS,
    )
    assert record.patients == (MARY, Reference("Patient", "p4"))
    assert record.query == "worklist.browser?page=1"


def test_a_print_by_the_browser_that_cannot_be_recorded_is_said(trail: Trail) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        note_browser_print(GP, ["p1"], "patient.browser?id=p1", at=AS_OF)


@pytest.mark.parametrize("patients", [["p4"], ["p1", "p4"], ["p99"]])
def test_sheets_about_patients_of_others_are_refused(patients: list[str], trail: Trail) -> None:
    with pytest.raises(NotFound):
        print_patients(*asked(), patients, "worklist.pdf", no_file, at=AS_OF, team_cache=TeamCache())
    assert [each.outcome for each in trail.records] == [AuditOutcome.REFUSED]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_only_those_in_a_team_print(role: Role, trail: Trail) -> None:
    with pytest.raises(NotPermitted, match=r"^export-not-permitted$"):
        who = replace(GP, roles=(role,))
        print_patients(*asked(who), ["p1"], "patient.pdf", no_file, at=AS_OF, team_cache=TeamCache())


# Who may see the patients is asked when the file is made

ENDS: dict[str, Callable[[FakeFhirServer], object]] = {
    "the membership": lambda server: server.put(make.care_team("p1", ["nurse"])),
    "the team": lambda server: server.delete("CareTeam", "ct-p1-team-1"),
    "the consent": lambda server: server.put(make.consent("p1", status="inactive")),
}


@pytest.mark.parametrize("patients", [["p1"], ["p1", "p2"]])
@pytest.mark.parametrize("end", ENDS)
def test_no_file_holds_a_patient_whose_access_has_just_ended(end: str, patients: list[str], trail: Trail) -> None:
    server, caches = FakeFhirServer(make.cohort()), TeamCache()

    def file() -> bytes:
        return export_patients(
            *asked(server=server), patients, "worklist.csv", lambda: b"x", at=AS_OF, team_cache=caches
        )

    assert file() == b"x"
    ENDS[end](server)
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        file()
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        print_patients(*asked(server=server), patients, "worklist.pdf", no_file, at=AS_OF, team_cache=caches)
    refused = AuditOutcome.REFUSED
    assert [record.outcome for record in trail.records] == [AuditOutcome.SUCCESS, refused, refused]


@pytest.mark.parametrize("patients", [["p4"], ["p1", "p4"], ["p99"]])
def test_no_file_holds_a_patient_of_others(patients: list[str], trail: Trail) -> None:
    with pytest.raises(NotFound):
        export_patients(*asked(), patients, "worklist.csv", no_file, at=AS_OF, team_cache=TeamCache())


def test_there_is_no_file_of_a_patient_who_is_open_by_emergency_access(trail: Trail) -> None:
    access = EmergencyAccess(
        Reference("Task", "g"), Reference("Patient", "p4"), Reference("Practitioner", "gp"), "emergency", "pain",
        AS_OF, AS_OF + timedelta(hours=1), "gp", Reference("Organization", "team-2"), source={},
    )  # fmt: skip
    server = FakeFhirServer([*make.cohort(), {**to_fhir(access), "id": "g"}])
    with pytest.raises(NotPermitted):
        export_patients(*asked(server=server), ["p4"], "timeline.csv", no_file, at=AS_OF, team_cache=TeamCache())


@pytest.mark.parametrize("patients", [["p1"], ["p1", "p2"]])
def test_there_is_no_file_while_the_server_cannot_be_asked(patients: list[str], trail: Trail) -> None:
    server, caches = FakeFhirServer(make.cohort()), TeamCache()
    export_patients(*asked(server=server), patients, "x.csv", lambda: b"x", at=AS_OF, team_cache=caches)
    server.down = True
    with pytest.raises(ServerUnavailable):
        export_patients(*asked(server=server), patients, "x.csv", no_file, at=AS_OF, team_cache=caches)


# Enrolment


def test_the_file_of_enrolment_is_made_for_a_manager_alone_and_on_record(trail: Trail) -> None:
    server = FakeFhirServer(RandomPilot("r", 4, 3).rows)
    assert export_enrolment(server, MANAGER, T, "", "figures.csv", lambda figures: b"figures", at=AS_OF) == b"figures"
    with pytest.raises(NotPermitted):
        export_enrolment(server, GP, T, "", "figures.csv", no_file, at=AS_OF)
    assert [each.outcome for each in trail.records] == [AuditOutcome.SUCCESS, AuditOutcome.REFUSED]
    assert [each.kind for each in trail.records] == [AuditKind.EXPORT, AuditKind.REFUSAL]


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
