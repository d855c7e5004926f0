"""A made-up shared plan for the tests of its page: everything that a plan may hold is in it once."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dashboard.actions.change_plan import PlanConflict
from dashboard.domain.care_plan.history import ItemVersion
from dashboard.domain.care_plan.merge import merge
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.domain.care_plan.views import CarePlanView, LastChange, PlanHistory
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.goal import Acceptance, Goal, OtherTarget, RelatedGoal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Provenance, ResourceVersion
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary, Section
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage, plan_page
from dashboard.ui.care_plan.view import PlanView
from dashboard.ui.care_plan.widget_changes import OpenConflict
from dashboard.ui.care_plan.words import Names
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import samples

PERSON = samples.ALDOUS
PATIENT = Reference("Patient", PERSON.id)
CARER = Reference("RelatedPerson", "rp1")
GP = NamedReference(Reference("Practitioner", "prac-sw-gp-1"), "Dr Sarah Whitfield")
NURSE = NamedReference(Reference("Practitioner", "prac-sw-nurse-1"), "Tom Hadley")
T2DM, CKD = Reference("Condition", "con-t2dm"), Reference("Condition", "con-ckd")
WALK, PRESSURE, SUGAR, REACHED = (Reference("Goal", name) for name in ("walk", "pressure", "sugar", "reached"))
RAMIPRIL, PODIATRY, CALL, DONE = (
    Reference("Task", "ramipril"),
    Reference("ServiceRequest", "podiatry"),
    Reference("CommunicationRequest", "call"),
    Reference("Task", "done"),
)
METFORMIN = Reference("MedicationRequest", "metformin")
MEDICINE, VISIT = Reference("MedicationRequest", "m1"), Reference("Appointment", "visit")


def below(measure: Measure, number: str) -> Target:
    return Target(measure, None, Quantity(Decimal(number), samples.UNITS[measure], "<"))


def goals() -> tuple[Goal, ...]:
    return (
        Goal(
            WALK, "Walk to the allotment and back without stopping", "active", "improving", True,
            PartialDate("2026-10-31"), version="2", patient=PATIENT, start=PartialDate("2026-05-01"),
            expressed_by=NamedReference(PATIENT, "Mary Aldous"), priority="high-priority", addresses=(T2DM,),
            status_date=PartialDate("2026-09-12"),
            notes=(Comment("Tom Hadley", "2026-09-12T10:00:00Z", "Walks to the gate now.", NURSE.to),),
            source={"resourceType": "Goal", "id": "walk", "meta": {"versionId": "2"}},
        ),
        Goal(
            PRESSURE, "Blood pressure under 130/80", "active", "no-change", False, PartialDate("2027-03-31"),
            version="4", patient=PATIENT, start=PartialDate("2026-05-01"), expressed_by=GP, priority="medium-priority",
            addresses=(CKD,), targets=(below(Measure.SYSTOLIC, "130"), below(Measure.DIASTOLIC, "80")),
            accepted_by=(
                Acceptance(NamedReference(PATIENT, "Mary Aldous"), "agree"),
                Acceptance(NamedReference(CARER, "Joan Aldous"), "disagree", "She gets dizzy."),
            ),
            related=(RelatedGoal("conflicts-with", WALK),),
            source={"resourceType": "Goal", "id": "pressure", "meta": {"versionId": "4"}},
        ),
        Goal(
            SUGAR, "HbA1c under 58 mmol/mol", "active", "worsening", False, PartialDate("2027-01-31"), version="1",
            patient=PATIENT, start=PartialDate("2026-05-01"), addresses=(T2DM,), priority="medium-priority",
            targets=(below(Measure.HBA1C, "58"),), other_targets=(OtherTarget(None, "Smoking", text="none"),),
            source={"resourceType": "Goal", "id": "sugar", "meta": {"versionId": "1"}},
        ),
        Goal(
            REACHED, "Stop smoking", "cancelled", "not-achieved", True, PartialDate("2026-03-31"), version="3",
            patient=PATIENT, expressed_by=NamedReference(PATIENT, "Mary Aldous"),
            status_reason="She does not want it any more",
            source={"resourceType": "Goal", "id": "reached", "meta": {"versionId": "3"}},
        ),
    )  # fmt: skip


def activities() -> tuple[Task | Order, ...]:
    def task(origin: Reference, text: str, status: str, who: NamedReference, due: str, *goals: Reference) -> Task:
        return Task(
            origin, "1", text, PATIENT, status, "routine", who.to, who.name, "Dr Sarah Whitfield",
            PartialDate("2026-09-12"), PartialDate(due), goals=goals,
            source={"resourceType": "Task", "id": origin.id, "meta": {"versionId": "1"}},
        )  # fmt: skip

    return (
        task(RAMIPRIL, "Check the ramipril dose", "requested", GP, "2026-11-16", PRESSURE),
        Order(
            PODIATRY, "active", "order", "Podiatry", CodeableConcept((), "Podiatry"), PartialDate("2026-09-12"),
            PartialDate("2026-10-01"), PartialDate("2026-12-05"), version="1", patient=PATIENT, owner=NURSE,
            due=PartialDate("2026-12-05"), goals=(SUGAR,),
            source={"resourceType": "ServiceRequest", "id": "podiatry", "meta": {"versionId": "1"}},
        ),
        Order(
            CALL, "active", "order", "Ring about the dizziness", NO_CONCEPT, PartialDate("2026-11-01"), None, None,
            version="1", patient=PATIENT, owner=NURSE,
            source={"resourceType": "CommunicationRequest", "id": "call", "meta": {"versionId": "1"}},
        ),
        task(DONE, "Foot examination", "completed", NURSE, "2026-09-30", SUGAR),
    )  # fmt: skip


def team() -> CareTeam:
    def member(who: NamedReference, role: str, until: str = "") -> TeamMember:
        return TeamMember(
            who.to, who.name, None, role, PartialDate("2026-01-01"), PartialDate(until) if until else None
        )

    left = NamedReference(Reference("Practitioner", "gone"), "Petra Gone")
    members = (member(GP, "general practitioner"), member(NURSE, "nurse"), member(left, "nurse", "2026-06-30"))
    return CareTeam(
        Reference("CareTeam", "ct1"), PATIENT, "active", Reference("Organization", "team-sw-1"), "Warwick North", None,
        None, members, version="5",
        source={"resourceType": "CareTeam", "id": "ct1", "meta": {"versionId": "5"}},
    )  # fmt: skip


def shared_plan() -> SharedPlan:
    """The plan, as it was read."""
    plan = CarePlan(
        Reference("CarePlan", "c1"), "14", "Shared care plan", "active", "plan", start=PartialDate("2026-05-01"),
        end=PartialDate("2026-12-02"), goals=(PRESSURE, WALK, SUGAR, REACHED),
        activities=(RAMIPRIL, PODIATRY, CALL, DONE, MEDICINE, VISIT), addresses=(T2DM, CKD), patient=PATIENT,
        notes=(Comment("Dr Sarah Whitfield", "2026-09-12T10:00:00Z", "Her daughter comes along.", GP.to),),
        care_teams=(Reference("CareTeam", "ct1"),),
        source={"resourceType": "CarePlan", "id": "c1", "meta": {"versionId": "14"}},
    )  # fmt: skip
    return SharedPlan(plan, goals(), activities(), team())


def empty_plan() -> SharedPlan:
    """A plan in which nothing is agreed yet."""
    plan = replace(shared_plan().plan, goals=(), activities=(), notes=(), status="draft", end=None)
    return SharedPlan(plan, team=team())


def changes() -> dict[Reference, LastChange]:
    """The newest change of the plan and of a goal."""

    def change(name: str, about: Reference, when: datetime, who: str, why: str) -> LastChange:
        signed = Provenance(
            Reference("Provenance", name), (ResourceVersion(about),), PartialDate(when.isoformat()), who, reason=why
        )
        return LastChange(when, signed, signed=True)

    plan = Reference("CarePlan", "c1")
    return {
        plan: change("pr1", plan, datetime(2026, 11, 14, 10, 1, tzinfo=UTC), "A. Lindqvist", "New result"),
        REACHED: change("pr2", REACHED, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "Tom Hadley", "She said so"),
    }


def view(ours: SharedPlan | None = None, **more: Any) -> CarePlanView:
    """The plans of the person, as the query gives them."""
    start = PartialDate("2026-12-01T14:00:00Z")
    visit = Appointment(VISIT, "booked", start, None, "Team conference", NO_CONCEPT, NO_CONCEPT)
    ended = replace(visit, origin=Reference("Appointment", "past"), start=PartialDate("2026-11-01"))
    medicine = Medicine(METFORMIN, "Metformin", (), "A10BA02", "500 mg twice a day", "active", None, None)
    stopped = replace(medicine, origin=Reference("MedicationRequest", "old"), text="Gliclazide", status="stopped")
    others = {each.origin: each for each in (ended, medicine, stopped)}
    made = CarePlanView(
        PATIENT, samples.AS_OF, shared_plan(), changes=changes(), linked={VISIT: visit}, unlinked=others
    )
    return replace(made, **({"ours": ours} if ours is not None else {}) | more)


def summary() -> PatientSummary:
    """The summary of the same person, with the problems that the plan addresses."""
    made = samples.summary(PERSON)
    problems = (problem(T2DM, samples.T2DM, "Type 2 diabetes"), problem(CKD, samples.CKD, "Chronic kidney disease"))
    return replace(made, problems=Section(problems))


def problem(origin: Reference, key: object, text: str) -> Condition:
    known = next(each for each in samples.summary(PERSON).problems.value or ())
    return replace(known, origin=origin, text=text, keys=(key,))  # type: ignore[arg-type]


def conflict_page() -> tuple[OpenConflict, PlanPage]:
    """What must be decided: two people have changed the words and the day of one goal at once."""
    base = shared_plan()
    before = items_of(base)

    def edited(words: str, day: str) -> dict[Reference, PlanItem]:
        return {**before, SUGAR: before[SUGAR].with_fields({"title": words, "due": PartialDate(day)})}

    mine, theirs = edited("HbA1c under 56", "2027-02-28"), edited("HbA1c under 60", "2027-05-31")
    found = PlanConflict(merge(before, mine, theirs), base, {SUGAR: changes()[Reference("CarePlan", "c1")]})
    form = OpenForm(PERSON.id, "edit", base, before[SUGAR])
    page = plan_page(view(), base, summary(), ViewTime(samples.AS_OF, UTC), may_change=True)
    return OpenConflict(form, mine, "New result", "HbA1c", found), page


def history() -> PlanHistory:
    """Three versions of a goal, the oldest from elsewhere."""
    now = items_of(shared_plan())[SUGAR]
    before = now.with_fields({"title": "HbA1c under 60 mmol/mol", "due": PartialDate("2026-12-31")})
    first = before.with_fields({"title": "Better sugar"})
    change = changes()[Reference("CarePlan", "c1")].change
    when = datetime(2026, 9, 12, 9, 30, tzinfo=UTC)
    versions = (
        ItemVersion("3", now, samples.AS_OF, change),
        ItemVersion("2", before, when, None),
        ItemVersion("1", first, datetime(2026, 5, 1, 8, 0, tzinfo=UTC), None),
    )
    return PlanHistory({SUGAR: versions})


def history_page() -> tuple[PlanView, Reference, PlanHistory, PlanPage, Names]:
    """What the comparison of two versions is made of."""
    page = plan_page(view(), shared_plan(), summary(), ViewTime(samples.AS_OF, UTC), may_change=True)
    return PlanView(PERSON.id, item=SUGAR, history=True), SUGAR, history(), page, page.names


def start_page() -> tuple[PatientSummary, tuple[CareTeam, ...], ViewTime]:
    """What the start of a plan is made of: there are two teams to choose from."""
    other = replace(team(), origin=Reference("CareTeam", "other"), team_name="Kidney clinic")
    return summary(), (team(), other), ViewTime(samples.AS_OF, UTC)
