"""The context of a request: whose role and scope it takes, and what it asks about organisations and consents."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.access.request_context import (
    RequestContext,
    includes_every_consent,
    organisations_of,
    parents_of_organisations,
    request_context,
    result_or_raise,
    search_or_raise,
    serves_consents,
)
from dashboard.domain.access.permissions import Action, Role
from dashboard.domain.access.relationship import Viewer
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted, ServerUnavailable
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
REGION, PRACTICE = Reference("Organization", "region-1"), Reference("Organization", "org-1")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def context(server: FakeFhirServer, **more: Any) -> RequestContext:
    made = request_context(server, make.user("gp"), make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)
    return replace(made, **more)


def team(organisation: str | None) -> CareTeam:
    row = make.care_team("p1", ["gp"])
    row["managingOrganization"] = [{"reference": organisation}] if organisation else []
    read = care_team(row)
    assert read is not None
    return read


def test_a_context_is_of_the_user_the_scope_and_the_moment(server: FakeFhirServer) -> None:
    user = replace(make.user("gp"), organizations=(PRACTICE,))
    made = request_context(server, user, make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)
    assert (made.me, made.scope, made.as_of, made.organizations) == (
        Reference("Practitioner", "gp"),
        make.scope("gp"),
        AS_OF,
        (PRACTICE,),
    )
    assert made.viewer == Viewer(made.me, made.organizations)
    assert server.asked == []


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLINICIAN, Role.COORDINATOR)])
def test_a_role_that_may_not_is_refused_before_anything_is_asked(server: FakeFhirServer, role: Role) -> None:
    with pytest.raises(NotPermitted):
        request_context(server, replace(make.user("gp"), roles=(role,)), make.scope("gp"), T, AS_OF)
    assert server.asked == []


def test_a_user_who_is_no_practitioner_is_refused(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted):
        request_context(server, replace(make.user("gp"), practitioner=None), make.scope("gp"), T, AS_OF)


@pytest.mark.parametrize(
    ("who", "url", "message"),
    [("nurse", "http://fake.test/fhir", "somebody else"), ("gp", "http://else.test/fhir", "another server")],
)
def test_a_scope_of_another_user_or_server_is_a_defect(
    server: FakeFhirServer, who: str, url: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        request_context(server, make.user("gp"), make.scope(who, url), T, AS_OF)


@pytest.mark.parametrize(("software", "includes"), [(EMBEDDED_SERVER, True), ("HAPI FHIR Server", False)])
def test_only_the_embedded_server_is_known_to_include_every_consent(
    server: FakeFhirServer, software: str, includes: bool
) -> None:
    server.capabilities = replace(server.capabilities, software=software)
    assert includes_every_consent(server) is includes


def test_a_server_serves_consents_unless_it_says_that_it_does_not(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert serves_consents(server)
    monkeypatch.setattr(type(server.capabilities), "serves", lambda self, kind: kind != "Consent")
    assert not serves_consents(server)


def test_the_parents_of_an_organisation_go_all_the_way_up(server: FakeFhirServer) -> None:
    parents = parents_of_organisations(context(server, organizations=(PRACTICE,)), [])
    assert parents == {str(PRACTICE): {str(REGION)}, str(REGION): set()}
    assert len(server.asked) == 1


def test_without_organisations_no_parents_are_asked_for(server: FakeFhirServer) -> None:
    assert parents_of_organisations(context(server), [team(None)]) == {}
    assert server.asked == []


def test_an_error_in_place_of_a_result_is_raised(server: FakeFhirServer) -> None:
    error = ServerUnavailable("server-timeout", reference="r1")
    with pytest.raises(ServerUnavailable) as raised:
        result_or_raise(error)
    assert raised.value is error
    server.down = True
    with pytest.raises(ServerUnavailable):
        search_or_raise(context(server), SearchRequest("Organization"))


def test_organisations_are_read_from_matches_and_included_resources() -> None:
    result = SearchResult(
        SearchRequest("CareTeam"),
        [make.organisation("a", "Above", "govt")],
        {"Organization/b": make.organisation("b", "Below", "prov", "a"), "Patient/p1": make.patient("p1", "Aldous")},
    )
    assert {ident: organisation.name for ident, organisation in organisations_of(result).items()} == {
        "a": "Above",
        "b": "Below",
    }
