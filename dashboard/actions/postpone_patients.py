"""Moves the patients to whom a conference did not come to another conference."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.actions.change_conference import again_on_what_others_saved, permitted_conference, require_item
from dashboard.actions.conference_records import agenda_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import POSTPONED, Agenda, AgendaItem, with_item, with_outcome
from dashboard.domain.conference.conference import Conference, with_patients
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer


def _about(asked: Arguments, answer: Saved[Agenda | Conference] | None) -> AuditSubject:
    try:
        conferences = tuple(Reference("Appointment", asked[name]) for name in ("conference_id", "next_id"))
    except ValueError:
        return AuditSubject()
    return AuditSubject(patients=tuple(each.id for each in asked["patients"]), entities=conferences)


@audited(AuditKind.UPDATE, _about)
def postpone_patients(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    next_id: str,
    patients: Sequence[Reference],
    *,
    reason: str,
    at: datetime,
) -> Saved[Agenda | Conference]:
    """Both agendas as the server has stored them, and the next conference: all or none.

    The patients come first on the next agenda. Raises UserFacingError where the next conference has begun, NotFound for
    a patient who is not on this agenda or in nobody's care here, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    permitted_conference(fhir, actor, next_id, Action.HOLD_CONFERENCE, at)
    for patient in patients:
        require_item(conference, require_patient(context, actor, patient.id, Action.HOLD_CONFERENCE))

    def change() -> Saved[Agenda | Conference]:
        following = read_conference(context, next_id)
        if not following.to_come:
            raise UserFacingError("conference-next-has-begun")
        agenda = before = agenda_to_write(context, conference, actor)
        later = agenda_to_write(context, following, actor)
        for patient in patients:
            agenda = with_outcome(agenda, patient, POSTPONED)
            later = with_item(later, AgendaItem(patient, carried=True))
        first = [item for item in later.items if item.patient in set(patients)]
        later = replace(later, items=(*first, *(item for item in later.items if item not in first)))
        informed = replace(with_patients(following, later.patients), agenda=later.origin)
        values: list[Agenda | Conference] = [later]
        values += [informed] if informed != following else []
        values += [agenda] if agenda != before else []
        return save(fhir, values, actor=actor, activity="postpone patients", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
