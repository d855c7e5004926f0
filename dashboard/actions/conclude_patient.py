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
from dashboard.actions.save import Circumstances, Saved, new_number, save
from dashboard.actions.save_in_steps import is_signed, written_in_steps
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import DISCUSSED, Agenda, with_outcome
from dashboard.domain.conference.discussion import Discussion, finished, going_on
from dashboard.domain.conference.minutes import Minutes, with_note
from dashboard.domain.conference.note import (
    ConferenceNote,
    EntryKind,
    ends_with_no_change,
    new_entry,
    of_discussion,
    with_entry,
)
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
    said: datetime | None = None,
    number: str = "",
    *,
    reason: str,
    at: datetime,
) -> Saved[Concluded]:
    """The note, the discussion with who was there, the agenda and the minutes, all or none, as the server stored them.

    `no_change` are the words for the note where nothing is to change; said twice in a row by one person they stand
    once. `said` is when it was concluded, where it is saved later, also after the conference; `number` (a uuid) is that
    of the change: sent again with both, because its answer was lost, nothing is written twice, and what a cut had left
    out is. Raises UserFacingError where the conference has not begun, NotFound for a patient who is not on the agenda
    or in nobody's care here, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not (conference.running or conference.over):
        raise UserFacingError("conference-not-running")
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    me, when, number = author_of(actor), said or at, number or new_number()

    def change() -> Saved[Concluded]:
        minutes = minutes_to_write(context, conference, actor, at)
        talk = discussion_to_write(context, conference, patient, actor, at)
        note = note_to_write(context, conference, patient, actor, at)
        agenda = agenda_to_write(context, conference, actor)
        present = tuple(each.who for each in minutes.present)
        # What is concluded after the conference does not make a discussion longer that has ended.
        ended = conference.over and talk.status == "finished"
        said_of = of_discussion(note, talk.origin)
        if no_change and not ends_with_no_change(note, context.me):
            said_of = with_entry(said_of, new_entry(EntryKind.NO_CHANGE, me, no_change, when))
        read: list[Concluded] = [note, talk, agenda, minutes]
        wanted: list[Concluded] = [
            said_of,
            talk if ended else finished(going_on(talk, when), present, when),
            with_outcome(agenda, patient, DISCUSSED),
            with_note(minutes, note.origin),
        ]
        values = [each for each, before in zip(wanted, read, strict=True) if each != before]
        signs = written_in_steps(read, number)
        if not values and (not signs or is_signed(fhir, number)):
            return Saved(tuple(wanted))
        saved = save(
            fhir,
            values,
            actor=actor,
            activity="no change at a conference" if no_change else "conclude a discussion",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin, signs=signs, number=number),
            in_steps=True,
        )
        stored = {each.origin: each for each in saved.values}
        return Saved(tuple(stored.get(each.origin, each) for each in wanted), saved.notices)

    return again_on_what_others_saved(change)
