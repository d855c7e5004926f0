"""Nothing is read or done off the record: every query and action goes through the seam, or says why not."""

import ast
import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from dashboard.actions.comment_on_task import comment_on_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.export_patients import export_patients
from dashboard.actions.reassign_task import reassign_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.actions.withdraw_task import withdraw_task
from dashboard.audit.audited import install, record_event, viewing_session
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind, AuditOutcome, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    AuditUnavailable,
    NotFound,
    NotPermitted,
    ServerUnavailable,
    VersionConflict,
)
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_event import get_event
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.unit import people_and_teams as make
from tests.unit.house.source import ROOT, modules

T = load_terminology()
AS_OF = make.AS_OF
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", session_id="s1")
SCOPE = AccessScope("http://fake.test/fhir", "Practitioner/gp")
MARY, DEREK = Reference("Patient", "p1"), Reference("Patient", "p2")

# What needs no record, each with the reason in its own source; a new one is added here by a deliberate hand.
READS = [
    "get_worklist", "get_my_tasks", "get_patient", "find_patients", "get_timeline", "get_event", "get_care_plan",
    "get_recommendations",
]  # fmt: skip
C1 = Reference("Condition", "c1")
OFF_THE_RECORD = {
    *(
        "list_users",
        "get_own_role",
        "list_existing",
        "list_similar_people",
        "list_emergency_accesses",
        "list_organisations_of",
        "warm_up",
        "follow_plan",
        "get_team_recommendations",
        "prepare_discussed_patient",
        "change_own_task",
        "change_task",
        "save",
        "save_in_steps",
    )
}


def public() -> list[tuple[ModuleType, str, Callable[..., Any]]]:
    """The queries and actions: a function named like its file, or any other public one that takes a FHIR server."""
    found = []
    for source in modules("dashboard"):
        if source.room not in ("queries", "actions"):
            continue
        module = importlib.import_module(source.name)
        for name, value in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(value) or value.__module__ != module.__name__:
                continue
            arguments = inspect.signature(value).parameters
            asks = {"fhir", "user", "actor"} & set(arguments)
            if name == source.name.rpartition(".")[2] and asks:
                found.append((module, name, value))
    return found


def test_every_query_and_action_is_audited_or_gives_the_reason() -> None:
    forgot = [
        f"{module.__name__}.{name}"
        for module, name, function in public()
        if not hasattr(function, "__audited__") and not getattr(function, "__unaudited__", "").strip()
    ]
    assert not forgot, f"put @audited(...) on {forgot} (dashboard/audit/audited.py)"
    assert len(public()) >= 11


def test_what_is_off_the_record_is_known_here() -> None:
    assert {name for _, name, function in public() if hasattr(function, "__unaudited__")} == OFF_THE_RECORD


def test_pages_ask_and_do_only_what_is_on_record() -> None:
    """ui and pages call no function of queries and actions that reads or writes and is not marked."""
    marked = {name for _, name, _ in public()}
    plain = {
        # hold or describe what was read, and the seam itself
        "install", "viewing_session", "record_event", "plain",
        # says of an activity that was read whether it can become a record
        "can_be_converted",
        "list_usual_plans",  # of no patient: data files of ours
        "new_reference",  # a number for a record that is not there yet
    }  # fmt: skip
    for source in modules("dashboard/ui", "pages", "dashboard/app.py"):
        for node in source.nodes:
            name = str(node.module) if isinstance(node, ast.ImportFrom) else ""
            if isinstance(node, ast.ImportFrom) and name.startswith(("dashboard.queries", "dashboard.actions")):
                for alias in node.names:
                    if inspect.isfunction(getattr(importlib.import_module(name), alias.name, None)):
                        assert alias.name in marked | plain, f"{source.path.relative_to(ROOT)}: {alias.name}"


# --- what each of them puts on record ------------------------------------------------------------------------------


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort()])


def queries_of(server: FakeFhirServer) -> dict[str, Callable[..., Any]]:
    store, kept, lines, plans, found = TeamCache(), PatientCache(), PatientCache(), PatientCache(), PatientCache()
    return {
        "get_worklist": lambda: get_worklist(server, GP, SCOPE, T, AS_OF, team_cache=store),
        "get_my_tasks": lambda: get_my_tasks(server, GP, SCOPE, AS_OF, team_cache=store),
        "get_patient": lambda: get_patient(server, GP, SCOPE, T, "p1", AS_OF, team_cache=store, patient_cache=kept),
        "find_patients": lambda: find_patients(server, GP, SCOPE, "ald", AS_OF, team_cache=store),
        "get_timeline": lambda: get_timeline(server, GP, SCOPE, T, "p1", AS_OF, team_cache=store, patient_cache=lines),
        "get_event": lambda: get_event(server, GP, SCOPE, T, "p1", C1, AS_OF, team_cache=store, patient_cache=lines),
        "get_care_plan": lambda: get_care_plan(
            server, GP, SCOPE, T, "p1", AS_OF, team_cache=store, patient_cache=plans
        ),
        "get_recommendations": lambda: get_recommendations(
            server, GP, SCOPE, T, library(), "p1", AS_OF, team_cache=store, patient_cache=found
        ),
    }


