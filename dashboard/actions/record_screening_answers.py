"""Records answers to the questions of the pilot's screening of one person.

record_screening_answers(fhir, actor, "p1", {ScreeningQuestion.ICT_SELF_CHECK: "passed"}, {}, day, at=at)
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
from dashboard.domain.record.care_team import Carer
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.elements import reference
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.mapping.related_person import related_person
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
    of_carers: Mapping[Reference, str],
    day: date,
    *,
    at: datetime,
) -> Saved[RecordedAnswer]:
    """The answers as the server stored them, in one save; by a clinician or a coordinator of a team that cares for the
    patient. `answers` are names in `CHOICES`; `day` is the day on which they were given. The ICT self-check in them is
    the patient's own; `of_carers` is that of carers (RelatedPersons of the patient).

    Raises UserFacingError without an answer, for one that the question does not have, for a day to come, and where the
    record was merged into another, NotPermitted by role, NotFound for a patient in nobody's care here and for a carer
    who is none of the patient's, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    if not answers and not of_carers:
        raise UserFacingError("screening-answer-missing")
    check = ScreeningQuestion.ICT_SELF_CHECK
    for question, choice in [*answers.items(), *((check, choice) for choice in of_carers.values())]:
        require_answer(question, choice, day, site_day(at))
    patient = patient_asked(context, actor, patient_id)
    me = NamedReference(context.me, actor.name)
    by = {question: NamedReference(patient) if question is check else me for question in answers}
    given = [(question, choice, by[question]) for question, choice in answers.items()]
    given += [(check, choice, _carer(context, patient, who)) for who, choice in of_carers.items()]
    when, recorded = PartialDate(day.isoformat()), PartialDate(at.isoformat(timespec="milliseconds"))
    made = [
        RecordedAnswer(
            new_reference("Observation"), patient, question, choice, when, by=who, recorded=recorded, source={}
        )
        for question, choice, who in given
    ]
    reason = "Asked for the screening"
    return save(fhir, made, actor=actor, activity="screening: answer", reason=reason, at=at, in_steps=True)


def _carer(context: RequestContext, patient: Reference, who: Reference) -> NamedReference:
    """The carer with the name on record. Raises NotFound for one who is none of the patient's, or no longer."""
    row = context.fhir.read("RelatedPerson", who.id) if who.type == "RelatedPerson" else {}
    if reference(row.get("patient")) == patient:
        found = read_one(row, lambda each: related_person(each, site_day(context.as_of)))
        if isinstance(found, Carer):
            return NamedReference(who, found.name)
    raise NotFound("screening-carer-not-found")


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
