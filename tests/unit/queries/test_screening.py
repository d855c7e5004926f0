"""The screening list: what each line says and rests on, its order, whom it shows, and what it costs."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dashboard.access import merged_records
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import foundation, generate
from dashboard.domain.access.permissions import Role
from dashboard.domain.pilot.eligibility import Outcome
from dashboard.domain.pilot.enrolment import EnrolmentState as S
from dashboard.domain.pilot.screening_list import Mark, ScreenedPatient, ScreeningList, Unlisted
from dashboard.domain.pilot.study import PILOT
from dashboard.domain.record.views import Notice
from dashboard.domain.values.code_systems import OWN, TRIAL_NUMBER
from dashboard.errors import NotPermitted, ServerUnavailable, Unsupported
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.screen_patients import screen_patients
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.actions.test_enrolment_actions import searching

T = load_terminology()
HF, CKD = "84114007", "709044004"


def answer(ident: str, patient: str, code: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = make.observation(ident, patient, "75274-1", 0, "1", "2026-11-01")
    del made["valueQuantity"]
    return {**made, "code": code, **more}


def living(patient: str, code: str = "264362003", **more: Any) -> dict[str, Any]:
    value = make.concept(make.SNOMED, code)
    return answer(f"home-{patient}", patient, make.concept(make.LOINC, "75274-1"), valueCodeableConcept=value, **more)


def ict(patient: str, passed: bool = True, by: str = "") -> dict[str, Any]:
    who = [{"reference": by}] if by else []
    code = make.concept(OWN + "screening", "ict-self-check")
    return answer(f"ict-{patient}-{by[-1:]}", patient, code, valueBoolean=passed, performer=who)


@pytest.fixture
def server() -> FakeFhirServer:
    """p1 is eligible; of p2 the NYHA class is missing, of p3 the home and the self-check too; p4 is too young."""
    made = FakeFhirServer([make.organisation("org-1", "Castle Practice", "prov")])
    for number, family in enumerate(("Zhou", "Young", "Xu", "Adams"), start=1):
        pid = f"p{number}"
        made.put(make.patient(pid, family) | {"birthDate": "1950-01-01"})
        made.put(make.care_team(pid, ["gp"]))
        made.put(make.condition(f"t2dm-{pid}", pid))
    made.put(make.condition("ckd-p1", "p1", CKD))
    made.put(make.observation("egfr-p1", "p1", "33914-3", 45, "mL/min/{1.73_m2}", "2026-09-01"))
    for pid in ("p2", "p3"):
        made.put(make.condition(f"hf-{pid}", pid, HF))
    for pid in ("p1", "p2"):
        made.put(living(pid))
        made.put(ict(pid))
    made.put(made.rows["Patient"]["p4"] | {"birthDate": "1990-01-01"})
    return made


def screened(server: FakeFhirServer, cache: TeamCache | None = None) -> ScreeningList:
    return screen_patients(server, make.user(), make.scope(), T, make.AS_OF, team_cache=cache or TeamCache())


def line(found: ScreeningList, patient: str) -> ScreenedPatient:
    return next(each for each in found.lines if each.person.id == patient)


def test_the_eligible_come_first_then_the_fewest_missing_facts_then_the_rest(server: FakeFhirServer) -> None:
    found = screened(server)
    assert [(each.person.id, each.eligibility.outcome, len(each.eligibility.missing)) for each in found.lines] == [
        ("p1", Outcome.ELIGIBLE, 0),
        ("p2", Outcome.NOT_KNOWN, 1),
        ("p3", Outcome.NOT_KNOWN, 3),
        ("p4", Outcome.NOT_ELIGIBLE, 0),
    ]
    assert line(found, "p3").eligibility.missing == ("nyha-class", "living-situation", "ict-self-check")
    assert line(found, "p4").eligibility.failed == ("age", "two-conditions")


def test_a_line_names_the_records_that_it_rests_on(server: FakeFhirServer) -> None:
    first = screened(server).lines[0]
    assert [str(each.origin) for each in first.eligibility.used] == [
        "Patient/p1",
        "Condition/t2dm-p1",
        "Condition/ckd-p1",
        "Observation/egfr-p1",
        "Observation/home-p1",
        "Observation/ict-p1-",
    ]
    assert first.team == "Team 1" and first.team_ids == ("team-1",)


def test_an_observed_class_settles_it(server: FakeFhirServer) -> None:
    value = make.concept(make.SNOMED, "421704003")
    server.put(answer("nyha", "p2", make.concept(make.LOINC, "88020-3"), valueCodeableConcept=value))
    assert line(screened(server), "p2").eligibility.outcome is Outcome.ELIGIBLE


def test_a_carer_of_the_team_who_has_not_been_asked_may_still_pass(server: FakeFhirServer) -> None:
    server.put(ict("p1", passed=False))
    assert line(screened(server), "p1").eligibility.failed == ("ict",)
    team = server.rows["CareTeam"]["ct-p1-team-1"]
    past = {"member": {"reference": "RelatedPerson/old"}, "period": {"end": "2025-01-01"}}
    server.put(team | {"participant": [*team["participant"], past]})
    assert line(screened(server), "p1").eligibility.failed == ("ict",)
    server.put(team | {"participant": [*team["participant"], {"member": {"reference": "RelatedPerson/r1"}}]})
    found = line(screened(server), "p1")
    assert found.eligibility.missing == ("carer-ict-self-check",) and found.carers == (), "one without a name"
    named = {"member": {"reference": "RelatedPerson/r1", "display": "Susan Young"}}
    server.put(team | {"participant": [*team["participant"], past, named]})
    assert [(str(each.to), each.name) for each in line(screened(server), "p1").carers] == [
        ("RelatedPerson/r1", "Susan Young")
    ]
    server.put(ict("p1", passed=True, by="RelatedPerson/r1"))
    found = line(screened(server), "p1")
    assert found.eligibility.outcome is Outcome.ELIGIBLE
    assert [str(used.by.to) for used in found.eligibility.used if used.by.to] == ["RelatedPerson/r1"]


def test_a_problem_that_cannot_be_read_may_be_any(server: FakeFhirServer) -> None:
    broken = make.condition("odd", "p4") | {"code": {}}
    server.put(broken)
    server.put(server.rows["Patient"]["p4"] | {"birthDate": "1950-01-01"})
    assert "kidney-disease" in line(screened(server), "p4").eligibility.missing


def test_an_answer_that_cannot_be_read_may_be_the_latest(server: FakeFhirServer) -> None:
    server.put(living("p1", implicitRules="http://example.org/rules"))
    found = screened(server)
    assert line(found, "p1").eligibility.missing == ("living-situation", "ict-self-check", "carer-ict-self-check")
    assert [str(each.origin) for each in found.unreadable] == ["Observation/home-p1"]


class Answers(FakeFhirServer):
    """A server whose answer to the screening's own search is made by the test."""

    def __init__(self, other: FakeFhirServer, **change: Any) -> None:
        super().__init__(row for rows in other.rows.values() for row in rows.values())
        self.change = change

    def _answer(self, request: SearchRequest) -> Any:
        found = super()._answer(request)
        asked = dict(request.params).get("code", "")
        if "ict-self-check" not in asked or not isinstance(found, SearchResult):
            return found
        return self.change.get("error") or replace(found, **self.change)


