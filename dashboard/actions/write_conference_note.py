"""Writes an entry into a patient's note of a conference: why she is on the agenda, a preparation, what was said."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
    require_item,
)
from dashboard.actions.conference_records import note_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.note import ConferenceNote, EntryKind, new_entry, with_entry
from dashboard.fhir.port import FhirServer

ACTIVITIES = {
    EntryKind.WHY: "say why a patient is on the agenda",
    EntryKind.PREPARATION: "prepare a conference",
    EntryKind.DISCUSSION: "write what was discussed",
    EntryKind.CORRECTION: "correct a note",
}


@audited(AuditKind.UPDATE, about_conference)
def write_conference_note(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    patient_id: str,
    kind: EntryKind,
    text: str,
    *,
    reason: str,
    at: datetime,
) -> Saved[ConferenceNote]:
    """The note with the new entry, as the server has stored it. Decisions are written by `record_decision`.

    Raises NotFound for a patient who is not on the agenda or in nobody's care here, UserFacingError for words that are
    missing or too long and for a note that is signed, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    activity = ACTIVITIES[kind]
    entry = new_entry(kind, author_of(actor), text, at)

    def change() -> Saved[ConferenceNote]:
        note = with_entry(note_to_write(context, conference, patient, actor, at), entry)
        return save(fhir, [note], actor=actor, activity=activity, reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
