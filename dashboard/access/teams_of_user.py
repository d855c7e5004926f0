"""The teams that a user is a member of, asked of the server."""

from dashboard.access.relationship import rows_or_raise
from dashboard.access.request_context import RequestContext
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest


def teams_of(context: RequestContext) -> frozenset[Reference]:
    """The teams (Organizations) that the actor is a member of today, asked of the server."""
    request = SearchRequest("CareTeam", (("participant", str(context.me)), ("status", "active")), fresh=True)
    teams = read_each(rows_or_raise(context.fhir.try_all([request])[0]), care_team).values
    today = site_day(context.as_of)
    return frozenset(team.team for team in teams if team.team is not None and team.has_member(context.me, today))