def test_where_the_answers_fail_they_are_missing_and_a_notice_says_so(server: FakeFhirServer) -> None:
    found = screened(Answers(server, error=ServerUnavailable("server-timeout", reference="r1")))
    assert found.notices == (Notice("section-failed", "Observation"),)
    assert line(found, "p1").eligibility.missing == ("living-situation", "ict-self-check", "carer-ict-self-check")
    assert line(found, "p4").eligibility.outcome is Outcome.NOT_ELIGIBLE


def test_where_the_answers_of_one_patient_did_not_come_the_others_stay(server: FakeFhirServer) -> None:
    rows = [row for row in server.rows["Observation"].values() if row["subject"]["reference"] == "Patient/p2"]
    found = screened(Answers(server, missing=("p1",), rows=rows))
    assert found.notices == (Notice("section-missing", "Observation"),)
    assert "living-situation" in line(found, "p1").eligibility.missing
    assert line(found, "p2").eligibility.missing == ("nyha-class",)


def test_where_nobody_knows_whose_answers_are_missing_all_are(server: FakeFhirServer) -> None:
    found = screened(Answers(server, truncated=True))
    assert all(each.eligibility.outcome is not Outcome.ELIGIBLE for each in found.lines)


def test_the_number_of_requests_does_not_depend_on_the_patients_and_only_what_is_not_there_is_asked() -> None:
    counts = []
    for size in (5, 40):
        server = FakeFhirServer(
            [*foundation(size), *(one for rows in generate(size, 7, date(2026, 11, 23)) for one in rows)]
        )
        cache, who = TeamCache(), next(iter(server.rows["Practitioner"]))
        asked = (make.user(who), make.scope(who, server.base_url), T, datetime(2026, 11, 23, 12, tzinfo=UTC))
        get_worklist(server, *asked, team_cache=cache)
        server.asked.clear()
        assert screen_patients(server, *asked, team_cache=cache).lines
        counts.append([request.type for request in server.asked])
    assert counts == [["Observation", "ResearchStudy", "ResearchSubject"]] * 2


