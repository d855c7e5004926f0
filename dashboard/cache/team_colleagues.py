"""The professionals who care for the patients of a team, from what is cached of the user's teams."""

from dashboard.access.request_context import RequestContext
from dashboard.cache.team_data import TeamData
from dashboard.domain.attention.worklist_row import team_id
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.domain.values.site_time import site_day


def colleagues_of(data: TeamData, context: RequestContext, team: str) -> tuple[NamedReference, ...]:
    """Returns the members of today of the CareTeams that this MDT manages, each once, by name; of those patients alone
    whom the user may see.
    """
    today = site_day(context.as_of)
    found: dict[Reference, str] = {}
    for care_teams in data.visible(context.viewer, today).values():
        for care_team in care_teams:
            if team_id(care_team) != team:
                continue
            for member in care_team.members:
                who = member.member
                if who is not None and who.type == "Practitioner" and care_team.has_member(who, today):
                    found.setdefault(who, member.name)
    return tuple(NamedReference(to, name) for to, name in sorted(found.items(), key=lambda each: (each[1], each[0])))
