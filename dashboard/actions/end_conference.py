"""Ends a conference; `start_conference` lets it go on."""

from datetime import datetime

from dashboard.actions.change_conference import about_conference, again_on_what_others_saved, permitted_conference
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference, ended
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def end_conference(
    fhir: FhirServer, actor: User, conference_id: str, *, reason: str, at: datetime
) -> Saved[Conference]:
    """The conference, over. Raises UserFacingError where it does not run, and what `save` raises."""
    context, _ = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)

    def change() -> Saved[Conference]:
        conference = ended(read_conference(context, conference_id))
        return save(fhir, [conference], actor=actor, activity="end a conference", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
