"""AuditEvent as IHE BALP defines it: every kind is valid by the validators, and read back as it was written."""

import base64
from datetime import UTC, datetime
from typing import Any

import fhirkit
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import LONGEST_WHY, AuditKind, AuditOutcome, AuditRecord, record_of, session_mark
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.audit_event import BALP, audit_entry, audit_event, without_links
from dashboard.fhir.mapping.reading import read_one
from dashboard.server.validation import find_issues

WHEN = datetime(2026, 11, 20, 14, 0, 0, 123000, tzinfo=UTC)
GP = User(
    Reference("Practitioner", "gp"), "Dr Jane Okafor", organization="Warwick", roles=(Role.CLINICIAN,),
    subject="https://id.example|jane", issuer="https://id.example", session_id="secret-cookie",
)  # fmt: skip
MARY, DEREK = Reference("Patient", "p1"), Reference("Patient", "p2")
TASK = Reference("Task", "t1")
SERVER, HOST = "http://fhir.example/fhir", "host-3"
Json = dict[str, Any]


def event(kind: AuditKind, **more: Any) -> Json:
    return audit_event(record_of(GP, kind, "get_something", WHEN, **more), SERVER, HOST)


def slices(made: Json, name: str) -> list[tuple[str, str]]:
    """Returns (type code, role code) of the entities, or the type codes of the agents."""
    if name == "agent":
        return [(agent["type"]["coding"][0]["code"], str(agent["requestor"])) for agent in made["agent"]]
    return [(entity["type"]["code"], entity.get("role", {}).get("code", "")) for entity in made["entity"]]


@pytest.mark.parametrize("outcome", list(AuditOutcome))
@pytest.mark.parametrize("patients", [(), (MARY,), (MARY, DEREK)])
@pytest.mark.parametrize("kind", list(AuditKind))
def test_every_kind_is_valid_and_read_back_as_it_was_written(
    kind: AuditKind, patients: tuple[Reference, ...], outcome: AuditOutcome
) -> None:
    record = record_of(
        GP, kind, "get_something", WHEN, patients=patients, entities=(TASK,), query="Patient?name=ald",
        why="asleep in the corridor", outcome=outcome, detail="NotFound",
    )  # fmt: skip
    made = audit_event(record, SERVER, HOST)
    assert fhirkit.validate(orjson.dumps(made)) == [] and find_issues(made) == []
    entry = audit_entry(orjson.loads(orjson.dumps(made)))
    assert (entry.id, entry.when, entry.kind, entry.what) == (record.id, WHEN, kind, "get_something")
    assert (entry.who, entry.name, entry.session) == (GP.practitioner, GP.name, session_mark("secret-cookie"))
    assert (entry.patients, entry.entities, entry.why) == (patients, (TASK,), "asleep in the corridor")
    assert entry.outcome is outcome and "clinician" in entry.roles


def test_a_patient_read_follows_the_profile() -> None:
    made = event(AuditKind.PATIENT_READ, patients=(MARY,))
    assert made["meta"]["profile"] == [f"{BALP}PatientRead"] and made["action"] == "R" and made["outcome"] == "0"
    assert {"system": "http://hl7.org/fhir/restful-interaction", "code": "read", "display": "read"} in made["subtype"]
    # client is the destination, server the source of what is read, the user its recipient
    assert slices(made, "agent") == [("IRCP", "True"), ("110152", "False"), ("110153", "False")]
    assert slices(made, "entity")[:2] == [("2", "4"), ("1", "1")]
    assert all("network" in agent for agent in made["agent"][1:]) and "network" not in made["agent"][0]


def test_a_search_names_its_query_in_base64_and_nowhere_else() -> None:
    made = event(AuditKind.PATIENT_QUERY, patients=(MARY,), query="Patient?name=aldous")
    assert made["meta"]["profile"] == [f"{BALP}PatientQuery"] and made["action"] == "E"
    assert slices(made, "agent")[1:] == [("110153", "False"), ("110152", "False")]
    query = made["entity"][0]
    assert base64.b64decode(query["query"]) == b"Patient?name=aldous" and "what" not in query and "detail" not in query
    assert b"aldous" not in orjson.dumps(made)


