"""What the demo's screening asked: every answer is understood, every outcome occurs, and nobody is asked too early."""

from collections import Counter
from datetime import date, datetime

import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import SEED, foundation, generate, patient_record
from dashboard.demo.fhir import Json
from dashboard.domain.pilot.eligibility import Criterion, Outcome
from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion
from dashboard.fhir.mapping import screening_answer
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.screen_patients import screen_patients
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

AS_OF = date(2026, 11, 23)
NOON = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
T = load_terminology()


@pytest.fixture(scope="module")
def records() -> list[list[Json]]:
    return list(generate(60, SEED, AS_OF))


def answers(record: list[Json]) -> list[ScreeningAnswer]:
    rows = [one for one in record if one["resourceType"] == "Observation"]
    return read_each(rows, lambda row: screening_answer.from_fhir(row, T)).values


def test_every_answer_is_understood_and_both_questions_have_both_answers(records: list[list[Json]]) -> None:
    found = Counter((each.question, each.holds) for record in records for each in answers(record))
    for question in (ScreeningQuestion.LIVING_SITUATION, ScreeningQuestion.ICT_SELF_CHECK):
        assert found[question, True] > found[question, False] > 0
    assert {holds for question, holds in found if question is not ScreeningQuestion.NYHA_CLASS} == {True, False}


def test_some_patients_were_not_asked_and_some_carers_answered(records: list[list[Json]]) -> None:
    asked = [{each.question for each in answers(record)} for record in records]
    assert 0 < sum(ScreeningQuestion.LIVING_SITUATION not in each for each in asked) < 15
    by_carers = [
        each for record in records for each in answers(record) if each.by.to and each.by.to.type == "RelatedPerson"
    ]
    assert 0 < sum(each.holds is True for each in by_carers) <= len(by_carers)


def test_nobody_is_asked_before_the_record_begins_or_on_a_day_to_come() -> None:
    since = AS_OF.toordinal() - 365
    for index in range(60):
        days = [each.when.start for each in answers(patient_record(index, SEED, AS_OF, since)) if each.when]
        assert all(date.fromordinal(since) <= day <= AS_OF for day in days)


def test_every_outcome_and_every_required_criterion_that_fails_occurs(records: list[list[Json]]) -> None:
    server = FakeFhirServer([*foundation(60, AS_OF), *(one for record in records for one in record)])
    one_of_each_team = {
        team["managingOrganization"][0]["reference"]: next(
            part["member"]["reference"].removeprefix("Practitioner/")
            for part in team["participant"]
            if part["member"]["reference"].startswith("Practitioner/")
        )
        for team in server.rows["CareTeam"].values()
    }
    lines = {
        line.person.id: line.eligibility
        for who in sorted({*one_of_each_team.values()})
        for line in screen_patients(server, make.user(who), make.scope(who), T, NOON, team_cache=TeamCache()).lines
    }
    outcomes = Counter(each.outcome for each in lines.values())
    assert set(outcomes) == set(Outcome) and outcomes[Outcome.ELIGIBLE] >= 5
    assert {Criterion.TWO_CONDITIONS, Criterion.AT_HOME, Criterion.ICT} <= {
        one for each in lines.values() for one in each.failed
    }
    assert {"living-situation", "ict-self-check"} <= {key for each in lines.values() for key in each.missing}
