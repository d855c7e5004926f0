"""Signs a shared plan off: gives it another status (active, on hold, revoked, completed) and the day of its review."""

from datetime import datetime

from dashboard.actions.change_plan import PlanChange, PlanConflict, PlanSaved, about_plan, change_plan, permitted
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.plan_item import STATUS
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_plan)
def sign_plan(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    status: str,
    review_due: PartialDate | None,
    *,
    reason: str,
    at: datetime,
    on_behalf_of: Reference | None = None,
    during: Reference | None = None,
) -> PlanSaved | PlanConflict:
    """Gives the plan this status, where `statuses.PLAN_AFTER` allows it, and this day of review (None leaves the day).

    What is signed is what was read: raises VersionConflict where anything of the plan has changed since, and what
    `change_plan` raises. A plan that becomes active begins today where it had no beginning.
    """
    context = permitted(fhir, actor, patient_id, at)
    items = items_of(base)
    plan = items[base.plan.origin]
    begins = status == "active" and base.plan.start is None
    signed = plan.with_fields(
        {
            STATUS: status,
            "due": review_due or base.plan.end,
            **({"start": PartialDate(site_day(at).isoformat())} if begins else {}),
        }
    )
    change = PlanChange(actor, f"sign the care plan: {status}", reason, at, on_behalf_of, during, of_what_was_seen=True)
    return change_plan(context, patient_id, base, {**items, plan.origin: signed}, change, NO_CHOICES)
