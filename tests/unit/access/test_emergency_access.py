"""What the server is asked before emergency access is given, and what decides where it lacks something."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.access.emergency_access import find_by_identifier, teams_and_consents
from dashboard.access.relationship import relationship_to
from dashboard.access.request_context import RequestContext, request_context
from dashboard.domain.access.permissions import Relation
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.fhir.terminology_files import load_terminology
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, naming

T = load_terminology()
LEEDS = Reference("Organization", "leeds")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def context(server: FakeFhirServer, *organisations: Reference) -> RequestContext:
    user = replace(make.user("gp"), organizations=organisations)
    return request_context(server, user, make.scope("gp"), T, AS_OF)


@pytest.mark.parametrize("denied", ["Organization/leeds", "Organization/north"])
def test_who_works_for_a_denied_organisation_or_a_part_of_it_is_kept_out(server: FakeFhirServer, denied: str) -> None:
    server.put(make.organisation("north", "North", "govt"))
    server.put(make.organisation("leeds", "Leeds", "prov", "north"))
    server.put(make.consent("p1", naming("deny", denied)))
    assert relationship_to(context(server, LEEDS), "p1").relation is Relation.OTHER_TEAM
    assert relationship_to(context(server), "p1").relation is Relation.TEAM


def test_a_server_that_serves_no_consents_is_not_asked_for_them(server: FakeFhirServer) -> None:
    types = {name: kind for name, kind in server.capabilities.types.items() if name != "Consent"}
    server.capabilities = replace(server.capabilities, types=types)
    assert relationship_to(context(server), "p1").relation is Relation.TEAM
    teams, consents = teams_and_consents(context(server), "p1")
    assert ([str(team.origin) for team in teams], consents) == (["CareTeam/ct-p1-team-1"], [])
    assert server.counts()["Consent"] == 0


def test_teams_and_consents_are_those_of_the_patient_and_never_from_a_cache(server: FakeFhirServer) -> None:
    teams, consents = teams_and_consents(context(server), "p4")
    assert [str(team.origin) for team in teams] == ["CareTeam/ct-p4-team-2"]
    assert [str(getattr(consent, "origin", "")) for consent in consents] == ["Consent/consent-p4"]
    assert [(request.type, request.patients, request.fresh) for request in server.asked] == [
        ("CareTeam", ("p4",), True),
        ("Consent", ("p4",), True),
    ]


def test_a_patient_is_identified_with_the_site_and_never_from_a_cache(server: FakeFhirServer) -> None:
    person = find_by_identifier(context(server), "9990123404")
    assert (str(person.patient), str(person.site)) == ("Patient/p4", "Organization/org-1")
    assert [request.fresh for request in server.asked] == [True]


@pytest.mark.parametrize("typed", ["9999", "9" * 64])
def test_four_letters_are_enough_of_an_identifier_and_sixty_four_not_too_many(
    server: FakeFhirServer, typed: str
) -> None:
    with pytest.raises(NotFound, match=r"^identifier-not-found$"):
        find_by_identifier(context(server), typed)
    assert server.counts()["Patient"] == 1


@pytest.mark.parametrize("same_number", [True, False])
def test_a_replaced_record_leads_to_the_one_that_replaces_it(server: FakeFhirServer, same_number: bool) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p4"}}]
    old = make.patient("p1", "Zhou") | {"active": False, "link": link}
    server.put(old | {"identifier": make.patient("p4", "Zhou")["identifier"]} if same_number else old)
    person = find_by_identifier(context(server), "9990123404" if same_number else "9990123401")
    assert str(person.patient) == "Patient/p4"


@pytest.mark.parametrize("link", [[], [{"type": "replaced-by", "other": {"reference": "Patient/gone"}}]])
def test_a_record_that_is_not_in_use_and_leads_nowhere_can_be_opened_in_an_emergency(
    server: FakeFhirServer, link: Any
) -> None:
    server.put(make.patient("p1", "Aldous") | {"active": False, "link": link})
    assert str(find_by_identifier(context(server), "9990123401").patient) == "Patient/p1"


def test_a_site_that_the_patient_does_not_have_is_none(server: FakeFhirServer) -> None:
    homeless = make.patient("p4", "Zhou")
    del homeless["managingOrganization"]
    server.put(homeless)
    assert find_by_identifier(context(server), "9990123404").site is None