@pytest.mark.parametrize("name", READS)
def test_a_read_is_on_record_with_whom_it_showed(server: FakeFhirServer, trail: Trail, name: str) -> None:
    found = queries_of(server)[name]()
    [record] = trail.records
    assert (record.what, record.who, record.when) == (name, GP.practitioner, AS_OF)
    assert record.outcome is AuditOutcome.SUCCESS and record.session and "s1" not in record.session
    shown = {
        "get_worklist": lambda: set(found.rows["patient_id"]),
        "get_my_tasks": lambda: set(found.people),
        "get_patient": lambda: {"p1"},
        "get_timeline": lambda: {"p1"},
        "get_event": lambda: {"p1"},
        "get_care_plan": lambda: {"p1"},
        "get_recommendations": lambda: {"p1"},
        "find_patients": lambda: {match.person.id for match in found},
    }[name]()
    assert {patient.id for patient in record.patients} == shown
    one = name in ("get_patient", "get_timeline", "get_event", "get_care_plan", "get_recommendations")
    assert record.kind is (AuditKind.PATIENT_READ if one else AuditKind.PATIENT_QUERY)


@pytest.mark.parametrize("name", READS)
def test_what_cannot_be_put_on_record_is_not_shown(server: FakeFhirServer, trail: Trail, name: str) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        queries_of(server)[name]()


@pytest.mark.parametrize("name", READS)
def test_nothing_is_shown_without_an_audit_log(server: FakeFhirServer, name: str) -> None:
    install(None)
    with pytest.raises(AuditUnavailable, match="audit-not-kept"):
        queries_of(server)[name]()


def test_what_is_shown_from_memory_is_a_read_too(server: FakeFhirServer, trail: Trail) -> None:
    questions = queries_of(server)
    questions["get_worklist"]()
    before = len(server.asked)
    questions["get_worklist"]()
    assert len(server.asked) == before and len(trail.records) == 2


def test_a_page_that_refreshes_itself_is_recorded_once(server: FakeFhirServer, trail: Trail) -> None:
    questions = queries_of(server)
    for _ in range(3):
        with viewing_session("monday"):
            questions["get_worklist"]()
    assert len(trail.records) == 1
    with viewing_session("tuesday"):
        questions["get_worklist"]()
    assert len(trail.records) == 2


def test_a_viewing_session_that_shows_another_patient_is_recorded_again(server: FakeFhirServer, trail: Trail) -> None:
    store = TeamCache()

    def worklist() -> None:
        with viewing_session("monday"):
            get_worklist(server, GP, SCOPE, T, AS_OF, refresh=True, team_cache=store)

    worklist()
    shown = {patient.id for patient in trail.records[0].patients}
    server.put(make.patient("p77", "Newcomer"))
    server.put(make.care_team("p77", ["gp"]))
    worklist()
    worklist()
    assert len(trail.records) == 2 and {patient.id for patient in trail.records[1].patients} == {*shown, "p77"}


def test_viewing_sessions_of_two_users_are_recorded_apart(server: FakeFhirServer, trail: Trail) -> None:
    store = TeamCache()
    for session in ("s1", "s2"):
        with viewing_session("monday"):
            get_worklist(server, replace(GP, session_id=session), SCOPE, T, AS_OF, team_cache=store)
    assert len(trail.records) == 2


def test_a_record_that_failed_is_not_taken_for_made(server: FakeFhirServer, trail: Trail) -> None:
    questions = queries_of(server)
    with viewing_session("monday"):
        trail.full = True
        with pytest.raises(AuditUnavailable):
            questions["get_worklist"]()
        trail.full = False
        questions["get_worklist"]()
    assert len(trail.records) == 1


@pytest.mark.parametrize("ident", ["p999", "p4", "../p1", "", "x" * 500, "<script>"])
def test_a_guessed_patient_is_a_refusal_with_what_was_tried(server: FakeFhirServer, trail: Trail, ident: str) -> None:
    with pytest.raises(NotFound):
        get_patient(server, GP, AccessScope(SCOPE.server, SCOPE.subject), T, ident, AS_OF, team_cache=TeamCache(),
                    patient_cache=PatientCache())  # fmt: skip
    [record] = trail.records
    assert record.kind is AuditKind.REFUSAL and record.outcome is AuditOutcome.REFUSED
    assert [patient.id for patient in record.patients] == [ident] or record.query == f"Patient?_id={ident}"


def test_a_server_that_is_away_showed_nobody_anything(server: FakeFhirServer, trail: Trail) -> None:
    server.down = True
    with pytest.raises(ServerUnavailable):
        queries_of(server)["get_worklist"]()
    assert trail.records == []


TASK = Reference("Task", "task-1")


