"""A conference while it runs: how it stands, its agenda and who is there. It names no patient."""

from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context, result_or_raise
from dashboard.access.teams_of_user import teams_of
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.conference_records import agenda_of, read_agenda, read_conference, read_minutes
from dashboard.cache.discussed_patients import DISCUSSED, AskedKey, DiscussedPatients
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import Meeting
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import NotFound
from dashboard.fhir.mapping import discussion
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


def _about(asked: Arguments, found: Meeting | None) -> AuditSubject:
    try:
        return AuditSubject(entities=(Reference("Appointment", asked["conference_id"]),))
    except ValueError:
        return AuditSubject()


@audited(AuditKind.PATIENT_QUERY, _about)
def get_meeting(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    conference_id: str,
    as_of: datetime,
    credentials: str,
    caches: DiscussedPatients = DISCUSSED,
) -> Meeting:
    """The conference, for whoever is asked to come or belongs to its team; every other one is NotFound.

    It is read once for all whose questions the server answers with the same `credentials`: four requests, and one more
    for each user who was not asked to come. Raises NotPermitted by role, and DashboardError.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_CONFERENCE)
    key = AskedKey(fhir.base_url, credentials, conference_id, site_day(as_of))
    cached = caches.meetings.get(key, lambda previous: _read(context, conference_id))
    meeting = cached.value
    if not meeting.conference.attends(context.me):
        mine = AskedKey(fhir.base_url, credentials, str(context.me), key.day)
        if meeting.conference.team.to not in caches.teams.get(mine, lambda previous: teams_of(context)).value:
            raise NotFound("conference-not-found")
    if cached.error is None:
        return meeting
    return Meeting(meeting.conference, meeting.agenda, meeting.minutes, meeting.going_on, cached.error.code)


def _read(context: RequestContext, conference_id: str) -> Meeting:
    conference = read_conference(context, conference_id)
    agenda = agenda_of(conference, read_agenda(context, conference))
    return Meeting(conference, agenda, read_minutes(context, conference), _going_on(context, conference))


def _going_on(context: RequestContext, conference: Conference) -> Reference | None:
    """The patient of the discussion that goes on, the one that began last where there are several."""
    if not conference.running or not conference.patients:
        return None
    params = (("appointment", str(conference.origin)), ("status", "in-progress"))
    request = SearchRequest("Encounter", params, tuple(each.id for each in conference.patients), fresh=True)
    found = read_each(result_or_raise(context.fhir.try_all([request])[0]).rows, discussion.from_fhir).values
    last = max(found, key=lambda each: each.start.moment if each.start else context.as_of, default=None)
    return last.patient if last is not None else None
