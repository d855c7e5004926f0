"""How a user stands to one patient, asked of the server: by a team, by a broken glass, or not at all."""

from collections.abc import Iterable

from dashboard.access.request_context import Look, keeps_consents, organisations_above
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.relationship import (
    Consent,
    Glass,
    Standing,
    denied_organisations,
    keeps_out,
    teams_through,
)
from dashboard.domain.record.clinical import CareTeam, Unreadable
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.emergency_access import BREAK_GLASS, TASKS, glass
from dashboard.fhir.mapping.reading import Json, read_each
from dashboard.fhir.search.request import SearchRequest, SearchResult

Consents = list[Consent | Unreadable]


def standing_of(look: Look, patient_id: str) -> Standing:
    """Three searches at the same time, the same ones for any id, whether such a patient exists or not.

    Raises DashboardError where a question that decides cannot be answered. A server that cannot find the glasses knows
    none.
    """
    of = (patient_id,)
    requests = [SearchRequest("CareTeam", patients=of, fresh=True), glasses_of(look, patient_id)]
    if keeps_consents(look.gateway):
        requests.append(SearchRequest("Consent", patients=of, fresh=True))
    teams, glasses, *consents = look.gateway.try_all(requests)
    given = read_consents(rows_of(consents[0])) if consents else []
    known = read_each(rows_of(teams), care_team).values
    standing = standing_from(look, patient_id, known, given)
    if standing.relation is Relation.TEAM:
        return standing
    return standing_from(look, patient_id, known, given, _glasses(glasses))


def standing_from(
    look: Look, patient_id: str, teams: Iterable[CareTeam], consents: Consents, glasses: Iterable[Glass] = ()
) -> Standing:
    """The same from what was read before. One more search where a consent denies an organisation."""
    known, on = list(teams), look.as_of.date()
    above = organisations_above(look, known) if denied_organisations(consents) else {}
    mine = teams_through(look.viewer, known, consents, on, above)
    if mine:
        return Standing(Relation.TEAM, tuple(mine))
    held = [each for each in glasses if each.holds(patient_id, look.me, look.as_of)]
    if held and not keeps_out(look.viewer, known, consents, on, above):
        return Standing(Relation.BROKEN_GLASS, glass=max(held, key=lambda each: each.until))
    return Standing(Relation.OTHER_TEAM)


def glasses_of(look: Look, patient_id: str) -> SearchRequest:
    """The user's own grants for a patient."""
    params = (("requester", str(look.me)), ("code", f"{TASKS}|{BREAK_GLASS}"))
    return SearchRequest("Task", params, (patient_id,), fresh=True)


def read_consents(rows: Iterable[Json]) -> Consents:
    """Every consent, those that cannot be read among them: they deny."""
    found = read_each(rows, consent)
    return [*found.values, *found.unreadable]


def _glasses(answer: SearchResult | DashboardError) -> list[Glass]:
    if isinstance(answer, ServerRefused | Unsupported):
        return []
    return read_each(rows_of(answer), glass).values


def rows_of(answer: SearchResult | DashboardError) -> list[Json]:
    if isinstance(answer, DashboardError):
        raise answer
    return answer.rows
