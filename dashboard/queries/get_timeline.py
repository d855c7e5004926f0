"""One patient's whole story: every record as an event in the lanes of the conditions it belongs to."""

from datetime import datetime
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import (
    allergies_in,
    names_in,
    open_patient,
    person_in,
    read_patient,
    reason_given,
)
from dashboard.cache.patient_cache import TIMELINE_CACHE, PatientCache
from dashboard.cache.patient_sections import Answers
from dashboard.cache.pause_collection import pause_collection
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.timeline_events import read_events
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.timeline.build_events import last_conference, series_of, unmapped_in
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

MOST_RESULTS: Final = 20_000
"""Observations read for one patient, newest first: twice the 10,000 of twenty years of home monitoring."""

TYPES: Final = (
    "Observation",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Encounter",
    "Appointment",
    "Procedure",
    "Immunization",
    "QuestionnaireResponse",
    "DiagnosticReport",
    "ImagingStudy",
    "DocumentReference",
    "AllergyIntolerance",
    "CarePlan",
    "Goal",
    "ServiceRequest",
    "CommunicationRequest",
    "Task",
)
"""What a timeline is made of, a search each; the longest first. CareTeam and Consent, which say who may look, come with
them. Claims and the like are not asked for: they tell the same contacts again, for money.
"""
_INCLUDE: Final = {
    "MedicationRequest": ("MedicationRequest:medication",),
    "MedicationStatement": ("MedicationStatement:medication",),
}
_REVINCLUDE: Final = {"CarePlan": ("Provenance:target",), "Goal": ("Provenance:target",)}


def _about(asked: Arguments, found: Timeline | None) -> AuditSubject:
    return AuditSubject(
        patients=(asked["patient_id"],), why=reason_given(found.emergency_access if found is not None else None)
    )


@audited(AuditKind.PATIENT_READ, _about)
def get_timeline(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    patient_cache: PatientCache[Timeline] = TIMELINE_CACHE,
) -> Timeline:
    """Returns the timeline of a patient of the user's teams, or of one opened by emergency access.

    All other patients are NotFound, whether they exist or not. It is read, cached and refreshed as in `get_patient`.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    return timeline_of(context, user, patient_id, refresh, team_cache, patient_cache)


def timeline_of(
    context: RequestContext,
    user: User,
    patient_id: str,
    refresh: bool,
    team_cache: TeamCache,
    patient_cache: PatientCache[Timeline],
) -> Timeline:
    """The same for a query that goes on record itself."""

    def read(of_my_teams: bool) -> Timeline:
        with pause_collection():
            answers, emergency_access = read_patient(
                context, user, patient_id, of_my_teams, refresh, _requests(patient_id)
            )
            return _timeline(context, patient_id, answers, emergency_access)

    return open_patient(context, user, patient_id, team_cache, patient_cache, read, refresh)


def _requests(patient_id: str) -> dict[str, SearchRequest]:
    patients = (patient_id,)
    return {
        **{
            kind: SearchRequest(
                kind, patients=patients, include=_INCLUDE.get(kind, ()), revinclude=_REVINCLUDE.get(kind, ())
            )
            for kind in TYPES
        },
        "Observation": SearchRequest("Observation", patients=patients, sort="-date", max_rows=MOST_RESULTS),
    }


def _timeline(
    context: RequestContext,
    patient_id: str,
    answers: Answers,
    emergency_access: EmergencyAccess | None,
) -> Timeline:
    person = person_in(context, patient_id, answers)
    rows = {kind: answers.rows(kind) for kind in TYPES}
    included = {name: row for kind in _REVINCLUDE for name, row in answers.included(kind).items()}
    rows["Provenance"] = [row for row in included.values() if row.get("resourceType") == "Provenance"]
    substances = {name: row for kind in _INCLUDE for name, row in answers.included(kind).items()}
    builder = read_events(rows, context.terminology, substances)
    lanes = None if answers.failed("Condition") else builder.lanes()
    events = builder.events(site_day(context.as_of), lanes, names_in(context, answers))
    allergies, state, allergy_notices = allergies_in(context, answers, "AllergyIntolerance")
    absent = {kind for kind in TYPES if _absent(context, answers, kind)}
    notices = [each for each in answers.notices() if each.kind != "section-failed" or each.detail not in absent]
    return Timeline(
        person=person,
        fetched=context.as_of,
        events=events,
        series=series_of(events, site_day(context.as_of)),
        targets=builder.targets(),
        goals=builder.goals(),
        conference=last_conference(events, context.as_of),
        allergies=allergies,
        allergy_state=state,
        excluded=dict(builder.excluded),
        unreadable=tuple(dict.fromkeys((*answers.unreadable, *builder.unreadable))),
        refused=builder.refused(),
        unmapped=unmapped_in(events),
        not_read={kind: why for kind in TYPES if kind not in absent and (why := answers.failed(kind)) is not None},
        notices=tuple(dict.fromkeys((*notices, *allergy_notices))),
        emergency_access=emergency_access,
    )


def _absent(context: RequestContext, answers: Answers, kind: str) -> bool:
    """Whether the server keeps no such records at all; one that keeps them and cannot find them is a failure."""
    if not answers.unsupported(kind):
        return False
    return not context.fhir.capabilities.serves(kind)
