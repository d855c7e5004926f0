"""The records that a decision about a contradiction changes, as the server has them: a DetectedIssue, two goals."""

from collections.abc import Sequence

from dashboard.access.request_context import RequestContext
from dashboard.actions.save import OneOfAKind, create_once
from dashboard.audit.audited import unaudited
from dashboard.domain.access.user import User
from dashboard.domain.guidelines.reconciliation import Reconciliation
from dashboard.domain.record.goal import Goal
from dashboard.domain.values.code_systems import CONTRADICTION_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, UserFacingError, VersionConflict
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.writable import from_fhir

_SIDES = 2


@unaudited("is part of an audited action")
def reconciliation_to_change(
    context: RequestContext, patient: Reference, shown: Reconciliation, actor: User
) -> Reconciliation:
    """The record of what the user was shown, made where nobody has made it yet.

    Raises VersionConflict where somebody has decided since, NotFound where it is not of this patient, is gone, or
    cannot be read.
    """
    if shown.patient != patient:
        raise NotFound("contradiction-not-found")
    if shown.source == {}:
        now, _ = create_once(context.fhir, shown, OneOfAKind(CONTRADICTION_NUMBER, shown.number), actor=actor)
    else:
        try:
            now = from_fhir(Reconciliation, context.fhir.read("DetectedIssue", shown.origin.id))
        except (CannotRead, ValueError):
            raise NotFound("contradiction-not-found") from None
    if now.patient != patient or now.number != shown.number:
        raise NotFound("contradiction-not-found")
    if now.decisions != shown.decisions:
        raise VersionConflict("contradiction-decided")
    return now


@unaudited("is part of an audited action")
def two_goals(context: RequestContext, patient: Reference, goals: Sequence[Reference]) -> tuple[Goal, Goal] | None:
    """The two goals of the patient as they are now; None where none are named.

    Raises UserFacingError for one alone, more than two, or twice the same; NotFound for a goal of somebody else and
    for one that is gone or cannot be read.
    """
    if not goals:
        return None
    if len(goals) != _SIDES or len(set(goals)) != _SIDES or any(each.type != "Goal" for each in goals):
        raise UserFacingError("contradiction-goals")
    try:
        one, other = (from_fhir(Goal, context.fhir.read("Goal", each.id)) for each in goals)
    except (CannotRead, ValueError):
        raise NotFound("contradiction-goal-not-found") from None
    if one.patient != patient or other.patient != patient:
        raise NotFound("contradiction-goal-not-found")
    return one, other
