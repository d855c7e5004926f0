"""Puts medicines and appointments of a patient into the shared plan, and takes them out of it: by reference alone. What
they say themselves is changed where they are prescribed or booked.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

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
from dashboard.cache.linkable import read_linkable
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.arrange import is_offered
from dashboard.domain.care_plan.choices import Chosen
from dashboard.domain.care_plan.shared_plan import LINKED_HERE, SharedPlan, items_of, with_links
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.port import FhirServer

NOTHING: Final[frozenset[Reference]] = frozenset()


@audited(AuditKind.UPDATE, about_plan)
def link_activities(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    put_in: Collection[Reference],
    taken_out: Collection[Reference] = NOTHING,
    *,
    reason: str,
    at: datetime,
    on_behalf_of: Reference | None = None,
    during: Reference | None = None,
    choices: Chosen = NO_CHOICES,
) -> PlanSaved | PlanConflict:
    """Puts these current prescriptions and coming appointments into the plan, and takes those out of it, merged with
    what others saved since: what two people put in is in it once.

    Raises NotFound for what is no such record of this patient, or not in the plan, UserFacingError for what is over
    (`plan-link-over`) and where nothing is asked for, and what `change_plan` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    if not put_in and not taken_out:
        raise UserFacingError("plan-nothing-changed")
    items = items_of(base)
    if any(item_in(items, each).origin.type not in LINKED_HERE for each in taken_out):
        raise NotFound("plan-link-not-found")
    records = read_linkable(context, patient_id, put_in)
    if set(put_in) - records.keys():
        raise NotFound("plan-link-not-found")
    if not all(is_offered(record, site_day(at)) for record in records.values()):
        raise UserFacingError("plan-link-over")
    change = PlanChange(actor, "put into the care plan or take out", reason, at, on_behalf_of, during)
    return change_plan(context, patient_id, base, with_links(items, put_in, taken_out), change, choices)
