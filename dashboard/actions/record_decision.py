"""Records what a conference decided about a patient: in words, by whom and until when, as a Task or a message."""

from collections.abc import Sequence
from datetime import date, datetime

from dashboard.access.who_may_open import who_may_open
from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
    require_item,
)
from dashboard.actions.conference_records import discussion_to_write, note_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Circumstances, Saved, save
from dashboard.actions.save_in_steps import is_signed, written_in_steps
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_decision
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.decision import Decision
from dashboard.domain.conference.discussion import Discussion, going_on
from dashboard.domain.conference.note import ConferenceNote, EntryKind, new_entry, of_discussion, with_entry
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

Decided = Task | Order | Discussion | ConferenceNote


@audited(AuditKind.CREATE, about_conference)
def record_decision(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    patient_id: str,
    text: str,
    owner: NamedReference,
    due: date | None,
    number: Reference,
    based_on: Sequence[Reference] = (),
    said: datetime | None = None,
    *,
    reason: str,
    at: datetime,
) -> Saved[Decided]:
    """The Task or message, the discussion and the note, all of them or none, as the server has stored them.

    `number` is the reference that what is made has before it is saved (`new_reference`): its type says whether it is a
    Task or a message to the owner (a CommunicationRequest). A decision that is sent again, because its answer was lost,
    is found by it and not made twice; on a server without transactions what a cut had left out is written then.
    `said` is when it was decided, where it is saved later. `based_on` is the plan. `reason` is what the owner is told.

    Raises UserFacingError for what is missing or cannot be, and for an owner who could not open the patient; NotFound
    for a patient who is not on the agenda or in nobody's care here; and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not (conference.running or conference.over):
        raise UserFacingError("conference-not-running")
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    by, when = author_of(actor), said or at
    decision = Decision(number, text, owner, due, tuple(based_on))
    # Before the server is asked who may open the patient: what is missing is said at once.
    decision.as_record(patient, by=by, why=reason, at=at)
    if owner.to is None or not who_may_open(context, patient_id).may_own_task(owner.to, patient):
        raise UserFacingError("task-owner-cannot-open")

    def change() -> Saved[Decided]:
        made = read_decision(context, patient, number)
        before = discussion_to_write(context, conference, patient, actor, at)
        # A decision that comes afterwards, from a seat whose server was away, does not open the discussion again.
        discussion = before if before.status == "finished" else going_on(before, when)
        written = note_to_write(context, conference, patient, actor, at)
        note = of_discussion(written, discussion.origin)
        task = made or decision.as_record(patient, by=by, why=reason, at=at, encounter=discussion.origin)
        if not any(task.origin in entry.about for entry in note.entries):
            note = with_entry(note, new_entry(EntryKind.DECISION, by, task.text, when, about=(task.origin,)))
        read = [each for each in (made, before, written) if each is not None]
        values: list[Decided] = [each for each in (task, discussion, note) if each not in read]
        signs = written_in_steps(read, number.id)
        if not values and (not signs or is_signed(fhir, number.id)):
            return Saved((task, discussion, note))
        saved = save(
            fhir,
            values,
            actor=actor,
            activity="decide at a conference",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin, signs=signs, number=number.id),
            in_steps=True,
        )
        stored = {type(each): each for each in saved.values}
        return Saved(tuple(stored.get(type(each), each) for each in (task, discussion, note)), saved.notices)

    return again_on_what_others_saved(change)
