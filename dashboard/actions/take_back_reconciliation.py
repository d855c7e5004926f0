"""Takes back what was decided about a contradiction: it is open again, and the decision stays readable."""

from datetime import datetime

from dashboard.actions.contradiction_records import reconciliation_to_change, two_goals
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.reconcile_contradiction import about_contradiction
from dashboard.actions.save import Circumstances, Saved, check_reason, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.reconciliation import Decision, Reconciliation, Way, decided, not_in_conflict
from dashboard.domain.record.goal import Goal
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_contradiction)
def take_back_reconciliation(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    shown: Reconciliation,
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
) -> Saved[Reconciliation | Goal]:
    """The record, open again, and the goals without the mark that the decision had given them. A goal that is gone is
    passed over.

    `during` is the conference (an Appointment) at which it was said.

    Raises UserFacingError where there is no decision, NotPermitted by role, NotFound for a patient in nobody's care
    here, VersionConflict where somebody has decided since, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_PLAN, Relation.TEAM)
    patient = require_patient(context, actor, patient_id, Action.CHANGE_PLAN)
    check_reason(reason)
    by = NamedReference(context.me, actor.name)
    back = Decision(Way.TAKEN_BACK, "", reason, by, PartialDate(at.isoformat(timespec="milliseconds")))
    decided(shown, back)
    now = reconciliation_to_change(context, patient, shown, actor)
    goals = now.decision.goals if now.decision is not None else ()
    try:
        pair = two_goals(context, patient, goals)
    except NotFound:
        pair = None
    values: list[Reconciliation | Goal] = [decided(now, back), *(not_in_conflict(*pair) if pair is not None else ())]
    return save(
        fhir,
        values,
        actor=actor,
        activity="take back a decision",
        reason=reason,
        at=at,
        circumstances=Circumstances(during=during),
        in_steps=True,
    )
