"""Records what a conference decided about a patient: in words, by whom and until when, as a Task and in the note."""

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
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_task
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.discussion import Discussion, going_on
from dashboard.domain.conference.note import ConferenceNote, EntryKind, new_entry, of_discussion, with_entry
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import new_task
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

Decided = Task | Discussion | ConferenceNote


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
    *,
    reason: str,
    at: datetime,
) -> Saved[Decided]:
    """The Task, the discussion and the note, all of them or none, as the server has stored them.

    `number` is the reference that the new Task has before it is saved (`new_reference("Task")`): a decision that is
    sent again, because its answer was lost, is found by it and not made twice. `based_on` is the plan. `reason` is what
    the owner is told.

    Raises UserFacingError for what is missing or cannot be, and for an owner who could not open the patient; NotFound
    for a patient who is not on the agenda or in nobody's care here; and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    if not (conference.running or conference.over):
        raise UserFacingError("conference-not-running")
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    by = author_of(actor)
    # Before the server is asked who may open the patient: what is missing is said at once.
    new_task(number, patient, text, owner, due, by=by, why=reason, about=None, at=at)
    if owner.to is None or not who_may_open(context, patient_id).may_own_task(owner.to, patient):
        raise UserFacingError("task-owner-cannot-open")

    def change() -> Saved[Decided]:
        made = read_task(context, patient, number.id)
        before = discussion_to_write(context, conference, patient, actor, at)
        # A decision that comes afterwards, from a seat whose server was away, does not open the discussion again.
        discussion = before if before.status == "finished" else going_on(before, at)
        note = of_discussion(note_to_write(context, conference, patient, actor, at), discussion.origin)
        if made is not None and any(made.origin in entry.about for entry in note.entries):
            return Saved((made, discussion, note))
        task = made or new_task(
            number,
            patient,
            text,
            owner,
            due,
            by=by,
            why=reason,
            about=None,
            at=at,
            based_on=tuple(based_on),
            encounter=discussion.origin,
        )
        entry = new_entry(EntryKind.DECISION, by, task.text, at, about=(task.origin,))
        values: list[Decided] = [] if made else [task]
        values += [*([] if discussion == before else [discussion]), with_entry(note, entry)]
        return save(
            fhir,
            values,
            actor=actor,
            activity="decide at a conference",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin),
            in_steps=True,
        )

    return again_on_what_others_saved(change)
