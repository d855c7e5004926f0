"""Starts the shared plan of a patient: from nothing, or from goals and activities that were chosen.

The plan comes first, alone, by a conditional create; then the Provenance that signs it; then what was chosen, as a
change like any other. So two people who start at once make one plan, and where a start is cut off there is at worst a
draft that says who began it, with nothing in it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.actions.change_plan import (
    PlanChange,
    PlanConflict,
    PlanContext,
    PlanSaved,
    about_plan,
    change_plan,
    permitted,
)
from dashboard.actions.save import Circumstances, OneOfAKind, check_reason, create_once, new_reference, save
from dashboard.actions.save_plan import NO_CHOICES
from dashboard.audit.audited import audited
from dashboard.cache.shared_plans import PlansRead, read_plans
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, Value, items_of, with_item
from dashboard.domain.care_plan.validation import check, cleaned
from dashboard.domain.care_plan.views import choose_plans, is_plan_of
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.domain.values.code_systems import PLAN_OF_TEAM, SNOMED
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import UserFacingError, VersionConflict
from dashboard.fhir.port import FhirServer

CATEGORY = CodeableConcept((Coding(SNOMED, "734163000", "Care plan"),), "Care plan")
ACTIVITY = "start the care plan"


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
    team: Reference | None = None,
    *,
    reason: str,
    at: datetime,
    on_behalf_of: Reference | None = None,
    during: Reference | None = None,
) -> PlanSaved:
    """Makes the plan of a team of the actor's with these new goals and activities (`shared_plan.new_goal`,
    `new_activity`). `team` says which, where the actor sees the patient through several.

    Raises UserFacingError where there is a plan already, also one that somebody started at the same moment (nothing is
    added to that one), or one that could not be read, where the team is to be chosen, or for what cannot be saved; and
    what `save` raises.
    """
    context = permitted(fhir, actor, patient_id, at)
    read = read_plans(context, patient_id)
    teams = read.of_teams(context.relationship)
    _require_none(read, teams)
    if status not in ("draft", "active"):
        raise UserFacingError("plan-status-not-allowed")
    whose = _team_of(teams, team)
    today = site_day(at)
    blank = SharedPlan(_blank(context, patient_id, actor, whose, at), team=whose)
    fields = {
        "title": title,
        "status": status,
        "start": PartialDate(today.isoformat()),
        "due": review_due,
        "addresses": frozenset(addresses),
    }
    plan = cleaned(items_of(blank)[blank.plan.origin].with_fields(fields))
    chosen = [cleaned(item) for item in items]
    check_reason(reason)
    for each in (plan, *chosen):
        check(each, None, today)
    change = PlanChange(actor, ACTIVITY, reason, at, on_behalf_of, during)
    started = _started(context, patient_id, blank, plan, change, _number(read, patient_id, whose))
    signs = (ResourceVersion(started.plan.origin, started.plan.version),)
    circumstances = Circumstances(on_behalf_of, during, signs=signs, made=True)
    nothing: tuple[Value, ...] = ()
    signed = save(
        fhir,
        nothing,
        actor=actor,
        activity=ACTIVITY,
        reason=reason,
        at=at,
        circumstances=circumstances,
        in_steps=True,
    )
    if not chosen:
        return PlanSaved(started, (), {blank.plan.origin: started.plan.origin}, signed.notices)
    mine = items_of(started)
    for item in chosen:
        mine = with_item(mine, item)
    saved = change_plan(context, patient_id, started, mine, change, NO_CHOICES)
    if isinstance(saved, PlanConflict):  # somebody has found it and written the same goal meanwhile
        raise UserFacingError("plan-there-already")
    return replace(saved, made={**saved.made, blank.plan.origin: started.plan.origin})


def _started(
    context: PlanContext,
    patient_id: str,
    blank: SharedPlan,
    plan: PlanItem,
    change: PlanChange,
    once: OneOfAKind,
) -> SharedPlan:
    """The plan without goals, as the server made it. Raises UserFacingError where somebody else's was first."""
    by = NamedReference(change.actor.practitioner, change.actor.name)
    made = {**items_of(blank), plan.origin: plan}
    [value] = changed_values(blank, made, patient=Reference("Patient", patient_id), by=by, at=change.at)
    try:
        stored, mine = create_once(context.fhir, value, once, actor=change.actor)
    except VersionConflict:
        raise UserFacingError("plan-there-already") from None
    if not mine:
        raise UserFacingError("plan-there-already")
    assert isinstance(stored, CarePlan)
    return SharedPlan(stored, team=blank.team)


def _team_of(teams: Sequence[CareTeam], wanted: Reference | None) -> CareTeam:
    """The team whose plan it will be. Raises UserFacingError where that is not said, or none of the actor's."""
    found = [team for team in teams if wanted in (None, team.origin)]
    if len(found) != 1:
        raise UserFacingError("plan-team-not-chosen")
    return found[0]


def _number(read: PlansRead, patient_id: str, team: CareTeam) -> OneOfAKind:
    """The identifier of the team's next plan for the patient: everybody who starts it comes to the same."""
    before = sorted(plan.origin.id for plan in read.plans if is_plan_of(plan, [team]))
    said = "|".join((str(team.origin), f"Patient/{patient_id}", *before))
    return OneOfAKind(PLAN_OF_TEAM, str(uuid.uuid5(uuid.NAMESPACE_URL, said)))


def _require_none(read: PlansRead, teams: Sequence[CareTeam]) -> None:
    """Raises UserFacingError where the teams have a plan, or may have one that could not be read."""
    if choose_plans(read.plans, teams).ours is not None:
        raise UserFacingError("plan-there-already")
    if read.unread_plans():
        raise UserFacingError("plan-there-unread")


def _blank(context: PlanContext, patient_id: str, actor: User, team: CareTeam, at: datetime) -> CarePlan:
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
