"""The shared plan as it was read, and its items as editors see them.

items = items_of(shared)
edited = {**items, goal: items[goal].with_fields({"due": day})}
changed_values(shared, edited, patient=..., by=..., at=...)     # what `actions.save.save` writes, in this order
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

from dashboard.domain.care_plan.plan_item import (
    ACHIEVEMENT,
    AGREEMENT,
    MEMBER,
    RELATION,
    STATUS,
    FieldValue,
    PlanItem,
    field_of,
)
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Reference,
)

T = TypeVar("T")
Activity = Task | Order
"""What a team member has to do, and can be edited with the plan."""
Part = Goal | Task | Order | CareTeam
Value = CarePlan | Part

EDITED_HERE: Final = ("CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest", "CareTeam")
"""Types of items that are edited with the plan. What else it refers to (a MedicationRequest, an Appointment) is put
into the plan or taken out of it, and is changed where it is prescribed or booked.
"""


LINKED_HERE: Final = ("MedicationRequest", "Appointment")
"""Types of records that are put into the plan by reference, and taken out of it."""


ORDERS: Final = ("goal_order", "activity_order")
"""The fields of the plan itself with the order of its goals and of its activities."""


@dataclass(frozen=True, slots=True)
class SharedPlan:
    """A CarePlan with the goals, activities and the care team that it refers to, each with the resource it was read
    from. What it refers to otherwise, or what could not be read, is in `plan.goals` and `plan.activities` alone.
    """

    plan: CarePlan
    goals: tuple[Goal, ...] = ()
    activities: tuple[Activity, ...] = ()
    team: CareTeam | None = None

    def parts(self) -> dict[Reference, Part]:
        """Everything of it that can be edited beside the plan itself, by its reference."""
        every: list[Part] = [*self.goals, *self.activities, *([self.team] if self.team else [])]
        return {value.origin: value for value in every}


@dataclass(frozen=True, slots=True)
class Membership:
    """The value of a `member:` field: a role (`code` None where it is only in words) and a period."""

    name: str
    role: Coding | None
    role_text: str
    since: PartialDate | None = None
    until: PartialDate | None = None


def items_of(shared: SharedPlan) -> dict[Reference, PlanItem]:
    """The items of the plan by their references: the plan itself first, goals, activities, what else it refers to, and
    the team.
    """
    plan = shared.plan
    outcomes = {each.activity: each.words for each in plan.outcomes}
    known = {activity.origin: activity for activity in shared.activities}
    found = [_plan_item(plan)]
    found += map(_goal_item, shared.goals)
    for reference in dict.fromkeys((*plan.activities, *known)):
        activity = known.get(reference)
        fields: dict[str, FieldValue] = {"outcome": outcomes.get(reference, "")}
        if activity is not None:
            fields |= _task_fields(activity) if isinstance(activity, Task) else _order_fields(activity)
        found.append(PlanItem(reference, fields))
    if shared.team is not None:
        found.append(team_item(shared.team))
    return {item.origin: item for item in found}


def _plan_item(plan: CarePlan) -> PlanItem:
    return PlanItem(
        plan.origin,
        {
            "title": plan.title,
            "description": plan.description,
            STATUS: plan.status,
            "start": plan.start,
            "due": plan.end,
            "addresses": frozenset(plan.addresses),
            "notes": plan.notes,
            "goal_order": plan.goals,
            "activity_order": plan.activities,
        },
    )


def _goal_item(goal: Goal) -> PlanItem:
    return PlanItem(
        goal.origin,
        {
            "title": goal.text,
            STATUS: goal.lifecycle_status,
            ACHIEVEMENT: goal.achievement_status,
            "priority": goal.priority,
            "targets": (*goal.targets, *goal.other_targets),
            "start": goal.start,
            "due": goal.due,
            "expressed_by": goal.expressed_by,
            "addresses": frozenset(goal.addresses),
            "status_reason": goal.status_reason,
            "notes": goal.notes,
            **{field_of(AGREEMENT, each.person.to): each.status for each in goal.accepted_by if each.person.to},
            **{field_of(RELATION, each.goal): each.kind for each in goal.related},
        },
    )


def _task_fields(task: Task) -> dict[str, FieldValue]:
    return {
        "title": task.text,
        STATUS: task.status,
        "priority": task.priority,
        "owner": NamedReference(task.owner, task.owner_name),
        "due": task.due,
        "reason": reason_words(task.reason_codes),
        "status_reason": task.status_reason,
        "goals": frozenset(task.goals),
        "notes": task.comments,
    }


def _order_fields(order: Order) -> dict[str, FieldValue]:
    return {
        "title": order.text,
        STATUS: order.status,
        "priority": order.priority,
        "owner": order.owner,
        "start": order.start,
        "due": order.due,
        "reason": reason_words(order.reason_codes),
        "status_reason": order.status_reason,
        "addresses": frozenset(each.to for each in order.reason_references if each.to is not None),
        "goals": frozenset(order.goals),
        "notes": order.notes,
    }


def team_item(team: CareTeam) -> PlanItem:
    """A care team with a field for each member who can be followed; of several entries for one, the last."""
    return PlanItem(
        team.origin,
        {
            field_of(MEMBER, each.member): Membership(each.name, each.role, each.role_text, each.since, each.until)
            for each in team.members
            if each.member is not None
        },
    )


def blank_task(origin: Reference) -> Task:
    """A task that says nothing yet."""
    return Task(origin, "", "", None, "requested", "routine", None, "", "", None, None, intent="order", source={})


def blank_order(origin: Reference) -> Order:
    """An order that says nothing yet."""
    return Order(origin, "active", "order", "", NO_CONCEPT, None, None, None, source={})


def reason_words(reasons: Iterable[CodeableConcept]) -> str:
    """All reasons in one line, as an editor sees them."""
    return "; ".join(filter(None, (each.text for each in reasons)))


def with_values(shared: SharedPlan, values: Iterable[Value]) -> SharedPlan:
    """The plan with these values of it, as they were stored, in place of those that it was read with: what the plan
    refers to, in its order.
    """
    known = {**shared.parts(), **{value.origin: value for value in values}}
    plan = known.get(shared.plan.origin, shared.plan)
    assert isinstance(plan, CarePlan)
    team = known[shared.team.origin] if shared.team is not None else None
    return SharedPlan(
        plan,
        tuple(value for each in plan.goals if isinstance(value := known.get(each), Goal)),
        tuple(value for each in plan.activities if isinstance(value := known.get(each), Task | Order)),
        team if isinstance(team, CareTeam) else None,
    )


def new_goal(origin: Reference, text: str, by: NamedReference, on: date, **fields: FieldValue) -> PlanItem:
    """A goal that the plan does not have yet, of somebody (the patient, or a clinician), from a day on."""
    blank = _goal_item(Goal(origin, "", "active", "", False, None, start=PartialDate(on.isoformat())))
    return blank.with_fields({"title": text, "expressed_by": by, **fields})


def new_activity(origin: Reference, text: str, owner: NamedReference, **fields: FieldValue) -> PlanItem:
    """An activity that the plan does not have yet: a Task, ServiceRequest or CommunicationRequest by its reference."""
    blank = blank_task(origin) if origin.type == "Task" else blank_order(origin)
    made = _task_fields(blank) if isinstance(blank, Task) else _order_fields(blank)
    return PlanItem(origin, {"outcome": "", **made, "title": text, "owner": owner, **fields})


def with_item(items: Mapping[Reference, PlanItem], item: PlanItem) -> dict[Reference, PlanItem]:
    """The items with this one changed, or added at the end of the plan's goals or activities."""
    found = dict(items)
    if item.origin not in items:
        plan = next(each for each in items.values() if each.origin.type == "CarePlan")
        order = "goal_order" if item.origin.type == "Goal" else "activity_order"
        found[plan.origin] = plan.with_fields({order: (*references_in(plan[order]), item.origin)})
    found[item.origin] = item
    return found


