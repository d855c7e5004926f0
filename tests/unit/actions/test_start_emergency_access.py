"""Breaking the glass: exactly one patient, a reason, a set time, told to the coordinator, nothing without a record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import fhirkit
import pytest

from dashboard.actions.start_emergency_access import start_emergency_access
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess, EmergencyReason
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable, UserFacingError
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_patient import get_patient
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, SNOMED, Json, naming

GP = make.user("gp")
ZHOU = "9990123404"  # p4, of the nurse's team


def with_coordinator() -> Json:
    team = make.care_team("p4", ["nurse", "sue"], "team-2")
    team["participant"][1]["role"] = [make.concept(SNOMED, "768820003")]
    team["participant"][1]["member"]["display"] = "Sue Hale"
    return team


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), with_coordinator(), make.practitioner("sue", "Ms Sue Hale")])


def broken(
    server: FakeFhirServer, actor: User = GP, identifier: str = ZHOU, words: str = "Chest pain", **more: Any
) -> EmergencyAccess:
    return start_emergency_access(
        server, actor, identifier, EmergencyReason.EMERGENCY, **{"reason": words, "at": AS_OF, "minutes": 60, **more}
    )


def opened(server: FakeFhirServer, minutes: float = 0, actor: User = GP, patient_id: str = "p4") -> str:
    """With nothing kept, as after a restart."""
    at = AS_OF + timedelta(minutes=minutes)
    scope = make.scope(str(actor.practitioner).split("/")[1])
    found = get_patient(
        server, actor, scope, load_terminology(), patient_id, at, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    assert found.emergency_access is not None
    return found.person.id


def test_the_grant_opens_the_one_patient_for_the_one_person_until_it_ends(server: FakeFhirServer) -> None:
    with pytest.raises(NotFound):
        opened(server)
    grant = broken(server)
    assert (grant.reason, grant.text, grant.until - grant.since) == ("emergency", "Chest pain", timedelta(hours=1))
    assert opened(server) == opened(server, 59.9) == "p4"
    for minutes, actor, patient_id in ((60, GP, "p4"), (0, make.user("other"), "p4"), (0, GP, "p99")):
        with pytest.raises(NotFound):
            opened(server, minutes, actor, patient_id)


def test_the_coordinator_of_the_patients_team_is_told(server: FakeFhirServer) -> None:
    broken(server)
    sue = replace(make.user("sue"), roles=(Role.COORDINATOR,))
    tasks = get_my_tasks(server, sue, make.scope("sue"), AS_OF, terminology=load_terminology(), team_cache=TeamCache())
    (told,) = [line for line in tasks.tasks if line.owner == sue.practitioner]
    assert told.patient == Reference("Patient", "p4")
    assert told.text == "gp looked at this record from outside the team: Chest pain. Check that the reason holds."
    row = server.rows["Task"][told.origin.id]
    assert row["requester"] == {"reference": "Practitioner/gp", "display": "gp"}
    assert row["reasonCode"]["text"] == "Chest pain"
    assert {code["code"] for code in row["reasonCode"]["coding"]} == {"emergency", "BTG"}


def test_without_a_coordinator_the_team_is_told_else_the_site(server: FakeFhirServer) -> None:
    server.put(make.care_team("p4", ["nurse"], "team-2"))
    assert _owner(server, broken(server)) == "Organization/team-2"
    server.delete("CareTeam", "ct-p4-team-2")
    assert _owner(server, broken(server)) == "Organization/org-1"
    homeless = make.patient("p4", "Zhou")
    del homeless["managingOrganization"]
    server.put(homeless)
    with pytest.raises(NotPermitted, match="emergency-access-without-recipient"):
        broken(server)


def _owner(server: FakeFhirServer, grant: EmergencyAccess) -> str:
    owner: str = server.rows["Task"][grant.origin.id]["owner"]["reference"]
    return owner


def test_the_grant_and_who_gave_it_are_written_together(server: FakeFhirServer) -> None:
    before = len(server.rows["Provenance"])
    broken(server)
    record = list(server.rows["Provenance"].values())[-1]
    task = list(server.rows["Task"].values())[-1]
    assert fhirkit.validate(task) == fhirkit.validate(record) == []
    assert len(server.rows["Provenance"]) == before + 1
    assert record["target"][0]["reference"] == f"Task/{task['id']}"
    assert (record["activity"]["coding"][0]["code"], record["reason"]) == ("CREATE", [{"text": "Chest pain"}])


def test_a_coordinator_ends_it_by_saying_no(server: FakeFhirServer) -> None:
    grant = broken(server)
    server.put({**server.rows["Task"][grant.origin.id], "status": "cancelled"})
    with pytest.raises(NotFound):
        opened(server, 1)


def test_completing_and_reopening_the_task_changes_nothing_about_the_time(server: FakeFhirServer) -> None:
    grant = broken(server)
    row = server.rows["Task"][grant.origin.id]
    server.put({**row, "status": "completed", "executionPeriod": {"end": "2030-01-01T00:00:00+00:00"}})
    assert opened(server, 59) == "p4"
    with pytest.raises(NotFound):
        opened(server, 61)


@pytest.mark.parametrize("identifier", ["999 012 3404", "999-012-3404", f" {ZHOU} "])
def test_the_identifier_may_be_typed_with_spaces_and_hyphens(server: FakeFhirServer, identifier: str) -> None:
    assert broken(server, identifier=identifier).patient == Reference("Patient", "p4")


@pytest.mark.parametrize(
    "identifier", ["9990123499", "999012340", "Zhou", "99901234*", "9990123404,9990123401", "http://x|9990123404"]
)
def test_only_the_whole_identifier_finds_anybody(server: FakeFhirServer, identifier: str) -> None:
    with pytest.raises(NotFound, match="identifier-not-found"):
        broken(server, identifier=identifier)
    assert "Task" not in [request.type for request in server.asked]


@pytest.mark.parametrize("identifier", ["", "  ", "99", "--- ---", "9" * 65, "999012\x003404"])
def test_what_is_no_identifier_is_refused_before_anything_is_asked(server: FakeFhirServer, identifier: str) -> None:
    with pytest.raises(UserFacingError, match="identifier-incomplete"):
        broken(server, identifier=identifier)
    assert server.asked == []


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 1001])
def test_no_glass_without_a_reason(server: FakeFhirServer, words: str) -> None:
    with pytest.raises(UserFacingError, match=r"emergency-reason-empty|reason-too-long most=1000"):
        broken(server, words=words)
    assert server.asked == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLINICIAN])
def test_only_clinicians_break_it(server: FakeFhirServer, role: Role) -> None:
    with pytest.raises(NotPermitted, match="emergency-access-not-permitted"):
        broken(server, replace(GP, roles=(role,)))
    assert server.asked == []


@pytest.mark.parametrize("rule", [{"type": "deny"}, naming("deny", "Practitioner/gp"), {"type": "?"}])
def test_consent_stands_above_it_and_looks_like_nobody(server: FakeFhirServer, rule: Json) -> None:
    server.put(make.consent("p4", rule))
    with pytest.raises(NotFound, match="identifier-not-found"):
        broken(server)


def test_consent_taken_back_while_it_is_broken_ends_it(server: FakeFhirServer) -> None:
    broken(server)
    assert opened(server) == "p4"
    server.put(make.consent("p4", {"type": "deny"}))
    with pytest.raises(NotFound):
        opened(server)


def test_a_patient_of_my_own_team_needs_none(server: FakeFhirServer) -> None:
    with pytest.raises(UserFacingError, match="emergency-access-in-team"):
        broken(server, identifier="9990123401")


def test_two_patients_of_one_identifier_open_neither(server: FakeFhirServer) -> None:
    server.put({**make.patient("p5", "Other"), "identifier": [{"value": ZHOU}]})
    with pytest.raises(UserFacingError, match="identifier-ambiguous"):
        broken(server)


def test_nothing_opens_when_the_record_of_it_cannot_be_written(server: FakeFhirServer, monkeypatch: Any) -> None:
    def refuse(entries: Any) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    monkeypatch.setattr(server, "transaction", refuse)
    with pytest.raises(ServerUnavailable):
        broken(server)
    monkeypatch.undo()
    with pytest.raises(NotFound):
        opened(server)


# The audit record


def test_what_was_typed_and_why_is_on_record_before_and_the_patient_and_the_grant_after(
    server: FakeFhirServer, trail: Trail
) -> None:
    grant = broken(server, identifier="999 012 3404")
    [begun] = trail.begun
    assert (begun.patients, begun.entities) == ((), ())
    assert (begun.query, begun.why) == ("Patient?identifier=999 012 3404", "emergency: Chest pain")
    [ended] = [record for record in trail.records if record.id == begun.id]
    assert (ended.patients, ended.entities) == ((Reference("Patient", "p4"),), (grant.origin,))
    assert (ended.query, ended.why) == (begun.query, begun.why)


def test_the_longest_reason_is_on_record_to_its_last_letter(server: FakeFhirServer, trail: Trail) -> None:
    words = "x" * (LONGEST_REASON - 1) + "y"
    broken(server, words=words)
    assert trail.begun[0].why == f"emergency: {words}"


def test_a_text_that_is_no_identifier_is_on_record_by_its_beginning(server: FakeFhirServer, trail: Trail) -> None:
    with pytest.raises(UserFacingError):
        broken(server, identifier="9" * 1000)
    assert trail.begun[0].query == "Patient?identifier=" + "9" * 181


def test_a_clinician_without_a_practitioner_gets_no_access(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted, match=r"^emergency-access-without-practitioner$"):
        broken(server, replace(GP, practitioner=None))
    assert server.asked == []


def test_the_time_is_a_setting_of_at_most_a_day(server: FakeFhirServer) -> None:
    assert broken(server, minutes=15).until == AS_OF + timedelta(minutes=15)
    for minutes in (0, -1, 24 * 60 + 1):
        with pytest.raises(ValueError, match="at most a day"):
            broken(server, minutes=minutes)
