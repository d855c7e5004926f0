"""The demo's register: every state occurs, no change is before its record or in the future, and the rule agrees."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from dashboard.demo.cohort import SEED, foundation, generate, patient_record
from dashboard.demo.fhir import Json
from dashboard.demo.judging import Judge
from dashboard.demo.places import teams_for
from dashboard.demo.profile import profile
from dashboard.demo.records import Writer
from dashboard.domain.attention.trend import key_results
from dashboard.domain.pilot.eligibility import Eligibility, Outcome, eligibility
from dashboard.domain.pilot.enrolment import Arm, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.screening_answer import ScreeningAnswer
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.study_consent import StudyConsent
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.observation import Observation
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import condition, observation, patient, screening_answer
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.terminology_files import load_terminology

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

AS_OF = date(2026, 11, 23)
T = load_terminology()
A, S = EnrolmentAction, EnrolmentState


@dataclass(frozen=True)
class Entry:
    """A patient's record with how they stand in the pilot."""

    record: list[Json]
    subject: Subject
    consents: list[StudyConsent]


def entries(records: list[list[Json]]) -> Iterator[Entry]:
    for record in records:
        for one in record:
            if one["resourceType"] == "ResearchSubject":
                forms = [each for each in record if each["resourceType"] == "Consent" and "-study-" in each["id"]]
                yield Entry(record, from_fhir(Subject, one), [from_fhir(StudyConsent, each) for each in forms])


@pytest.fixture(scope="module")
def demo() -> list[Entry]:
    return list(entries(list(generate(240, SEED, AS_OF))))


@pytest.fixture(scope="module")
def stories(demo: list[Entry]) -> dict[str, Subject]:
    return {each.subject.patient.id.removeprefix("pat-"): each.subject for each in demo}


def rule(record: list[Json], on: date) -> Eligibility:
    """What the rule says, with everything of the record read by the mappings."""
    rows = [one for one in record if one["resourceType"] == "Observation"]
    seen = [one for one in (observation.from_fhir(row, T) for row in rows) if isinstance(one, Observation)]
    problems = [condition.from_fhir(one, T) for one in record if one["resourceType"] == "Condition"]
    return eligibility(
        ScreeningFacts(
            patient.patient(record[0], on),
            [one for one in problems if isinstance(one, Condition)],
            key_results([each for one in seen for each in one.results], on),
            [
                each
                for each in read_each(rows, lambda row: screening_answer.from_fhir(row, T)).values
                if isinstance(each, ScreeningAnswer)
            ],
            frozenset(
                Reference("RelatedPerson", one["id"]) for one in record if one["resourceType"] == "RelatedPerson"
            ),
        ),
        on,
    )


def test_every_state_occurs_and_some_are_on_no_list(demo: list[Entry]) -> None:
    states = Counter(each.subject.state for each in demo)
    assert set(states) == set(EnrolmentState), set(EnrolmentState) - set(states)
    assert 0.75 * 240 < len(demo) < 0.95 * 240
    enrolled = [each.subject for each in demo if each.subject.enrolled]
    assert 50 < len(enrolled) < 100
    assert {each.layer for each in enrolled} == {3, 4} and {each.arm for each in enrolled} == set(Arm)
    assert {"on-study-observation", "on-study-intervention"} <= {each.status for each in enrolled}


def test_the_smallest_demo_has_the_odd_cases() -> None:
    demo = list(entries(list(generate(60, SEED, AS_OF))))
    changes = [each.subject.changes for each in demo]
    reasons = {change.reason for each in changes for change in each}
    assert {"died", "moved-away", "other-study", "ict-self-check", "not-at-home"} <= reasons
    assert sum(any(one.taken_back for one in each) for each in changes) == 1
    assert sum(any(one.action is A.MOVE for one in each) for each in changes) >= 1
    assert sum(len(each.consents) == 2 for each in demo) >= 1  # signed again
    twice = [[(one.day, one.recorded) for one in each] for each in changes if _two_judgements_on_a_day(each)]
    assert twice
    assert {each.subject.state for each in demo} >= {S.SCREENING, S.ELIGIBLE, S.APPROACHED, S.CONSENTED, S.COMPLETED}


def _two_judgements_on_a_day(changes: tuple[object, ...]) -> bool:
    judged = (A.FIND_ELIGIBLE, A.FIND_INELIGIBLE)
    days = [one.day for one in changes if getattr(one, "action", None) in judged]  # type: ignore[attr-defined]
    return len(days) != len(set(days))


def test_the_changes_follow_each_other_in_the_past_at_sites_of_the_study(demo: list[Entry]) -> None:
    [study] = [from_fhir(Study, one) for one in foundation(240, AS_OF) if one["resourceType"] == "ResearchStudy"]
    sites = {each.site for each in study.sites}
    for each in demo:
        subject = each.subject
        assert subject.study == study.origin and subject.site in sites
        assert {change.site for change in subject.changes} <= sites
        assert study.start is not None and study.start <= subject.changes[0].day
        days = [change.day.start for change in subject.changes]
        moments = [change.recorded.moment for change in subject.changes]
        assert days == sorted(days) and moments == sorted(set(moments))
        assert all(change.recorded.start == change.day.start < AS_OF for change in subject.changes)
        assert all(change.why and change.by.name for change in subject.changes)
        assert str(subject.site.to) == each.record[0]["managingOrganization"]["reference"]


