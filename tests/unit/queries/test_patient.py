"""One patient: what is shown of a whole history, which section fails alone, and who may not look."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.cache.changes import written_changes
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.views import Notice, PatientSummary
from dashboard.errors import NotFound, ServerUnavailable, Unsupported
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


class Surgery:
    """A fake server and stores with a clock that a test turns."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 0.0
        self.waiting: list[Any] = []
        self.store = TeamCache(lambda: self.seconds, self.waiting.append)
        self.kept = PatientCache(lambda: self.seconds, self.waiting.append)

    def open(
        self, patient_id: str = "p1", who: str = "gp", refresh: bool = False, as_of: Any = AS_OF
    ) -> PatientSummary:
        arguments = (self.server, make.user(who), make.scope(who), T, patient_id, as_of, refresh)
        return get_patient(*arguments, team_cache=self.store, patient_cache=self.kept)

    def worklist(self, who: str = "gp") -> Any:
        return get_worklist(self.server, make.user(who), make.scope(who), T, AS_OF, team_cache=self.store)

    def asked(self) -> list[str]:
        types = [request.type for request in self.server.asked]
        self.server.asked.clear()
        return types


@pytest.fixture
def surgery() -> Surgery:
    return Surgery()


def test_a_patient_of_a_known_team_is_read_in_one_round(surgery: Surgery) -> None:
    surgery.worklist()
    surgery.asked()
    summary = surgery.open()
    assert len(surgery.asked()) == 13
    assert summary.person.name.family == "Aldous"


def test_results_of_all_years_are_grouped_by_condition_with_the_target_of_the_goal(surgery: Surgery) -> None:
    results = surgery.open().results.value
    assert results is not None
    (hba1c,) = results[ConditionKey.T2DM]
    assert [int(r.value.value) for r in hba1c.series] == [62, 71]
    assert hba1c.target_high is not None
    assert int(hba1c.target_high.value) == 53
    assert [r.measure for r in results[ConditionKey.OTHER]] == [Measure.POTASSIUM, Measure.WEIGHT]


def test_what_is_past_stays_in_sight_behind_what_is_now(surgery: Surgery) -> None:
    surgery.server.put(make.condition("c9", "p1", make.CKD_3B, clinicalStatus=make.concept("", "resolved")))
    surgery.server.put(make.condition("c8", "p1", make.CKD_3B, verificationStatus=make.concept("", "refuted")))
    summary = surgery.open()
    assert (summary.problems.value or ())[0].origin.id == "c1"
    assert {p.origin.id: p.active for p in summary.problems.value or ()} == {"c1": True, "c9": False, "c8": False}
    assert [m.status for m in summary.medicines.value or ()] == ["active", "stopped"]


def test_the_plan_has_its_goals_its_editor_and_its_review_date(surgery: Surgery) -> None:
    plan = surgery.open().plan.value
    assert plan is not None
    assert (plan.editor, str(plan.review_due), [g.origin.id for g in plan.goals]) == (
        "Dr Jane Okafor",
        "2026-12-02",
        ["g1"],
    )


def test_goals_outside_the_plan_are_shown_after_those_of_the_plan(surgery: Surgery) -> None:
    surgery.server.put(make.goal("g0", "p1", "8480-6", 130, "mm[Hg]"))
    assert [g.origin.id for g in surgery.open().goals.value or ()] == ["g1", "g0"]


def test_names_the_team_lacks_come_from_the_practitioners(surgery: Surgery) -> None:
    team = make.care_team("p1", ["gp"])
    del team["participant"][0]["member"]["display"]
    surgery.server.put(team)
    assert [m.name for m in surgery.open().team.value or ()] == ["Dr Jane Okafor"]


def test_booked_contacts_come_before_the_last_ones(surgery: Surgery) -> None:
    for month in range(1, 10):
        surgery.server.put(make.encounter(f"e{month}x", "p1", f"2025-0{month}-01T09:00:00+00:00"))
    contacts = surgery.open().contacts.value or ()
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
def test_a_section_that_fails_says_so_and_the_others_are_there(surgery: Surgery, section: str, kind: str) -> None:
    surgery.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
    summary = surgery.open()
    names = ("problems", "results", "medicines", "allergies", "plan", "goals", "tasks", "contacts", "carers", "team")
    assert {name for name in names if not getattr(summary, name).ok} == {section}
    assert getattr(summary, section).value is None
    assert Notice("section-failed", kind) in summary.notices


