"""No user gets the timeline, or a record of the timeline, of a patient whom they may not see: the random teams,
periods, consents and emergency accesses of `test_access`, and the details of a chosen record.
"""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.changes import written_changes
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, NotFound, NotPermitted
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_event import _raw, get_event
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json
from tests.unit.queries.test_access import (
    OTHERS,
    PEOPLE,
    TEAM_ROLES,
    CohortWithAccess,
    cohorts_with_access,
    grant_of,
    user,
)

T = load_terminology()
NOT_YOURS = "patient-not-found"


class SharedCaches:
    """One process, whose users share its caches."""

    def __init__(self, server: FakeFhirServer, team_cache: TeamCache | None = None) -> None:
        self.server = server
        self.team_cache = team_cache or TeamCache(start=lambda work: None)
        self.patient_cache: PatientCache[Timeline] = PatientCache(start=lambda work: None)

    def timeline(self, who: User, pid: str, as_of: object = AS_OF) -> Timeline:
        scope = make.scope(str(who.practitioner).split("/")[1])
        return get_timeline(
            self.server, who, scope, T, pid, as_of, team_cache=self.team_cache, patient_cache=self.patient_cache
        )  # type: ignore[arg-type]

    def event(self, who: User, pid: str, origin: str, as_of: object = AS_OF) -> EventDetail:
        scope, ref = make.scope(str(who.practitioner).split("/")[1]), Reference.parse(origin)
        return get_event(
            self.server, who, scope, T, pid, ref, as_of, team_cache=self.team_cache, patient_cache=self.patient_cache
        )  # type: ignore[arg-type]

    def opens(self, who: User, pid: str, origin: str = "") -> bool:
        try:
            found = self.event(who, pid, origin).event.origin if origin else self.timeline(who, pid).person.id
        except NotFound as refused:
            assert str(refused) == NOT_YOURS
            return False
        assert str(found) == (origin or pid)
        return True


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(cohorts_with_access(), st.sampled_from(PEOPLE), st.sampled_from(TEAM_ROLES), st.booleans())
def test_no_timeline_or_record_of_a_patient_whom_the_user_may_not_see(
    cohort: CohortWithAccess, who: str, role: Role, warm: bool
) -> None:
    reader, process = user(who, role), SharedCaches(cohort.server, cohort.team_cache)
    if warm:
        get_worklist(cohort.server, reader, make.scope(who), T, AS_OF, team_cache=cohort.team_cache)
    allowed = cohort.visible[who] | (cohort.emergency_access[who] if role is Role.CLINICIAN else set())
    # Before, another user of the same process has read all that they may read.
    for pid in cohort.ids:
        process.opens(user(next(name for name in PEOPLE if name != who)), pid)
    assert {pid for pid in cohort.ids if process.opens(reader, pid)} == allowed
    picked = {pid for n, pid in enumerate(cohort.ids, 1) if process.opens(reader, pid, f"Condition/c{n}")}
    assert picked == allowed


@settings(max_examples=examples(30))
@given(cohorts_with_access(), st.sampled_from(PEOPLE), st.sampled_from(OTHERS))
def test_other_roles_are_refused_without_a_request(cohort: CohortWithAccess, who: str, role: Role) -> None:
    process, reader = SharedCaches(cohort.server), user(who, role)
    for pid in cohort.ids:
        process.opens(user(who), pid)
    cohort.server.asked.clear()
    for pid in cohort.ids:
        with pytest.raises(NotPermitted):
            process.timeline(reader, pid)
        with pytest.raises(NotPermitted):
            process.event(reader, pid, "Condition/c1")
    assert cohort.server.asked == []


def process_with(*rows: Json) -> SharedCaches:
    return SharedCaches(FakeFhirServer([*make.cohort(), *rows]))


@pytest.mark.parametrize("pid", ["p4", "p99", "../p4", "", "a" * 65, "p1/_history/1", "p1?x=1"])
@pytest.mark.parametrize("known", [True, False])
def test_a_guessed_patient_is_not_found(pid: str, known: bool) -> None:
    process = process_with()
    if known:
        get_worklist(process.server, user("gp"), make.scope(), T, AS_OF, team_cache=process.team_cache)
        process.server.asked.clear()
    assert not process.opens(user("gp"), pid)
    assert not process.opens(user("gp"), pid, "Condition/c4")
    assert {request.type for request in process.server.asked} <= {"CareTeam", "Consent", "Task"}


