"""A patient's own record, for the patient and for a carer to whom the patient has consented."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.access.own_record import OwnAccess, own_access, private_items, without_private
from dashboard.access.request_context import RequestContext
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.last_answers import LastAnswers
from dashboard.cache.open_patient import always_asked
from dashboard.cache.patient_enrolment import ENROLMENT
from dashboard.cache.patient_sections import Answers
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.care_team import TeamMember
from dashboard.domain.record.views import Old, PatientSummary, Section
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.mapping.practitioner_role import phone_at_work
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.queries.get_patient import requests_of, summary_of

OWN_ANSWERS: Final = LastAnswers()
"""Those of this process's patients."""


def _about(arguments: Arguments, summary: PatientSummary | None) -> AuditSubject:
    """The patient whose record was read; for a refusal the id that was tried, if any."""
    patient_id = summary.person.id if summary is not None else arguments["patient_id"]
    return AuditSubject(patients=(patient_id,) if patient_id else ())


@audited(AuditKind.PATIENT_READ, _about)
def get_own_record(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    as_of: datetime,
    patient_id: str = "",
    last_answers: LastAnswers = OWN_ANSWERS,
) -> PatientSummary:
    """Returns the summary of the signed-in patient, or of the patient for whom the signed-in carer acts.

    Reasons for attention, flags and how the person stands in the pilot are left out: they are for professionals, and a
    flag may be about a carer (safeguarding). Any other `patient_id` is NotFound, whether it exists
    or not. A carer is the RelatedPerson of the sign-in, is active today, and is permitted by name in a consent in
    force; the server is asked at each call, and no record is cached: where a search fails alone, its last answer stands
    in for it. That is for patients only, for what a carer may not see any more would be known from the answer that
    failed. What the patient keeps private is not in what a
    carer gets; to the patient `private` names it. Raises NotPermitted for other roles, NotFound for
    carers without consent.
    """
    context = own_context(fhir, user, scope, terminology, as_of)
    access = own_access(context, user, Action.VIEW_OWN_RECORD, patient_id)
    summary = _read(context, access, last_answers)
    if access.relation is Relation.CARER and own_access(context, user, Action.VIEW_OWN_RECORD, patient_id) != access:
        raise NotFound("record-not-found")  # the consent was changed while the record was read
    return summary


def own_context(
    fhir: FhirServer, user: User, scope: AccessScope, terminology: Terminology, as_of: datetime
) -> RequestContext:
    """Returns the context of a patient or a carer. Raises NotPermitted for whom the sign-in names neither.

    Raises ValueError, a defect, for an access scope of another user.
    """
    me = user.fhir_user
    relation = Relation.CARER if me is not None and me.type == "RelatedPerson" else Relation.SELF
    require(user.roles, Action.VIEW_OWN_RECORD, relation)
    if me is None or scope.subject != str(user.practitioner or me):
        raise ValueError("the access scope belongs to somebody else")
    return RequestContext(fhir, scope, me, terminology, as_of, user.organizations)


def _read(context: RequestContext, access: OwnAccess, last_answers: LastAnswers) -> PatientSummary:
    patient_id = access.patient.id
    sections = requests_of(context, patient_id)
    del sections["flags"], sections[ENROLMENT]
    asked = {**always_asked(context, patient_id), **sections, **_person(patient_id)}
    requests = {name: replace(each, fresh=True) for name, each in asked.items()}
    found = dict(zip(requests, context.fhir.try_all(list(requests.values())), strict=True))
    old: Mapping[str, Old] = {}
    if access.relation is Relation.SELF:
        found, old = last_answers.completed(context.scope, patient_id, requests, found, context.as_of, sections)
    shown = without_private(found, access)
    try:
        summary = summary_of(context, patient_id, Answers(requests, shown, old))
    except NotFound as error:
        raise NotFound("record-not-found") from error
    if _allergies(found) != _allergies(shown):
        # Of allergies that are not all shown nobody may read "none known".
        summary = replace(summary, allergy_state=AllergyState.UNAVAILABLE)
    return replace(
        summary,
        attention=(),
        checks=(),
        private=private_items(found, access, site_day(context.as_of)),
        phones=_phones(context, summary.team.value or (), shown["team"]),
    )


def _phones(
    context: RequestContext, members: Iterable[TeamMember], team: SearchResult | DashboardError
) -> Section[dict[Reference, str]]:
    """The telephone numbers at work of the team's members that the record has: of a PractitionerRole, else of the
    Practitioner that came with the team.
    """
    who = [each.member for each in members if each.member is not None and each.member.type == "Practitioner"]
    if not who or isinstance(team, DashboardError):
        return Section({})
    request = SearchRequest("PractitionerRole", (("practitioner", ",".join(map(str, who))),), fresh=True)
    answer = context.fhir.try_all([request])[0]
    if isinstance(answer, DashboardError):
        return Section(None, answer.failure)
    rows = [*team.included.values(), *answer.rows]  # the roles come last: their numbers count
    found = {person: number for row in rows for person, number in [phone_at_work(row)] if person and number}
    return Section({person: number for person, number in found.items() if person in who})


def _allergies(results: Mapping[str, SearchResult | DashboardError]) -> int:
    answer = results["allergies"]
    return 0 if isinstance(answer, DashboardError) else len(answer.rows)


def _person(patient_id: str) -> dict[str, SearchRequest]:
    """The Patient by itself: who keeps all of the record private says so there, and not every server includes it."""
    return {"person": SearchRequest("Patient", patients=(patient_id,))}