def test_allergies_that_could_not_be_read_are_never_none(surgery: Surgery) -> None:
    surgery.server.failing["AllergyIntolerance"] = ServerUnavailable("server-timeout", reference="r1")
    assert surgery.open().allergy_state is AllergyState.UNAVAILABLE
    del surgery.server.failing["AllergyIntolerance"]
    assert surgery.open(refresh=True).allergy_state is AllergyState.NOT_RECORDED


def test_a_server_without_medication_statements_still_shows_the_medicines(surgery: Surgery) -> None:
    surgery.server.failing["MedicationStatement"] = Unsupported("type-not-served", what="Appointment")
    summary = surgery.open()
    assert summary.medicines.ok
    assert summary.notices == ()


def test_what_was_not_read_is_not_held_against_the_patient(surgery: Surgery) -> None:
    for kind in ("Observation", "CarePlan", "Encounter"):
        surgery.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
    assert {r.detail for r in surgery.open().attention} == {"task-overdue"}


def test_a_record_that_cannot_be_read_is_told(surgery: Surgery) -> None:
    surgery.server.put(make.condition("bad", "p1") | {"code": {}})
    assert [(str(u.origin), u.why) for u in surgery.open().unreadable] == [("Condition/bad", "no-code")]


# Who may not


@pytest.mark.parametrize("patient_id", ["p4", "p99", "../p4", "", "a" * 65, "p1/_history/1", "p1?x=1"])
@pytest.mark.parametrize("known", [True, False])
def test_a_patient_of_another_team_is_not_found_however_the_id_was_come_by(
    surgery: Surgery, patient_id: str, known: bool
) -> None:
    if known:
        surgery.worklist()
        surgery.asked()
    with pytest.raises(NotFound):
        surgery.open(patient_id)
    assert set(surgery.asked()) <= {"CareTeam", "Consent", "Task"}


def test_a_patient_kept_for_one_person_is_not_shown_to_another(surgery: Surgery) -> None:
    surgery.open("p1", "gp")
    with pytest.raises(NotFound):
        surgery.open("p1", "nurse")
    assert surgery.open("p3", "nurse").person.id == "p3"


def test_who_leaves_the_team_sees_nothing_more(surgery: Surgery) -> None:
    surgery.worklist()
    surgery.open("p2")
    surgery.server.put(make.care_team("p2", ["nurse"]))
    with pytest.raises(NotFound):
        surgery.open("p2", refresh=True)
    with pytest.raises(NotFound):
        surgery.open("p2")


# How often the server is asked


def test_a_rerun_asks_nothing_and_a_page_left_open_is_read_beside(surgery: Surgery) -> None:
    first = surgery.open()
    surgery.asked()
    assert surgery.open() is first
    surgery.seconds += 60
    surgery.server.put(make.patient("p1", "Aldous-Smith"))
    assert surgery.open() is first
    assert surgery.asked() == []
    surgery.waiting.pop()()
    assert surgery.open().person.name.family == "Aldous-Smith"


def test_a_server_that_is_away_leaves_the_last_summary_with_the_reason(surgery: Surgery) -> None:
    surgery.open()
    surgery.server.down = True
    stale = surgery.open(refresh=True, as_of=AS_OF + timedelta(hours=1))
    assert stale.stale
    assert stale.fetched == AS_OF
    with pytest.raises(ServerUnavailable):
        surgery.open("p2")


def test_after_a_write_the_next_look_is_fresh(surgery: Surgery) -> None:
    surgery.open()
    saved = surgery.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    surgery.kept.apply(written_changes("http://fake.test/fhir", [saved]))
    assert {t.origin.id: t.status for t in surgery.open().tasks.value or ()}["t1"] == "completed"
