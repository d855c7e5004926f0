"""What guidelines say anew of the patient whom a conference discusses, as a shared screen may show it."""

from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context
from dashboard.access.shared_screen import withheld_in
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.cache import Cached
from dashboard.cache.discussed_patients import DISCUSSED, DiscussedPatients, SharedRecommendations
from dashboard.cache.open_patient import always_asked
from dashboard.cache.patient_sections import Answers
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import DiscussedRecommendations
from dashboard.domain.guidelines.new_since import open_since
from dashboard.domain.guidelines.recommendations import RulesInForce, with_rules
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.port import FhirServer
from dashboard.queries.get_discussed_patient import asked_once, shared_key
from dashboard.queries.get_recommendations import recommendation_requests, recommendations_from, rules_in_force


def _about(asked: Arguments, found: DiscussedRecommendations | None) -> AuditSubject:
    return AuditSubject(patients=(asked["patient_id"],), entities=(asked["conference"].origin,))


@audited(AuditKind.PATIENT_READ, _about)
def get_discussed_recommendations(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    library: Library,
    conference: Conference,
    patient_id: str,
    since: datetime | None,
    as_of: datetime,
    credentials: str,
    caches: DiscussedPatients = DISCUSSED,
) -> DiscussedRecommendations:
    """What applies to the patient, and what of it is new since the team last met about the patient (`since`, None where
    it never has); for whom, and read how often, as `get_discussed_patient`.

    Cards that rest on the answer to a single question, or on a record that is marked as restricted, are not in `new`.
    Raises NotFound, NotPermitted by role, and DashboardError.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    in_force = rules_in_force(library)
    cached = read_shared(context, user, in_force, conference, patient_id, credentials, caches)
    found = cached.value.found
    if found.in_force.rules is not in_force.rules:  # a file has changed since
        found = with_rules(found, in_force, terminology)
    day = None if since is None else site_day(since)
    new = open_since(found, day, terminology, cached.value.withheld)
    return DiscussedRecommendations(found, new, cached.error.code if cached.error is not None else "")


def read_shared(
    context: RequestContext,
    user: User,
    in_force: RulesInForce,
    conference: Conference,
    patient_id: str,
    credentials: str,
    caches: DiscussedPatients,
) -> Cached[SharedRecommendations]:
    """What guidelines say of the patient, as it is cached, or read now. Raises NotFound, DashboardError."""
    relationship, key = shared_key(context, user, conference, patient_id, credentials, caches)
    return caches.recommended.get(key, lambda previous: _read(context, patient_id, relationship, in_force))


def _read(
    context: RequestContext, patient_id: str, relationship: Relationship, in_force: RulesInForce
) -> SharedRecommendations:
    requests = {**recommendation_requests(context, in_force.facts, patient_id), **always_asked(context, patient_id)}
    found = asked_once(context, requests)
    read = recommendations_from(context, patient_id, Answers(requests, found), relationship)
    withheld = withheld_in(found, context.terminology)
    return SharedRecommendations(with_rules(read, in_force, context.terminology), withheld)
