"""Begins, or takes up again, the discussion of a patient at a conference."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    permitted_conference,
    require_item,
)
from dashboard.actions.conference_records import discussion_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.discussion import Discussion, going_on
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def discuss_patient(
    fhir: FhirServer, actor: User, conference_id: str, patient_id: str, *, reason: str, at: datetime
) -> Saved[Discussion]:
    """The discussion, going on. Where it does already, nothing changes.

    Raises UserFacingError where the conference does not run, NotFound for a patient who is not on the agenda or in
    nobody's care here, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not conference.running:
        raise UserFacingError("conference-not-running")
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)

    def change() -> Saved[Discussion]:
        before = discussion_to_write(context, conference, patient, actor, at)
        discussion = going_on(before, at)
        if discussion == before:
            return Saved((before,))
        return save(fhir, [discussion], actor=actor, activity="discuss a patient", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
