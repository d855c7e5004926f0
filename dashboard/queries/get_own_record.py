"""A patient's own record, for the patient and for a carer to whom the patient has consented."""

from dataclasses import replace
from datetime import date, datetime

from dashboard.access.relationship import read_consents, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import always_asked
from dashboard.cache.patient_sections import Answers
from dashboard.domain.access.consent import may_act_as_carer
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import NotFound
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.mapping.related_person import related_person
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.queries.get_patient import requests_of, summary_of


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
) -> PatientSummary:
    """Returns the summary of the signed-in patient, or of the patient for whom the signed-in carer acts.

    Reasons for attention are left out: they are for clinicians. Any other `patient_id` is NotFound, whether it exists
    or not. A carer is the RelatedPerson of the sign-in, is active today, and is permitted by name in a consent in
    force; the server is asked at each call, and nothing is cached. Raises NotPermitted for other roles, NotFound for
    carers without consent.
    """
    me = user.fhir_user
    relation = Relation.CARER if me is not None and me.type == "RelatedPerson" else Relation.SELF
    require(user.roles, Action.VIEW_OWN_RECORD, relation)
    if me is None or scope.subject != str(user.practitioner or me):
        raise ValueError("the access scope belongs to somebody else")
    context = RequestContext(fhir, scope, me, terminology, as_of, user.organizations)
    patient = me if relation is Relation.SELF else _cared_for(context)
    if patient is None or patient.type != "Patient" or patient_id not in ("", patient.id):
        raise NotFound("record-not-found")
    summary = _read(context, patient.id)
    if relation is Relation.CARER and _cared_for(context) != patient:
        raise NotFound("record-not-found")  # the consent was withdrawn while the record was read
    return summary


def _cared_for(context: RequestContext) -> Reference | None:
    """Returns the patient for whom the signed-in carer may act now, or None."""
    on = site_day(context.as_of)
    request = SearchRequest("RelatedPerson", (("_id", context.me.id),), max_rows=2, fresh=True)
    rows = [row for row in rows_or_raise(context.fhir.try_all([request])[0]) if row.get("id") == context.me.id]
    if len(rows) != 1 or not read_each(rows, lambda row: related_person(row, on)).values:
        return None
    patient = patient_of(rows[0])
    return patient if patient is not None and _has_consent(context, patient, on) else None


def _has_consent(context: RequestContext, patient: Reference, on: date) -> bool:
    if patient.type != "Patient" or not serves_consents(context.fhir):
        return False
    given = context.fhir.try_all([SearchRequest("Consent", patients=(patient.id,), fresh=True)])[0]
    return may_act_as_carer(read_consents(rows_or_raise(given)), context.me, on)


def _read(context: RequestContext, patient_id: str) -> PatientSummary:
    asked = {**always_asked(context, patient_id), **requests_of(context, patient_id)}
    requests = {name: replace(each, fresh=True) for name, each in asked.items()}
    found = dict(zip(requests, context.fhir.try_all(list(requests.values())), strict=True))
    try:
        summary = summary_of(context, patient_id, Answers(requests, found))
    except NotFound as error:
        raise NotFound("record-not-found") from error
    return replace(summary, attention=(), checks=())
