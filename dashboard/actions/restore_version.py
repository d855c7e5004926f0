"""Brings back what an item of a shared plan said in an old version, as a new version."""

from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_plan import PlanChange, PlanConflict, PlanSaved, about_plan, change_plan, permitted
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.audit.audited import audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.history import brought_back
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, item_of, items_of, linked_as_ordered, with_item
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.plan_part import plan_part
from dashboard.fhir.mapping.reading import patient_of, read_one, version
from dashboard.fhir.port import FhirServer

_OUTCOME = "outcome"


@audited(AuditKind.UPDATE, about_plan)
def restore_version(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    base: SharedPlan,
    origin: Reference,
    number: str,
    field: str = "",
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
) -> PlanSaved | PlanConflict:
    """Gives one field of the item, or the whole item, what it said in the version with this number.

    Notes stay, for they are only ever added, and so does a due day where the old one is over. A whole item that the
    plan does not have any more comes back into it. Raises NotFound for a version that there is not, UserFacingError for
    a field that cannot come back (a status that may not follow the present one), and what `change_plan` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    old = _old(context, patient_id, origin, number)
    items = items_of(base)
    now = items.get(origin) or _now(context, patient_id, origin)
    if field.startswith(f"{_OUTCOME}:"):
        now, old = _outcomes(items, old, field)
        field = _OUTCOME
    elif origin.type != "CarePlan":
        old = old.with_fields({_OUTCOME: now[_OUTCOME]}) if _OUTCOME in now.fields else old
    else:
        old = PlanItem(origin, {name: value for name, value in old.fields.items() if name in now.fields})
    try:
        back = brought_back(now, old, field)
    except KeyError:
        raise NotFound("plan-item-not-found") from None
    due = back["due"]
    if not field and isinstance(due, PartialDate) and due.end < site_day(at):
        back = back.with_fields({"due": now["due"]})
    change = PlanChange(
        actor, "bring back an old version", reason, at, during=during, restores=ResourceVersion(origin, number)
    )
    wanted = with_item(items, back)
    if origin.type == "CarePlan" and field in ("", "activity_order"):
        wanted = linked_as_ordered(wanted)
    return change_plan(context, patient_id, base, wanted, change, NO_CHOICES)


def _old(context: RequestContext, patient_id: str, origin: Reference, number: str) -> PlanItem:
    rows = context.fhir.history(origin.type, origin.id)
    found = next((row for row in rows if version(row) == number), None)
    if found is None:
        raise NotFound("plan-version-not-found")
    return _item(found, patient_id)


def _now(context: RequestContext, patient_id: str, origin: Reference) -> PlanItem:
    """The item as it is now, where the plan does not refer to it any more."""
    return _item(context.fhir.read(origin.type, origin.id), patient_id)


def _item(row: Json, patient_id: str) -> PlanItem:
    """What a record of this patient says. Raises NotFound for anybody else's, and for one that cannot be read."""
    value = read_one(row, plan_part)
    if patient_of(row) != Reference("Patient", patient_id) or isinstance(value, Unreadable):
        raise NotFound("plan-version-not-found")
    return item_of(value)


def _outcomes(items: dict[Reference, PlanItem], old: PlanItem, field: str) -> tuple[PlanItem, PlanItem]:
    """The item of the activity that an outcome of the plan is of, and the same with the outcome as it was then."""
    try:
        activity = items[Reference.parse(field.partition(":")[2])]
    except (KeyError, ValueError):
        raise NotFound("plan-item-not-found") from None
    return activity, activity.with_fields({_OUTCOME: old[field]})
