"""Calls a conference off, and plans it again."""

from datetime import datetime

from dashboard.actions.change_conference import about_conference, again_on_what_others_saved, permitted_conference
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference, cancelled, planned_again
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def cancel_conference(
    fhir: FhirServer, actor: User, conference_id: str, *, reason: str, at: datetime, undo: bool = False
) -> Saved[Conference]:
    """The conference, called off for this reason; with `undo` one that was called off, planned again.

    Only by a coordinator. The agenda stays, for the next one. Raises UserFacingError where it has begun, and what
    `save` raises.
    """
    context, _ = permitted_conference(fhir, actor, conference_id, Action.PLAN_CONFERENCE, at)

    def change() -> Saved[Conference]:
        conference = read_conference(context, conference_id)
        changed = planned_again(conference) if undo else cancelled(conference, reason)
        activity = "plan a conference again" if undo else "call a conference off"
        return save(fhir, [changed], actor=actor, activity=activity, reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
