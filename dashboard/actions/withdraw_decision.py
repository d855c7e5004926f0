"""Takes back what a conference decided in error: the Task or message is withdrawn, and the note says so."""

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
from dashboard.actions.save import Circumstances, Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_decided
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.decision import withdrawn
from dashboard.domain.conference.note import ConferenceNote, EntryKind, new_entry, with_entry
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def withdraw_decision(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    patient_id: str,
    decided: Reference,
    words: str,
    *,
    reason: str,
    at: datetime,
) -> Saved[Task | Order | ConferenceNote]:
    """The Task or message, withdrawn, and the note with a correction, both or none, as the server has stored them.

    `words` is what the note says before those of the decision. What is taken back already is not taken back again.
    Raises NotFound for what this conference has not decided about the patient, UserFacingError where somebody else
    decided it or its owner has begun, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    by = author_of(actor)

    def change() -> Saved[Task | Order | ConferenceNote]:
        before = note_to_write(context, conference, patient, actor, at)
        if not any(decided in entry.about for entry in before.of_kind(EntryKind.DECISION)):
            raise NotFound("decision-not-found")
        record = read_decided(context, patient, decided)
        back = withdrawn(record, context.me, reason, at)
        note = before
        if not any(decided in entry.about for entry in before.of_kind(EntryKind.CORRECTION)):
            note = with_entry(before, new_entry(EntryKind.CORRECTION, by, f"{words}: {record.text}", at, (decided,)))
        values: list[Task | Order | ConferenceNote] = [
            new for new, old in ((back, record), (note, before)) if new != old
        ]
        if not values:
            return Saved((back, note))
        saved = save(
            fhir,
            values,
            actor=actor,
            activity="take back a decision",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin),
            in_steps=True,
        )
        stored = {each.origin: each for each in saved.values}
        return Saved(tuple(stored.get(each.origin, each) for each in (back, note)), saved.notices)

    return again_on_what_others_saved(change)