def actions_of(server: FakeFhirServer, version: str) -> dict[str, Callable[..., Any]]:
    owner = Reference("Practitioner", "nurse")
    return {
        "withdraw_task": lambda: withdraw_task(server, GP, "task-1", version, reason="wrong patient", at=AS_OF),
        "complete_task": lambda: complete_task(server, GP, "task-1", version, reason="done", at=AS_OF),
        "reopen_task": lambda: reopen_task(server, GP, "task-1", version, reason="done", at=AS_OF),
        "reassign_task": lambda: reassign_task(server, GP, "task-1", version, owner, "Nurse", reason="leave", at=AS_OF),
        "comment_on_task": lambda: comment_on_task(server, GP, "task-1", version, "called", reason="call", at=AS_OF),
    }


def with_task(server: FakeFhirServer, status: str = "ready") -> str:
    server.put(make.care_team("p1", ["gp", "nurse"]))
    stored = server.put({
        "resourceType": "Task", "id": "task-1", "status": status, "intent": "order",
        "for": {"reference": "Patient/p1"}, "owner": {"reference": "Practitioner/gp"}, "description": "Call",
    })  # fmt: skip
    return str(stored["meta"]["versionId"])


@pytest.mark.parametrize("name", ["complete_task", "reopen_task", "reassign_task", "comment_on_task"])
def test_an_action_is_recorded_before_it_is_done_and_with_its_outcome(
    server: FakeFhirServer, trail: Trail, name: str
) -> None:
    version = with_task(server, "completed" if name == "reopen_task" else "ready")
    actions_of(server, version)[name]()
    [begun], [done] = trail.begun, trail.records
    assert begun.id == done.id and done.kind is AuditKind.UPDATE and done.what == name
    assert done.entities == (TASK,) and done.patients == (MARY,) and done.outcome is AuditOutcome.SUCCESS


@pytest.mark.parametrize("name", ["complete_task", "reopen_task", "reassign_task", "comment_on_task"])
def test_an_action_that_cannot_be_recorded_is_not_done(server: FakeFhirServer, trail: Trail, name: str) -> None:
    version = with_task(server, "completed" if name == "reopen_task" else "ready")
    trail.full = True
    with pytest.raises(AuditUnavailable):
        actions_of(server, version)[name]()
    assert server.rows["Task"]["task-1"]["meta"]["versionId"] == version


def test_an_action_that_fails_is_recorded_as_failed(server: FakeFhirServer, trail: Trail) -> None:
    with_task(server)
    with pytest.raises(VersionConflict):
        actions_of(server, "17")["complete_task"]()
    [record] = trail.records
    assert record.outcome is AuditOutcome.FAILED and record.detail == "VersionConflict"
    assert [each.id for each in trail.begun] == [record.id]


def test_an_action_whose_answer_was_lost_is_recorded_as_unknown(server: FakeFhirServer, trail: Trail) -> None:
    version = with_task(server)
    server.down = True
    with pytest.raises(ServerUnavailable):
        actions_of(server, version)["complete_task"]()
    assert [record.outcome for record in trail.records] == [AuditOutcome.UNKNOWN]


def test_an_export_is_on_record_before_there_is_a_file(trail: Trail) -> None:
    def make_file() -> bytes:
        assert len(trail.begun) == 1
        return b"names"

    asked = (FakeFhirServer(make.cohort()), GP, SCOPE, T)
    made = export_patients(*asked, ["p1", "p2"], "csv?team=t1", make_file, at=AS_OF, team_cache=TeamCache())
    assert made == b"names"
    [record] = trail.records
    assert record.kind is AuditKind.EXPORT and record.patients == (MARY, DEREK) and record.query == "csv?team=t1"


def test_an_export_that_is_not_permitted_is_a_refusal(trail: Trail) -> None:
    carer = replace(GP, roles=(Role.CARER,))
    with pytest.raises(NotPermitted):
        export_patients(
            FakeFhirServer(), carer, SCOPE, T, ["p1"], "csv", lambda: b"names", at=AS_OF, team_cache=TeamCache()
        )
    [record] = trail.records
    assert record.kind is AuditKind.REFUSAL and record.outcome is AuditOutcome.REFUSED
    assert record.id == trail.begun[0].id


def test_a_sign_in_is_recorded_by_itself(trail: Trail) -> None:
    record = record_of(GP, AuditKind.SIGN_IN, "sign_in", AS_OF)
    record_event(record)
    assert trail.records == [record]


def test_the_reads_remembered_are_bounded(
    server: FakeFhirServer, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that was forgotten is recorded again, rather than the memory growing without end."""
    monkeypatch.setattr("dashboard.audit.audited.MOST_REMEMBERED", 1)
    reads = queries_of(server)
    with viewing_session("one page"):
        for name in ("get_worklist", "get_my_tasks", "get_worklist", "get_worklist"):
            reads[name]()
    assert [record.what for record in trail.records] == ["get_worklist", "get_my_tasks", "get_worklist"]