def test_a_guessed_id_causes_the_same_requests_whether_or_not_the_patient_exists() -> None:
    process, searched = process_with(), []
    for pid in ("p4", "p99"):
        process.server.asked.clear()
        assert not process.opens(user("gp"), pid)
        searched.append([replace(request, patients=()) for request in process.server.asked])
    assert searched[0] == searched[1]
    assert searched[0]


ELSEWHERE = ["Condition/c4", "Condition/none", "Patient/p1", "Task/t3", "Provenance/none", "AuditEvent/1"]


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_a_record_of_another_patient_is_not_found_through_a_visible_patient(origin: str) -> None:
    process = process_with()
    process.timeline(user("gp"), "p1")
    process.server.asked.clear()
    with pytest.raises(NotFound, match="event-not-found"):
        process.event(user("gp"), "p1", origin)
    assert process.server.asked == []  # a guess sends no request


def test_a_cached_timeline_is_refused_when_the_emergency_access_ends() -> None:
    process = process_with(grant_of("g", "p4", "gp", -59, 1))
    assert process.timeline(user("gp"), "p4").emergency_access is not None
    assert process.event(user("gp"), "p4", "Condition/c4", AS_OF + timedelta(seconds=59)).emergency_access is not None
    later = AS_OF + timedelta(seconds=60)
    with pytest.raises(NotFound):
        process.timeline(user("gp"), "p4", later)
    with pytest.raises(NotFound):
        process.event(user("gp"), "p4", "Condition/c4", later)


def test_a_withdrawn_consent_closes_the_timeline_at_the_next_read() -> None:
    process = process_with()
    process.timeline(user("gp"), "p1")
    saved = process.server.put(make.consent("p1", {"type": "deny"}))
    process.patient_cache.apply(written_changes("http://fake.test/fhir", [saved]))
    assert not process.opens(user("gp"), "p1")
    assert not process.opens(user("gp"), "p1", "Condition/c1")


# details of a record


def test_the_detail_of_a_record_names_its_source() -> None:
    row = make.encounter("e9", "p1", "2026-11-02") | {
        "serviceProvider": {"reference": "Organization/org-1"},
        "participant": [{"individual": {"reference": "Practitioner/gp"}}],
    }
    made = make.provenance("pv9", "Encounter/e9", "Ms Anna Lind", "2026-11-03T08:00:00+00:00")
    found = process_with(row, made).event(user("gp"), "p1", "Encounter/e9")
    assert (found.source, found.version) == ("Castle Practice", "1")
    assert [(edit.who, edit.when.day) for edit in found.history] == [("Ms Anna Lind", 3)]
    assert found.recorder == "Ms Anna Lind"
    assert found.address == "http://fake.test/fhir/Encounter/e9"
    assert json.loads(found.raw)["id"] == "e9"


def test_the_source_of_a_result_is_the_provider_of_its_encounter() -> None:
    encounter = make.encounter("e9", "p1", "2026-11-02") | {"serviceProvider": {"reference": "Organization/org-1"}}
    row = make.observation("o9", "p1", "2823-3", 5, "mmol/L", "2026-11-02T10:00:00Z") | {
        "encounter": {"reference": "Encounter/e9"},
        "performer": [{"reference": "Practitioner/gp"}],
        "issued": "2026-11-02T12:00:00Z",
    }
    found = process_with(row, encounter).event(user("gp"), "p1", "Observation/o9")
    assert (found.source, found.recorder, str(found.recorded)) == (
        "Castle Practice", "Dr Jane Okafor", "2026-11-02T12:00:00Z",
    )  # fmt: skip


def test_a_change_of_the_care_plan_shows_no_record_of_other_patients() -> None:
    both = make.provenance("pv9", "CarePlan/cp1", "Ms Anna Lind", "2026-11-03T08:00:00+00:00")
    both["target"].append({"reference": "CarePlan/of-p4"})
    found = process_with(both).event(user("gp"), "p1", "Provenance/pv9")
    assert json.loads(found.raw)["target"] == [{"reference": "CarePlan/cp1"}]
    assert found.recorder == "Ms Anna Lind"


