"""Signs the minutes of a conference: from then on minutes and notes are final."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    author_of,
    permitted_conference,
)
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_minutes
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.minutes import Minutes, signed
from dashboard.domain.conference.note import ConferenceNote
from dashboard.domain.conference.note import signed as signed_note
from dashboard.errors import NotFound, UserFacingError, VersionConflict
from dashboard.fhir.mapping import conference_note
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def sign_minutes(
    fhir: FhirServer, actor: User, conference_id: str, version: str, *, reason: str, at: datetime
) -> Saved[Minutes | ConferenceNote]:
    """The minutes, signed by the actor, and the patients' notes, final, as the server has stored them: all or none.

    What is signed is what was seen: `version` is that of the minutes on screen. Raises UserFacingError while the
    conference runs, VersionConflict where the minutes have changed since, NotFound where there are none, and what
    `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not conference.over:
        raise UserFacingError("conference-not-over")

    minutes = read_minutes(context, conference)
    if minutes is None:
        raise NotFound("minutes-not-found")
    if minutes.version != version:
        raise VersionConflict("minutes-changed")
    notes = [read_one(fhir.read("Composition", each.id), conference_note.from_fhir) for each in minutes.notes]
    values: list[Minutes | ConferenceNote] = [signed(minutes, author_of(actor), at)]
    values += [signed_note(each) for each in notes if isinstance(each, ConferenceNote) and not each.signed]
    return save(fhir, values, actor=actor, activity="sign the minutes", reason=reason, at=at, in_steps=True)
