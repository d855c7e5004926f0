"""Puts somebody on the screening list of a site: the first record of a person in the pilot."""

from collections.abc import Mapping
from datetime import date, datetime

from dashboard.access.merged_records import older_records
from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.actions.change_enrolment import people_now, study_of
from dashboard.actions.may_change import context_of, patient_named, require_relationship, team_of
from dashboard.actions.save import Circumstances, OneOfAKind, Saved, check_reason, create_once, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited, unaudited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.pilot.planned_change import site_in
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.subject import Details, Subject, new_subject, require_changeable
from dashboard.domain.record.people import Person
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.domain.values.code_systems import SUBJECT_NUMBER
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.elements import reference
from dashboard.fhir.mapping.research_subject import number_of
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


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
    already, also by a record that was merged into this one, or the site is none of it, NotPermitted by role, NotFound
    for a patient in nobody's care here, and what `save` raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    check_reason(reason)
    team = team_of(require_relationship(context, actor, patient_id, Action.CHANGE_ENROLMENT))
    study = study_of(fhir, study_id)
    people = people_now(context, [patient_id])
    if patient_id in listed_before(context, study, people):
        raise UserFacingError("enrolment-listed-already")
    person = people.get(patient_id)
    return list_person(context, actor, study, patient_id, person, site_id, day, reason, team)


@unaudited("is part of an audited action")
def listed_before(context: RequestContext, study: Study, people: Mapping[str, Person]) -> frozenset[str]:
    """The ids of those of the people who are in the study by a record that was merged into theirs."""
    older = older_records(context, people.values())
    if not older:
        return frozenset()
    of = tuple(sorted({ident for each in older.values() for ident in each}))
    request = SearchRequest("ResearchSubject", (("study", str(study.origin)),), of, fresh=True)
    rows = result_or_raise(context.fhir.try_all([request])[0]).rows
    listed = {named.id for row in rows if (named := reference(row.get("individual"))) is not None}
    return frozenset(ident for ident, each in older.items() if listed & set(each))


@unaudited("is part of an audited action")
def list_person(
    context: RequestContext,
    actor: User,
    study: Study,
    patient_id: str,
    person: Person | None,
    site_id: str,
    day: date,
    reason: str,
    team: NamedReference = NOBODY,
) -> Saved[Subject]:
    """Lists one person of whom it is known that the actor may. Raises as `list_candidate`."""
    fhir, at, patient = context.fhir, context.as_of, patient_named(patient_id)
    site = site_in(study, NamedReference(Reference("Organization", site_id)))
    if person is None:
        raise NotFound("patient-not-found")
    require_changeable(person, EnrolmentAction.LIST, Details(day))
    me = NamedReference(context.me, actor.name)
    wanted = new_subject(
        new_reference("ResearchSubject"), patient, study.origin, site, by=me, why=reason, day=day, at=at, team=team
    )
    once = OneOfAKind(SUBJECT_NUMBER, number_of(study.origin.id, patient_id))
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