def test_a_conference_shows_no_other_patients_of_its_agenda() -> None:
    found = process_with().event(user("gp"), "p1", "Appointment/a1")
    assert "p4" not in found.raw
    assert "Patient/p1" in found.raw


def test_a_conference_shows_no_patient_of_another_server_of_its_agenda() -> None:
    agenda = make.conference("a9", ["p1"], "2026-11-24T09:00:00+00:00")
    actor = {"reference": "https://old.example/r4/Patient/p1", "display": "Zebedee"}
    agenda["participant"].append({"actor": actor, "status": "accepted"})
    found = process_with(agenda).event(user("gp"), "p1", "Appointment/a9")
    assert "Zebedee" not in found.raw
    assert "Patient/p1" in found.raw


def test_the_json_has_the_digits_that_the_server_sent() -> None:
    raw = _raw({"resourceType": "Observation", "valueQuantity": {"value": Decimal("5.90")}}, "p1")
    assert '"value": 5.90' in raw and "\n  " in raw


def test_a_record_that_was_deleted_meanwhile_is_not_found() -> None:
    process = process_with()
    process.timeline(user("gp"), "p1")
    process.server.delete("Condition", "c1")
    with pytest.raises(NotFound):
        process.event(user("gp"), "p1", "Condition/c1")


class DeepServer(FakeFhirServer):
    """Returns records that are nested more deeply than Python's recursion limit."""

    def try_all(self, requests: Any) -> Any:
        deep: Any = "end"
        for _ in range(5000):
            deep = [deep]
        answers = super().try_all(requests)
        for row in (row for answer in answers for row in answer.rows if row["resourceType"] == "Condition"):
            row["extension"] = deep
        return answers


def test_a_record_nested_too_deeply_is_shown_without_its_json() -> None:
    found = SharedCaches(DeepServer(make.cohort())).event(user("gp"), "p1", "Condition/c1")
    assert (found.event.origin.id, found.raw) == ("c1", "")


# audit


def test_reading_a_timeline_and_a_record_is_audited(trail: Trail) -> None:
    process = process_with()
    process.timeline(user("gp"), "p1")
    process.event(user("gp"), "p1", "Condition/c1")
    first, second = trail.records
    assert [record.kind for record in trail.records] == [AuditKind.PATIENT_READ] * 2
    assert [patient.id for patient in (*first.patients, *second.patients)] == ["p1", "p1"]
    assert [str(entity) for entity in second.entities] == ["Condition/c1"]


def test_a_refusal_is_audited_with_the_query(trail: Trail) -> None:
    process = process_with()
    process.opens(user("gp"), "p4", "Condition/c4")
    (record,) = trail.records
    assert (record.kind, record.outcome) == (AuditKind.REFUSAL, AuditOutcome.REFUSED)
    assert ([str(each) for each in record.entities], record.patients[0].id) == (["Condition/c4"], "p4")


def test_a_read_that_cannot_be_audited_is_refused(trail: Trail) -> None:
    process = process_with()
    trail.full = True
    for ask in (lambda: process.timeline(user("gp"), "p1"), lambda: process.event(user("gp"), "p1", "Condition/c1")):
        with pytest.raises(AuditUnavailable):
            ask()


def test_the_reason_of_an_emergency_access_is_audited(trail: Trail) -> None:
    process = process_with(grant_of("g", "p4", "gp", -10, 50))
    process.event(user("gp"), "p4", "Condition/c4")
    assert [record.why for record in trail.records] == ["emergency: pain"]


def test_the_json_of_a_record_has_the_beginning_of_a_file_that_is_in_it() -> None:
    content = [{"attachment": {"contentType": "application/pdf", "data": "A" * 500, "title": "Sheet"}}]
    raw = json.loads(_raw({"resourceType": "DocumentReference", "content": content}, "p1"))
    assert raw["content"][0]["attachment"] == {
        "contentType": "application/pdf", "data": "A" * 80 + "...", "title": "Sheet",
    }  # fmt: skip
    short = {"resourceType": "Binary", "contentType": "text/plain", "data": "QQ==", "x": [{"data": "B" * 500}]}
    assert json.loads(_raw(short, "p1")) == short
