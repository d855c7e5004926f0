"""Starts the shared plan of a patient: from nothing, or from goals and activities that were chosen."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_plan import PlanSaved, about_plan, permitted
from dashboard.actions.save import Circumstances, new_reference, save
from dashboard.audit.audited import audited
from dashboard.cache.shared_plans import read_plans
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, Value, items_of, with_item, with_values
from dashboard.domain.care_plan.validation import check, cleaned
from dashboard.domain.care_plan.views import choose_plans
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

CATEGORY = CodeableConcept((Coding(SNOMED, "734163000", "Care plan"),), "Care plan")


@audited(AuditKind.CREATE, about_plan)
def start_plan(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    title: str,
    review_due: PartialDate | None,
    addresses: Sequence[Reference] = (),
    items: Sequence[PlanItem] = (),
    status: str = "draft",
    *,
    reason: str,
    at: datetime,
    on_behalf_of: Reference | None = None,
    during: Reference | None = None,
) -> PlanSaved:
    """Makes the plan of the actor's team with these new goals and activities (`shared_plan.new_goal`, `new_activity`).

    Raises UserFacingError where the team has a plan already, or for what cannot be saved, and what `save` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    read = read_plans(context, patient_id)
    today = site_day(at)
    teams = [team for team in read.teams if team.has_member(context.me, today)]
    if choose_plans(read.plans, teams).ours is not None:
        raise UserFacingError("plan-there-already")
    if status not in ("draft", "active"):
        raise UserFacingError("plan-status-not-allowed")
    blank = SharedPlan(_blank(context, patient_id, actor, teams[0], at), team=teams[0])
    plan = cleaned(
        items_of(blank)[blank.plan.origin].with_fields(
            {
                "title": title,
                "status": status,
                "start": PartialDate(today.isoformat()),
                "due": review_due,
                "addresses": frozenset(addresses),
            }
        )
    )
    check(plan, None, today)
    made = {**items_of(blank), plan.origin: plan}
    for item in map(cleaned, items):
        check(item, None, today)
        made = with_item(made, item)
    by = NamedReference(actor.practitioner, actor.name)
    values: tuple[Value, ...] = changed_values(blank, made, patient=Reference("Patient", patient_id), by=by, at=at)
    circumstances = Circumstances(on_behalf_of, during)
    saved = save(
        fhir,
        values,
        actor=actor,
        activity="start the care plan",
        reason=reason,
        at=at,
        circumstances=circumstances,
        in_steps=True,
    )
    renamed = {old.origin: new.origin for old, new in zip(values, saved.values, strict=True)}
    new_plan = next(value for value in saved.values if isinstance(value, CarePlan))
    shared = with_values(SharedPlan(new_plan, team=blank.team), saved.values)
    return PlanSaved(shared, (), renamed, saved.notices)


def _blank(context: RequestContext, patient_id: str, actor: User, team: CareTeam, at: datetime) -> CarePlan:
    """A plan of this team without goals: for whom it is, who made it and when, and whose it is."""
    custodian = NamedReference(team.team, team.team_name) if team.team is not None else NamedReference()
    return CarePlan(
        origin=new_reference("CarePlan"),
        version="",
        title="",
        status="",
        intent="plan",
        category=CATEGORY,
        created=PartialDate(at.isoformat(timespec="seconds")),
        author=NamedReference(context.me, actor.name),
        patient=Reference("Patient", patient_id),
        custodian=custodian,
        care_teams=(team.origin,),
        source={},
    )
