"""The figures that the server counts are those of a slow count of every subject's history, on random pilots."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_counts import Datum, EnrolmentCounts, Share
from dashboard.domain.pilot.funnel import (
    WHOLE,
    Area,
    Step,
    areas_of,
    count_funnel,
    count_losses,
    one_per_person,
    steps_of,
)
from dashboard.domain.record.views import Notice
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE, LOINC, PLAN_REVIEW, SNOMED
from dashboard.errors import NotPermitted, ServerUnavailable, Unsupported
from dashboard.evaluation import enrolment_counts
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_enrolment import get_enrolment
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.subjects import AS_OF, RandomPilot
from tests.unit.people_of_the_pilot import MANAGER

TERMINOLOGY = load_terminology()
CATEGORY = {"coding": [{"system": SNOMED, "code": "734163000"}]}


def counted(fhir: FakeFhirServer) -> EnrolmentCounts:
    return read_enrolment(fhir, "", TERMINOLOGY, AS_OF)


def without_nothing(figures: Any) -> dict[Any, Any]:
    """The figures without areas and numbers of nobody."""
    found = {area: {what: number for what, number in each.items() if number} for area, each in figures.items()}
    return {area: each for area, each in found.items() if each}


def require_slow_count(found: EnrolmentCounts, pilot: RandomPilot) -> None:
    """The figures against those of all histories."""
    subjects = pilot.read()
    assert without_nothing(found.funnel) == without_nothing(count_funnel(subjects, pilot.regions, pilot.survivors))
    in_care: dict[Any, Counter[Any]] = {}
    for subject in one_per_person(subjects, pilot.survivors):
        for step, at in steps_of(subject).items():
            site, team = (each.to.id if each.to is not None else "" for each in (at.site, at.team))
            if site and team and pilot.regions.get(site) == pilot.regions.get(team):
                in_care.setdefault((site, team), Counter())[step] += 1
    assert without_nothing(found.in_care) == without_nothing(in_care)
    losses = count_losses(subjects, pilot.regions, pilot.survivors)
    assert without_nothing(found.losses) == without_nothing(
        {area: each for area, each in losses.items() if area.level is not Level.SITE}
    )
    months: dict[Any, Counter[Any]] = {}
    for subject in one_per_person(subjects, pilot.survivors):
        reached = steps_of(subject).get(Step.ENROLLED)
        if reached is not None and reached.day is not None:
            for area in areas_of(reached.site, pilot.regions):
                months.setdefault(area, Counter())[reached.day.replace(day=1)] += 1
    assert without_nothing(found.enrolled) == without_nothing(months)


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_the_server_s_counts_are_those_of_all_histories(seed: int, people: int) -> None:
    pilot = RandomPilot("r", seed, people)
    fhir = FakeFhirServer(pilot.rows)
    require_slow_count(counted(fhir), pilot)
    assert len(fhir.counted) <= 2


def test_three_hundred_people_cost_the_same_requests_as_ten() -> None:
    def asked(people: int) -> tuple[Counter[str], list[int]]:
        fhir = FakeFhirServer(RandomPilot("r", 5, people, odd=False).rows)
        assert counted(fhir).study is not None
        return fhir.counts(), fhir.counted

    assert asked(10) == asked(300)


def test_a_server_that_passes_over_tags_or_refuses_them_is_read_instead() -> None:
    pilot = RandomPilot("r", 7, 30)

    class Ignoring(FakeFhirServer):
        def _test(self, resource_type: str, name: str, value: str) -> Any:
            return (lambda row: True) if name.startswith("_tag") else super()._test(resource_type, name, value)

    class Refusing(FakeFhirServer):
        def _test(self, resource_type: str, name: str, value: str) -> Any:
            if "_tag" in name:
                raise Unsupported("search-parameter-not-supported", what=resource_type, name="_tag")
            return super()._test(resource_type, name, value)

    for poor in (Ignoring(pilot.rows), Refusing(pilot.rows)):
        found = counted(poor)
        require_slow_count(found, pilot)
        assert NoticeKind.NO_COUNT in {notice.kind for notice in found.notices}
        assert found.completeness == {}


def test_a_server_that_cannot_look_for_merged_people_is_said() -> None:
    pilot = RandomPilot("r", 7, 20, odd=False)

    class Lacking(FakeFhirServer):
        def _test(self, resource_type: str, name: str, value: str) -> Any:
            if name == "link:missing":
                raise Unsupported("search-parameter-not-supported", what=resource_type, name="link")
            return super()._test(resource_type, name, value)

    found = counted(Lacking(pilot.rows))
    require_slow_count(found, pilot)
    assert Notice("section-failed", "Patient") in found.notices


def test_many_whom_another_system_put_in_count_by_their_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment_counts, "FEW", 3)
    pilot = RandomPilot("r", 8, 12, odd=False)
    theirs = [
        {
            "resourceType": "ResearchSubject", "id": f"x{n}", "status": status,
            "study": {"reference": str(pilot.study.origin)}, "individual": {"reference": f"Patient/x{n}"},
        }
        for n, status in enumerate(("on-study", "withdrawn", "off-study", "candidate"))
    ]  # fmt: skip
    found = counted(FakeFhirServer([*pilot.rows, *theirs]))
    pilot.subjects += theirs
    require_slow_count(found, pilot)
    assert found.by_status == 4
    assert "by-status" in {notice.kind for notice in found.notices}


@pytest.mark.parametrize(("most", "counted_teams"), [({"MOST_TEAMS": 2}, 2), ({"MOST_PAIRS": 4}, 2), ({}, 4)])
def test_of_more_teams_than_are_counted_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, most: dict[str, int], counted_teams: int
) -> None:
    """Not even of those of their people whose history is read."""
    for name, number in most.items():
        monkeypatch.setattr(enrolment_counts, name, number)
    pilot = RandomPilot("r", 8, 40)
    found = counted(FakeFhirServer(pilot.rows))
    teams = {area.team for area in found.funnel if area.level is Level.TEAM}
    assert len(teams) == counted_teams and {team for _, team in found.in_care} <= teams
    assert (NoticeKind.CAPPED in {notice.kind for notice in found.notices}) == (counted_teams < 4)
    slow = count_funnel(pilot.read(), pilot.regions, pilot.survivors)
    assert all(found.funnel[area] == steps for area, steps in slow.items() if not area.team or area.team in teams)


def test_a_record_that_cannot_be_read_counts_nowhere_and_is_said() -> None:
    pilot = RandomPilot("r", 9, 10, odd=False)
    broken = {
        "resourceType": "ResearchSubject", "id": "x", "status": "on-study",
        "study": {"reference": str(pilot.study.origin)},
    }  # fmt: skip
    found = counted(FakeFhirServer([*pilot.rows, broken]))
    require_slow_count(found, pilot)
    assert found.unreadable == 1


def test_what_a_server_cannot_look_through_is_left_out_and_said() -> None:
    pilot = RandomPilot("r", 10, 40, odd=False)
    fhir = FakeFhirServer(pilot.rows)
    fhir.follows_chains = False
    found = counted(fhir)
    assert {datum for each in found.completeness.values() for datum in each} == {Datum.CONSENT_FORM}
    assert found.work[WHOLE].plans is None and found.work[WHOLE].conferences == 0
    assert NoticeKind.NO_CHAIN in {notice.kind for notice in found.notices}


def test_the_work_of_the_teams_and_what_is_on_record_of_the_enrolled() -> None:
    pilot = RandomPilot("r", 11, 60, odd=False)
    north = [
        each for each in pilot.read() if (reached := steps_of(each).get(Step.ENROLLED)) is not None
        if reached.site.to is not None and pilot.regions.get(reached.site.to.id) == "r-north"
    ]  # fmt: skip
    who, other, *_ = (each.patient.id for each in north)
    subject = {"reference": f"Patient/{who}"}
    pressure = {"coding": [{"system": LOINC, "code": "85354-9"}]}
    plan = {"resourceType": "CarePlan", "intent": "plan", "category": [CATEGORY]}
    kind = {"coding": [{"system": APPOINTMENT_TYPE, "code": "mdt-conference"}]}
    team = [{"reference": "Organization/r-team-1"}]
    more = [
        {"resourceType": "Observation", "id": "o1", "status": "final", "code": pressure, "subject": subject},
        {"resourceType": "Observation", "id": "o2", "status": "final", "code": pressure, "subject": subject},
        {**plan, "id": "c1", "status": "draft", "subject": subject},
        {**plan, "id": "c2", "status": "active", "subject": {"reference": f"Patient/{other}"}},
        {
            "resourceType": "Appointment", "id": "a1", "status": "fulfilled", "appointmentType": kind,
            "start": "2026-07-01T12:00:00Z", "supportingInformation": team,
        },
        {
            "resourceType": "Appointment", "id": "a2", "status": "booked", "appointmentType": kind,
            "start": "2026-12-01T12:00:00Z", "supportingInformation": team,
        },
    ]  # fmt: skip
    found = counted(FakeFhirServer([*pilot.rows, *more]))
    region = Area(Level.REGION, "r-north")
    assert found.completeness[region][Datum.BLOOD_PRESSURE] == Share(1, len(north))
    assert found.completeness[region][Datum.CONSENT_FORM] == Share(len(north), len(north))
    assert found.completeness[region][Datum.HBA1C].having == 0
    work = found.work[region]
    assert (work.conferences, work.plans, work.plans_agreed, work.plans_reviewed) == (1, 2, 1, 0)
    assert work.teams == 2 and found.work[WHOLE].conferences == 1
    assert found.names["r-site-1"] == "Name of r-site-1"


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 30))
def test_the_plans_made_agreed_to_and_reviewed_are_those_of_a_slow_count(seed: int, people: int) -> None:
    pilot, chance = RandomPilot("r", seed, people, odd=False), random.Random(seed)
    rows: list[Any] = []
    for number in range(people * 2):
        meta: Any = {"tag": [{"system": PLAN_REVIEW, "code": "reviewed"}]} if chance.random() < 0.5 else {}
        rows.append(
            {
                "resourceType": "CarePlan", "id": f"c{number}", "intent": "plan", "meta": meta,
                "status": chance.choice(("draft", "active", "on-hold", "revoked", "completed", "entered-in-error")),
                "category": [CATEGORY] if chance.random() < 0.9 else [],
                "subject": {"reference": f"Patient/{chance.choice(pilot.patients)['id']}"},
            }
        )  # fmt: skip
    found = counted(FakeFhirServer([*pilot.rows, *rows])).work
    where = {
        str(each.patient): pilot.regions.get(reached.site.to.id, "")
        for each in pilot.read()
        if (reached := steps_of(each).get(Step.ENROLLED)) is not None and reached.site.to is not None
    }
    slow: dict[str, Counter[str]] = {"": Counter()}
    for row in rows:
        region = where.get(row["subject"]["reference"])
        if region is None or not row["category"] or row["status"] == "entered-in-error":
            continue
        kinds = ["plans"]
        if row["status"] in ("active", "on-hold", "completed"):
            kinds += ["plans_agreed", *(["plans_reviewed"] if row["meta"] else [])]
        slow.setdefault(region, Counter()).update(kinds)
    for area, work in found.items():
        count = slow.get(area.region, Counter()) if area != WHOLE else sum(slow.values(), Counter())
        for name in ("plans", "plans_agreed", "plans_reviewed"):
            assert getattr(work, name) == count[name], (area, name)


def test_which_study_is_shown() -> None:
    assert counted(FakeFhirServer()) == EnrolmentCounts(None, AS_OF)
    pilot = RandomPilot("r", 1, 1)
    row = pilot.places[-1]
    number = row["identifier"]
    others = [
        {**row, "id": "closed", "status": "completed", "identifier": number},
        {**row, "id": "other", "identifier": [], "title": "Another"},
    ]
    fhir = FakeFhirServer([*pilot.rows, *others])
    found = counted(fhir)
    assert found.study is not None and found.study.origin == pilot.study.origin
    assert found.others == {"closed": "Pilot", "other": "Another"}
    asked = read_enrolment(fhir, "other", TERMINOLOGY, AS_OF)
    assert asked.study is not None and asked.study.title == "Another"
    assert read_enrolment(fhir, "none", TERMINOLOGY, AS_OF).study is None


def test_a_count_that_fails_is_no_count_of_half_the_people() -> None:
    fhir = FakeFhirServer(RandomPilot("r", 2, 5).rows)
    fhir.failing["ResearchSubject"] = ServerUnavailable("server-timeout", reference="r")
    with pytest.raises(ServerUnavailable):
        counted(fhir)


def test_two_records_that_each_replace_the_other_stay_two_and_a_long_way_has_an_end() -> None:
    pilot = RandomPilot("r", 3, 9, odd=False)
    first, second, third, *rest = pilot.patients

    def link(one: Any, other: Any) -> None:
        one.setdefault("link", []).append({"other": {"reference": f"Patient/{other['id']}"}, "type": "replaced-by"})

    link(first, second), link(second, first)
    link(third, rest[0]), link(rest[0], rest[1])
    pilot.survivors = {third["id"]: rest[1]["id"], rest[0]["id"]: rest[1]["id"]}
    found = counted(FakeFhirServer(pilot.rows))
    assert found.funnel[WHOLE] == count_funnel(pilot.read(), pilot.regions, pilot.survivors)[WHOLE]


def test_only_managers_ask_for_figures() -> None:
    fhir = FakeFhirServer(RandomPilot("r", 4, 3).rows)
    assert get_enrolment(fhir, MANAGER, TERMINOLOGY, AS_OF).study is not None
    with pytest.raises(NotPermitted):
        get_enrolment(fhir, User(None, "Dr M", roles=(Role.CLINICIAN,)), TERMINOLOGY, AS_OF)
