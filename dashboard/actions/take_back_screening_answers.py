"""Takes answers to the screening's questions back that were just recorded."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.actions.may_change import context_of
from dashboard.actions.record_screening_answers import about_answers, patient_asked
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.recorded_answer import RecordedAnswer, entered_in_error
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_answers)
def take_back_screening_answers(
    fhir: FhirServer, actor: User, patient_id: str, ids: Sequence[str], *, at: datetime
) -> Saved[RecordedAnswer]:
    """Answers that were just recorded, marked as entered in error; by whom they may be recorded.

    Raises NotFound for one of somebody else, UserFacingError for one that cannot be read, and otherwise as
    `record_screening_answers`.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    patient = patient_asked(context, actor, patient_id)
    values = []
    for ident in ids:
        try:
            answer = from_fhir(RecordedAnswer, fhir.read("Observation", ident))
        except ValueError:
            raise UserFacingError("screening-answer-unreadable") from None
        if answer.patient != patient:
            raise NotFound("screening-answer-not-found")
        values.append(entered_in_error(answer))
    reason = "Taken back on the screening page"
    return save(fhir, values, actor=actor, activity="screening: take back", reason=reason, at=at, in_steps=True)
