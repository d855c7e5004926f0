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
from dashboard.actions.save import Circumstances, Saved, new_number, save
from dashboard.actions.save_in_steps import is_signed, written_in_steps
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
    said: datetime | None = None,
    number: str = "",
    *,
    reason: str,
    at: datetime,
) -> Saved[ConferenceNote]:
    """The note with the new entry, as the server has stored it. Decisions are written by `record_decision`.

    `said` is when it was said, where it is saved later; `number` (a uuid) is that of the change: sent again with both,
    because its answer was lost, it is not written twice, and what a cut had left out is.

    Raises NotFound for a patient who is not on the agenda or in nobody's care here, UserFacingError for words that are
    missing or too long and for a note that is signed, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    activity = ACTIVITIES[kind]
    entry = new_entry(kind, author_of(actor), text, said or at)
    number = number or new_number()

    def change() -> Saved[ConferenceNote]:
        before = note_to_write(context, conference, patient, actor, at)
        note = with_entry(before, entry)
        signs = written_in_steps([before], number)
        if note == before and (not signs or is_signed(fhir, number)):
            return Saved((note,))
        saved = save(
            fhir,
            [note] if note != before else [],
            actor=actor,
            activity=activity,
            reason=reason,
            at=at,
            circumstances=Circumstances(signs=signs, number=number),
            in_steps=True,
        )
        return saved if saved.values else Saved((note,), saved.notices)

    return again_on_what_others_saved(change)
