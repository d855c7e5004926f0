"""One patient's whole story: every record as an event in the lanes of the conditions it belongs to."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import (
    allergies_in,
    flags_in,
    names_in,
    open_patient,
    person_in,
    read_patient,
    reason_given,
)
from dashboard.cache.patient_cache import TIMELINE_CACHE, PatientCache
from dashboard.cache.patient_enrolment import ENROLMENT, enrolment_in, enrolment_search
from dashboard.cache.patient_sections import Answers, goal_rows
from dashboard.cache.pause_collection import pause_collection
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.timeline_events import read_events
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import patient_facts
from dashboard.domain.attention.severity import urgent_measures
from dashboard.domain.attention.trend import key_results, with_targets
from dashboard.domain.attention.worklist_row import stages
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.condition import Condition, latest_first
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.record.people import Person
from dashboard.domain.timeline.build_events import last_conference, series_of, unmapped_in, with_urgent
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import condition, medication_request
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each
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
    "Flag",
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
            answers, relationship = read_patient(
                context,
                user,
                patient_id,
                of_my_teams,
                refresh,
                timeline_requests(patient_id),
                team_cache.access,
                patient_cache.answers,
            )
            return timeline_from(context, patient_id, answers, relationship.emergency_access)

    return open_patient(context, user, patient_id, team_cache, patient_cache, read, refresh)


def timeline_requests(patient_id: str) -> dict[str, SearchRequest]:
    """The searches for a timeline, by resource type, and the one for how the patient stands in the pilot."""
    patients = (patient_id,)
    return {
        **{
            kind: SearchRequest(
                kind, patients=patients, include=_INCLUDE.get(kind, ()), revinclude=_REVINCLUDE.get(kind, ())
            )
            for kind in TYPES
        },
        "Observation": SearchRequest("Observation", patients=patients, sort="-date", max_rows=MOST_RESULTS),
        ENROLMENT: enrolment_search(patients),
    }


def timeline_from(
    context: RequestContext,
    patient_id: str,
    answers: Answers,
    emergency_access: EmergencyAccess | None,
) -> Timeline:
    """Makes the timeline from the answers to `timeline_requests` and to what is always asked."""
    person = person_in(context, patient_id, answers)
    rows = {kind: answers.rows(kind) for kind in TYPES}
    rows["Goal"] = goal_rows(rows["Goal"], rows["CarePlan"])
    included = {name: row for kind in _REVINCLUDE for name, row in answers.included(kind).items()}
    rows["Provenance"] = [row for row in included.values() if row.get("resourceType") == "Provenance"]
    substances = {name: row for kind in _INCLUDE for name, row in answers.included(kind).items()}
    builder = read_events(rows, context.terminology, substances)
    lanes = None if answers.failed("Condition") else builder.lanes()
    events = builder.events(site_day(context.as_of), lanes, names_in(context, answers))
    marked = _marked(context, person, rows, substances, builder.goals(), series_of(events, site_day(context.as_of)))
    events = with_urgent(events, marked.results, marked.urgent)
    allergies, state, allergy_notices = allergies_in(context, answers, "AllergyIntolerance")
    absent = {kind for kind in TYPES if _absent(context, answers, kind)}
    notices = [each for each in answers.notices() if each.kind != "section-failed" or each.detail not in absent]
    return Timeline(
        person=person,
        fetched=context.as_of,
        events=events,
        series={measure: key.series for measure, key in marked.results.items()},
        results=marked.results,
        urgent=marked.urgent,
        problems=marked.problems,
        # In an order of our own: servers give rows of the same moment in any.
        medicines=tuple(sorted(marked.medicines, key=lambda each: each.origin.id)),
        targets=builder.targets(),
        goals=builder.goals(),
        conference=last_conference(events, context.as_of),
        allergies=allergies,
        allergy_state=state,
        flags=flags_in(context, answers, "Flag"),
        enrolment=enrolment_in(context, person, answers),
        excluded=dict(builder.excluded),
        unreadable=tuple(dict.fromkeys((*answers.unreadable, *builder.unreadable))),
        refused=builder.refused(),
        unmapped=unmapped_in(events),
        not_read={kind: why for kind in TYPES if kind not in absent and (why := answers.failed(kind)) is not None},
        notices=tuple(dict.fromkeys((*notices, *allergy_notices))),
        old=answers.old_types(),
        emergency_access=emergency_access,
    )


class _Marked(NamedTuple):
    """The key results with their marks, the measures of the urgent ones, the problems and the medicines."""

    results: Mapping[Measure, KeyResult]
    urgent: frozenset[Measure]
    problems: tuple[Condition, ...]
    medicines: tuple[Medicine, ...]


def _marked(
    context: RequestContext,
    person: Person,
    rows: Mapping[str, list[Json]],
    substances: Mapping[str, Json],
    goals: tuple[Goal, ...],
    series: Mapping[Measure, tuple[Result, ...]],
) -> _Marked:
    """By the rules of the worklist: what is urgent there is urgent here."""
    on, terminology = site_day(context.as_of), context.terminology
    problems = latest_first(read_each(rows["Condition"], lambda row: condition.from_fhir(row, terminology)).values)
    read = partial(medication_request.from_fhir, terminology=terminology, substances=substances)
    prescribed = (*rows["MedicationRequest"], *rows["MedicationStatement"])
    medicines = read_each(prescribed, read).values
    active = [problem for problem in problems if problem.active]
    results = with_targets(key_results([result for each in series.values() for result in each], on), goals)
    facts = patient_facts(
        person=person,
        problems=active,
        medicines=[each for each in medicines if each.given],
        results=results,
        checks_done={},
        tasks=(),
        plan=None,
        last_contact=None,
        stages=stages(active),
        on=on,
        unread=frozenset({"Observation", "CarePlan", "Encounter"}),
    )
    return _Marked(results, urgent_measures(assess(facts, on).reasons), tuple(problems), tuple(medicines))


def _absent(context: RequestContext, answers: Answers, kind: str) -> bool:
    """Whether the server keeps no such records at all; one that keeps them and cannot find them is a failure."""
    if not answers.unsupported(kind):
        return False
    return not context.fhir.capabilities.serves(kind)
