"""The summary of one patient: its sections, sections that fail separately, and who is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.cache.changes import written_changes
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.attention.score_reasons import ScoreWeight
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.views import Notice, Old, PatientSummary
from dashboard.domain.risk.score import RiskKey
from dashboard.errors import DashboardError, Failure, NotFound, NotPermitted, ServerUnavailable, Unsupported
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


class PatientServer:
    """A fake server, and caches with a clock that a test sets."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 0.0
        self.waiting: list[Any] = []
        self.team_cache = TeamCache(lambda: self.seconds, self.waiting.append)
        self.patient_cache = PatientCache(lambda: self.seconds, self.waiting.append)

    def open(
        self, patient_id: str = "p1", who: str = "gp", refresh: bool = False, as_of: Any = AS_OF
    ) -> PatientSummary:
        arguments = (self.server, make.user(who), make.scope(who), T, patient_id, as_of, refresh)
        return get_patient(*arguments, team_cache=self.team_cache, patient_cache=self.patient_cache)

    def worklist(self, who: str = "gp") -> Any:
        return get_worklist(self.server, make.user(who), make.scope(who), T, AS_OF, team_cache=self.team_cache)

    def searched_types(self) -> list[str]:
        types = [request.type for request in self.server.asked]
        self.server.asked.clear()
        return types


@pytest.fixture
def patient_server() -> PatientServer:
    return PatientServer()


def test_a_patient_of_a_known_team_is_read_in_one_round(patient_server: PatientServer) -> None:
    patient_server.worklist()
    patient_server.searched_types()
    summary = patient_server.open()
    assert len(patient_server.searched_types()) == 16
    assert summary.person.name.family == "Aldous"


def test_results_of_all_years_are_grouped_by_condition_with_the_target_of_the_goal(
    patient_server: PatientServer,
) -> None:
    results = patient_server.open().results.value
    assert results is not None
    (hba1c,) = results[ConditionKey.T2DM]
    assert [int(r.value.value) for r in hba1c.series] == [62, 71]
    assert hba1c.target is not None and hba1c.target.high is not None
    assert int(hba1c.target.high.value) == 53
    assert [r.measure for r in results[ConditionKey.OTHER]] == [Measure.POTASSIUM, Measure.WEIGHT]


def test_past_records_are_shown_after_current_ones(patient_server: PatientServer) -> None:
    patient_server.server.put(make.condition("c9", "p1", make.CKD_3B, clinicalStatus=make.concept("", "resolved")))
    patient_server.server.put(make.condition("c8", "p1", make.CKD_3B, verificationStatus=make.concept("", "refuted")))
    summary = patient_server.open()
    assert (summary.problems.value or ())[0].origin.id == "c1"
    assert {p.origin.id: p.active for p in summary.problems.value or ()} == {"c1": True, "c9": False, "c8": False}
    assert [m.status for m in summary.medicines.value or ()] == ["active", "stopped"]


def test_the_plan_has_its_goals_its_editor_and_its_review_date(patient_server: PatientServer) -> None:
    plan = patient_server.open().plan.value
    assert plan is not None
    assert (plan.editor, str(plan.review_due), [g.origin.id for g in plan.goals]) == (
        "Dr Jane Okafor",
        "2026-12-02",
        ["g1"],
    )


def test_the_plan_of_the_users_team_is_shown_and_not_a_newer_one_of_others(patient_server: PatientServer) -> None:
    ours = make.plan("ours", "p1", careTeam=[{"reference": "CareTeam/ct-p1-team-1"}])
    others = make.plan("cp9", "p1", careTeam=[{"reference": "CareTeam/clinic"}], period={"start": "2026-09-01"})
    patient_server.server.put(ours)
    patient_server.server.put(others)
    plan = patient_server.open().plan.value
    assert plan is not None and plan.origin.id == "ours"


def test_goals_outside_the_plan_are_shown_after_those_of_the_plan(patient_server: PatientServer) -> None:
    patient_server.server.put(make.goal("g0", "p1", "8480-6", 130, "mm[Hg]"))
    assert [g.origin.id for g in patient_server.open().goals.value or ()] == ["g1", "g0"]


def test_names_that_the_team_lacks_are_read_from_the_practitioners(patient_server: PatientServer) -> None:
    team = make.care_team("p1", ["gp"])
    del team["participant"][0]["member"]["display"]
    patient_server.server.put(team)
    assert [m.name for m in patient_server.open().team.value or ()] == ["Dr Jane Okafor"]


