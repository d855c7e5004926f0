"""Signs the minutes of a conference: from then on minutes and notes are final."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    author_of,
    permitted_conference,
)
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_minutes, read_notes
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.minutes import Minutes, signed, with_note
from dashboard.domain.conference.note import IN_THE_MEETING, ConferenceNote
from dashboard.domain.conference.note import signed as signed_note
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, UserFacingError, VersionConflict
from dashboard.fhir.mapping import conference_note
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def sign_minutes(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    version: str,
    seen: Mapping[Reference, str] | None = None,
    *,
    reason: str,
    at: datetime,
) -> Saved[Minutes | ConferenceNote]:
    """The minutes, signed by the actor, and the patients' notes, final, as the server has stored them: all or none.

    What is signed is what was seen: `version` is that of the minutes on screen, `seen` are those of the notes. A note
    of the meeting that the minutes do not name yet, because its discussion was cut off, is named by them. Raises
    UserFacingError while the conference runs, VersionConflict where the minutes or such a note have changed since,
    NotFound where there are none, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not conference.over:
        raise UserFacingError("conference-not-over")

    minutes = read_minutes(context, conference)
    if minutes is None:
        raise NotFound("minutes-not-found")
    if minutes.version != version:
        raise VersionConflict("minutes-changed")
    notes = {each.origin: each for each in read_notes(context, conference, conference.patients).values()}
    for note in notes.values():
        if note.of_kind(*IN_THE_MEETING):
            minutes = with_note(minutes, note.origin)
    for origin in minutes.notes:
        if origin not in notes:
            read = read_one(fhir.read("Composition", origin.id), conference_note.from_fhir)
            notes |= {origin: read} if isinstance(read, ConferenceNote) else {}
    if any(origin in notes and notes[origin].version != each for origin, each in (seen or {}).items()):
        raise VersionConflict("minutes-changed")
    values: list[Minutes | ConferenceNote] = [signed(minutes, author_of(actor), at)]
    values += [signed_note(notes[each]) for each in minutes.notes if each in notes and not notes[each].signed]
    return save(fhir, values, actor=actor, activity="sign the minutes", reason=reason, at=at, in_steps=True)
