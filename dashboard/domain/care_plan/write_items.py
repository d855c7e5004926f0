"""What must be written so that a shared plan has the items that an editor made of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from dashboard.domain.care_plan.plan_item import (
    ACHIEVEMENT,
    AGREEMENT,
    MEMBER,
    RELATION,
    STATUS,
    FieldValue,
    PlanItem,
    about_of,
    changed_fields,
)
from dashboard.domain.care_plan.shared_plan import (
    EDITED_HERE,
    ORDERS,
    Membership,
    Part,
    SharedPlan,
    Value,
    blank_order,
    blank_task,
    items_of,
    reason_words,
    references_in,
    team_item,
)
from dashboard.domain.care_plan.statuses import ENDED
from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Acceptance, Goal, OtherTarget, RelatedGoal
from dashboard.domain.record.observation import Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day

T = TypeVar("T")


def changed_values(
    shared: SharedPlan, items: Mapping[Reference, PlanItem], *, patient: Reference, by: NamedReference, at: datetime
) -> tuple[Value, ...]:
    """The values that must be written so that the plan has these items: new ones first, then changed ones, and last the
    plan itself, so that whoever writes them one after the other leaves no plan that refers to what is not there.

    A reference of the plan that is no item (a goal that could not be read) stays. Raises ValueError for a change of
    what is not edited here: `validation.check` refuses it before, with a sentence.
    """
    before, values = items_of(shared), shared.parts()
    new, changed = [], []
    for origin, item in items.items():
        was = before.get(origin)
        if origin == shared.plan.origin or item == was:
            continue
        if origin in values:
            written = _write(values[origin], item, at)
            if written != values[origin]:
                changed.append(written)
        elif was is None and origin.type in EDITED_HERE:
            new.append(_write(_blank(origin, patient, shared.plan.origin, by, at), item, at))
        elif was is not None and set(changed_fields(was, item)) - {"outcome"}:
            raise ValueError(f"a {origin.type} is not edited with the plan")
    plan = _write_plan(shared.plan, before, items)
    return (*new, *changed, *([plan] if plan != shared.plan else []))


def _blank(origin: Reference, patient: Reference, plan: Reference, by: NamedReference, at: datetime) -> Part:
    """A new value of its type, which says for whom it is, who made it and when."""
    if origin.type == "Goal":
        return Goal(origin, "", "active", "", False, None, patient=patient, source={})
    authored = PartialDate(at.isoformat(timespec="seconds"))
    if origin.type == "Task":
        blank = blank_task(origin)
        return replace(
            blank, patient=patient, requester=by.to, requester_name=by.name, authored=authored, based_on=(plan,)
        )
    if origin.type in ("ServiceRequest", "CommunicationRequest"):
        return replace(blank_order(origin), patient=patient, requester=by, authored=authored, based_on=(plan,))
    raise ValueError(f"a {origin.type} is not added to a plan as an item of it")


def _write(value: Part, item: PlanItem, at: datetime) -> Part:
    if isinstance(value, Goal):
        return _write_goal(value, item, at)
    if isinstance(value, Task):
        return _write_task(value, item, at)
    return _write_order(value, item) if isinstance(value, Order) else _write_team(value, item)


def _write_goal(goal: Goal, item: PlanItem, at: datetime) -> Goal:
    statuses = (_words(item[STATUS]), _words(item[ACHIEVEMENT]))
    today = PartialDate(site_day(at).isoformat())
    targets = item["targets"] if isinstance(item["targets"], tuple) else ()
    expressed_by = _person(item["expressed_by"])
    return replace(
        goal,
        text=_words(item["title"]),
        lifecycle_status=statuses[0],
        achievement_status=statuses[1],
        status_date=goal.status_date if statuses == (goal.lifecycle_status, goal.achievement_status) else today,
        status_reason=_words(item["status_reason"]),
        priority=_words(item["priority"]),
        targets=tuple(each for each in targets if isinstance(each, Target)),
        other_targets=tuple(each for each in targets if isinstance(each, OtherTarget)),
        start=_day(item["start"]),
        due=_day(item["due"]),
        expressed_by=expressed_by,
        by_patient=expressed_by.to is not None and expressed_by.to.type in ("Patient", "RelatedPerson"),
        addresses=_in_order(goal.addresses, item["addresses"]),
        accepted_by=_accepted(goal, item),
        related=_related(goal, item),
        notes=_notes(item),
    )


def _accepted(goal: Goal, item: PlanItem) -> tuple[Acceptance, ...]:
    return _entries(
        goal.accepted_by,
        lambda each: each.person.to,
        _about(item, AGREEMENT),
        lambda each, status: replace(each, status=_words(status)),
        lambda person, status: Acceptance(NamedReference(person), _words(status)),
    )


def _related(goal: Goal, item: PlanItem) -> tuple[RelatedGoal, ...]:
    return _entries(
        goal.related,
        lambda each: each.goal,
        _about(item, RELATION),
        lambda each, kind: replace(each, kind=_words(kind)),
        lambda other, kind: RelatedGoal(_words(kind), other),
    )


def _entries(
    known: tuple[T, ...],
    about: Callable[[T], Reference | None],
    wanted: Mapping[Reference, FieldValue],
    change: Callable[[T, FieldValue], T],
    make: Callable[[Reference, FieldValue], T],
) -> tuple[T, ...]:
    """The entries, one for each of many, as an item has them: in the order in which they were read, new ones last.

    Those about nothing that can be followed stay. Of several about the same the item has the last; the others stay as
    long as it does.
    """
    kept: list[T] = []
    seen: set[Reference] = set()
    for each in reversed(known):
        key = about(each)
        if key is None or (key in seen and key in wanted):
            kept.append(each)
        elif key in wanted:
            kept.append(change(each, wanted[key]))
            seen.add(key)
    return (*reversed(kept), *(make(key, value) for key, value in wanted.items() if key not in seen))


def _write_task(task: Task, item: PlanItem, at: datetime) -> Task:
    owner, status, now = _person(item["owner"]), _words(item[STATUS]), at.isoformat(timespec="seconds")
    ended = task.ended
    if (status in ENDED) != (task.status in ENDED):
        ended = PartialDate(now) if status in ENDED else None
    written = replace(
        task,
        text=_words(item["title"]),
        status=status,
        priority=_words(item["priority"]),
        owner=owner.to,
        owner_name=owner.name,
        due=_day(item["due"]),
        ended=ended,
        reason_codes=_reason(task.reason_codes, item),
        status_reason=_words(item["status_reason"]),
        goals=_in_order(task.goals, item["goals"]),
        comments=_notes(item),
    )
    # An outcome is the plan's: where nothing else changed the task stays as it is, in the way of nobody's save.
    return written if written == task else replace(written, modified=PartialDate(at.isoformat(timespec="milliseconds")))


def _write_order(order: Order, item: PlanItem) -> Order:
    reasons = {each.to: each for each in order.reason_references}
    wanted = item["addresses"] if isinstance(item["addresses"], frozenset) else frozenset()
    return replace(
        order,
        text=_words(item["title"]),
        status=_words(item[STATUS]),
        priority=_words(item["priority"]),
        owner=_person(item["owner"]),
        start=_day(item["start"]),
        due=_day(item["due"]),
        status_reason=_words(item["status_reason"]),
        reason_codes=_reason(order.reason_codes, item),
        reason_references=(
            *(each for each in order.reason_references if each.to is None or each.to in wanted),
            *(NamedReference(each) for each in sorted(wanted - set(reasons), key=str) if isinstance(each, Reference)),
        ),
        goals=_in_order(order.goals, item["goals"]),
        notes=_notes(item),
    )


def _reason(known: tuple[CodeableConcept, ...], item: PlanItem) -> tuple[CodeableConcept, ...]:
    """The reasons in these words; coded ones keep their codes only while their words are the same."""
    words = _words(item["reason"])
    if words == reason_words(known):
        return known
    return (CodeableConcept((), words),) if words else ()


def _write_team(team: CareTeam, item: PlanItem) -> CareTeam:
    # Nobody is taken out of a team: a membership ends with its period.
    before = _about(team_item(team), MEMBER)
    wanted = {person: new for person, new in (before | _about(item, MEMBER)).items() if isinstance(new, Membership)}
    members = _entries(
        team.members,
        lambda each: each.member,
        wanted,
        lambda each, _: _member(each.member, wanted[each.member], each.doubtful) if each.member else each,
        lambda person, _: _member(person, wanted[person]),
    )
    return replace(team, members=members)


def _member(person: Reference | None, new: Membership, doubtful: bool = False) -> TeamMember:
    return TeamMember(person, new.name, new.role, new.role_text, new.since, new.until, doubtful)


def _write_plan(plan: CarePlan, before: Mapping[Reference, PlanItem], items: Mapping[Reference, PlanItem]) -> CarePlan:
    item = items.get(plan.origin)
    if item is None:
        return plan
    outcomes = {each.activity: each.words for each in plan.outcomes if each.activity not in before}
    outcomes |= {reference: words for reference, each in items.items() if (words := _words(each["outcome"]))}
    orders = [
        _membership(references_in(item[name]), read, before, items, goals=name == "goal_order")
        for name, read in zip(ORDERS, (plan.goals, plan.activities), strict=True)
    ]
    return replace(
        plan,
        title=_words(item["title"]),
        description=_words(item["description"]),
        status=_words(item[STATUS]),
        start=_day(item["start"]),
        end=_day(item["due"]),
        addresses=_in_order(plan.addresses, item["addresses"]),
        notes=_notes(item),
        goals=orders[0],
        activities=orders[1],
        outcomes=tuple(
            Outcome(activity, outcomes[activity])
            for activity in dict.fromkeys((*(each.activity for each in plan.outcomes), *outcomes))
            if activity in outcomes
        ),
    )


def _membership(
    order: Iterable[Reference],
    read: tuple[Reference, ...],
    before: Mapping[Reference, PlanItem],
    items: Mapping[Reference, PlanItem],
    goals: bool,
) -> tuple[Reference, ...]:
    """The references of the plan in this order: of items those that are there, of others those it was read with."""
    here = {
        origin for origin in items if (origin.type == "Goal") is goals and origin.type not in ("CarePlan", "CareTeam")
    }
    unread = {reference for reference in read if reference not in before}
    # An item that is in no order (somebody chose to keep it) comes last: it must not get lost.
    return tuple(each for each in dict.fromkeys((*order, *read, *items)) if each in here or each in unread)


def _about(item: PlanItem, kind: str) -> dict[Reference, FieldValue]:
    """What the item holds for each of many, by what it is about."""
    return {
        about: value
        for name, value in item.fields.items()
        if name.startswith(f"{kind}:") and (about := about_of(name)) is not None
    }


def _in_order(known: tuple[Reference, ...], wanted: FieldValue) -> tuple[Reference, ...]:
    """The members of a set in the order in which they were read, new ones behind them by their names."""
    members = {each for each in wanted if isinstance(each, Reference)} if isinstance(wanted, frozenset) else set()
    return (*(each for each in known if each in members), *sorted(members - set(known), key=str))


def _notes(item: PlanItem) -> tuple[Comment, ...]:
    notes = item["notes"]
    return tuple(each for each in notes if isinstance(each, Comment)) if isinstance(notes, tuple) else ()


def _words(value: FieldValue) -> str:
    return value if isinstance(value, str) else ""


def _day(value: FieldValue) -> PartialDate | None:
    return value if isinstance(value, PartialDate) else None


def _person(value: FieldValue) -> NamedReference:
    return value if isinstance(value, NamedReference) else NOBODY
