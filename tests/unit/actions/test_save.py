"""Nothing is written without an actor, a reason and an audit record, and never over what somebody else saved."""

import ast
import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dashboard.actions.complete_task import complete_task
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import complete
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    AuditUnavailable,
    NotPermitted,
    ServerUnavailable,
    UnexpectedAnswer,
    Unsupported,
    UserFacingError,
    VersionConflict,
)
from dashboard.fhir.mapping.task import from_fhir
from tests.conftest import Trail
from tests.fakes import FakeFhirServer, capabilities
from tests.unit import people_and_teams as make
from tests.unit.house.source import dotted, modules
from tests.unit.people_and_teams import AS_OF

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
UNPROTECTED = Notice("unprotected-save", "Task")


@audited(AuditKind.UPDATE, lambda asked, saved: AuditSubject())
def save_on_record(fhir: Any, values: Any, actor: User, reason: str, at: Any) -> Saved[Any]:
    return save(fhir, values, actor=actor, activity="test", reason=reason, at=at)


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(
        [*make.cohort(), make.task("x", "p1", "Practitioner/gp"), make.task("y", "p1", "Practitioner/gp")]
    )


def done(server: FakeFhirServer, ident: str = "x") -> Task:
    return complete(from_fhir(server.read("Task", ident)), AS_OF)


def status(server: FakeFhirServer, ident: str = "x") -> Any:
    return server.rows["Task"][ident]["status"]


# No write without actor, reason and audit


def test_nothing_is_saved_off_the_record(server: FakeFhirServer) -> None:
    with pytest.raises(RuntimeError, match="audited action"):
        save(server, [done(server)], actor=GP, activity="complete", reason="done", at=AS_OF)
    assert status(server) == "requested"


def test_nothing_is_saved_in_anothers_name(server: FakeFhirServer) -> None:
    @audited(AuditKind.UPDATE, lambda asked, saved: AuditSubject())
    def forge(actor: User, at: Any) -> Any:
        return save(server, [done(server)], actor=GP, activity="complete", reason="done", at=at)

    with pytest.raises(RuntimeError, match="same actor"):
        forge(User(Reference("Practitioner", "nurse"), "Nurse"), AS_OF)
    assert status(server) == "requested"


def test_a_read_is_no_record_of_a_write(server: FakeFhirServer) -> None:
    @audited(AuditKind.QUERY, lambda asked, saved: AuditSubject())
    def read(user: User, as_of: Any) -> Any:
        return save(server, [done(server)], actor=user, activity="complete", reason="done", at=as_of)

    with pytest.raises(RuntimeError, match="audited action"):
        read(GP, AS_OF)
    assert status(server) == "requested"


def test_a_write_is_off_the_record_again_once_it_is_done(server: FakeFhirServer) -> None:
    save_on_record(server, [done(server)], GP, "done", AS_OF)
    with pytest.raises(RuntimeError):
        save(server, [done(server, "y")], actor=GP, activity="complete", reason="done", at=AS_OF)


def test_nothing_is_saved_where_no_record_can_be_kept(server: FakeFhirServer, trail: Trail) -> None:
    trail.full = True
    with pytest.raises(AuditUnavailable):
        save_on_record(server, [done(server)], GP, "done", AS_OF)
    assert status(server) == "requested"


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [("", "reason-empty"), ("  \n", "reason-empty"), ("x" * (LONGEST_REASON + 1), "reason-too-long most=1000")],
)
def test_a_reason_is_needed_and_has_an_end(server: FakeFhirServer, reason: str, refusal: str) -> None:
    with pytest.raises(UserFacingError, match=f"^{refusal}$"):
        save_on_record(server, [done(server)], GP, reason, AS_OF)
    assert status(server) == "requested"


def test_the_longest_reason_is_saved_to_its_last_letter(server: FakeFhirServer) -> None:
    known, reason = set(server.rows["Provenance"]), "x" * (LONGEST_REASON - 1) + "y"
    save_on_record(server, [done(server)], GP, reason, AS_OF)
    [ident] = set(server.rows["Provenance"]) - known
    assert server.rows["Provenance"][ident]["reason"] == [{"text": reason}]


def test_nobody_saves_without_a_clinical_identity(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted, match=r"^not-in-a-care-team$"):
        save_on_record(server, [done(server)], User(None, "Manager"), "done", AS_OF)


def test_no_action_has_a_default_for_who_or_why() -> None:
    for source in modules("dashboard/actions"):
        for name, function in vars(importlib.import_module(source.name)).items():
            if inspect.isfunction(function) and function.__module__.startswith("dashboard.actions"):
                for parameter in inspect.signature(function).parameters.values():
                    if parameter.name in ("actor", "reason", "at"):
                        assert parameter.default is parameter.empty, f"{source.name}.{name}: {parameter.name}"


