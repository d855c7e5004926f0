"""On every server: who is in the pilot by a record that was merged is so on the screening list and in the banner."""

from typing import Any

import pytest

from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.screening_list import ScreenedPatient, Unlisted
from dashboard.domain.pilot.study import PILOT, pilot_of
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.fhir.mapping import research_study
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.queries.screen_patients import screen_patients
from dashboard.ui.patient.banner_html import banner_html
from tests.contract.every_page import AT, EveryPage, plain
from tests.records import create, search
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.queries.test_pages_agree import T

STUDY = {"resourceType": "ResearchStudy", "status": "active", "title": "Pilot"}


def study_of(fhir: FhirServer) -> str:
    """The pilot of the server, on which other tests may have put one too: always the same is taken."""
    create(fhir, STUDY | {"identifier": [{"system": TRIAL_NUMBER, "value": PILOT}]})
    asked = SearchRequest("ResearchStudy", (("identifier", f"{TRIAL_NUMBER}|{PILOT}"),), fresh=True)
    found = pilot_of(research_study.from_fhir(row) for row in search(fhir, asked).rows)
    assert found is not None
    return found.origin.id


def subject(study: str, patient: str, status: str) -> dict[str, Any]:
    who = {"study": {"reference": f"ResearchStudy/{study}"}, "individual": {"reference": f"Patient/{patient}"}}
    return {"resourceType": "ResearchSubject", "status": status, **who}


def line(pages: EveryPage) -> ScreenedPatient:
    found = screen_patients(pages.fhir, pages._gp, pages._scope, T, AS_OF, team_cache=pages.teams)
    assert not [notice for notice in found.notices if "failed" in notice.kind], found.notices
    return next(each for each in found.lines if each.person.id == pages.patient_id)


def banners(pages: EveryPage) -> list[str]:
    shown = [plain(banner_html(page, AT)) for page in (pages.summary(), pages.timeline())]
    return [words.partition("Pilot ")[2][:8].strip() for words in shown]


@pytest.fixture
def pages(named_fhir: tuple[str, FhirServer]) -> EveryPage:
    return EveryPage(named_fhir[1]).put()


def test_who_is_in_the_pilot_by_a_record_that_was_merged_is_so_everywhere(pages: EveryPage) -> None:
    study = study_of(pages.fhir)
    assert line(pages).state is Unlisted.NOT_LISTED and banners(pages) == ["", ""]
    link = [{"type": "replaced-by", "other": {"reference": f"Patient/{pages.patient_id}"}}]
    row = {name: value for name, value in make.patient("p9", "Aldous").items() if name not in ("id", "identifier")}
    row.pop("managingOrganization", None)
    old = create(pages.fhir, row | {"link": link})["id"]
    create(pages.fhir, subject(study, old, "on-study"))
    if pages.fhir.capabilities.searches_by("Patient", "link") is True:
        assert (line(pages).state, line(pages).by_merged_record) == (EnrolmentState.ENROLLED, True)
        assert banners(pages) == ["Enrolled", "Enrolled"]
    else:
        # It knows the links of the record itself alone, and says the same on both.
        assert line(pages).state is Unlisted.NOT_LISTED and banners(pages) == ["", ""]
    create(pages.fhir, subject(study, pages.patient_id, "eligible"))
    assert line(pages).state is EnrolmentState.ELIGIBLE and banners(pages) == ["Eligible", "Eligible"]
