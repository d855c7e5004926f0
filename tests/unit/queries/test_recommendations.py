"""The recommendations of one patient: what is read for them, whom they are shown to, and what a failed read leaves."""

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.errors import ServerUnavailable
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_recommendations import get_recommendations
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.pages.recommendation_samples import ROWS
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()
AWAY = ServerUnavailable("server-timeout", reference="r1")


class Asked:
    """A fake server with the small record of the samples, and caches."""

    def __init__(self, *rows: Json, without: tuple[str, ...] = ()) -> None:
        # The samples' records take the place of the cohort's of the same id.
        known = {(row["resourceType"], row["id"]): row for row in (*make.cohort(), *ROWS, *rows)}
        self.server = FakeFhirServer(row for (kind, _), row in known.items() if kind not in without)
        self.seconds = 0.0
        self.team_cache = TeamCache(lambda: self.seconds, lambda work: None)
        self.patient_cache: PatientCache[Recommendations] = PatientCache(lambda: self.seconds, lambda work: None)

    def found(
        self, patient_id: str = "p1", who: str = "gp", rules: Library | None = None, **more: object
    ) -> Recommendations:
        return get_recommendations(
            self.server, make.user(who), make.scope(who), T, rules or library(), patient_id,
            more.pop("as_of", AS_OF), bool(more.pop("refresh", False)),
            team_cache=self.team_cache, patient_cache=self.patient_cache,
        )  # type: ignore[arg-type]  # fmt: skip


def outcomes(found: Recommendations) -> dict[str, Outcome]:
    return {f"{each.rule.id}/{each.advice.key}": each.outcome for each in found.findings}


def test_what_applies_comes_first_by_urgency_with_its_facts_and_their_records() -> None:
    found = Asked().found()
    applies = found.of(Outcome.APPLIES)
    first = applies[0]
    assert (first.rule.id, first.advice.key, first.advice.indicator) == ("03-metformin-kidney", "stop", "critical")
    assert {str(origin) for each in first.used for origin in each.records} == {"MedicationRequest/m1", "Observation/o1"}
    assert "15-raas-potassium/stop" in {f"{each.rule.id}/{each.advice.key}" for each in applies}
    assert found.versions[first.used[0].records[0]] == "1"
    assert (found.fetched, found.on, found.unread, found.stale) == (AS_OF, AS_OF.date(), frozenset(), "")


def test_an_answer_to_a_single_question_is_read_although_no_worklist_reads_it() -> None:
    assert outcomes(Asked().found())["25-phq-9/item-9"] is Outcome.APPLIES


def test_a_procedure_is_a_check_that_was_done() -> None:
    feet = make.concept(make.SNOMED, "401191002")
    done = {
        "resourceType": "Procedure", "id": "pr1", "status": "completed", "subject": {"reference": "Patient/p1"},
        "code": feet, "performedDateTime": "2026-10-01",
    }  # fmt: skip
    days = Asked(done).found().facts["days_since_foot_check"]
    assert (days.value, [str(each) for each in days.records]) == (50, ["Procedure/pr1"])


def test_the_number_of_searches_is_constant() -> None:
    asked = Asked()
    asked.found()