def test_booked_contacts_come_before_the_last_ones(patient_server: PatientServer) -> None:
    for month in range(1, 10):
        patient_server.server.put(make.encounter(f"e{month}x", "p1", f"2025-0{month}-01T09:00:00+00:00"))
    contacts = patient_server.open().contacts.value or ()
    assert [(c.origin.id, c.planned) for c in contacts[:2]] == [("a1", True), ("e1", False)]
    assert len(contacts) == 11


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("problems", "Condition"),
        ("results", "Observation"),
        ("medicines", "MedicationRequest"),
        ("allergies", "AllergyIntolerance"),
        ("plan", "CarePlan"),
        ("goals", "Goal"),
        ("tasks", "Task"),
        ("contacts", "Encounter"),
        ("carers", "RelatedPerson"),
    ],
)
def test_a_section_that_fails_is_reported_and_the_others_are_shown(
    patient_server: PatientServer, section: str, kind: str
) -> None:
    patient_server.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
    summary = patient_server.open()
    names = ("problems", "results", "medicines", "allergies", "plan", "goals", "tasks", "contacts", "carers", "team")
    assert {name for name in names if not getattr(summary, name).ok} == {section}
    assert getattr(summary, section).value is None
    assert Notice("section-failed", kind) in summary.notices


@pytest.mark.parametrize("failed", ["Observation", "Condition", "MedicationRequest", "MedicationStatement", ""])
def test_no_score_of_what_could_not_be_read_adds_to_the_urgency(
    patient_server: PatientServer, monkeypatch: pytest.MonkeyPatch, failed: str
) -> None:
    few = ScoreWeight(RiskKey.MEDICINES, 3, "own choice", under=Decimal(1000), reviewer="Dr A")
    monkeypatch.setattr("dashboard.queries.get_patient.read_score_weights", lambda: (few,))
    if failed:
        patient_server.server.failing[failed] = ServerUnavailable("server-timeout", reference="r1")
    scored = [each.points for each in patient_server.open().attention if each.kind is ReasonKind.RISK_SCORE]
    assert scored == ([] if failed.startswith("Medication") else [3])


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("problems", "Condition"),
        ("results", "Observation"),
        ("medicines", "MedicationRequest"),
        ("allergies", "AllergyIntolerance"),
        ("flags", "Flag"),
        ("enrolment", "ResearchSubject"),
        ("plan", "CarePlan"),
        ("goals", "Goal"),
        ("tasks", "Task"),
        ("contacts", "Encounter"),
        ("carers", "RelatedPerson"),
    ],
)
def test_a_section_that_fails_later_is_what_was_last_known_with_its_age(
    patient_server: PatientServer, section: str, kind: str
) -> None:
    first = patient_server.open()
    patient_server.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
    patient_server.open(refresh=True, as_of=AS_OF + timedelta(minutes=2))
    summary = patient_server.open(refresh=True, as_of=AS_OF + timedelta(hours=3))
    old = Old(AS_OF, AS_OF + timedelta(minutes=2), Failure("server-timeout", (("reference", "r1"),)))
    assert getattr(summary, section) == replace(getattr(first, section), old=old)
    assert summary.old == {kind: old} and first.old == {}
    assert (summary.allergy_state, summary.attention) == (first.allergy_state, first.attention)
    del patient_server.server.failing[kind]
    assert patient_server.open(refresh=True).old == {}


def test_old_results_count_as_last_known_and_not_as_none(patient_server: PatientServer) -> None:
    later = AS_OF + timedelta(days=900)
    first = patient_server.open(as_of=later)
    assert ReasonKind.CHECK_OVERDUE in {reason.kind for reason in first.attention}
    patient_server.server.failing["Observation"] = ServerUnavailable("server-timeout", reference="r1")
    summary = patient_server.open(refresh=True, as_of=later)
    assert summary.results.old and (summary.attention, summary.checks) == (first.attention, first.checks)


@pytest.mark.parametrize(
    "error", [NotPermitted("server-forbids", reference="r"), Unsupported("type-not-served", what="Observation")]
)
def test_nothing_is_known_any_more_of_what_the_server_forbids_or_does_not_keep(
    patient_server: PatientServer, error: DashboardError
) -> None:
    patient_server.open()
    for now in (error, ServerUnavailable("server-timeout", reference="r1")):
        patient_server.server.failing["Observation"] = now
        summary = patient_server.open(refresh=True)
        assert (summary.results.value, summary.results.failed, summary.old) == (None, now.failure, {})


