"""Puts somebody on the screening list of a site: the first record of a person in the pilot."""

from datetime import date, datetime

from dashboard.actions.change_enrolment import people_now, site_of, study_of
from dashboard.actions.may_change import context_of, require_patient
from dashboard.actions.save import Circumstances, OneOfAKind, Saved, check_reason, create_once, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.pilot.subject import Details, Subject, new_subject, require_changeable
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.domain.values.code_systems import SUBJECT_NUMBER
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.research_subject import number_of
from dashboard.fhir.port import FhirServer


def _about(asked: Arguments, answer: Saved[Subject] | None) -> AuditSubject:
    return AuditSubject((asked["patient_id"],), tuple(each.origin for each in answer.values) if answer else ())


@audited(AuditKind.CREATE, _about)
def list_candidate(
    fhir: FhirServer,
    actor: User,
    study_id: str,
    patient_id: str,
    site_id: str,
    day: date,
    *,
    reason: str,
    at: datetime,
) -> Saved[Subject]:
    """The subject as the server stored it; by a clinician or a coordinator of a team that cares for the patient.

    Two people who list somebody at once make one record. Raises UserFacingError where the patient is in the study
    already, or the site is none of it, NotPermitted by role, NotFound for a patient in nobody's care here, and what
    `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    check_reason(reason)
    patient = require_patient(context, actor, patient_id, Action.CHANGE_ENROLMENT)
    study = study_of(fhir, study_id)
    site = site_of(study, NamedReference(Reference("Organization", site_id)))
    if (person := people_now(context, [patient_id]).get(patient_id)) is None:
        raise NotFound("patient-not-found")
    require_changeable(person, EnrolmentAction.LIST, Details(day))
    me = NamedReference(context.me, actor.name)
    wanted = new_subject(
        new_reference("ResearchSubject"), patient, study.origin, site, by=me, why=reason, day=day, at=at
    )
    once = OneOfAKind(SUBJECT_NUMBER, number_of(study_id, patient_id))
    stored, mine = create_once(fhir, wanted, once, actor=actor)
    if not mine:
        raise UserFacingError("enrolment-listed-already")
    nothing: tuple[Subject, ...] = ()
    signed = save(
        fhir,
        nothing,
        actor=actor,
        activity="enrolment: list",
        reason=reason,
        at=at,
        circumstances=Circumstances(signs=(ResourceVersion(stored.origin, stored.version),), made=True),
        in_steps=True,
    )
    return Saved((stored,), signed.notices)
