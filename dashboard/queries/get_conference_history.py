"""The past conferences of the user's teams: how many patients were discussed, what was decided, and done in time."""

from datetime import datetime, timedelta
from typing import Final

from dashboard.access.request_context import request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.conference_history import read_own_conferences, read_past_discussions
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.history import ConferenceHistory, PastConference, PastDiscussion, by_week, counts_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology

DAYS_BACK: Final = 366
"""How far back the history goes. Own choice: a year, as the list of conferences."""


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(
        patients=() if found is None else found.patients,
        query=f"Encounter?appointment:missing=false&practitioner={asked['scope'].subject}",
    ),
)
def get_conference_history(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    team: str,
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> ConferenceHistory:
    """The history of a year, of one of the user's teams or ("") of all, and of the conferences that the user is asked
    to come to. Patients whom the user may not see are not counted. Five searches, however many conferences there were.
    Raises NotPermitted by role, DashboardError where the server does not answer.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_CONFERENCE)
    worklist, _ = worklist_of(context, team_cache)
    today = site_day(as_of)
    first = today - timedelta(days=DAYS_BACK)
    own, unreadable, notices = read_own_conferences(context, worklist.teams, first)
    chosen = team if any(each.id == team for each in worklist.teams) else ""
    if chosen:
        own = {to: each for to, each in own.items() if each.team.to == Reference("Organization", chosen)}
    read, odd = read_past_discussions(context, worklist.patients, first)
    by_conference: dict[Reference, list[PastDiscussion]] = {}
    for each in read:
        if each.discussion.conference in own:
            by_conference.setdefault(each.discussion.conference, []).append(each)
    met = [each for found in by_conference.values() for each in found]
    past = [each for to, each in own.items() if each.over or to in by_conference]
    past.sort(key=lambda each: (each.start.moment.isoformat() if each.start else "", each.origin), reverse=True)
    return ConferenceHistory(
        conferences=tuple(PastConference(each, counts_of(by_conference.get(each.origin, ()), today)) for each in past),
        weeks=by_week(met, today),
        fetched=as_of,
        teams=worklist.teams,
        team=chosen,
        patients=tuple(dict.fromkeys(each.discussion.patient.id for each in met)),
        unreadable=tuple(dict.fromkeys((*unreadable, *odd))),
        notices=(*worklist.notices, *notices),
    )