def test_what_was_last_known_is_not_for_another_user_nor_after_access_has_ended(patient_server: PatientServer) -> None:
    patient_server.server.put(make.care_team("p1", ["gp", "nurse"]))
    patient_server.open()
    patient_server.server.failing["Observation"] = ServerUnavailable("server-timeout", reference="r1")
    assert patient_server.open(who="nurse").results.value is None
    team = patient_server.server.rows["CareTeam"]["ct-p1-team-1"]
    patient_server.server.put(team | {"status": "inactive"})
    patient_server.seconds += 300
    with pytest.raises(NotFound):
        patient_server.open(refresh=True)
    patient_server.server.put(team)
    patient_server.seconds += 300
    assert patient_server.open(refresh=True).results.value is None, "it was forgotten with the access"


def test_allergies_that_could_not_be_read_are_never_shown_as_none(patient_server: PatientServer) -> None:
    patient_server.server.failing["AllergyIntolerance"] = ServerUnavailable("server-timeout", reference="r1")
    assert patient_server.open().allergy_state is AllergyState.UNAVAILABLE
    del patient_server.server.failing["AllergyIntolerance"]
    assert patient_server.open(refresh=True).allergy_state is AllergyState.NOT_RECORDED


def test_a_server_without_medication_statements_still_shows_the_medicines(patient_server: PatientServer) -> None:
    patient_server.server.failing["MedicationStatement"] = Unsupported("type-not-served", what="Appointment")
    summary = patient_server.open()
    assert summary.medicines.ok
    assert summary.notices == ()


def test_no_check_is_due_because_records_could_not_be_read(patient_server: PatientServer) -> None:
    for kind in ("Observation", "CarePlan", "Encounter"):
        patient_server.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
    assert {r.detail for r in patient_server.open().attention} == {"task-overdue"}


def test_an_unreadable_record_is_reported(patient_server: PatientServer) -> None:
    patient_server.server.put(make.condition("bad", "p1") | {"code": {}})
    assert [(str(u.origin), u.why) for u in patient_server.open().unreadable] == [("Condition/bad", "no-code")]


# Refusals


@pytest.mark.parametrize("patient_id", ["p4", "p99", "../p4", "", "a" * 65, "p1/_history/1", "p1?x=1"])
@pytest.mark.parametrize("known", [True, False])
def test_a_patient_of_another_team_is_not_found(patient_server: PatientServer, patient_id: str, known: bool) -> None:
    if known:
        patient_server.worklist()
        patient_server.searched_types()
    with pytest.raises(NotFound):
        patient_server.open(patient_id)
    assert set(patient_server.searched_types()) <= {"CareTeam", "Consent", "Task"}


def test_a_patient_cached_for_one_user_is_not_shown_to_another(patient_server: PatientServer) -> None:
    patient_server.open("p1", "gp")
    with pytest.raises(NotFound):
        patient_server.open("p1", "nurse")
    assert patient_server.open("p3", "nurse").person.id == "p3"


def test_a_former_member_of_the_team_is_refused(patient_server: PatientServer) -> None:
    patient_server.worklist()
    patient_server.open("p2")
    patient_server.server.put(make.care_team("p2", ["nurse"]))
    with pytest.raises(NotFound):
        patient_server.open("p2", refresh=True)
    with pytest.raises(NotFound):
        patient_server.open("p2")


# Number of requests


def test_a_rerun_reads_no_record_and_an_older_value_is_refreshed_in_the_background(
    patient_server: PatientServer,
) -> None:
    first = patient_server.open()
    patient_server.searched_types()
    assert patient_server.open() is first
    patient_server.seconds += 60
    patient_server.server.put(make.patient("p1", "Aldous-Smith"))
    assert patient_server.open() is first
    assert patient_server.searched_types() == ["CareTeam", "Task", "Consent"], "only who may see the patient is asked"
    patient_server.waiting.pop()()
    assert patient_server.open().person.name.family == "Aldous-Smith"


def test_while_the_server_is_unreachable_the_last_summary_is_returned_with_the_error(
    patient_server: PatientServer,
) -> None:
    patient_server.open()
    patient_server.server.down = True
    stale = patient_server.open(refresh=True, as_of=AS_OF + timedelta(hours=1))
    assert stale.stale
    assert stale.fetched == AS_OF
    with pytest.raises(ServerUnavailable):
        patient_server.open("p2")


def test_the_first_read_after_a_write_is_fresh(patient_server: PatientServer) -> None:
    patient_server.open()
    saved = patient_server.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    patient_server.patient_cache.apply(written_changes("http://fake.test/fhir", [saved]))
    assert {t.origin.id: t.status for t in patient_server.open().tasks.value or ()}["t1"] == "completed"