def test_only_save_and_the_audit_log_write_to_the_server() -> None:
    """Every write of the layers above `fhir` goes through `save`; the audit log writes its own events."""
    writers = {
        module.name
        for layer in ("ui", "queries", "actions", "cache", "evaluation", "access", "audit")
        for module in modules(f"dashboard/{layer}")
        for node in module.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func).rpartition(".")[2] in ("transaction", "create", "put_new", "write", "Entry")
    }
    assert writers == {"dashboard.actions.save", "dashboard.actions.save_in_steps", "dashboard.audit.log"}


# What is written together


def test_several_values_are_saved_with_one_provenance(server: FakeFhirServer) -> None:
    known = set(server.rows["Provenance"])
    saved = save_on_record(server, [done(server), done(server, "y")], GP, "both at once", AS_OF)
    assert [(task.origin.id, task.status, task.version) for task in saved.values] == [
        ("x", "completed", "2"),
        ("y", "completed", "2"),
    ]
    [ident] = set(server.rows["Provenance"]) - known
    record = server.rows["Provenance"][ident]
    assert [part["reference"] for part in record["target"]] == ["Task/x/_history/2", "Task/y/_history/2"]
    assert [part["what"]["reference"] for part in record["entity"]] == ["Task/x/_history/1", "Task/y/_history/1"]
    assert record["activity"]["coding"][0]["code"] == "UPDATE"


def test_one_conflict_among_several_saves_nothing(server: FakeFhirServer) -> None:
    first, second = done(server), done(server, "y")
    server.put(make.task("y", "p1", "Practitioner/nurse"))
    with pytest.raises(VersionConflict):
        save_on_record(server, [first, second], GP, "both at once", AS_OF)
    assert status(server) == "requested"


def test_a_new_record_is_linked_within_the_transaction(server: FakeFhirServer, monkeypatch: Any) -> None:
    sent: list[Any] = []
    real = server.transaction
    monkeypatch.setattr(server, "transaction", lambda entries: sent.extend(entries) or real(entries))
    new = new_reference("Task")
    task = replace(done(server), origin=new, source={})
    monkeypatch.setattr(
        "dashboard.actions.save.to_fhir",
        lambda value: {
            "resourceType": value.origin.type,
            "target": [{"reference": str(each)} for each in getattr(value, "changed", ())],
            "status": "requested",
        },
    )
    saved = save_on_record(server, [task], GP, "new", AS_OF)
    [created, record] = sent
    assert created.method == "POST" and created.full_url == f"urn:uuid:{new.id}"
    assert record.resource["target"] == [{"reference": f"urn:uuid:{new.id}"}]
    assert saved.value.origin != new


def test_an_answer_that_cannot_be_read_is_no_success(server: FakeFhirServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "transaction", lambda entries: [{"resourceType": "Task", "authoredOn": 3}, {}])
    with pytest.raises(UnexpectedAnswer, match=r"^save-answer-unreadable$"):
        save_on_record(server, [done(server)], GP, "done", AS_OF)


def test_where_the_answer_says_nothing_the_record_is_read_again(server: FakeFhirServer, monkeypatch: Any) -> None:
    real = server.transaction
    monkeypatch.setattr(server, "transaction", lambda entries: [{} for _ in real(entries)])
    assert save_on_record(server, [done(server)], GP, "done", AS_OF).value.status == "completed"


# Servers that lack something


def test_a_server_that_guards_updates_is_trusted_to(server: FakeFhirServer) -> None:
    assert save_on_record(server, [done(server)], GP, "done", AS_OF).notices == ()


@pytest.mark.parametrize("versioning", ["versioned", "no-version", ""])
def test_without_versioned_update_it_is_saved_and_said(server: FakeFhirServer, versioning: str) -> None:
    server.capabilities = capabilities(versioning=versioning)
    saved = complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
    assert (saved.value.status, saved.notices) == ("completed", (UNPROTECTED,))


def overtaken_before_writing(server: FakeFhirServer, by: Callable[[], Any]) -> None:
    """Somebody else saves between the first read of the task and the second."""
    read, times = server.read, []

    def read_then_overtaken(type: str, id: str) -> Any:
        times.append(id)
        if len(times) == 2:
            by()
        return read(type, id)

    server.read = read_then_overtaken  # type: ignore[method-assign]


