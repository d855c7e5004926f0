"""Turns activities that a plan itself says into records of their own, so that the team can edit them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_plan import PlanSaved, about_plan, permitted, theirs_of
from dashboard.actions.save import Circumstances, new_reference, save
from dashboard.audit.audited import audited
from dashboard.cache.shared_plans import read_plans
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.shared_plan import Activity, SharedPlan, Value, blank_order, blank_task, with_values
from dashboard.domain.record.care_plan import PlanActivity
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError, VersionConflict
from dashboard.fhir.port import FhirServer

CONVERTED: Final = ("Task", "ServiceRequest", "CommunicationRequest")
"""Kinds of activities that become records here; a prescription or a booking is made where those are made."""
_TASK_STATUS: Final = {
    "not-started": "requested",
    "scheduled": "accepted",
    "in-progress": "in-progress",
    "on-hold": "on-hold",
    "completed": "completed",
    "cancelled": "cancelled",
    "stopped": "cancelled",
}
_ORDER_STATUS: Final = {
    "on-hold": "on-hold",
    "completed": "completed",
    "cancelled": "revoked",
    "stopped": "revoked",
}
"""The status of an activity that a plan itself says -> that of its record; what is not listed is still to be done.
https://hl7.org/fhir/R4/valueset-care-plan-activity-status.html
"""


def can_be_converted(activity: PlanActivity) -> bool:
    """Whether an activity becomes a record of its own: not what must not be done, which an order of ours cannot say."""
    return activity.in_plan and not activity.not_to_do and (activity.kind or "ServiceRequest") in CONVERTED


@audited(AuditKind.UPDATE, about_plan)
def convert_activity_details(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    activities: Collection[PlanActivity],
    *,
    reason: str,
    at: datetime,
) -> PlanSaved:
    """Makes a record of each of these activities, in whose place the plan then refers to it: all in one transaction.

    Nothing of them is lost: what the record has no field for is a note of it. Raises UserFacingError for one that
    cannot be converted, VersionConflict where the plan has changed since it was read, and what `save` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    if not activities or not all(map(can_be_converted, activities)):
        raise UserFacingError("activity-not-convertible")
    now = theirs_of(context, read_plans(context, patient_id), base)
    if now.plan.version != base.plan.version:
        raise VersionConflict("version-changed", what="CarePlan")
    made: list[Activity] = []
    details = []
    for activity in now.plan.details:
        if activity in activities:
            record = _record(context, patient_id, now, actor, activity, at)
            made.append(record)
            details.append(replace(activity, converted_to=record.origin))
        else:
            details.append(activity)
    plan = replace(now.plan, details=tuple(details), activities=(*now.plan.activities, *(each.origin for each in made)))
    values: list[Value] = [*made, plan]
    saved = save(
        fhir,
        values,
        actor=actor,
        activity="make records of activities",
        reason=reason,
        at=at,
        circumstances=Circumstances(),
        in_steps=True,
    )
    renamed = {
        old.origin: new.origin for old, new in zip(values, saved.values, strict=True) if old.origin != new.origin
    }
    return PlanSaved(with_values(now, saved.values), (), renamed, saved.notices)


def _record(
    context: RequestContext, patient_id: str, shared: SharedPlan, actor: User, activity: PlanActivity, at: datetime
) -> Activity:
    """The new record that says what the activity says."""
    origin = new_reference(activity.kind or "ServiceRequest")
    patient = Reference("Patient", patient_id)
    owner = activity.performers[0] if activity.performers else NOBODY
    authored = PartialDate(at.isoformat(timespec="seconds"))
    notes = tuple(_note(context, actor, words, at) for words in _rest(activity))
    due = activity.end or activity.start
    if origin.type == "Task":
        return replace(
            blank_task(origin),
            text=activity.text,
            status=_TASK_STATUS.get(activity.status, "requested"),
            patient=patient,
            owner=owner.to,
            owner_name=owner.name,
            requester=context.me,
            requester_name=actor.name,
            authored=authored,
            due=due,
            reason_codes=_one_reason(activity),
            reason_references=activity.reason_references[:1],
            goals=activity.goals,
            comments=notes,
            based_on=(shared.plan.origin,),
        )
    return replace(
        blank_order(origin),
        text=activity.text,
        status=_ORDER_STATUS.get(activity.status, "active"),
        patient=patient,
        owner=owner,
        requester=NamedReference(context.me, actor.name),
        authored=authored,
        start=activity.start,
        due=due,
        reason_codes=activity.reasons,
        reason_references=activity.reason_references,
        goals=activity.goals,
        notes=notes,
        based_on=(shared.plan.origin,),
    )


def _one_reason(activity: PlanActivity) -> tuple[CodeableConcept, ...]:
    """The reasons as a Task has them: one, with the words of all where there are several."""
    if len(activity.reasons) < 2:
        return activity.reasons
    return (CodeableConcept((), "; ".join(filter(None, (each.text for each in activity.reasons)))),)


def _rest(activity: PlanActivity) -> tuple[str, ...]:
    """What the record has no field for: when in words, the details as they are shown, further records as reasons."""
    further = activity.reason_references[1:] if activity.kind == "Task" else ()
    names = (each.name or str(each.to) for each in further)
    return tuple(dict.fromkeys(filter(None, (activity.when, *activity.details, *names))))


def _note(context: RequestContext, actor: User, words: str, at: datetime) -> Comment:
    return Comment(actor.name, at.isoformat(timespec="seconds"), words, context.me)
