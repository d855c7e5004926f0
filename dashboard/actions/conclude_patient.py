"""Concludes the discussion of a patient: that there is no change, or that it is done with what was decided."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
    require_item,
)
from dashboard.actions.conference_records import agenda_to_write, discussion_to_write, minutes_to_write, note_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Circumstances, Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import DISCUSSED, Agenda, with_outcome
from dashboard.domain.conference.discussion import Discussion, finished, going_on
from dashboard.domain.conference.minutes import Minutes, with_note
from dashboard.domain.conference.note import ConferenceNote, EntryKind, new_entry, of_discussion, with_entry
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

Concluded = ConferenceNote | Discussion | Agenda | Minutes


@audited(AuditKind.UPDATE, about_conference)
def conclude_patient(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    patient_id: str,
    no_change: str = "",
    *,
    reason: str,
    at: datetime,
) -> Saved[Concluded]:
    """The note, the discussion with who was there, the agenda and the minutes, all or none, as the server stored them.

    `no_change` are the words for the note where nothing is to change. Raises UserFacingError where the conference does
    not run, NotFound for a patient who is not on the agenda or in nobody's care here, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not conference.running:
        raise UserFacingError("conference-not-running")
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    me = author_of(actor)

    def change() -> Saved[Concluded]:
        minutes = minutes_to_write(context, conference, actor, at)
        discussion = going_on(discussion_to_write(context, conference, patient, actor, at), at)
        discussion = finished(discussion, tuple(each.who for each in minutes.present), at)
        note = of_discussion(note_to_write(context, conference, patient, actor, at), discussion.origin)
        if no_change:
            note = with_entry(note, new_entry(EntryKind.NO_CHANGE, me, no_change, at))
        values: list[Concluded] = [note, discussion]
        written = agenda_to_write(context, conference, actor)
        agenda = with_outcome(written, patient, DISCUSSED)
        values += [agenda] if agenda != written else []
        named = with_note(minutes, note.origin)
        values += [named] if named != minutes else []
        return save(
            fhir,
            values,
            actor=actor,
            activity="no change at a conference" if no_change else "conclude a discussion",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin),
            in_steps=True,
        )

    return again_on_what_others_saved(change)
