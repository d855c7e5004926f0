"""Leaves a patient of whom a conference did not speak, although she was on its screen."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    permitted_conference,
    require_item,
)
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_discussion
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.discussion import Discussion, called_off
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def leave_discussion(
    fhir: FhirServer, actor: User, conference_id: str, patient_id: str, *, reason: str, at: datetime
) -> Saved[Discussion]:
    """The discussion, called off: it counts as none. One that has ended, or never began, stays as it is.

    Raises NotFound for a patient who is not on the agenda or in nobody's care here, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)

    def change() -> Saved[Discussion]:
        before = read_discussion(context, conference, patient)
        if before is None or called_off(before) == before:
            return Saved(())
        values = [called_off(before)]
        return save(fhir, values, actor=actor, activity="leave a patient", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
