"""The relationship of a user to a patient, as the server's care teams, consents and emergency access give it."""

from datetime import timedelta

import pytest

from dashboard.access.relationship import relationship_to
from dashboard.access.request_context import request_context
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerRefused, ServerUnavailable, Unsupported
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

T = load_terminology()
AWAY = ServerUnavailable("server-timeout", reference="r1")


def grant(patient_id: str = "p4", who: str = "gp", minutes: int = 50, ident: str = "grant") -> Json:
    """Emergency access that began ten minutes ago."""
    access = EmergencyAccess(
        Reference("Task", ident), Reference("Patient", patient_id), Reference("Practitioner", who), "emergency", "pain",
        AS_OF - timedelta(minutes=10), AS_OF + timedelta(minutes=minutes), who, Reference("Organization", "team-9"),
        source={},
    )  # fmt: skip
    return {**to_fhir(access), "id": ident}


def relationship(*rows: Json, patient_id: str = "p4", server: FakeFhirServer | None = None) -> Relationship:
    server = server or FakeFhirServer([*make.cohort(), *rows])
    context = request_context(server, make.user("gp"), make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)
    return relationship_to(context, patient_id)


def test_a_member_of_a_team_of_the_patient_is_of_the_team() -> None:
    through = relationship(patient_id="p1")
    assert (through.relation, [team.patient.id for team in through.teams]) == (Relation.TEAM, ["p1"])
    assert through.emergency_access is None


@pytest.mark.parametrize("patient_id", ["p4", "p99"])
def test_anybody_else_is_of_another_team_whether_the_patient_exists_or_not(patient_id: str) -> None:
    assert relationship(patient_id=patient_id).relation is Relation.OTHER_TEAM


def test_the_cost_does_not_reveal_whether_a_patient_exists() -> None:
    asked = []
    for patient_id in ("p4", "p99"):
        server = FakeFhirServer(make.cohort())
        relationship(patient_id=patient_id, server=server)
        asked.append([(request.type, request.params, request.fresh) for request in server.asked])
    assert asked[0] == asked[1]
    assert [(kind, fresh) for kind, _, fresh in asked[0]] == [("CareTeam", True), ("Task", True), ("Consent", True)]


@pytest.mark.parametrize(
    "consent",
    [
        make.consent("p1", {"type": "deny"}, ident="deny"),
        make.consent("p1", naming("deny", "Practitioner/gp"), ident="deny"),
        make.consent("p1", {"type": "?"}, ident="unreadable"),
    ],
)
def test_a_consent_that_denies_or_cannot_be_read_keeps_the_team_out(consent: Json) -> None:
    assert relationship(consent, patient_id="p1").relation is Relation.OTHER_TEAM


def test_emergency_access_opens_the_record_of_another_team_with_its_latest_end() -> None:
    opened = relationship(grant(minutes=20, ident="first"), grant(minutes=40, ident="second"))
    assert opened.relation is Relation.EMERGENCY_ACCESS
    assert opened.emergency_access is not None
    assert opened.emergency_access.until == AS_OF + timedelta(minutes=40)


@pytest.mark.parametrize("row", [grant(minutes=0), grant("p3"), grant(who="nurse")])
def test_emergency_access_that_has_ended_or_is_of_others_opens_nothing(row: Json) -> None:
    assert relationship(row).relation is Relation.OTHER_TEAM


def test_a_patient_who_keeps_the_user_out_is_not_opened_by_emergency_access() -> None:
    denied = make.consent("p4", naming("deny", "Practitioner/gp"), ident="deny")
    assert relationship(grant(), denied).relation is Relation.OTHER_TEAM


def test_a_member_of_the_team_needs_no_emergency_access() -> None:
    through = relationship(grant("p1"), patient_id="p1")
    assert (through.relation, through.emergency_access) == (Relation.TEAM, None)


@pytest.mark.parametrize("error", [ServerRefused("server-refused"), Unsupported("type-not-served", what="Task"), None])
def test_a_server_that_cannot_search_for_emergency_access_has_none(error: Exception | None) -> None:
    server = FakeFhirServer([*make.cohort(), grant()])
    if error is not None:
        server.failing["Task"] = error  # type: ignore[assignment]
    expected = Relation.EMERGENCY_ACCESS if error is None else Relation.OTHER_TEAM
    assert relationship(server=server).relation is expected


@pytest.mark.parametrize("kind", ["CareTeam", "Consent", "Task"])
def test_a_question_that_decides_and_cannot_be_answered_is_an_error(kind: str) -> None:
    server = FakeFhirServer(make.cohort())
    server.failing[kind] = AWAY
    with pytest.raises(ServerUnavailable):
        relationship(server=server)
