"""Finishes a save that broke off on a server without transactions, for a person who has seen what it had written."""

from dataclasses import replace
from datetime import datetime

from dashboard.actions.broken_save import find_broken, row_before
from dashboard.actions.change_plan import about_plan, permitted, theirs_of
from dashboard.actions.save import Circumstances, save
from dashboard.audit.audited import audited
from dashboard.cache.shared_plans import read_plans
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.fhir.mapping.reading import version
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_plan)
def finish_broken_save(
    fhir: FhirServer, actor: User, patient_id: str, base: SharedPlan, ident: str, *, reason: str, at: datetime
) -> None:
    """Keeps what the save had written: the goals and activities that it made come into the plan, and all is signed.

    Raises NotFound for a save that did not break off, Unsupported where the server keeps no versions, and what `save`
    raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    read = read_plans(context, patient_id)
    broken = find_broken(context, read, ident)
    plan = theirs_of(context, read, base).plan
    missing = [each for each in broken.written if each not in (plan.origin, *plan.goals, *plan.activities)]
    made = [each for each in missing if row_before(context, read.rows[each], ident) is None]
    goals = tuple(each for each in made if each.type == "Goal")
    activities = tuple(each for each in made if each.type != "Goal")
    changed = replace(plan, goals=(*plan.goals, *goals), activities=(*plan.activities, *activities))
    values = [changed] if changed != plan else []
    written = [each for each in broken.written if not values or each != plan.origin]
    signs = tuple(ResourceVersion(each, version(read.rows[each])) for each in written)
    save(
        fhir,
        values,
        actor=actor,
        activity="finish a save that broke off",
        reason=reason,
        at=at,
        circumstances=Circumstances(signs=signs, number=ident),
        in_steps=True,
    )
