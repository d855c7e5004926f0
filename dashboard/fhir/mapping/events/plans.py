"""Goal, CarePlan, Provenance, Task, ServiceRequest and CommunicationRequest: what was agreed, ordered and changed."""

from dataclasses import replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import EventKind, LaneReason, TargetWindow
from dashboard.domain.timeline.kinds.result import result_meaning
from dashboard.domain.timeline.lanes import Lanes, first_of_each
from dashboard.domain.timeline.states import state_of
from dashboard.fhir.mapping import goal as goals
from dashboard.fhir.mapping.events.told import Beside, Told, meaning, reasons, somebody, told
from dashboard.fhir.mapping.provenance import provenance as edits_of
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    amount,
    concept,
    concept_text,
    display,
    many,
    one,
    origin,
    partial_date,
    period,
    read_one,
    reference,
    text,
    timed,
)


def goal(resource: Json, beside: Beside) -> Told | Exclusion:
    """From its start to the due date of its target; the target's window in the measure's canonical unit.

    A target that cannot be read leaves the goal in its words, and is told.
    """
    status = text(resource.get("lifecycleStatus"))
    state = state_of("Goal", status)
    if isinstance(state, Exclusion):
        return state
    addressed, perhaps = beside.inherited(LaneReason.ADDRESSES, map(reference, many(resource.get("addresses"))))
    keys = {each.lane for each in addressed}
    line, unreadable = _line(resource, beside)
    line = replace(line, addresses=tuple(key for key in ConditionKey if key in keys))
    meant = meaning(resource.get("description"), beside.terminology)
    start = partial_date(resource.get("startDate"))
    start, end, date_warnings = in_order(start, line.due)
    measured = [
        lane
        for part in many(resource.get("target"))
        for lane in result_meaning(concept(part.get("measure")), beside.terminology).possible
    ]
    who, by = somebody(resource.get("expressedBy"))
    return told(
        origin=line.origin,
        kind=EventKind.GOAL,
        text=line.text,
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *addressed)),
        perhaps=first_of_each((*measured, *meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=concept_text(resource.get("achievementStatus")),
        status=status,
        who=who,
        by=by,
        why=text(resource.get("statusReason")),
        recorded=partial_date(resource.get("statusDate")),
        date_warnings=date_warnings,
        unreadable=unreadable,
        goal=line,
        targets=tuple(
            TargetWindow(
                line.origin,
                target.measure,
                float(target.low.value) if target.low else None,
                float(target.high.value) if target.high else None,
                start,
                line.due,
                line.text,
            )
            for target in line.targets
        ),
    )


def _line(resource: Json, beside: Beside) -> tuple[Goal, tuple[Unreadable, ...]]:
    found = read_one(resource, lambda row: goals.goal(row, beside.terminology))
    if isinstance(found, Goal):
        return found, ()
    plain = goals.goal({**resource, "target": []}, beside.terminology)
    if plain is None or not isinstance(found, Unreadable):
        raise CannotRead("malformed")
    return plain, (found,)


def care_plan(resource: Json, beside: Beside) -> Told | Exclusion:
    """The plan, from its start to its review."""
    status = text(resource.get("status"))
    state = state_of("CarePlan", status, text(resource.get("intent")))
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("category"), beside.terminology)
    name = text(resource.get("title")) or meant.text or text(resource.get("description"))
    if not name:
        raise CannotRead("no-code")
    created = partial_date(resource.get("created"))
    start, end = period(resource.get("period"))
    start, end, date_warnings = in_order(start or created, end)
    addressed, perhaps = beside.inherited(LaneReason.ADDRESSES, map(reference, many(resource.get("addresses"))))
    who, by = somebody(resource.get("author"), resource.get("contributor"))
    return told(
        origin=origin(resource),
        kind=EventKind.PLAN,
        text=name,
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *addressed)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=text(resource.get("description")) if name != text(resource.get("description")) else "",
        status=status,
        track=f"plan:{origin(resource)}",
        who=who,
        by=by,
        recorded=created,
        date_warnings=date_warnings,
    )


