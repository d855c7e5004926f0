"""The patient whom a conference discusses, as a shared screen may show the patient."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.access.shared_screen import for_shared_screen, is_labelled
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.cache import Cached
from dashboard.cache.change_feed import CHANGE_FEED, ChangeFeed
from dashboard.cache.conference_records import PatientsOfConference, read_patients
from dashboard.cache.discussed_patients import (
    DISCUSSED,
    DiscussedPatients,
    OfConferenceKey,
    SharedKey,
    Story,
    who_may_see,
)
from dashboard.cache.open_patient import always_asked
from dashboard.cache.patient_sections import Answers
from dashboard.cache.pause_collection import pause_collection
from dashboard.cache.shared_plans import plan_requests
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.views import DiscussedPatient
from dashboard.domain.timeline.build_events import last_conference
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.queries.follow_plan import FOLLOW_SECONDS
from dashboard.queries.follow_plan import FOLLOWED as PLAN_TYPES
from dashboard.queries.get_care_plan import view_of
from dashboard.queries.get_patient import requests_of, summary_of
from dashboard.queries.get_timeline import timeline_from, timeline_requests

FOLLOWED: Final = (*PLAN_TYPES, "Composition", "Encounter")
"""What a meeting changes of a patient, and colleagues at their desks."""
Found = dict[str, SearchResult | DashboardError]


def _about(asked: Arguments, found: DiscussedPatient | None) -> AuditSubject:
    return AuditSubject(patients=(asked["patient_id"],), entities=(asked["conference"].origin,))


@audited(AuditKind.PATIENT_READ, _about)
def get_discussed_patient(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    conference: Conference,
    patient_id: str,
    as_of: datetime,
    credentials: str,
    caches: DiscussedPatients = DISCUSSED,
    feed: ChangeFeed = CHANGE_FEED,
) -> DiscussedPatient:
    """The patient, for whoever is in the patient's care team; all others are NotFound, whether they exist or not, and
    so is who is not on the agenda.

    What is marked as restricted, and answers to single questions about mental health, are not in it. It is read once
    for all who follow (`dashboard.cache.discussed_patients`). Raises NotPermitted by role, and DashboardError.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    story, plans, written = read_parts(context, user, conference, patient_id, credentials, caches)
    # Polled once for all who look, and as long as somebody does: what others save expires what is cached.
    feed.follow(fhir, patient_id, FOLLOWED, FOLLOW_SECONDS)
    patient = Reference("Patient", patient_id)
    error = story.error or plans.error or written.error
    since = _since(story.value.timeline, written.value.discussions.get(patient), as_of)
    stale = error.code if error is not None else ""
    return _discussed(patient, story.value, since, plans.value, written.value, stale)


def read_parts(
    context: RequestContext,
    user: User,
    conference: Conference,
    patient_id: str,
    credentials: str,
    caches: DiscussedPatients,
) -> tuple[Cached[Story], Cached[CarePlanView], Cached[PatientsOfConference]]:
    """The story, the plans, and what the conference has of the patient, as they are cached, or read now. Raises
    NotFound, DashboardError.
    """
    relationship, key = shared_key(context, user, conference, patient_id, credentials, caches)
    patient = Reference("Patient", patient_id)
    own = OfConferenceKey(key.server, credentials, conference.number, patient_id)
    return (
        caches.stories.get(key, lambda previous: _story(context, patient_id, relationship)),
        caches.plans.get(key, lambda previous: _plans(context, patient_id, relationship)),
        caches.of_conference.get(own, lambda previous: read_patients(context, conference, [patient])),
    )


def shared_key(
    context: RequestContext,
    user: User,
    conference: Conference,
    patient_id: str,
    credentials: str,
    caches: DiscussedPatients,
) -> tuple[Relationship, SharedKey]:
    """Through which teams the user may see a patient of the agenda, and under which key what is read is shared. Raises
    NotFound, DashboardError.
    """
    relationship = who_may_see(context, user, patient_id, credentials, caches)
    if Reference("Patient", patient_id) not in conference.patients:
        raise NotFound("patient-not-on-agenda")
    teams = frozenset(team.origin for team in relationship.teams)
    return relationship, SharedKey(context.fhir.base_url, credentials, patient_id, site_day(context.as_of), teams)


def _since(timeline: Timeline, own: Discussion | None, as_of: datetime) -> datetime | None:
    """When the team last met about the patient before this conference: what is new since then is to be discussed."""
    if own is None:
        return timeline.conference
    return last_conference((event for event in timeline.events if event.origin != own.origin), as_of)


def _discussed(
    patient: Reference,
    story: Story,
    since: datetime | None,
    plans: CarePlanView,
    written: PatientsOfConference,
    stale: str,
) -> DiscussedPatient:
    return DiscussedPatient(
        patient=patient,
        summary=story.summary,
        timeline=story.timeline if since == story.timeline.conference else replace(story.timeline, conference=since),
        plans=plans,
        note=written.notes.get(patient),
        discussion=written.discussions.get(patient),
        tasks=written.tasks.get(patient, ()),
        messages=written.messages.get(patient, ()),
        unreadable=written.unreadable,
        withheld=story.withheld,
        labelled=story.labelled,
        stale=stale,
    )


def _story(context: RequestContext, patient_id: str, relationship: Relationship) -> Story:
    of_summary, of_timeline = requests_of(context, patient_id), timeline_requests(patient_id)
    always = always_asked(context, patient_id)
    with pause_collection():
        # Many searches are the same for both, and asked once.
        found = asked_once(context, {**of_timeline, **of_summary, **always})
        shown, withheld = for_shared_screen(found, context.terminology)
        summary = summary_of(context, patient_id, _of(shown, of_summary, always), relationship.teams)
        timeline = timeline_from(context, patient_id, _of(shown, of_timeline, always), None)
    team = found["team"]
    person = team.included.get(f"Patient/{patient_id}", {}) if isinstance(team, SearchResult) else {}
    return Story(summary, timeline, withheld, bool(person) and is_labelled(person))


def _plans(context: RequestContext, patient_id: str, relationship: Relationship) -> CarePlanView:
    of_plans, always = plan_requests(patient_id), always_asked(context, patient_id)
    found = asked_once(context, {**of_plans, **always})
    shown, _ = for_shared_screen(found, context.terminology)
    return view_of(context, patient_id, _of(shown, of_plans, always), relationship)


def asked_once(context: RequestContext, requests: Mapping[str, SearchRequest]) -> Found:
    """The answers by name; what several names ask is asked once, and past the server's own cache of answers."""
    fresh = {name: replace(request, fresh=True) for name, request in requests.items()}
    each = list(dict.fromkeys(fresh.values()))
    answers = dict(zip(each, context.fhir.try_all(each), strict=True))
    return {name: answers[request] for name, request in fresh.items()}


def _of(found: Found, *requests: Mapping[str, SearchRequest]) -> Answers:
    asked = {name: request for each in requests for name, request in each.items()}
    return Answers(asked, {name: found[name] for name in asked})
