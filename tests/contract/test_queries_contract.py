"""Queries and actions on every FHIR server: each user sees the same patients, and what a server lacks is reported."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dashboard.access.request_context import request_context
from dashboard.actions.complete_task import complete_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.actions.start_emergency_access import start_emergency_access
from dashboard.cache.cache import ACCESS_AGE
from dashboard.cache.compare_team import without_deleted
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyReason
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.screening_list import Mark, ScreeningList, Unlisted
from dashboard.domain.pilot.study import PILOT
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import PatientSummary, Worklist
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, ServerRefused, Unsupported, VersionConflict
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_counts import get_counts
from dashboard.queries.get_event import get_event
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.screen_patients import screen_patients
from tests.records import create, update
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
Json = dict[str, Any]
# Notices about missing rows; the others say how a server with fewer features was searched, and no row is missing.
TELLING = frozenset({"capped", "incomplete", "paging-loop", "truncated", "unsorted", "section-failed"})


@dataclass
class ServerWithCohort:
    """The small cohort on one server; `ids` maps its names ("Patient/p1") to the ids that the server gave."""

    fhir: FhirServer
    ids: dict[str, str]
    store: TeamCache

    def user(self, who: str) -> User:
        return User(Reference("Practitioner", self.ids[f"Practitioner/{who}"]), who)

    def scope(self, who: str) -> AccessScope:
        return AccessScope(self.fhir.base_url, str(self.user(who).practitioner))

    def worklist(self, who: str = "gp", refresh: bool = False) -> Worklist:
        return get_worklist(self.fhir, self.user(who), self.scope(who), T, AS_OF, refresh, self.store)

    def open(self, patient: str, who: str = "gp") -> PatientSummary:
        pid = self.ids[f"Patient/{patient}"]
        return get_patient(
            self.fhir,
            self.user(who),
            self.scope(who),
            T,
            pid,
            AS_OF,
            team_cache=self.store,
            patient_cache=PatientCache(),
        )

    def timeline(self, patient: str, who: str = "gp") -> Timeline:
        pid = self.ids[f"Patient/{patient}"]
        return get_timeline(
            self.fhir,
            self.user(who),
            self.scope(who),
            T,
            pid,
            AS_OF,
            team_cache=self.store,
            patient_cache=PatientCache(),
        )

    def event(self, patient: str, name: str, who: str = "gp") -> EventDetail:
        pid, origin = self.ids[f"Patient/{patient}"], Reference(name.split("/")[0], self.ids[name])
        return get_event(
            self.fhir,
            self.user(who),
            self.scope(who),
            T,
            pid,
            origin,
            AS_OF,
            team_cache=self.store,
            patient_cache=PatientCache(),
        )

    def shown(self, who: str = "gp", refresh: bool = False) -> set[str]:
        names = {ident: name for name, ident in self.ids.items() if name.startswith("Patient/")}
        return {names[pid][8:] for pid in self.worklist(who, refresh).rows["patient_id"]}

    def row(self, patient: str, refresh: bool = False) -> dict[str, Any]:
        rows = self.worklist(refresh=refresh).rows
        found: dict[str, Any] = rows[rows["patient_id"] == self.ids[f"Patient/{patient}"]].iloc[0].to_dict()
        return found


@pytest.fixture
def server(named_fhir: tuple[str, FhirServer]) -> ServerWithCohort:
    _, fhir = named_fhir
    ids: dict[str, str] = {}
    teams = [make.organisation(f"team-{n}", f"Team {n}", "team", "org-1") for n in (1, 2)]
    records = make.cohort()
    for resource in [*records[:2], *teams, *records[2:]]:
        put(fhir, ids, resource)
    return ServerWithCohort(fhir, ids, TeamCache())


def put(fhir: FhirServer, ids: dict[str, str], resource: Json) -> Json:
    """Creates the resource under an id that the server chooses, or replaces the one that was created before."""
    name = f"{resource['resourceType']}/{resource['id']}"
    row: Json = with_server_ids(resource, ids)
    if name in ids:
        current = fhir.read(resource["resourceType"], ids[name])
        return update(fhir, row | {"id": ids[name], "meta": current["meta"]})
    row.pop("id")
    if row["resourceType"] == "Patient":
        row["identifier"] = [{"system": "urn:test", "value": uuid.uuid4().hex}]
    stored = create(fhir, row)
    ids[name] = stored["id"]
    return stored


def with_server_ids(value: Any, ids: dict[str, str]) -> Any:
    """Returns the resource with references to the ids that this server gave."""
    if isinstance(value, dict):
        return {
            key: _own(inner, ids) if key == "reference" and isinstance(inner, str) else with_server_ids(inner, ids)
            for key, inner in value.items()
        }
    return [with_server_ids(inner, ids) for inner in value] if isinstance(value, list) else value


def _own(reference: str, ids: dict[str, str]) -> str:
    name = reference.split("/_history/")[0]
    return f"{name.split('/')[0]}/{ids[name]}"


def test_worklist_and_patient_are_the_same_on_every_server(server: ServerWithCohort) -> None:
    worklist = server.worklist()
    assert server.shown() == {"p1", "p2", "p3"}
    assert server.shown("nurse") == {"p3", "p4"}
    assert not [notice for notice in worklist.notices if notice.kind in TELLING]
    assert worklist.unreadable == ()
    row = server.row("p1")
    assert row["conditions"] == (ConditionKey.T2DM,)
    assert int(row["results"][Measure.HBA1C].latest.value.value) == 71
    assert (row["open_tasks"], row["my_tasks"], row["overdue_tasks"]) == (2, 1, 1)
    assert (row["team"], row["site"], row["region"]) == ("Team 1", "Castle Practice", "South Warwickshire")
    assert (row["plan"].editor, len(row["plan"].goals)) == ("Dr Jane Okafor", 1)
    assert str(row["next_conference"])[:10] == "2026-11-24"
    assert str(row["last_contact"])[:10] == "2026-10-28"

    summary = server.open("p1")
    assert not [notice for notice in summary.notices if notice.kind in TELLING]
    assert summary.allergy_state is AllergyState.NOT_RECORDED
    assert len(summary.problems.value or ()) == 1
    assert [m.status for m in summary.medicines.value or ()] == ["active", "stopped"]
    assert [len(r.series) for r in (summary.results.value or {})[ConditionKey.T2DM]] == [2]
    assert summary.plan.value is not None
    assert (summary.plan.value.editor, len(summary.goals.value or ())) == ("Dr Jane Okafor", 1)
    assert len(summary.tasks.value or ()) == 2
    assert [c.planned for c in summary.contacts.value or ()] == [True, False]
    with pytest.raises(NotFound):
        server.open("p4")


@pytest.mark.parametrize("end", ["membership", "consent", "new consent"])
def test_an_access_that_ends_is_heard_by_ids_alone_on_every_server(server: ServerWithCohort, end: str) -> None:
    seconds = 1000.0
    server.store = TeamCache(lambda: seconds, start=lambda work: None)
    assert server.shown() == {"p1", "p2", "p3"}
    seconds += ACCESS_AGE.wait_after + 1
    assert server.shown() == {"p1", "p2", "p3"}
    ended = {
        "membership": make.care_team("p1", ["nurse"]),
        "consent": make.consent("p1", status="inactive"),
        "new consent": make.consent("p1", {"type": "deny"}, ident="new"),
    }
    put(server.fhir, server.ids, ended[end])
    seconds += ACCESS_AGE.wait_after + 1
    assert server.shown() == {"p2", "p3"}


def test_nothing_that_is_there_is_taken_for_deleted_on_any_server(server: ServerWithCohort) -> None:
    server.worklist()
    who, scope = server.user("gp"), server.scope("gp")
    data = server.store.last_data(scope)
    assert data is not None
    context = request_context(server.fhir, who, scope, T, AS_OF)
    assert without_deleted(context, data) is data


def test_a_replaced_and_an_unused_record_are_marked_on_every_page_of_every_server(server: ServerWithCohort) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p3"}}]
    put(server.fhir, server.ids, make.patient("p2", "Ibáñez-Goñi") | {"active": False, "link": link})
    put(server.fhir, server.ids, make.patient("p1", "Aldous") | {"active": False})
    survivor = (server.ids["Patient/p3"],)
    assert server.shown() == {"p1", "p2", "p3"}, "a record that is not in use stays on the list, marked"
    for name, active, survivors in (("p1", False, ()), ("p2", False, survivor), ("p3", True, ())):
        patient = Reference("Patient", server.ids[f"Patient/{name}"])
        own = AccessScope(server.fhir.base_url, str(patient))
        user = User(None, name, roles=(Role.PATIENT,), fhir_user=patient)
        people = {
            server.row(name)["person"],
            server.open(name).person,
            server.timeline(name).person,
            get_own_record(server.fhir, user, own, T, AS_OF).person,
        }
        [person] = people
        assert (person.active, person.survivors, person.in_use) == (active, survivors, name == "p3")
    found = find_patients(server.fhir, server.user("gp"), server.scope("gp"), "goni", AS_OF, T, server.store)
    assert [match.person.id for match in found] == list(survivor)


def test_the_timeline_is_the_same_on_every_server(server: ServerWithCohort) -> None:
    put(server.fhir, server.ids, make.medicine("rx", "p1", "C09AA05", reasonReference=[{"reference": "Condition/c1"}]))
    timeline = server.timeline("p1")
    assert not [notice for notice in timeline.notices if notice.kind in TELLING]
    assert not timeline.not_read
    assert not timeline.unreadable
    assert not timeline.excluded
    names = {ident: name for name, ident in server.ids.items()}
    described = {names[each.origin.id]: (each.kind.value, each.state.value, each.lanes) for each in timeline.events}
    t2dm, other = (ConditionKey.T2DM,), (ConditionKey.OTHER,)
    assert described == {
        "Condition/c1": ("condition", "ongoing", t2dm),
        "Observation/o1": ("result", "done", t2dm),
        "Observation/o2": ("result", "done", t2dm),
        "Observation/o3": ("result", "done", other),
        "Observation/o5": ("result", "done", other),
        "MedicationRequest/m1": ("medicine", "ongoing", t2dm),
        "MedicationRequest/m2": ("medicine", "stopped", t2dm),
        "MedicationRequest/rx": ("medicine", "ongoing", t2dm),
        "Task/t1": ("task", "planned", other),
        "Task/t2": ("task", "planned", other),
        "Goal/g1": ("goal", "ongoing", t2dm),
        "CarePlan/cp1": ("plan", "ongoing", other),
        "Provenance/pv1": ("plan", "done", other),
        "Appointment/a1": ("conference", "planned", other),
        "Encounter/e1": ("contact", "done", other),
    }
    assert [int(result.value.value) for result in timeline.series[Measure.HBA1C]] == [62, 71]
    assert [(target.measure, target.high) for target in timeline.targets] == [(Measure.HBA1C, 53.0)]
    detail = server.event("p1", "CarePlan/cp1")
    assert ([edit.who for edit in detail.history], bool(detail.version)) == (["Dr Jane Okafor"], True)
    assert server.event("p1", "Provenance/pv1").recorder == "Dr Jane Okafor"
    assert server.ids["Patient/p4"] not in server.event("p1", "Appointment/a1").raw
    for patient, name in (("p4", "Condition/c4"), ("p1", "Condition/c4")):
        with pytest.raises(NotFound):
            server.event(patient, name)


def test_a_refresh_shows_changes_of_others(server: ServerWithCohort) -> None:
    server.worklist()
    put(server.fhir, server.ids, make.task("t1", "p1", "Practitioner/gp", status="completed"))
    put(server.fhir, server.ids, make.observation("o9", "p2", "2823-3", 4.9, "mmol/L", "2026-11-20"))
    put(server.fhir, server.ids, make.care_team("p4", ["nurse", "gp"], "team-2"))
    put(server.fhir, server.ids, make.care_team("p3", ["nurse"]))
    assert server.shown(refresh=True) == {"p1", "p2", "p4"}
    assert server.row("p1")["open_tasks"] == 1
    assert server.row("p2")["results"][Measure.POTASSIUM].latest.value.unit == "mmol/L"
    assert server.row("p4")["conditions"] == (ConditionKey.T2DM,)


def test_a_task_is_completed_together_with_provenance_or_not_at_all(server: ServerWithCohort) -> None:
    def my_task() -> dict[str, tuple[str, str]]:
        found = get_my_tasks(server.fhir, server.user("gp"), server.scope("gp"), AS_OF, True, T, server.store)
        return {line.origin.id: (line.status, line.version) for line in found.tasks}

    ident = server.ids["Task/t1"]
    status, version = my_task()[ident]
    assert status == "requested"
    if not server.fhir.capabilities.transactions:
        with pytest.raises(Unsupported):
            complete_task(server.fhir, server.user("gp"), ident, version, reason="by phone", at=AS_OF)
        assert my_task()[ident] == (status, version)
        return
    done = complete_task(server.fhir, server.user("gp"), ident, version, reason="by phone", at=AS_OF).value
    assert done.status == "completed"
    with pytest.raises(VersionConflict):
        complete_task(server.fhir, server.user("gp"), ident, version, reason="by phone", at=AS_OF)
    assert reopen_task(server.fhir, server.user("gp"), ident, done.version, reason="too early", at=AS_OF).value.open


def test_emergency_access_opens_one_patient_and_is_stored_on_the_server(server: ServerWithCohort) -> None:
    number = uuid.uuid4().hex[:20]
    stranger = make.patient("p9", "Stranger") | {"identifier": [{"system": "urn:x", "value": number}]}
    stranger = {name: value for name, value in stranger.items() if name not in ("id", "managingOrganization")}
    made = create(server.fhir, stranger)
    team = make.care_team("p9", ["nurse"])
    team["subject"] = {"reference": f"Patient/{made['id']}"}
    team["participant"] = [{"member": {"reference": f"Practitioner/{server.ids['Practitioner/nurse']}"}}]
    team["managingOrganization"] = [{"reference": f"Organization/{server.ids['Organization/org-1']}"}]
    create(server.fhir, {name: value for name, value in team.items() if name != "id"})
    server.ids["Patient/p9"] = made["id"]
    with pytest.raises(NotFound):
        server.open("p9")
    with pytest.raises(NotFound):
        start_emergency_access(
            server.fhir, server.user("gp"), number[:-1], EmergencyReason.EMERGENCY, reason="pain", at=AS_OF, minutes=60
        )
    if not server.fhir.capabilities.transactions:
        # Emergency access without its audit record must not be granted.
        with pytest.raises(Unsupported):
            start_emergency_access(
                server.fhir, server.user("gp"), number, EmergencyReason.EMERGENCY, reason="pain", at=AS_OF, minutes=60
            )
        return
    grant = start_emergency_access(
        server.fhir, server.user("gp"), number, EmergencyReason.EMERGENCY, reason="pain", at=AS_OF, minutes=60
    )
    assert server.open("p9").emergency_access == grant
    create(
        server.fhir,
        make.consent("p9", {"type": "deny"}) | {"patient": {"reference": f"Patient/{made['id']}"}, "id": "x"},
    )
    with pytest.raises(NotFound):
        server.open("p9")


def test_counts_of_a_pilot_manager_are_the_same_on_every_server(server: ServerWithCohort) -> None:
    """Counts ten patients in each of two new regions; servers differ in what they send in addition to the matches."""
    name = uuid.uuid4().hex
    for part in ("8", "9"):
        region, site = f"region-{part}", f"org-{part}"
        put(server.fhir, server.ids, make.organisation(region, name + part, "govt"))
        put(server.fhir, server.ids, make.organisation(site, name + part, "prov", region))
        for n in range(10):
            pid = f"p{part}{n}"
            rows = [make.patient(pid, f"Family{name}", site=site), make.care_team(pid, ["gp"]), make.consent(pid)]
            for row in [*rows, make.condition(f"c{part}{n}", pid)]:
                put(server.fhir, server.ids, row)
    manager = User(None, "Manager", roles=(Role.PILOT_MANAGER,), subject="id|manager")
    found = get_counts(server.fhir, manager, T, "k" * 32, AS_OF)
    # Regions of other tests may be small, and then disclosure control suppresses one of these two as well.
    my_task = [each.patients for each in found.areas if each.name.startswith(name) and each.level is Level.REGION]
    assert len(my_task) == 2 and Count(10) in my_task and {each.value for each in my_task} <= {10, None}
    assert f"Family{name}" not in repr(found) and not [ident for ident in server.ids.values() if ident in repr(found)]
    put(server.fhir, server.ids, make.consent("p80", status="inactive"))
    again = get_counts(server.fhir, manager, T, "k" * 32, AS_OF)
    assert found.areas[0].patients.value is not None
    assert again.areas[0].patients == Count(found.areas[0].patients.value - 1)


def test_the_answers_of_a_screening_are_found_on_every_server(server: ServerWithCohort) -> None:
    def missing() -> tuple[str, ...]:
        user, scope = server.user("gp"), server.scope("gp")
        lines = screen_patients(server.fhir, user, scope, T, AS_OF, team_cache=TeamCache()).lines
        [of_p1] = [line for line in lines if line.person.id == server.ids["Patient/p1"]]
        results = of_p1.eligibility.results
        return tuple(key for each in results for key in each.missing if key in ("living-situation", "ict-self-check"))

    assert missing() == ("living-situation", "ict-self-check")
    home = make.observation("home", "p1", "75274-1", 0, "1", "2026-11-01")
    check = make.observation("check", "p1", "75274-1", 0, "1", "2026-11-01")
    for one in (home, check):
        del one["valueQuantity"]
    check["code"] = make.concept("https://c3-cloud.example/fhir/CodeSystem/screening", "ict-self-check")
    put(server.fhir, server.ids, {**home, "valueCodeableConcept": make.concept(make.SNOMED, "264362003")})
    put(server.fhir, server.ids, {**check, "valueBoolean": True})
    assert missing() == ()


def test_how_people_stand_in_the_pilot_is_found_on_every_server(server: ServerWithCohort) -> None:
    def screened() -> ScreeningList:
        return screen_patients(server.fhir, server.user("gp"), server.scope("gp"), T, AS_OF, team_cache=TeamCache())

    def subject(patient: str, status: str, study: str) -> Json:
        row = {"resourceType": "ResearchSubject", "id": f"{status}-{patient}", "status": status}
        return row | {"study": {"reference": study}, "individual": {"reference": f"Patient/{patient}"}}

    number = {"system": TRIAL_NUMBER, "value": PILOT}
    for ident, identifier in (("pilot", [number]), ("other", [])):
        study = {"resourceType": "ResearchStudy", "id": ident, "status": "active", "title": ident}
        put(server.fhir, server.ids, study | ({"identifier": identifier} if identifier else {}))
    found = screened()
    assert found.study is not None and {line.state for line in found.lines} == {Unlisted.NOT_LISTED}
    server.ids.setdefault(str(found.study.origin), found.study.origin.id)  # other tests' servers may have another one
    put(server.fhir, server.ids, subject("p1", "candidate", str(found.study.origin)))
    put(server.fhir, server.ids, subject("p2", "on-study", "ResearchStudy/other"))
    people = {line.person.id: line for line in screened().lines}
    one, two = (people[server.ids[f"Patient/{name}"]] for name in ("p1", "p2"))
    assert (one.state, two.state) == (EnrolmentState.LISTED, Unlisted.NOT_LISTED)
    assert not one.marks and two.marks == {Mark.OTHER_STUDY}


def test_patient_and_carer_see_the_own_record_on_every_server(server: ServerWithCohort) -> None:
    person = {"resourceType": "RelatedPerson", "id": "susan", "active": True, "patient": {"reference": "Patient/p1"}}
    put(server.fhir, server.ids, person | {"name": [{"family": "Aldous", "given": ["Susan"]}]})
    agreed = make.consent("p1", make.naming("permit", "RelatedPerson/susan"), ident="agreed")
    put(server.fhir, server.ids, agreed)

    def opened(kind: str, name: str, patient: str = "") -> str:
        me = Reference(kind, server.ids[f"{kind}/{name}"])
        role = Role.PATIENT if kind == "Patient" else Role.CARER
        who = User(None, name, roles=(role,), subject=f"id|{name}", fhir_user=me)
        try:
            scope = AccessScope(server.fhir.base_url, str(me))
            return get_own_record(server.fhir, who, scope, T, AS_OF, server.ids.get(patient, patient)).person.id
        except NotFound:
            return ""

    assert opened("Patient", "p1") == opened("RelatedPerson", "susan") == server.ids["Patient/p1"]
    for patient in ("Patient/p4", "nobody"):
        assert opened("Patient", "p1", patient) == opened("RelatedPerson", "susan", patient) == ""
    put(server.fhir, server.ids, agreed | {"status": "inactive"})
    assert (opened("Patient", "p1"), opened("RelatedPerson", "susan")) == (server.ids["Patient/p1"], "")


def test_an_odd_row_of_any_type_hides_no_other_and_is_named(server: ServerWithCohort) -> None:
    """A record about a patient of another server who has the same id there is never shown, and all else is.

    HAPI refuses to store one, and some servers do not find it for our patient; then there is nothing to name.
    """
    put(server.fhir, server.ids, make.medicine("rx", "p1", "C09AA05"))
    put(server.fhir, server.ids, make.allergy("al1", "p1"))
    before = _shown(server)
    assert not before.named
    odd = [each for each in make.cohort() if each["resourceType"] not in ("Patient", "Organization", "Practitioner")]
    stored = {each for row in [*odd, make.allergy("al1", "p1")] if (each := _store_odd(server, row))}
    server.store = TeamCache()
    after = _shown(server)
    assert after.rows == before.rows
    assert after.summary == before.summary
    assert after.timeline == before.timeline
    assert after.own == before.own
    assert {each.why for each in after.named} <= {"other-server"}
    if server.fhir.capabilities.software == EMBEDDED_SERVER:
        assert {str(each.origin) for each in after.named} == stored
        assert {each.partition("/")[0] for each in stored} >= {"Observation", "Condition", "Task", "Goal", "CareTeam"}
        [banner] = {server.open("p1").allergy_state, server.timeline("p1").allergy_state}
        assert banner is AllergyState.KNOWN


@dataclass
class _Shown:
    """What the four pages show, and which records they name as left out."""

    rows: list[dict[str, Any]]
    summary: PatientSummary
    timeline: Timeline
    own: PatientSummary
    named: set[Unreadable]


def _shown(server: ServerWithCohort) -> _Shown:
    patient = Reference("Patient", server.ids["Patient/p1"])
    user = User(None, "p1", roles=(Role.PATIENT,), fhir_user=patient)
    scope = AccessScope(server.fhir.base_url, str(patient))
    worklist, summary, timeline = server.worklist(), server.open("p1"), server.timeline("p1")
    own = get_own_record(server.fhir, user, scope, T, AS_OF)
    named = {*worklist.unreadable, *summary.unreadable, *timeline.unreadable, *own.unreadable}
    rows = [
        {name: value for name, value in row.items() if name != "updated"} for row in worklist.rows.to_dict("records")
    ]
    return _Shown(
        rows,
        replace(summary, unreadable=(), notices=()),
        replace(timeline, unreadable=(), notices=()),
        replace(own, unreadable=(), notices=()),
        named,
    )


def _store_odd(server: ServerWithCohort, row: Json) -> str:
    """Stores a copy of the row about the patient of another server with the same id; "" where the server refuses it."""
    text = json.dumps(with_server_ids(row, server.ids))
    if f'Patient/{server.ids["Patient/p1"]}"' not in text:
        return ""
    old = text.replace('"Patient/', '"https://old-hospital.example/r4/Patient/')
    try:
        stored = create(server.fhir, json.loads(old))
    except ServerRefused:
        return ""
    return f"{stored['resourceType']}/{stored['id']}"
