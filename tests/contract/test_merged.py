"""On every server: a record that only its survivor says is replaced is marked, leads there, and is not offered."""

from typing import Any

import pytest

from dashboard.access.emergency_access import find_by_identifier
from dashboard.access.request_context import RequestContext
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_worklist import get_worklist
from tests.contract.every_page import EveryPage
from tests.records import create
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.queries.test_pages_agree import T

Json = dict[str, Any]


def survivor(pages: EveryPage, kind: str = "replaces") -> str:
    """Creates a record that says that it replaces the patient's."""
    link = [{"type": kind, "other": {"reference": f"Patient/{pages.patient_id}"}}]
    row = {name: value for name, value in make.patient("p9", "Aldous").items() if name not in ("id", "identifier")}
    row.pop("managingOrganization", None)
    return str(create(pages.fhir, row | {"link": link})["id"])


def join_team(pages: EveryPage, patient_id: str) -> None:
    team = make.care_team(patient_id, [pages.ids["Practitioner/gp"]], team=pages.ids["Organization/org-1"])
    create(pages.fhir, {name: value for name, value in team.items() if name != "id"})


def people(pages: EveryPage, refresh: bool = False) -> dict[str, Person]:
    rows = get_worklist(pages.fhir, pages._gp, pages._scope, T, AS_OF, refresh, pages.teams).rows
    return {person.id: person for person in rows["person"]}


@pytest.fixture
def pages(named_fhir: tuple[str, FhirServer]) -> EveryPage:
    return EveryPage(named_fhir[1]).put()


def needs_link_search(pages: EveryPage) -> None:
    """A page about one patient asks the server who links to it; without that search it knows what the record says."""
    if pages.fhir.capabilities.searches_by("Patient", "link") is not True:
        assert pages.summary().person.survivors == ()
        pytest.skip("the server does not say that it can search Patients by link")


def test_the_old_record_is_marked_in_lists_and_not_offered(pages: EveryPage) -> None:
    new = survivor(pages)
    join_team(pages, new)
    old = people(pages)[pages.patient_id]
    assert (old.replaced, old.survivors, people(pages)[new].in_use) == (True, (new,), True)
    found = find_patients(pages.fhir, pages._gp, pages._scope, "aldous", AS_OF, T, pages.teams)
    assert [match.person.id for match in found] == [new]


def test_the_old_record_is_marked_on_its_pages(pages: EveryPage) -> None:
    new = survivor(pages)
    join_team(pages, new)
    needs_link_search(pages)
    for person in (pages.summary().person, pages.timeline().person):
        assert (person.replaced, person.survivors) == (True, (new,))
    page = pages.patient_page()
    assert "This record was replaced by another one: use that one. Open the record that replaces it" in page
    assert "This record was replaced by another one" in pages.own_record()


def test_a_survivor_of_no_team_marks_the_page_of_the_old_record(pages: EveryPage) -> None:
    new = survivor(pages)
    needs_link_search(pages)
    assert pages.summary().person.survivors == pages.timeline().person.survivors == (new,)


@pytest.mark.parametrize("kind", ["seealso", "refer", "replaced-by"])
def test_other_links_to_a_record_do_not_replace_it(pages: EveryPage, kind: str) -> None:
    join_team(pages, survivor(pages, kind))
    assert people(pages)[pages.patient_id].in_use
    assert pages.summary().person.in_use


def test_a_merge_after_the_first_load_is_heard_of(pages: EveryPage) -> None:
    assert people(pages)[pages.patient_id].in_use
    new = survivor(pages)
    join_team(pages, new)
    assert people(pages, refresh=True)[pages.patient_id].survivors == (new,)


def test_emergency_access_leads_to_the_survivor(pages: EveryPage) -> None:
    new = survivor(pages)
    needs_link_search(pages)
    identifier = pages.summary().person.identifiers[0].value
    me = Reference("Practitioner", pages.ids["Practitioner/gp"])
    context = RequestContext(pages.fhir, pages._scope, me, T, AS_OF, ())
    assert find_by_identifier(context, identifier).patient.id == new