def test_a_consent_is_in_force_as_long_as_its_subject_says(demo: list[Entry]) -> None:
    for each in demo:
        signed = [change for change in each.subject.valid_changes if change.action is A.CONSENT]
        assert [consent.signed for consent in each.consents] == [change.day for change in signed]
        in_force = [consent for consent in each.consents if consent.status == "active"]
        assert len(in_force) == (1 if signed and each.subject.state is not S.WITHDRAWN else 0)
        if signed:
            assert each.subject.consent == each.consents[-1].origin
    versions = Counter(consent.form_version for each in demo for consent in each.consents)
    assert set(versions) == {"1.0", "1.1"}


def test_who_was_judged_is_what_the_rule_says_on_that_day(demo: list[Entry]) -> None:
    says = {A.FIND_ELIGIBLE: Outcome.ELIGIBLE, A.SCREEN: Outcome.NOT_KNOWN}
    for each in demo[:100]:
        for change in each.subject.valid_changes:
            if change.action in says:
                assert rule(each.record, change.day.start).outcome is says[change.action], each.subject.origin
            elif change.action in (A.APPROACH, A.ENROL):
                assert rule(each.record, change.day.start).outcome is not Outcome.NOT_ELIGIBLE, each.subject.origin
            elif change.reason in ("under-55", "fewer-than-two-conditions", "not-at-home", "ict-self-check"):
                assert rule(each.record, change.day.start).outcome is Outcome.NOT_ELIGIBLE, each.subject.origin


def test_the_short_reading_of_a_record_says_what_the_long_one_does() -> None:
    for index in range(0, 60, 3):
        record = patient_record(index, SEED, AS_OF)
        judge = Judge(Writer.of(profile(index, SEED, AS_OF), 0), record)
        for back in (0, 120, 300):
            then = AS_OF.toordinal() - back
            assert judge.on(then).outcome is rule(record, date.fromordinal(then)).outcome


def test_the_stories_stand_where_they_should(stories: dict[str, Subject]) -> None:
    mary = stories["mary-aldous"]
    assert (mary.state, mary.layer, mary.arm) == (S.ENROLLED, 4, "intervention")
    assert {name: stories[name].state for name in ("derek-thorne", "surinder-sandhu", "ronald-pickering")} == {
        "derek-thorne": S.INELIGIBLE, "surinder-sandhu": S.APPROACHED, "ronald-pickering": S.CONSENTED,
    }  # fmt: skip
    assert stories["begona-etxeberria"].state is S.DECLINED and stories["gunilla-aberg"].state is S.ACTIVE
    assert stories["jose-antonio-ibarra"].state is S.COMPLETED and stories["sture-jonsson"].state is S.SCREENING


def test_the_consented_story_is_not_eligible_any_more() -> None:
    """What the screening list has to mark: he consented in NYHA class II, and is in class III now."""
    [ronald] = entries([patient_record(0, SEED, AS_OF)])
    assert rule(ronald.record, AS_OF).outcome is Outcome.NOT_ELIGIBLE
    assert ronald.subject.state is S.CONSENTED


def test_who_died_has_left_and_who_shares_no_more_is_on_no_list() -> None:
    records = list(generate(60, SEED, AS_OF))
    [died] = [each for each in entries(records) if "deceasedDateTime" in each.record[0]]
    assert (died.subject.state, died.subject.changes[-1].reason) == (S.LEFT, "died")
    assert died.subject.changes[-1].day.text >= died.record[0]["deceasedDateTime"][:10]
    assert all(change.day.text <= died.record[0]["deceasedDateTime"][:10] for change in died.subject.changes[:-1])
    hidden = [record for record in records if profile_of(record, "withdrawn")]
    assert hidden and not list(entries(hidden))


def profile_of(record: list[Json], oddity: str) -> bool:
    ids = {each.id for each in (profile(index, SEED, AS_OF) for index in range(60)) if each.oddity == oddity}
    return record[0]["id"] in ids


def test_a_patient_stands_the_same_in_a_larger_cohort() -> None:
    small, large = (list(entries(list(generate(size, SEED, AS_OF)))) for size in (30, 90))
    assert [each.subject for each in small] == [each.subject for each in large][: len(small)]


@pytest.mark.parametrize("patients", [30, 602, 10_000])
def test_the_study_is_synthetic_and_has_a_target_for_every_site(patients: int) -> None:
    [row] = [one for one in foundation(patients, AS_OF) if one["resourceType"] == "ResearchStudy"]
    assert "synthetic" in row["title"] and row["description"].startswith("Synthetic")
    study = from_fhir(Study, row)
    assert study.registration == "NCT03834207" and {each.name for each in study.arms} == set(Arm)
    assert {each.site.to.id for each in study.sites if each.site.to} == {
        site.id for team in teams_for(patients) for site in team.sites
    }
    for site in study.sites:
        first, last = site.targets
        assert first.day.start < AS_OF < last.day.start and 0 < first.people <= last.people
    assert sum(each.targets[-1].people for each in study.sites) < patients


def test_nothing_is_invented_where_people_load_their_own() -> None:
    assert not [one for one in foundation(0) if one["resourceType"] == "ResearchStudy"]
    [row] = [one for one in foundation(0, AS_OF) if one["resourceType"] == "ResearchStudy"]
    study = from_fhir(Study, row)
    assert "description" not in row and "synthetic" not in row["title"].casefold()
    assert study.sites and not any(each.targets for each in study.sites)
    assert (study.start, study.end) == (None, None)
