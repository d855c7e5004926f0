"""Records whether a person agrees to goals of a shared plan."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_plan import (
    PlanChange,
    PlanConflict,
    PlanSaved,
    about_plan,
    change_plan,
    item_in,
    permitted,
)
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.plan_item import AGREEMENT, field_of
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.domain.record.goal import ACCEPTANCES
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.reading import patient_of
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_plan)
def record_agreement(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    person: Reference,
    answers: Mapping[Reference, str],
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
) -> PlanSaved | PlanConflict:
    """Records what the patient, a carer of the patient, or a professional says to goals: a code of
    `goal.ACCEPTANCES` for each. What somebody else said is recorded on their behalf.

    Raises UserFacingError for anybody else, and what `change_plan` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    if not set(answers.values()) <= set(ACCEPTANCES):
        raise UserFacingError("agreement-unknown")
    _require_concerned(context, patient_id, person)
    items = items_of(base)
    said = {
        goal: item_in(items, goal).with_fields({field_of(AGREEMENT, person): answer})
        for goal, answer in answers.items()
    }
    on_behalf_of = person if person != actor.practitioner else None
    change = PlanChange(actor, "record who agrees", reason, at, on_behalf_of, during)
    return change_plan(context, patient_id, base, {**items, **said}, change, NO_CHOICES)


def _require_concerned(context: RequestContext, patient_id: str, person: Reference) -> None:
    """Raises UserFacingError for somebody else's patient or carer, and for what is no person."""
    patient = Reference("Patient", patient_id)
    ours = person == patient or person.type == "Practitioner"
    if person.type == "RelatedPerson":
        try:
            ours = patient_of(context.fhir.read(person.type, person.id)) == patient
        except NotFound:
            ours = False
    if not ours:
        raise UserFacingError("agreement-of-a-stranger")
