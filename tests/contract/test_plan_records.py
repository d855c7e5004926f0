"""On every server: what a shared plan is made of is created together, read as it was made, and edited on its own."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.actions.save import Circumstances, Saved, new_reference, save
from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import CONFLICTS_WITH, Acceptance, Goal, OtherTarget, RelatedGoal
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Choice, Provenance
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Quantity, Reference
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.records import create, search

Json = dict[str, Any]
AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
TODAY, LATER = PartialDate("2026-11-23"), PartialDate("2027-03-31")
ALIEN = {"url": "https://alien.example/priority", "valueDecimal": Decimal("1.50")}
WORDS = "Walk <b>every</b> day, \u202eİş ß ﷺ"


@audited(AuditKind.UPDATE, lambda asked, saved: AuditSubject())
def save_on_record(fhir: FhirServer, values: Any, actor: User, reason: str, at: datetime, **more: Any) -> Saved[Any]:
    """Saves together; on the server without transactions one after the other."""
    return save(
        fhir,
        values,
        actor=actor,
        activity="test",
        reason=reason,
        at=at,
        circumstances=Circumstances(**more),
        in_steps=True,
    )


@dataclass(frozen=True)
class World:
    """A patient with a problem and a plan from elsewhere, a clinic, a doctor and a conference, new for each test."""

    server: str
    fhir: FhirServer
    patient: Reference
    doctor: NamedReference
    clinic: NamedReference
    problem: Reference
    meeting: Reference
    plan: CarePlan

    def read(self, kind: type, reference: Reference) -> Any:
        return from_fhir(kind, self.fhir.read(reference.type, reference.id))

    @property
    def user(self) -> User:
        return User(self.doctor.to, self.doctor.name, Coding("http://snomed.info/sct", "59058001", "Doctor"), "GP")


@pytest.fixture
def world(named_fhir: tuple[str, FhirServer]) -> World:
    server, fhir = named_fhir

    def made(kind: str, **elements: Any) -> Reference:
        return Reference(kind, create(fhir, {"resourceType": kind, **elements})["id"])

    patient = made("Patient", name=[{"family": f"Plan{uuid.uuid4().hex[:8]}"}])
    subject = {"reference": str(patient)}
    someone = {"actor": subject, "status": "accepted"}
    plan = made(
        "CarePlan",
        status="active",
        intent="plan",
        subject=subject,
        title="From elsewhere",
        extension=[ALIEN],
        activity=[{"detail": {"status": "not-started", "description": "Rest"}}],
    )
    return World(
        server,
        fhir,
        patient,
        NamedReference(made("Practitioner", name=[{"family": "Okafor"}]), "Dr Okafor"),
        NamedReference(made("Organization", name="Clinic"), "Clinic"),
        made("Condition", subject=subject, code={"text": "Heart failure"}),
        made(
            "Appointment", status="booked", start=AT.isoformat(), end=LATER.text + "T10:00:00Z", participant=[someone]
        ),
        from_fhir(CarePlan, fhir.read("CarePlan", plan.id)),
    )


def new_values(world: World) -> list[Any]:
    """A goal and one that conflicts with it, a task, an order, a message and a team, and the plan that names them."""
    note = Comment(world.doctor.name, "2026-11-23T14:02:00Z", WORDS, world.doctor.to)
    first, second = new_reference("Goal"), new_reference("Goal")
    goal = Goal(
        first,
        WORDS,
        "active",
        "in-progress",
        False,
        LATER,
        targets=(Target(Measure.WEIGHT, None, Quantity(Decimal("72.50"), "kg", "<=")),),
        other_targets=(OtherTarget(None, "Steps a day", Quantity(Decimal(5000), "1", ">=")),),
        start=TODAY,
        expressed_by=world.doctor,
        addresses=(world.problem,),
        patient=world.patient,
        priority="high-priority",
        accepted_by=(Acceptance(NamedReference(world.patient, "Mary"), "agree", WORDS),),
        related=(RelatedGoal(CONFLICTS_WITH, second),),
        notes=(note,),
        source={},
    )
    other = replace(goal, origin=second, text="Rest", related=(RelatedGoal(CONFLICTS_WITH, first),))
    call = Task(
        new_reference("Task"), "", "Call", world.patient, "requested", "routine", world.doctor.to, "Dr Okafor", "",
        TODAY, LATER, intent="order", goals=(first,), based_on=(world.plan.origin,), comments=(note,),
        reason_codes=(CodeableConcept((), "Alone"),), source={},
    )  # fmt: skip
    clinic = Order(
        new_reference("ServiceRequest"), "active", "order", "Eye clinic", CodeableConcept(), TODAY, TODAY, LATER,
        requester=world.doctor, owner=world.clinic, due=LATER, patient=world.patient, goals=(first,), notes=(note,),
        based_on=(world.plan.origin,), reason_references=(NamedReference(world.problem),), priority="urgent",
        status_reason="Sight", source={},
    )  # fmt: skip
    message = replace(
        clinic,
        origin=new_reference("CommunicationRequest"),
        intent="",
        text="Foot care",
        owner=world.doctor,
        recipients=(NamedReference(world.patient, "Mary"),),
    )
    members = (TeamMember(world.doctor.to, world.doctor.name, None, "GP", TODAY, None),)
    team = CareTeam(
        new_reference("CareTeam"), world.patient, "active", world.clinic.to, "Clinic", TODAY, None, members, source={}
    )
    activities = tuple(each.origin for each in (call, clinic, message))
    plan = replace(
        world.plan,
        title="Ours",
        goals=(first, second),
        activities=activities,
        care_teams=(team.origin,),
        custodian=world.clinic,
        addresses=(world.problem,),
        notes=(note,),
        outcomes=(Outcome(call.origin, "Spoke to her son"),),
    )
    return [goal, other, call, clinic, message, team, plan]


FOLLOWS = {"origin", "version", "concept", "description", "measured", "achievement_text", "details", "modified"}
LINKS = {"related", "goals", "activities", "care_teams", "outcomes"}


def fields_of(value: Any, *without: str) -> dict[str, Any]:
    """The fields of a value that a server keeps as they are written; a server may give a time in another way."""
    names = (name for name, field in value.__dataclass_fields__.items() if field.compare)
    return {name: getattr(value, name) for name in names if name not in {*FOLLOWS, *without}}


def test_all_of_a_plan_is_created_together_and_read_as_it_was_made(world: World) -> None:
    made = new_values(world)
    saved = save_on_record(world.fhir, made, world.user, "conference", AT).values
    for old, new in zip(made, saved, strict=True):
        read = world.read(type(old), new.origin)
        assert fields_of(read, *LINKS) == fields_of(old, *LINKS)
    goal, other, call, clinic, message, team, plan = saved
    assert goal.related == (RelatedGoal(CONFLICTS_WITH, other.origin),)
    assert call.goals == clinic.goals == message.goals == (goal.origin,)
    assert plan.goals == (goal.origin, other.origin)
    assert plan.activities == (call.origin, clinic.origin, message.origin)
    assert plan.care_teams == (team.origin,)
    assert plan.outcomes == (Outcome(call.origin, "Spoke to her son"),)
    assert ALIEN in plan.source["extension"] and plan.source["activity"][0] == world.plan.source["activity"][0]
    if world.server not in ("fake", "medplum"):  # which make a float of it
        assert str(goal.source["target"][0]["detailQuantity"]["value"]) == "72.50"


def test_each_record_of_a_plan_is_edited_and_only_what_changed_is_written(world: World) -> None:
    goal, other, call, clinic, message, team, plan = save_on_record(
        world.fhir, new_values(world), world.user, "x", AT
    ).values
    closer = Target(Measure.WEIGHT, Quantity(Decimal("70.0"), "kg", ">="), Quantity(Decimal("71.25"), "kg", "<="))
    [member] = team.members
    edited = [
        replace(goal, targets=(closer,), accepted_by=(replace(goal.accepted_by[0], status="disagree"),)),
        replace(other, lifecycle_status="cancelled", status_reason="Too much"),
        replace(call, owner=world.clinic.to, owner_name="Clinic"),
        replace(clinic, due=PartialDate("2027-05-01")),
        replace(message, status="revoked", status_reason="Moved away"),
        replace(team, members=(replace(member, until=LATER),)),
        replace(plan, goals=(other.origin, goal.origin), end=LATER),
    ]
    saved = save_on_record(world.fhir, edited, world.user, "review", AT).values
    for old, new in zip(edited, saved, strict=True):
        assert fields_of(world.read(type(old), new.origin), "end") == fields_of(old, "end")
        assert new.source["meta"]["versionId"] != old.source["meta"]["versionId"]
    assert saved[0].source["target"][1] == goal.source["target"][1]
    assert ALIEN in saved[-1].source["extension"]


def test_a_provenance_says_for_whom_during_what_and_how_a_conflict_was_settled(world: World) -> None:
    choice = Choice(world.plan.origin, "title", "From elsewhere", "Ours", "Theirs", "Ours", "Anna")
    changed = replace(world.plan, title="Ours")
    save_on_record(
        world.fhir,
        [changed],
        world.user,
        "agreed",
        AT,
        on_behalf_of=world.clinic.to,
        during=world.meeting,
        choices=(choice,),
    )
    rows = search(world.fhir, SearchRequest("Provenance", (("agent", str(world.doctor.to)),), fresh=True)).rows
    [record] = [from_fhir(Provenance, row) for row in rows]
    assert (record.on_behalf_of, record.during, record.choices) == (world.clinic.to, world.meeting, (choice,))
    assert record.role.text == "GP" and record.agent == world.doctor.to
