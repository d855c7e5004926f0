"""Decides between guidelines that contradict each other: one side, the other, or a third way."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.actions.contradiction_records import reconciliation_to_change, two_goals
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.save import Circumstances, Saved, check_reason, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.reconciliation import Decision, Reconciliation, Way, decided, in_conflict
from dashboard.domain.record.goal import Goal
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

_BOTH = 2


def about_contradiction(asked: Arguments, answer: Saved[Reconciliation | Goal] | None) -> AuditSubject:
    """What goes on the audit record of a decision: the patient, and the records that hold it."""
    return AuditSubject((asked["patient_id"],), tuple(each.origin for each in answer.values) if answer else ())


@audited(AuditKind.UPDATE, about_contradiction)
def reconcile_contradiction(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    shown: Reconciliation,
    way: Way,
    words: str,
    goals: Sequence[Reference] = (),
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
) -> Saved[Reconciliation | Goal]:
    """The record with the decision first, then the goals that were marked as in conflict, all of them or none.

    `words` say what is done; `shown` is what the user saw, with the decisions known. `goals` are none, or two of the
    patient's that are in each other's way: each of them says so then, as in the care plan.

    `during` is the conference (an Appointment) at which it was said.

    Raises UserFacingError for what is missing or cannot be, NotPermitted by role, NotFound for a patient in nobody's
    care here or a goal of somebody else, VersionConflict where somebody has decided since, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_PLAN, Relation.TEAM)
    patient = require_patient(context, actor, patient_id, Action.CHANGE_PLAN)
    check_reason(reason)
    if way is Way.TAKEN_BACK:
        raise UserFacingError("contradiction-way")
    by = NamedReference(context.me, actor.name)
    decision = Decision(way, words, reason, by, PartialDate(at.isoformat(timespec="milliseconds")))
    decided(shown, decision)  # what cannot be is refused before anything is written
    pair = two_goals(context, patient, goals)
    marked = in_conflict(*pair) if pair is not None else ()
    # Of goals that one of them had marked already, the mark is not this decision's to take back.
    ours = tuple(each.origin for each in marked) if len(marked) == _BOTH else ()
    now = reconciliation_to_change(context, patient, shown, actor)
    new = Decision(way, words, reason, by, decision.at, ours)
    values: list[Reconciliation | Goal] = [decided(now, new), *marked]
    return save(
        fhir,
        values,
        actor=actor,
        activity="decide a contradiction",
        reason=reason,
        at=at,
        circumstances=Circumstances(during=during),
        in_steps=True,
    )
