"""The recommendations of one patient: what is read for them, whom they are shown to, and what a failed read leaves."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import ReplyKind
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.record.allergy import AllergyState
from dashboard.errors import Failure, NotFound, ServerUnavailable
from dashboard.fhir.guidelines.library import FOLDER, GuidelineFiles, Library
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_recommendations import FACT_TYPES, get_recommendations
from dashboard.ui.recommendations.contradiction_html import contradictions_html
from dashboard.ui.recommendations.html import warnings_html
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.notices import part_words
from tests.contract.every_page import AT, plain
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.pages.recommendation_samples import ROWS, answered
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()
AWAY = ServerUnavailable("server-timeout", reference="r1")
SEARCHED = (*FACT_TYPES, "AllergyIntolerance", "DetectedIssue", "Flag", "Goal", "GuidanceResponse", "ResearchSubject")
"""What is asked for, but for who may see the patient."""


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
    # Who may see the patient is asked beside it.
    of_access = ("CareTeam", "Consent", "Task")
    assert sorted(request.type for request in asked.server.asked if request.type not in of_access) == [
        "AllergyIntolerance", "Condition", "DetectedIssue", "Encounter", "Encounter", "Flag", "Goal",
        "GuidanceResponse", "MedicationRequest", "MedicationStatement", "Observation", "Observation", "Procedure",
        "ResearchSubject",
    ]  # fmt: skip
    asked.server.asked.clear()
    asked.found()
    assert asked.server.asked == []


def test_the_open_tasks_of_the_patient_come_with_it_and_their_failure_is_named() -> None:
    mine = [make.task("t91", "p1", "Practitioner/gp"), make.task("t92", "p1", "Practitioner/gp", status="completed")]
    asked = Asked(*mine, make.task("t93", "p2", "Practitioner/gp"))
    found = asked.found()
    open_ = {each.origin.id for each in found.tasks.value or ()}
    assert "t91" in open_ and not open_ & {"t92", "t93"}
    away = Asked(*mine)
    away.server.failing["Task"] = AWAY
    failed = away.found()
    assert failed.tasks.value is None
    assert [notice for notice in failed.notices if notice.kind == "section-failed" and notice.detail == "Task"]
    assert outcomes(failed) == outcomes(found)


@pytest.mark.parametrize("kind", FACT_TYPES)
def test_a_failed_search_takes_no_answer_for_known(kind: str) -> None:
    """No card applies or not for a reason that a failed read has made: what is left is what the rest says alone."""
    whole = outcomes(Asked().found())
    asked = Asked()
    asked.server.failing[kind] = AWAY
    found = asked.found()
    assert found.unread == {kind} and found.not_read == {kind: Failure("server-timeout", (("reference", "r1"),))}
    assert [notice for notice in found.notices if notice.kind == "section-failed" and notice.detail == kind]
    changed = {key: answer for key, answer in outcomes(found).items() if answer is not whole[key]}
    assert set(changed.values()) <= {Outcome.CANNOT_SAY}
    if kind in ("Observation", "Condition", "MedicationRequest"):
        assert changed
    # Were the records not there, some cards would say otherwise: the failure is not that.
    assert all(value.value is not False for value in found.facts.values() if _comes_from(value.fact.kind) == kind)


@pytest.mark.parametrize("kind", SEARCHED)
def test_each_search_that_fails_is_named_and_no_card_comes_or_goes_for_it(kind: str) -> None:
    """Also those that bring no facts: what was answered and decided before, and the goals."""
    declined = {
        **to_fhir(replace(answered(ReplyKind.NOT_FOR_THIS_PERSON, reason="person-declines", words="No"), source={})),
        "id": "gr1",
    }
    found = []
    for failing in ({}, {kind: AWAY}):
        asked = Asked()
        asked.server.put(declined)
        asked.server.failing.update(failing)
        found.append(asked.found())
    whole, failed = found
    assert set(SEARCHED) == {each.type for each in asked.server.asked} - {"CareTeam", "Consent", "Task"}
    before, after = outcomes(whole), outcomes(failed)
    assert {answer for key, answer in after.items() if answer is not before[key]} <= {Outcome.CANNOT_SAY}
    page = RecommendationsPage(failed, AT, "", True, True, False)
    said = plain(fragment[warnings_html(page), contradictions_html(page)])
    assert part_words(kind).lower() in said.lower()
    if kind == "GuidanceResponse":
        assert whole.whole and not failed.whole and "as if nobody had answered" in said
    if kind == "DetectedIssue":
        assert "as if nobody had" in said
    if kind == "Goal":
        assert "what guidelines have against them is not shown" in said


def _comes_from(kind: str) -> str:
    return {"condition": "Condition", "medicine": "MedicationRequest"}.get(kind, "")


@pytest.mark.parametrize("kind", FACT_TYPES)
def test_what_fails_later_says_what_was_last_known_with_its_age(kind: str) -> None:
    asked = Asked()
    first = asked.found()
    asked.server.failing[kind] = AWAY
    later = asked.found(refresh=True, as_of=AS_OF + timedelta(minutes=2))
    assert outcomes(later) == outcomes(first)
    assert (later.unread, list(later.old), later.old[kind].read) == (frozenset(), [kind], AS_OF)


def test_a_list_that_is_cut_off_is_not_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.queries.get_recommendations.MOST_RESULTS", 2)
    found = Asked().found()
    assert found.unread == {"Observation"} and not found.not_read
    assert outcomes(found)["03-metformin-kidney/stop"] is Outcome.CANNOT_SAY


def test_a_server_that_keeps_no_statements_and_no_procedures_lacks_nothing() -> None:
    asked = Asked()
    able = asked.server.capabilities
    types = {name: each for name, each in able.types.items() if name not in ("MedicationStatement", "Procedure")}
    asked.server.capabilities = replace(able, types=types)
    found = asked.found()
    assert (found.unread, found.notices) == (frozenset(), ())


def test_nobody_else_is_shown_them() -> None:
    asked = Asked()
    for patient_id in ("p4", "p999", "../p1", ""):
        with pytest.raises(NotFound):
            asked.found(patient_id)
    with pytest.raises(NotFound):
        asked.found("p1", "nurse")


def test_nothing_is_said_of_somebody_who_has_died() -> None:
    died = make.patient("p1", "Aldous") | {"deceasedDateTime": "2026-11-01"}
    found = Asked(died).found()
    assert (found.findings, found.facts) == ((), {}) and found.person.deceased


def test_allergies_that_could_not_be_read_are_never_shown_as_none() -> None:
    asked = Asked()
    asked.server.failing["AllergyIntolerance"] = AWAY
    assert asked.found().allergy_state is AllergyState.UNAVAILABLE


def test_a_rule_that_a_site_adds_or_switches_off_is_in_force_at_the_next_look(tmp_path: Path) -> None:
    asked, files = Asked(), GuidelineFiles(T, (FOLDER, tmp_path))
    assert "03-metformin-kidney/stop" in outcomes(asked.found(rules=files.library()))
    searches = len(asked.server.asked)
    ours = (FOLDER / "03-metformin-kidney" / "plan-definition.json").read_text(encoding="utf-8")
    (tmp_path / "off").mkdir()
    (tmp_path / "off" / "plan-definition.json").write_text(
        ours.replace('"status": "draft",\n  "experimental"', '"status": "retired",\n  "experimental"'), encoding="utf-8"
    )
    assert "03-metformin-kidney/stop" not in outcomes(asked.found(rules=files.library()))
    assert len(asked.server.asked) == searches  # the record was not read again
    (tmp_path / "off" / "plan-definition.json").write_text("{", encoding="utf-8")
    found = asked.found(rules=files.library())
    assert "03-metformin-kidney/stop" in outcomes(found) and found.in_force.left_out == 1


# --- who may take part in the pilot -------------------------------------------------------------------------------


def eligible_person(*more: Json) -> Asked:
    """A person of 76 with diabetes, and heart failure of class II, at home, who passed the ICT self-check."""
    failing = make.condition("c2", "p1") | {
        "code": make.concept(make.SNOMED, "84114007", "Heart failure"),
        "stage": [{"summary": make.concept(make.SNOMED, "421704003")}],
    }
    said = (("75274-1", make.SNOMED, "264362003"), ("ict-self-check", SCREENING_CODES, "passed"))
    answers = [
        {
            "resourceType": "Observation", "id": f"asked-{number}", "status": "final",
            "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-01-01",
            "code": make.concept(SCREENING_CODES if system == SCREENING_CODES else make.LOINC, code),
            "valueCodeableConcept": make.concept(system, value),
        }
        for number, (code, system, value) in enumerate(said)
    ]  # fmt: skip
    return Asked(failing, *answers, *more)


SCREENING_CODES = "https://c3-cloud.example/fhir/CodeSystem/screening"
LISTED = (
    {
        "resourceType": "ResearchStudy", "id": "pilot", "status": "active",
        "identifier": [{"system": "https://clinicaltrials.gov", "value": "NCT03834207"}],
    },
    {
        "resourceType": "ResearchSubject", "id": "rs1", "status": "candidate",
        "individual": {"reference": "Patient/p1"},
        "study": {"reference": "ResearchStudy/pilot"},
    },
)  # fmt: skip


def pilot(found: Recommendations) -> list[Outcome]:
    assert not {"33-pilot-eligibility"} & {each.rule.id for each in found.findings}
    return [each.outcome for each in found.of_programmes]


def test_who_may_take_part_in_the_pilot_is_no_recommendation_and_told_to_whoever_enrols() -> None:
    asked = eligible_person()
    assert pilot(asked.found()) == [Outcome.APPLIES]
    assert len([request for request in asked.server.asked if request.type == "Observation"]) == 2
    assert pilot(eligible_person(*LISTED).found()) == [Outcome.DOES_NOT_APPLY]


def test_whoever_enrols_nobody_is_told_nothing_and_nothing_is_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.queries.get_recommendations.is_permitted", lambda *asked: False)
    asked = eligible_person()
    assert pilot(asked.found()) == []
    assert len([request for request in asked.server.asked if request.type == "Observation"]) == 1


@pytest.mark.parametrize("kind", ["Observation", "Condition", "ResearchSubject"])
def test_a_failed_search_makes_nobody_eligible_or_not(kind: str) -> None:
    asked = eligible_person()
    asked.server.failing[kind] = AWAY
    assert pilot(asked.found()) == [Outcome.CANNOT_SAY]


def test_a_server_without_studies_is_asked_for_nobodys_eligibility() -> None:
    asked = eligible_person()
    asked.server.capabilities = replace(
        asked.server.capabilities,
        types={kind: can for kind, can in asked.server.capabilities.types.items() if kind != "ResearchStudy"},
    )
    assert pilot(asked.found()) == []
