"""How a user stands to one patient, asked of the server: by a team, by a broken glass, or not at all."""

from collections.abc import Iterable

from dashboard.access.request_context import RequestContext, keeps_consents, organisations_above
from dashboard.domain.access.consent import Consent, denied_organisations
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.relationship import Relationship, keeps_out, teams_through
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.unreadable import Unreadable
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.emergency_access import EMERGENCY_ACCESS, TASKS, emergency_access
from dashboard.fhir.mapping.reading import Json, read_each
from dashboard.fhir.search.request import SearchRequest, SearchResult

Consents = list[Consent | Unreadable]


def relationship_to(context: RequestContext, patient_id: str) -> Relationship:
    """Three searches at the same time, the same ones for any id, whether such a patient exists or not.

    Raises DashboardError where a question that decides cannot be answered. A server that cannot find the glasses knows
    none.
    """
    of = (patient_id,)
    requests = [SearchRequest("CareTeam", patients=of, fresh=True), emergency_access_search(context, patient_id)]
    if keeps_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=of, fresh=True))
    teams, grants, *consents = context.fhir.try_all(requests)
    given = read_consents(rows_of(consents[0])) if consents else []
    known = read_each(rows_of(teams), care_team).values
    relationship = relationship_from(context, patient_id, known, given)
    if relationship.relation is Relation.TEAM:
        return relationship
    return relationship_from(context, patient_id, known, given, _grants(grants))


def relationship_from(
    context: RequestContext,
    patient_id: str,
    teams: Iterable[CareTeam],
    consents: Consents,
    grants: Iterable[EmergencyAccess] = (),
) -> Relationship:
    """The same from what was read before. One more search where a consent denies an organisation."""
    known, on = list(teams), context.as_of.date()
    above = organisations_above(context, known) if denied_organisations(consents) else {}
    mine = teams_through(context.viewer, known, consents, on, above)
    if mine:
        return Relationship(Relation.TEAM, tuple(mine))
    held = [each for each in grants if each.holds(patient_id, context.me, context.as_of)]
    if held and not keeps_out(context.viewer, known, consents, on, above):
        return Relationship(Relation.EMERGENCY_ACCESS, emergency_access=max(held, key=lambda each: each.until))
    return Relationship(Relation.OTHER_TEAM)


def emergency_access_search(context: RequestContext, patient_id: str) -> SearchRequest:
    """The user's own grants for a patient."""
    params = (("requester", str(context.me)), ("code", f"{TASKS}|{EMERGENCY_ACCESS}"))
    return SearchRequest("Task", params, (patient_id,), fresh=True)


def read_consents(rows: Iterable[Json]) -> Consents:
    """Every consent, those that cannot be read among them: they deny."""
    found = read_each(rows, consent)
    return [*found.values, *found.unreadable]


def _grants(answer: SearchResult | DashboardError) -> list[EmergencyAccess]:
    if isinstance(answer, ServerRefused | Unsupported):
        return []
    return read_each(rows_of(answer), emergency_access).values


def rows_of(answer: SearchResult | DashboardError) -> list[Json]:
    if isinstance(answer, DashboardError):
        raise answer
    return answer.rows