def test_whom_it_showed_is_on_record_in_one_event(server: FakeFhirServer, trail: Trail) -> None:
    found = screened(server)
    records = [each for each in trail.records if each.what == "screen_patients"]
    assert [[patient.id for patient in each.patients] for each in records] == [list(found.patients)]


def test_somebody_without_patients_has_an_empty_list_and_another_role_none(server: FakeFhirServer) -> None:
    found = screen_patients(server, make.user("new"), make.scope("new"), T, make.AS_OF, team_cache=TeamCache())
    assert found.lines == () and not [each for each in server.asked if each.type == "Observation"]
    manager = replace(make.user(), roles=(Role.PILOT_MANAGER,))
    with pytest.raises(NotPermitted):
        screen_patients(server, manager, make.scope(), T, make.AS_OF, team_cache=TeamCache())


STUDY = {
    "resourceType": "ResearchStudy",
    "id": "st1",
    "status": "active",
    "identifier": [{"system": TRIAL_NUMBER, "value": PILOT}],
}


def subject(ident: str, patient: str, study: str = "st1", status: str = "candidate", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ResearchSubject",
        "id": ident,
        "status": status,
        "study": {"reference": f"ResearchStudy/{study}"},
        "individual": {"reference": f"Patient/{patient}"},
    } | more


def test_a_line_says_how_the_person_stands_in_the_pilot_and_in_other_studies(server: FakeFhirServer) -> None:
    for row in (
        STUDY, subject("s1", "p1"), subject("s2", "p2", "other", "on-study"), subject("s4", "p4", status="on-study"),
    ):  # fmt: skip
        server.put(row)
    found = screened(server)
    assert found.study is not None and found.study.origin.id == "st1" and found.study_known
    assert [(each.person.id, each.state, set(each.marks)) for each in found.lines] == [
        ("p1", S.LISTED, set()),
        ("p2", Unlisted.NOT_LISTED, {Mark.OTHER_STUDY}),
        ("p3", Unlisted.NOT_LISTED, set()),
        ("p4", S.ENROLLED, {Mark.NO_LONGER_ELIGIBLE}),
    ]
    assert [each.site_id for each in found.lines] == ["org-1"] * 4 and not found.notices


def test_without_a_pilot_on_the_server_nobody_is_in_it(server: FakeFhirServer) -> None:
    server.put(subject("s1", "p1"))
    found = screened(server)
    assert found.study is None and found.study_known
    assert {each.state for each in found.lines} == {Unlisted.NOT_LISTED}


class Register(FakeFhirServer):
    """A server whose answers about one type are made by the test."""

    def __init__(self, other: FakeFhirServer, kind: str, **change: Any) -> None:
        super().__init__(row for rows in other.rows.values() for row in rows.values())
        self.kind, self.change = kind, change

    def _answer(self, request: SearchRequest) -> Any:
        found = super()._answer(request)
        if request.type != self.kind or not isinstance(found, SearchResult):
            return found
        return self.change.get("error") or replace(found, **self.change)


def test_a_list_says_why_nothing_beside_the_worklist_could_be_read(server: FakeFhirServer) -> None:
    cache = TeamCache()
    assert screened(server, cache).away is None
    for kind, away in (("ResearchStudy", False), ("ResearchSubject", False), ("Observation", True)):
        server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        found = screened(server, cache)
        assert (found.away is not None) is away and found.lines, kind
    server.failing["ResearchStudy"] = Unsupported("type-not-served", what="x")
    assert screened(server, cache).away is None, "the server answers"


EVERYBODY = {"p1", "p2", "p3", "p4"}
NOT_BY_PATIENT = Unsupported("search-by-patient-not-supported", what="ResearchSubject")
GONE = {"error": ServerUnavailable("server-timeout", reference="r1")}


