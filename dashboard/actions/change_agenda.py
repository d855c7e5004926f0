"""Changes the agenda of a conference: who is on it, in which order, for how long, and who prepares."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.actions.change_conference import again_on_what_others_saved, author_of, permitted_conference
from dashboard.actions.conference_records import agenda_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import PREPARE, Agenda
from dashboard.domain.conference.agenda_change import AgendaChange, Ask, apply_changes
from dashboard.domain.conference.conference import Conference, with_patients
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_changes import new_task
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

Changed = Agenda | Conference | Task


def _about(asked: Arguments, answer: Saved[Changed] | None) -> AuditSubject:
    try:
        conference = (Reference("Appointment", asked["conference_id"]),)
    except ValueError:
        return AuditSubject()
    patients = dict.fromkeys(change.patient.id for change in asked["changes"])
    return AuditSubject(patients=tuple(patients), entities=conference)


@audited(AuditKind.UPDATE, _about)
def change_agenda(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    changes: Sequence[AgendaChange],
    *,
    reason: str,
    at: datetime,
) -> Saved[Changed]:
    """The agenda, and what follows from it, as the server has stored them.

    The changes are made on the agenda as it is now, whatever others have saved since it was seen. Who is asked to
    prepare gets a Task that is due on the day of the conference. By a coordinator of the team, or by whoever attends.
    Raises NotFound for a patient who is in nobody's care here, UserFacingError for what cannot be, and what `save`
    raises.
    """
    context, _ = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    for patient in dict.fromkeys(change.patient for change in changes):
        require_patient(context, actor, patient.id, Action.HOLD_CONFERENCE)

    def change() -> Saved[Changed]:
        conference = read_conference(context, conference_id)
        if not (conference.to_come or conference.running):
            raise UserFacingError("conference-cannot-be-changed")
        before = agenda_to_write(context, conference, actor)
        agenda = apply_changes(before, changes)
        values: list[Changed] = [agenda] if agenda != before else []
        informed = replace(with_patients(conference, agenda.patients), agenda=agenda.origin)
        values += [informed] if informed != conference else []
        values += [
            _asked(conference, each, actor, at) for each in changes if isinstance(each, Ask) and each.preparer.to
        ]
        if not values:
            return Saved((agenda,))
        return save(fhir, values, actor=actor, activity="change the agenda", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)


def _asked(conference: Conference, ask: Ask, actor: User, at: datetime) -> Task:
    """The Task of whom is asked to prepare a patient, due when the conference begins."""
    today = site_day(at)
    day = max(today, conference.start.start) if conference.start is not None else today
    return new_task(
        new_reference("Task"),
        ask.patient,
        PREPARE,
        ask.preparer,
        day,
        by=author_of(actor),
        why=conference.title,
        about=None,
        at=at,
    )
