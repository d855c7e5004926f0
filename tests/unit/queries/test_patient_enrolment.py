"""The banner of every page of a patient says how the person stands in the pilot, as the page Screening does."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.cache.last_answers import LastAnswers
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Unsupported
from dashboard.fhir.mapping.extensions import EVALUATION_LAYER
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.screen_patients import screen_patients
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.enrolment_words import enrolment_words
from dashboard.ui.screening.words import state_words
from tests.contract.every_page import AT, plain
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.unit import people_and_teams as make
from tests.unit.queries.test_screening import GONE, STUDY, Register, T, merged, subject

Row = dict[str, Any]
ENROLLED = subject(
    "s1", "p1", status="on-study", extension=[{"url": EVALUATION_LAYER, "valuePositiveInt": 4}]
)  # fmt: skip
OTHER = {"resourceType": "ResearchStudy", "id": "other", "status": "active"}


def server(*rows: Row) -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), *rows])


def banners(fhir: FakeFhirServer, as_of: Any = make.AS_OF) -> set[tuple[str, str]]:
    """What the banners of Patient, Timeline and Recommendations say of the pilot, of which the other pages have one."""
    known = (fhir, make.user(), make.scope(), T)
    team = {"team_cache": TeamCache()}
    pages = (
        get_patient(*known, "p1", as_of, patient_cache=PatientCache(), **team),
        get_timeline(*known, "p1", as_of, patient_cache=PatientCache(), **team),
        get_recommendations(*known, library(), "p1", as_of, patient_cache=PatientCache(), **team),
    )
    return {enrolment_words(page.enrolment, AT) for page in pages}


def screening(fhir: FakeFhirServer) -> str:
    """What the page Screening says."""
    lines = screen_patients(fhir, make.user(), make.scope(), T, make.AS_OF, team_cache=TeamCache()).lines
    return next(state_words(line) for line in lines if line.person.id == "p1")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        ([STUDY], ""),
        ([STUDY, ENROLLED], "Enrolled, layer 4"),
        ([STUDY, ENROLLED | {"assignedArm": "comparison"}], "Enrolled, layer 4, comparison group"),
        ([STUDY, subject("s1", "p1", status="ineligible")], "Not eligible"),
        ([STUDY, subject("s1", "p1", status="withdrawn")], "Withdrawn"),
        ([STUDY, OTHER, subject("s1", "p1", "other", "on-study")], ""),
        ([STUDY, OTHER, ENROLLED, subject("s2", "p1", "other", "candidate")], "Enrolled, layer 4"),
        ([STUDY, subject("s1", "p2", status="on-study")], ""),
        ([STUDY, ENROLLED, subject("s2", "p1", period={"start": "soon"})], "Not known"),
        ([STUDY, subject("s1", "p8", status="on-study")], "Enrolled"),
        ([STUDY, ENROLLED, subject("s2", "p8", status="withdrawn")], "Enrolled, layer 4"),
        ([STUDY, subject("s1", "p8", period={"start": "soon"})], "Not known"),
    ],
)  # fmt: skip
def test_every_banner_says_what_the_screening_says(rows: list[Row], words: str) -> None:
    fhir = merged(server(*rows), ("p8", "replaced-by", "p1"))
    assert {first for first, _ in banners(fhir)} == {words}
    assert screening(fhir) == (words.split(",")[0] or "Not listed")


@pytest.mark.parametrize(
    ("kind", "change"),
    [("ResearchSubject", GONE), ("ResearchSubject", {"truncated": True}), ("ResearchSubject", {"included": {}})],
)
def test_what_could_not_be_read_is_not_known(kind: str, change: Row) -> None:
    fhir = Register(server(STUDY, ENROLLED), kind, **change)
    assert banners(fhir) == {("Not known", "it could not be read")}


def test_where_nobody_can_say_what_was_merged_who_has_no_record_is_not_known() -> None:
    fhir = merged(Register(server(STUDY), "Patient", **GONE))
    assert banners(fhir) == {("Not known", "it could not be read")}
    fhir.put(ENROLLED)
    assert banners(fhir) == {("Enrolled, layer 4", "")}


def test_where_the_records_of_a_merged_one_cannot_be_read_it_is_not_known() -> None:
    class OnlyOwn(FakeFhirServer):
        def _answer(self, request: Any) -> Any:
            if request.type == "ResearchSubject" and request.patients != ("p1",):
                return GONE["error"]
            return super()._answer(request)

    fhir = merged(OnlyOwn([*make.cohort(), STUDY]), ("p8", "replaced-by", "p1"))
    assert banners(fhir) == {("Not known", "it could not be read")}


@pytest.mark.parametrize("kind", ["ResearchSubject", "ResearchStudy"])
def test_a_server_without_studies_has_nobody_in_one_and_lacks_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fhir = server()
    fhir.failing["ResearchSubject"] = Unsupported("type-not-served", what="ResearchSubject")
    monkeypatch.setattr(type(fhir.capabilities), "serves", lambda self, each: each != kind)
    assert banners(fhir) == {("", "")}
    found = get_patient(
        fhir, make.user(), make.scope(), T, "p1", make.AS_OF, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    assert not [notice for notice in found.notices if notice.detail == "ResearchSubject"]


def test_what_was_last_known_stays_with_its_age() -> None:
    fhir = server(STUDY, ENROLLED)
    cache: PatientCache[Any] = PatientCache()
    team = TeamCache()

    def opened(minutes: int) -> Any:
        as_of = make.AS_OF + timedelta(minutes=minutes)
        return get_patient(fhir, make.user(), make.scope(), T, "p1", as_of, minutes > 0, team, cache)

    first = opened(0)
    fhir.failing["ResearchSubject"] = GONE["error"]
    later = opened(5)
    words, doubt = enrolment_words(later.enrolment, AT)
    assert words == enrolment_words(first.enrolment, AT)[0] == "Enrolled, layer 4"
    assert doubt.startswith("as of ") and doubt.endswith(", it could not be read again")
    assert f"{words} {doubt}" in plain(banner_html(later, AT))


def test_it_costs_one_search_with_the_others_of_the_page() -> None:
    fhir = merged(server(STUDY, ENROLLED))
    banners(fhir)
    assert [each.type for each in fhir.asked].count("ResearchSubject") == 3
    assert not [each for each in fhir.asked if each.type == "ResearchStudy"]


def test_the_patients_own_record_neither_asks_nor_says() -> None:
    fhir = server(STUDY, ENROLLED)
    me = Reference("Patient", "p1")
    user = User(None, "Mary", roles=(Role.PATIENT,), subject="id|mary", fhir_user=me)
    found = get_own_record(fhir, user, AccessScope(fhir.base_url, str(me)), T, make.AS_OF, "", LastAnswers())
    assert "Pilot" not in plain(banner_html(found, AT)) and "ResearchSubject" not in {each.type for each in fhir.asked}