def without_item(items: Mapping[Reference, PlanItem], origin: Reference) -> dict[Reference, PlanItem]:
    """The items without this one: the plan refers to it no more, and the record itself stays as it is."""
    found = {reference: item for reference, item in items.items() if reference != origin}
    for reference, item in found.items():
        if reference.type == "CarePlan":
            orders = {name: tuple(each for each in references_in(item[name]) if each != origin) for name in ORDERS}
            found[reference] = item.with_fields(orders)
    return found


def with_links(
    items: Mapping[Reference, PlanItem], put_in: Iterable[Reference], taken_out: Iterable[Reference] = ()
) -> dict[Reference, PlanItem]:
    """The items with these prescriptions and appointments in the plan, and without those; the records stay as they
    are.
    """
    found = dict(items)
    for each in taken_out:
        found = without_item(found, each)
    for each in put_in:
        found = found if each in found else with_item(found, PlanItem(each, {"outcome": ""}))
    return found


def linked_as_ordered(
    items: Mapping[Reference, PlanItem], known: Mapping[Reference, PlanItem] = MappingProxyType({})
) -> dict[Reference, PlanItem]:
    """The items with exactly those prescriptions and appointments that the plan's order of activities names, as when an
    older order comes back; those in `known` as they are there.
    """
    plan = next(item for origin, item in items.items() if origin.type == "CarePlan")
    named = [each for each in references_in(plan["activity_order"]) if each.type in LINKED_HERE]
    there = {origin: item for origin, item in items.items() if origin.type not in LINKED_HERE or origin in named}
    new = {each: known.get(each, PlanItem(each, {"outcome": ""})) for each in named if each not in items}
    return there | new


def references_in(value: FieldValue) -> tuple[Reference, ...]:
    """The references of a field that holds an order of them."""
    return tuple(each for each in value if isinstance(each, Reference)) if isinstance(value, tuple) else ()


def item_of(value: Value) -> PlanItem:
    """One record by itself as an item, as its versions are compared. What came of an activity is in the plan's record:
    there it is a field for each activity, `outcome:Task/t1`.
    """
    if isinstance(value, CarePlan):
        outcomes = {field_of("outcome", each.activity): each.words for each in value.outcomes}
        return _plan_item(value).with_fields(outcomes)
    if isinstance(value, Goal):
        return _goal_item(value)
    if isinstance(value, CareTeam):
        return team_item(value)
    return PlanItem(value.origin, _task_fields(value) if isinstance(value, Task) else _order_fields(value))
