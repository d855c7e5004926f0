"""Who may open a patient's record as a member of the care team: the people to whom something about it can be given."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.access.relationship import read_consents, rows_or_raise
from dashboard.access.request_context import RequestContext, organisations_with_parents, serves_consents
from dashboard.domain.access.consent import denied_organisations
from dashboard.domain.access.relationship import Viewer, teams_through
from dashboard.domain.record.care_team import CareTeam, TeamMember, covers
from dashboard.domain.record.organisation import ParentOrganisations, parents_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.elements import reference
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest


@dataclass(frozen=True, slots=True)
class WhoMayOpen:
    """The members of the patient's care teams who may open the record today, and the teams through which they may."""

    people: tuple[TeamMember, ...]
    teams: tuple[CareTeam, ...]

    def may_own_task(self, owner: Reference, patient: Reference) -> bool:
        """Whether a task about the patient can be given to this person, to this team, or to the patient."""
        teams = {team.origin for team in self.teams} | {team.team for team in self.teams}
        return owner == patient or owner in teams or any(each.member == owner for each in self.people)


def who_may_open(context: RequestContext, patient_id: str) -> WhoMayOpen:
    """Asks the server for the patient's care teams, the consents and where the members work.

    Raises DashboardError where one of them cannot be read.
    """
    on = site_day(context.as_of)
    requests = [SearchRequest("CareTeam", patients=(patient_id,), fresh=True)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=(patient_id,), fresh=True))
    team_answer, *consent_answers = context.fhir.try_all(requests)
    teams = read_each(rows_or_raise(team_answer), care_team).values
    consents = read_consents(rows_or_raise(consent_answers[0])) if consent_answers else []
    members: dict[Reference, TeamMember] = {}
    for team in teams:
        for each in team.members:
            if each.member is not None and each.member.type == "Practitioner" and covers(each.since, each.until, on):
                members.setdefault(each.member, each)
    works_for = _works_for(context, members)
    parents: ParentOrganisations = {}
    if denied_organisations(consents):
        wanted = {team.team for team in teams if team.team is not None}.union(*works_for.values())
        if wanted:
            parents = parents_of(organisations_with_parents(context, sorted(each.id for each in wanted)).values())
    found: list[TeamMember] = []
    through: dict[Reference, CareTeam] = {}
    for who, member in members.items():
        permitting = teams_through(Viewer(who, works_for.get(who, ())), teams, consents, on, parents)
        if permitting:
            found.append(member)
            through |= {team.origin: team for team in permitting}
    return WhoMayOpen(tuple(found), tuple(through.values()))


def _works_for(context: RequestContext, people: Iterable[Reference]) -> dict[Reference, tuple[Reference, ...]]:
    """The organisations of each person: a consent may name them."""
    names = sorted(str(who) for who in people)
    if not names:
        return {}
    answer = context.fhir.try_all([SearchRequest("PractitionerRole", (("practitioner", ",".join(names)),))])[0]
    found: dict[Reference, tuple[Reference, ...]] = {}
    for row in rows_or_raise(answer):
        who, where = reference(row.get("practitioner")), reference(row.get("organization"))
        if who is not None and where is not None:
            found[who] = (*found.get(who, ()), where)
    return found
