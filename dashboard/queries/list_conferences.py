"""The conferences of the user's teams, and those that the user is asked to come to."""

from datetime import datetime, timedelta
from typing import Final

from dashboard.access.request_context import request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.conference_history import read_own_conferences
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_colleagues import colleagues_of
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import ConferenceList
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology

DAYS_BACK: Final = 366
"""How far back conferences are listed. Own choice."""


@audited(
    AuditKind.QUERY,
    lambda asked, found: AuditSubject(
        entities=() if found is None else tuple(each.origin for each in found.conferences),
        query=f"Appointment?practitioner={asked['scope'].subject}",
    ),
)
def list_conferences(
    fhir: FhirServer, user: User, scope: AccessScope, as_of: datetime, team_cache: TeamCache = TEAM_CACHE
) -> ConferenceList:
    """Two searches at most. Conferences of others that a server returns all the same are left out.

    Raises NotPermitted by role, DashboardError where the server does not answer.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_CONFERENCE)
    worklist, data = worklist_of(context, team_cache)
    first = site_day(as_of) - timedelta(days=DAYS_BACK)
    found, unreadable, notices = read_own_conferences(context, worklist.teams, first)
    plans = is_permitted(user.roles, Action.PLAN_CONFERENCE)
    return ConferenceList(
        conferences=tuple(sorted(found.values(), key=_by_start)),
        fetched=as_of,
        teams=worklist.teams if plans else (),
        colleagues={team.id: colleagues_of(data, context, team.id) for team in worklist.teams} if plans else {},
        unreadable=unreadable,
        notices=notices,
    )


def _by_start(conference: Conference) -> tuple[bool, datetime | None, str]:
    start = conference.start
    return start is None, start.moment if start is not None else None, conference.origin.id
