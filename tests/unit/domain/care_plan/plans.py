"""A plan for tests of the shared plan: a person with two goals, three activities and a team."""

from datetime import UTC, date, datetime
from decimal import Decimal

from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Acceptance, Goal, RelatedGoal
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENT = Reference("Patient", "p1")
GP = NamedReference(Reference("Practitioner", "gp"), "Dr A")
NURSE = NamedReference(Reference("Practitioner", "nurse"), "N. B")
CKD = Reference("Condition", "ckd")
WISH, PRESSURE = Reference("Goal", "wish"), Reference("Goal", "pressure")
CHECK, CALL, TABLET = (
    Reference("Task", "check"),
    Reference("ServiceRequest", "call"),
    Reference("MedicationRequest", "m"),
)
UNREAD = Reference("Goal", "unread")
TEAM = Reference("CareTeam", "t")


def day(text: str) -> PartialDate:
    return PartialDate(text)


def shared_plan() -> SharedPlan:
    """The plan: a wish of the person, a goal for blood pressure, a task that is late, an order, a medicine, a goal that
    could not be read.
    """
    wish = Goal(
        WISH, "To walk to the shop", "active", "", True, None, expressed_by=NamedReference(PATIENT, "Mary"),
        source={"x": 1},
    )  # fmt: skip
    pressure = Goal(
        PRESSURE,
        "Blood pressure below 130/80",
        "active",
        "in-progress",
        False,
        day("2027-01-31"),
        targets=(Target(Measure.SYSTOLIC, None, Quantity(Decimal(130), "mm[Hg]", "<")),),
        expressed_by=GP,
        addresses=(CKD,),
        priority="high-priority",
        accepted_by=(
            Acceptance(NamedReference(PATIENT, "Mary"), "agree", "fine"),
            Acceptance(NamedReference(None, "Son"), "agree"),
        ),
        related=(RelatedGoal("predecessor", WISH), RelatedGoal("conflicts-with", WISH)),
        notes=(Comment("Dr A", "2026-10-01T10:00:00+00:00", "Dizzy in the morning", GP.to),),
        source={"x": 1},
    )  # fmt: skip
    check = Task(
        CHECK, "1", "Check the dose", PATIENT, "requested", "routine", GP.to, "Dr A", "N. B", None, day("2026-11-05"),
        reason_codes=(CodeableConcept((), "dizzy"), CodeableConcept((), "old")), goals=(PRESSURE,), source={"x": 1},
    )  # fmt: skip
    call = Order(
        CALL, "active", "order", "Kidney clinic", NO_CONCEPT, None, None, None,
        reason_references=(NamedReference(CKD, "CKD"), NamedReference(None, "as agreed")), due=day("2026-12-24"),
        owner=NURSE, source={"x": 1},
    )  # fmt: skip
    plan = CarePlan(
        Reference("CarePlan", "cp"), "3", "Shared care plan", "active", "plan", start=day("2026-01-01"),
        end=day("2027-02-01"), goals=(WISH, UNREAD, PRESSURE), activities=(CHECK, CALL, TABLET), addresses=(CKD,),
        outcomes=(Outcome(TABLET, "Taken"), Outcome(Reference("Task", "elsewhere"), "Done")), patient=PATIENT,
        source={"x": 1},
    )  # fmt: skip
    team = CareTeam(
        TEAM, PATIENT, "active", None, "North", None, None,
        (
            TeamMember(GP.to, "Dr A", None, "GP", None, None),
            TeamMember(NURSE.to, "N. B", None, "heart failure nurse", None, day("2025-01-01")),
            TeamMember(NURSE.to, "N. B", None, "nurse", None, None),
            TeamMember(None, "A friend", None, "", None, None, doubtful=True),
        ),
        source={"x": 1},
    )  # fmt: skip
    return SharedPlan(plan, (wish, pressure), (check, call), team)
