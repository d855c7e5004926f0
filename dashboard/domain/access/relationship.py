"""How a user is related to a patient on a day: through a team, through emergency access, or not at all.

What each relation then allows is the table in `dashboard.domain.access.permissions`. Where a rule cannot be decided,
the answer is no.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dashboard.domain.access.consent import Consent, withheld
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Relation
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.organisation import ParentOrganisations
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks to see a record, and the organisations this person works for."""

    me: Reference
    organisations: tuple[Reference, ...] = ()

    def named(self, above: ParentOrganisations) -> set[Reference]:
        """The references by which a consent may name this viewer: the person, the organisations, and those above
        them.
        """
        return {self.me, *_with_above(self.organisations, above)}


@dataclass(frozen=True, slots=True)
class Relationship:
    """The relation of a user to a patient, with the teams or the emergency access that it rests on."""

    relation: Relation
    teams: tuple[CareTeam, ...] = ()
    emergency_access: EmergencyAccess | None = None


def teams_through(
    viewer: Viewer,
    teams: Iterable[CareTeam],
    consents: Iterable[Consent | Unreadable],
    on: date,
    above: ParentOrganisations | None = None,
) -> list[CareTeam]:
    """Returns the teams through which the viewer may see the patient on a day; an empty list means "may not".

    Membership comes first (team and participation active on the day), then consent: for the person, the person's
    organisations, the CareTeam, the organisation that manages it, and all organisations above these.
    """
    rules = list(consents)
    parts = above or {}
    own_teams = [team for team in teams if team.has_member(viewer.me, on)]
    if not any(isinstance(rule, Unreadable) or rule.limits for rule in rules):
        return own_teams
    person = viewer.named(parts)
    return [team for team in own_teams if not withheld(rules, person | _of_team(team, parts), on)]


def keeps_out(
    viewer: Viewer,
    teams: Iterable[CareTeam],
    consents: Iterable[Consent | Unreadable],
    on: date,
    above: ParentOrganisations,
) -> bool:
    """True when a consent of the patient denies the viewer in any capacity, as a member of one of the patient's teams
    too.

    Then emergency access does not open the record either.
    """
    named = viewer.named(above)
    for team in teams:
        if team.has_member(viewer.me, on):
            named |= _of_team(team, above)
    return withheld(consents, named, on)


def _of_team(team: CareTeam, above: ParentOrganisations) -> set[Reference]:
    """The references by which a consent may name a team: the CareTeam, its managing organisation, and those above
    it.
    """
    managing = (team.team,) if team.team is not None else ()
    return {team.origin, *_with_above(managing, above)}


def _with_above(organisations: Iterable[Reference], above: ParentOrganisations) -> set[Reference]:
    """The organisations and all that they are part of, at any number of steps."""
    reached: set[Reference] = set()
    waiting = list(organisations)
    while waiting:
        organisation = waiting.pop()
        if organisation not in reached:
            reached.add(organisation)
            waiting += [Reference.parse(name) for name in above.get(str(organisation), ())]
    return reached