def test_a_search_with_several_matches_names_all_in_one_event() -> None:
    made = event(AuditKind.PATIENT_QUERY, patients=(MARY, DEREK))
    assert made["meta"]["profile"] == [f"{BALP}Query"]
    assert [entity["what"]["reference"] for entity in made["entity"] if entity["type"]["code"] == "1"] == [
        "Patient/p1", "Patient/p2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "profile"), [(AuditKind.UPDATE, "PatientUpdate"), (AuditKind.CREATE, "PatientCreate")]
)
def test_a_write_names_its_author_and_the_written_record(kind: AuditKind, profile: str) -> None:
    made = event(kind, patients=(MARY,), entities=(TASK,))
    assert made["meta"]["profile"] == [BALP + profile]
    assert slices(made, "agent") == [("AUT", "True"), ("110153", "False"), ("110152", "False")]
    assert made["entity"][0]["what"]["reference"] == "Task/t1"


def test_an_export_is_a_disclosure_by_its_source() -> None:
    made = event(AuditKind.EXPORT, patients=(MARY,), query="csv")
    assert made["meta"]["profile"] == [f"{BALP}PrivacyDisclosure.Source"] and made["type"]["code"] == "110106"
    source = next(agent for agent in made["agent"] if agent["type"]["coding"][0]["code"] == "110153")
    assert source["who"] == made["source"]["observer"]  # val-audit-source


def test_an_event_that_did_not_succeed_claims_no_profile() -> None:
    made = event(AuditKind.REFUSAL, patients=(MARY,), outcome=AuditOutcome.REFUSED, detail="NotFound")
    assert "meta" not in made and made["outcome"] == "4" and made["outcomeDesc"] == "refused: NotFound"


def test_the_session_id_is_not_in_the_event() -> None:
    assert b"secret-cookie" not in orjson.dumps(event(AuditKind.SIGN_IN))


def test_emergency_access_has_its_reason() -> None:
    made = event(AuditKind.EMERGENCY_ACCESS, patients=(MARY,), why="unconscious, alone")
    assert made["purposeOfEvent"][0]["text"] == "unconscious, alone"
    assert made["purposeOfEvent"][0]["coding"][0]["code"] == "BTG" and made["type"]["code"] == "110113"


def test_a_record_without_references_has_the_same_content() -> None:
    made = event(AuditKind.REFUSAL, patients=(MARY,), entities=(TASK,), outcome=AuditOutcome.REFUSED)
    bare = without_links(made, SERVER)
    assert b'"reference"' not in orjson.dumps(bare) and find_issues(bare) == []
    assert audit_entry(bare) == audit_entry(made)


@given(
    st.text(max_size=300), st.text(max_size=LONGEST_WHY + 50), st.text(min_size=1, max_size=50),
    st.text(max_size=60),
)  # fmt: skip
def test_no_text_of_a_user_makes_an_event_invalid(query: str, why: str, name: str, subject: str) -> None:
    user = User(None, name, subject=subject)
    record = record_of(user, AuditKind.PATIENT_QUERY, "find_patients", WHEN, query=query, why=why)
    made = audit_event(record, SERVER, HOST)
    assert find_issues(made) == [], (query, why, name, subject)
    orjson.dumps(made)


PARTS = ("recorded", "agent", "entity", "subtype", "outcome", "purposeOfEvent", "source")
KEYS = ("what", "who", "reference", "identifier", "system", "code", "text", "type", "value")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(PARTS), ANYTHING))
def test_an_event_of_another_system_is_read_or_refused_without_an_internal_error(parts: Json) -> None:
    read_one({"resourceType": "AuditEvent", "id": "x", **parts}, audit_entry)


def test_a_record_needs_a_time_zone_and_a_user() -> None:
    with pytest.raises(ValueError, match="time zone"):
        record_of(GP, AuditKind.QUERY, "x", datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="user"):
        AuditRecord(AuditKind.QUERY, "x", WHEN, "")