@pytest.mark.parametrize(
    ("kind", "change", "unknown"),
    [
        ("ResearchStudy", GONE, EVERYBODY),
        ("ResearchSubject", GONE, EVERYBODY),
        ("ResearchSubject", {"truncated": True}, EVERYBODY),
        ("ResearchSubject", {"missing": ("p3",)}, {"p3"}),
        ("ResearchSubject", {"error": NOT_BY_PATIENT}, EVERYBODY),
        ("ResearchSubject", {"error": Unsupported("type-not-served", what="x")}, set()),
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_not_known_and_never_not_listed(
    server: FakeFhirServer, kind: str, change: dict[str, Any], unknown: set[str]
) -> None:
    server.put(STUDY)
    server.put(subject("s1", "p1"))
    found = screened(Register(server, kind, **change))
    assert {each.person.id for each in found.lines if each.state is Unlisted.NOT_KNOWN} == unknown
    assert found.study_known is (kind != "ResearchStudy")
    if "truncated" not in change and unknown:
        assert kind in str(found.notices[0])


def test_a_record_of_the_register_that_cannot_be_read_hides_no_other(server: FakeFhirServer) -> None:
    server.put(STUDY)
    server.put(subject("s1", "p1", period={"start": "soon"}))
    server.put(subject("s2", "p2"))
    found = screened(server)
    assert line(found, "p1").state is Unlisted.NOT_KNOWN and line(found, "p2").state is S.LISTED
    assert [str(each.origin) for each in found.unreadable] == ["ResearchSubject/s1"]
    server.put(STUDY | {"period": {"start": "soon"}})
    found = screened(server)
    assert not found.study_known and {each.state for each in found.lines} == {Unlisted.NOT_KNOWN}


def merged(server: FakeFhirServer, *links: tuple[str, str, str]) -> FakeFhirServer:
    """A server that finds Patients by their links, of which each is a record, what it says and of which other one."""
    for ident, kind, other in links:
        row = server.rows["Patient"].get(ident) or make.patient(ident, "Before")
        server.put(row | {"link": [{"other": {"reference": f"Patient/{other}"}, "type": kind}]})
    server.capabilities = searching(server.capabilities)
    return server


@pytest.mark.parametrize(
    "links",
    [
        [("p1", "replaces", "p8")],
        [("p8", "replaced-by", "p1")],
        [("p8", "replaced-by", "p9"), ("p9", "replaced-by", "p1")],
    ],
)
def test_who_is_in_the_pilot_by_a_record_that_was_merged_is_listed(
    server: FakeFhirServer, links: list[tuple[str, str, str]]
) -> None:
    for row in (STUDY, subject("s1", "p8"), subject("s2", "p8", "other", "on-study")):
        server.put(row)
    found = screened(merged(server, *links))
    assert line(found, "p1").state is S.LISTED and line(found, "p1").marks == {Mark.OTHER_STUDY}
    assert line(found, "p2").state is Unlisted.NOT_LISTED and not found.notices
    assert [each.person.id for each in found.lines if each.by_merged_record] == ["p1"]
    server.put(subject("s3", "p1", status="on-study"))
    assert line(screened(server), "p1").state is S.ENROLLED, "the own record goes before"
    server.put(subject("s1", "p8", period={"start": "soon"}))
    assert line(screened(server), "p1").state is Unlisted.NOT_KNOWN


def test_records_that_were_merged_cost_one_search_for_everybody(server: FakeFhirServer) -> None:
    cache = TeamCache()
    screened(merged(server), cache)
    server.asked.clear()
    screened(server, cache)
    assert [request.type for request in server.asked] == ["Patient", "Observation", "ResearchStudy", "ResearchSubject"]


def test_where_nobody_can_say_what_was_merged_nobody_is_not_listed(server: FakeFhirServer) -> None:
    server.put(STUDY)
    server.put(subject("s1", "p1"))
    cache = TeamCache()
    screened(merged(server), cache)
    server.failing["Patient"] = ServerUnavailable("server-timeout", reference="r1")
    assert_nobody_is_not_listed(screened(server, cache))


def test_where_more_was_merged_than_is_read_nobody_is_not_listed(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_records, "_MOST_LINKED", 1)
    server.put(STUDY)
    server.put(subject("s1", "p1"))
    assert_nobody_is_not_listed(screened(merged(server, ("p8", "replaced-by", "p1"), ("p9", "replaced-by", "p2"))))


def assert_nobody_is_not_listed(found: ScreeningList) -> None:
    assert [str(each.state) for each in found.lines if each.person.id != "p1"] == [str(Unlisted.NOT_KNOWN)] * 3
    assert line(found, "p1").state is S.LISTED and Notice("section-failed", "Patient") in found.notices
