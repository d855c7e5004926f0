"""Sends the minutes of a conference back for correction, with what is to be corrected."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
)
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_minutes
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.minutes import Minutes, sent_back
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def send_minutes_back(
    fhir: FhirServer, actor: User, conference_id: str, text: str, *, reason: str, at: datetime
) -> Saved[Minutes]:
    """The minutes with the remark, as the server has stored them.

    Raises UserFacingError for a remark that is empty or too long and where the minutes are signed, NotFound where
    nothing was written, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)

    def change() -> Saved[Minutes]:
        minutes = read_minutes(context, conference)
        if minutes is None:
            raise NotFound("minutes-not-found")
        changed = sent_back(minutes, author_of(actor), text, at)
        return save(fhir, [changed], actor=actor, activity="send minutes back", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