def test_without_versioned_update_a_newer_version_is_a_conflict(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(versioning="no-version")
    overtaken_before_writing(server, lambda: server.put(make.task("x", "p1", "Practitioner/nurse")))
    written = len(server.rows["Provenance"])
    with pytest.raises(VersionConflict, match="version-changed what=Task"):
        complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
    assert server.rows["Task"]["x"]["owner"]["reference"] == "Practitioner/nurse"
    assert (status(server), len(server.rows["Provenance"])) == ("requested", written)


@pytest.mark.parametrize("changed", [True, False])
def test_without_any_version_the_content_is_compared(server: FakeFhirServer, changed: bool) -> None:
    server.capabilities = capabilities(versioning="no-version")
    del server.rows["Task"]["x"]["meta"]
    task = done(server)
    if changed:
        server.rows["Task"]["x"]["priority"] = "urgent"
        with pytest.raises(VersionConflict):
            save_on_record(server, [task], GP, "done", AS_OF)
    else:
        assert save_on_record(server, [task], GP, "done", AS_OF).notices == (UNPROTECTED,)
    assert status(server) == ("requested" if changed else "completed")


def test_the_same_version_in_other_words_is_no_conflict(server: FakeFhirServer) -> None:
    """A server may write its own narrative each time it is asked; its version says whether somebody saved."""
    server.capabilities = capabilities(versioning="no-version")
    task = done(server)
    server.rows["Task"]["x"]["text"] = {"status": "generated", "div": "<div>Made just now</div>"}
    assert save_on_record(server, [task], GP, "done", AS_OF).notices == (UNPROTECTED,)


def test_a_new_record_before_an_unprotected_one_leaves_that_compared(server: FakeFhirServer, monkeypatch: Any) -> None:
    monkeypatch.setattr("dashboard.actions.save.to_fhir", lambda value: {"resourceType": value.origin.type})
    server.capabilities = capabilities(versioning="no-version")
    changed = done(server)
    server.put(make.task("x", "p1", "Practitioner/nurse"))
    with pytest.raises(VersionConflict, match=r"^version-changed what=Task$"):
        save_on_record(server, [replace(changed, origin=new_reference("Task"), source={}), changed], GP, "r", AS_OF)


def test_without_transactions_nothing_is_saved(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(transactions=False)
    with pytest.raises(Unsupported, match="transaction-not-supported"):
        complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
    assert status(server) == "requested"


def test_a_server_that_is_away_saves_nothing(server: FakeFhirServer) -> None:
    task = done(server)
    server.down = True
    with pytest.raises(ServerUnavailable):
        save_on_record(server, [task], GP, "done", AS_OF)


def test_a_moment_without_zone_is_a_defect(server: FakeFhirServer) -> None:
    @audited(AuditKind.UPDATE, lambda asked, saved: AuditSubject())
    def save_at(actor: User, at: Any) -> Any:
        return save(server, [done(server)], actor=actor, activity="test", reason="done", at=at.replace(tzinfo=None))

    with pytest.raises(ValueError, match="time zone"):
        save_at(GP, AS_OF)


def test_what_was_created_without_a_word_of_it_is_not_known(server: FakeFhirServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "transaction", lambda entries: [{} for _ in entries])
    monkeypatch.setattr("dashboard.actions.save.to_fhir", lambda value: {"resourceType": value.origin.type})
    with pytest.raises(UnexpectedAnswer, match=r"^save-answer-unreadable$"):
        save_on_record(server, [replace(done(server), source={})], GP, "new", AS_OF)


# Linked records


def test_no_two_new_records_have_the_same_reference() -> None:
    assert new_reference("Task") != new_reference("Task")


def test_only_references_become_addresses_in_the_transaction(server: FakeFhirServer, monkeypatch: Any) -> None:
    """Not text that looks like one, and not an element called `reference` that is no text (Consent.provision.actor)."""
    sent: list[Any] = []
    new = new_reference("Task")
    monkeypatch.setattr(server, "transaction", lambda entries: sent.extend(entries) or [{"resourceType": "Task"}, {}])
    monkeypatch.setattr(
        "dashboard.actions.save.to_fhir",
        lambda value: {
            "resourceType": value.origin.type,
            "description": str(new),
            "note": [{"text": str(new)}],
            "actor": [{"reference": {"reference": str(new)}}],
            "focus": {"reference": str(new)},
            "for": {"reference": "Patient/p1"},
        },
    )
    monkeypatch.setattr("dashboard.actions.save.from_fhir", lambda kind, row: row)
    save_on_record(server, [replace(done(server), origin=new, source={})], GP, "new", AS_OF)
    resource = sent[0].resource
    assert (resource["description"], resource["note"]) == (str(new), [{"text": str(new)}])
    assert resource["actor"] == [{"reference": {"reference": f"urn:uuid:{new.id}"}}]
    assert (resource["focus"], resource["for"]) == (
        {"reference": f"urn:uuid:{new.id}"},
        {"reference": "Patient/p1"},
    )
