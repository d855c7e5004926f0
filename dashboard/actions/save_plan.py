"""Saves a change of a shared plan."""

from datetime import datetime
from typing import Final

from dashboard.actions.change_plan import PlanChange, PlanConflict, PlanSaved, about_plan, change_plan, permitted
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.choices import Chosen
from dashboard.domain.care_plan.merge import Items
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer

NO_CHOICES: Final[Chosen] = {}


@audited(AuditKind.UPDATE, about_plan)
def save_plan(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    mine: Items,
    *,
    reason: str,
    at: datetime,
    on_behalf_of: Reference | None = None,
    during: Reference | None = None,
    choices: Chosen = NO_CHOICES,
    accepts: Guidance | None = None,
) -> PlanSaved | PlanConflict:
    """Saves the items `mine`, made from `base` as it was read, merged with what others saved since.

    A conflict is returned, and nothing was saved; with `choices` for every conflict it is. A conflict whose other side
    has changed again is asked about again. With `accepts`, what is added follows a recommendation: its Provenance names
    rule and version, and the recommendation is accepted with it. Raises as `change_plan` does, and VersionConflict
    where somebody has answered the recommendation since.
    """
    context = permitted(fhir, actor, patient_id, at)
    change = PlanChange(actor, "edit the care plan", reason, at, on_behalf_of, during, accepts=accepts)
    return change_plan(context, patient_id, base, mine, change, choices)
