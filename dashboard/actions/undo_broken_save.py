"""Undoes a save that broke off on a server without transactions, for a person who has seen both states."""

from dataclasses import replace
from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.broken_save import Json, find_broken, row_before
from dashboard.actions.change_plan import about_plan, permitted, theirs_of
from dashboard.actions.save import save
from dashboard.audit.audited import audited
from dashboard.cache.shared_plans import read_plans
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.shared_plan import SharedPlan, Value
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.unreadable import Unreadable
from dashboard.errors import Unsupported
from dashboard.fhir.mapping.plan_part import plan_part
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer

ENTERED_IN_ERROR = "entered-in-error"


@audited(AuditKind.UPDATE, about_plan)
def undo_broken_save(
    fhir: FhirServer, actor: User, patient_id: str, base: SharedPlan, ident: str, *, reason: str, at: datetime
) -> None:
    """Gives each record that the save had written what it said before; one that it made is marked as entered in error.

    Raises NotFound for a save that did not break off, Unsupported where the server keeps no versions, and what `save`
    raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    read = read_plans(context, patient_id)
    theirs_of(context, read, base)
    values = [_before(context, read.rows[each], ident) for each in find_broken(context, read, ident).written]
    save(fhir, values, actor=actor, activity="undo a save that broke off", reason=reason, at=at, in_steps=True)


def _before(context: RequestContext, row: Json, ident: str) -> Value:
    """The record as it was before the save, to be written over what it is now."""
    old = row_before(context, row, ident)
    value = read_one({**(old or row), "meta": row["meta"]}, plan_part)
    if isinstance(value, Unreadable):
        raise Unsupported("save-not-undone", what=str(row["resourceType"]))
    return value if old is not None else _in_error(value)


def _in_error(value: Value) -> Value:
    """A record that the save had made, which is never deleted."""
    if isinstance(value, Goal):
        return replace(value, lifecycle_status=ENTERED_IN_ERROR, achievement_status="")
    assert not isinstance(value, CareTeam), "no save makes a care team"
    return replace(value, status=ENTERED_IN_ERROR)
