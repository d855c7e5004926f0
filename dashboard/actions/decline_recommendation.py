"""Declines a recommendation: not now, until a day, or not for this person, for a reason."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from dashboard.actions.guidance_records import guidance_to_answer, reply_of
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.save import Circumstances, Saved, check_reason, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.guidance import Guidance, ReplyKind, replied
from dashboard.domain.guidelines.override_reasons import OVERRIDE_REASONS
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.fhir.port import FhirServer


def about_guidance(asked: Arguments, answer: Saved[Guidance] | None) -> AuditSubject:
    """What goes on the audit record of an answer to a recommendation: the patient, and the record that holds it."""
    return AuditSubject((asked["patient_id"],), tuple(each.origin for each in answer.values) if answer else ())


@audited(AuditKind.UPDATE, about_guidance)
def decline_recommendation(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    shown: Guidance,
    until: date | None,
    why: str,
    *,
    reason: str,
    at: datetime,
    during: Reference | None = None,
    reasons: Iterable[Coding] = OVERRIDE_REASONS,
) -> Saved[Guidance]:
    """The record with the answer, as the server stored it. With `until` it is "not now" until that day, without it "not
    for this person", with `why` the code of one of the override reasons that the card offers (`reasons`). `shown` is
    what the user saw, with the answers known.

    `during` is the conference (an Appointment) at which it was said.

    Raises UserFacingError for a day or a reason that cannot be, NotPermitted by role, NotFound for a patient in
    nobody's care here, VersionConflict where somebody has answered since, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_PLAN, Relation.TEAM)
    patient = require_patient(context, actor, patient_id, Action.CHANGE_PLAN)
    check_reason(reason)
    kind = ReplyKind.NOT_NOW if until is not None else ReplyKind.NOT_FOR_THIS_PERSON
    code = "" if until is not None else why
    reply = replace(reply_of(context, actor, kind), until=until, reason=code, words=reason)
    offered = tuple(reasons)
    replied(shown, reply, reasons=offered)  # what cannot be is refused before anything is written
    now = guidance_to_answer(context, patient, shown, actor)
    return save(
        fhir,
        [replied(now, reply, reasons=offered)],
        actor=actor,
        activity="decline a recommendation",
        reason=reason,
        at=at,
        circumstances=Circumstances(during=during, policies=(shown.card.canonical,)),
        in_steps=True,
    )
