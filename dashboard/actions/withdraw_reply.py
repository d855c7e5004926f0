"""Takes back what was answered to a recommendation: the card is open again, and the answer stays readable."""

from datetime import datetime

from dashboard.actions.decline_recommendation import about_guidance
from dashboard.actions.guidance_records import guidance_to_answer, reply_of
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.save import Circumstances, Saved, check_reason, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.guidance import Guidance, ReplyKind, replied
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_guidance)
def withdraw_reply(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    shown: Guidance,
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
) -> Saved[Guidance]:
    """The record as the server stored it. What was added to the plan stays there: it is changed in the plan.

    `during` is the conference (an Appointment) at which it was said.

    Raises UserFacingError where there is no answer, NotPermitted by role, NotFound for a patient in nobody's care here,
    VersionConflict where somebody has answered since, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_PLAN, Relation.TEAM)
    patient = require_patient(context, actor, patient_id, Action.CHANGE_PLAN)
    check_reason(reason)
    now = guidance_to_answer(context, patient, shown, actor)
    return save(
        fhir,
        [replied(now, reply_of(context, actor, ReplyKind.TAKEN_BACK))],
        actor=actor,
        activity="take back the answer to a recommendation",
        reason=reason,
        at=at,
        circumstances=Circumstances(during=during, policies=(shown.card.canonical,)),
        in_steps=True,
    )