def provenance(resource: Json, beside: Beside) -> Told | Exclusion:
    """A change to the plan or its goals: who, when and why, in the lanes of the goals that were changed, else of the
    plan.
    """
    targets = [each.reference for each in edits_of(resource).changed]
    known = [to for to in targets if beside.title(to)]
    changed = [to for to in known if to.type == "Goal"] or known
    sure, perhaps = beside.inherited(LaneReason.PART, changed)
    recorded = partial_date(resource.get("recorded"))
    names = [beside.title(to) for to in changed]
    agents = many(resource.get("agent"))
    who, by = somebody([agent.get("who") for agent in agents])
    activity = concept_text(resource.get("activity"))
    return told(
        origin=origin(resource),
        kind=EventKind.PLAN,
        text=next(filter(None, names), "") or activity,
        start=recorded,
        memberships=sure,
        perhaps=perhaps,
        detail=activity,
        track=f"plan:{next((to for to in targets if to.type == 'CarePlan'), '')}",
        who=who,
        by=by,
        why=", ".join(dict.fromkeys(filter(None, map(concept_text, many(resource.get("reason")))))),
        recorded=recorded,
    )


def task(resource: Json, beside: Beside) -> Told | Exclusion:
    """Something to be done, from when it was asked for until it is due, or was done."""
    status = text(resource.get("status"))
    state = state_of("Task", status, text(resource.get("intent")))
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("code"), beside.terminology)
    name = text(resource.get("description")) or meant.text
    if not name:
        raise CannotRead("no-code")
    asked = partial_date(resource.get("authoredOn"))
    begun, done = period(resource.get("executionPeriod"))
    due = period(one(resource.get("restriction")).get("period"))[1]
    start, end, date_warnings = in_order(asked or begun, done or due)
    by_reason, perhaps, why = _task_reasons(resource, beside)
    who, by = somebody(resource.get("owner"), resource.get("requester"))
    return told(
        origin=origin(resource),
        kind=EventKind.TASK,
        text=name,
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        status=status,
        who=who,
        by=by,
        why=why,
        recorded=asked,
        date_warnings=date_warnings,
    )


def _task_reasons(resource: Json, beside: Beside) -> tuple[Lanes, Lanes, str]:
    """A Task has one reasonCode and one reasonReference; what it focuses on is a reason too."""
    by_reason, perhaps, why = reasons(resource, beside)
    focus, maybe = beside.inherited(LaneReason.REASON, (reference(resource.get("focus")),))
    return first_of_each((*by_reason, *focus)), first_of_each((*perhaps, *maybe)), why


def service_request(resource: Json, beside: Beside) -> Told | Exclusion:
    """An order, from when it was written until it is to be carried out."""
    meant = meaning(resource.get("code"), beside.terminology)
    words = concept_text(resource.get("code"))
    return _order(
        resource, beside, words or meant.text, concept_text(resource.get("orderDetail")), resource.get("code")
    )


def communication_request(resource: Json, beside: Beside) -> Told | Exclusion:
    """Something that is to be said to somebody."""
    said = [
        text(part.get("contentString")) or display(part.get("contentReference"))
        for part in many(resource.get("payload"))
    ]
    content = "; ".join(filter(None, said))
    name = concept_text(resource.get("category")) or content
    return _order(resource, beside, name, content if name != content else "", resource.get("category"))


def _order(resource: Json, beside: Beside, name: str, detail: str, concept: object) -> Told | Exclusion:
    kind, status = text(resource.get("resourceType")), text(resource.get("status"))
    state = state_of(kind, status, text(resource.get("intent")), resource.get("doNotPerform") is True)
    if isinstance(state, Exclusion):
        return state
    if not name:
        raise CannotRead("no-code")
    meant = meaning(concept, beside.terminology)
    asked = partial_date(resource.get("authoredOn"))
    first, last, _ = timed(resource, "occurrence")
    start, end, date_warnings = in_order(asked or first, last or (first if asked else None))
    by_reason, perhaps, why = reasons(resource, beside)
    about, maybe = beside.inherited(LaneReason.REASON, map(reference, many(resource.get("about"))))
    dose = amount(resource.get("quantityQuantity"))
    who, by = somebody(resource.get("requester"), resource.get("performer"), resource.get("sender"))
    return told(
        origin=origin(resource),
        kind=EventKind.ORDER,
        text=name,
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *by_reason, *about)),
        perhaps=first_of_each((*meant.possible, *perhaps, *maybe)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=", ".join(filter(None, (detail, dose))),
        status=status,
        who=who,
        by=by,
        why=why,
        recorded=asked,
        date_warnings=date_warnings,
    )
