"""Records answers to the questions of the pilot's screening of one person.

record_screening_answers(fhir, actor, "p1", {ScreeningQuestion.ICT_SELF_CHECK: "passed"}, day, at=at)
"""

from collections.abc import Mapping
from datetime import date, datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_enrolment import people_now
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited, unaudited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.recorded_answer import RecordedAnswer, require_answer
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.port import FhirServer


def about_answers(asked: Arguments, answer: Saved[RecordedAnswer] | None) -> AuditSubject:
    """Whom and what the audit names."""
    return AuditSubject((asked["patient_id"],), tuple(each.origin for each in answer.values) if answer else ())


@audited(AuditKind.CREATE, about_answers)
def record_screening_answers(
    fhir: FhirServer,
    actor: User,
    patient_id: str,
    answers: Mapping[ScreeningQuestion, str],
    day: date,
    *,
    at: datetime,
) -> Saved[RecordedAnswer]:
    """The answers as the server stored them, in one save; by a clinician or a coordinator of a team that cares for the
    patient. `answers` are names in `CHOICES`; `day` is the day on which they were given. The ICT self-check is
    the patient's own.

    Raises UserFacingError without an answer, for one that the question does not have, for a day to come, and where the
    record was merged into another, NotPermitted by role, NotFound for a patient in nobody's care here, and what `save`
    raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    if not answers:
        raise UserFacingError("screening-answer-missing")
    for question, choice in answers.items():
        require_answer(question, choice, day, site_day(at))
    patient = patient_asked(context, actor, patient_id)
    me = NamedReference(context.me, actor.name)
    made = [
        RecordedAnswer(
            new_reference("Observation"), patient, question, choice, PartialDate(day.isoformat()),
            by=NamedReference(patient) if question is ScreeningQuestion.ICT_SELF_CHECK else me, source={},
        )
        for question, choice in answers.items()
    ]  # fmt: skip
    reason = "Asked for the screening"
    return save(fhir, made, actor=actor, activity="screening: answer", reason=reason, at=at, in_steps=True)


@unaudited("is part of an audited action")
def patient_asked(context: RequestContext, actor: User, patient_id: str) -> Reference:
    """The patient of whom answers may be recorded now. Raises as `record_screening_answers`."""
    patient = require_patient(context, actor, patient_id, Action.CHANGE_ENROLMENT)
    person = people_now(context, [patient_id]).get(patient_id)
    if person is None:
        raise NotFound("patient-not-found")
    if person.replaced:
        raise UserFacingError("enrolment-patient-merged")
    return patient
