"""The relationship of a user to one patient, asked of the server: a care team, emergency access, or neither."""

from collections.abc import Iterable, Sequence

from dashboard.access.request_context import RequestContext, parents_of_organisations, result_or_raise, serves_consents
from dashboard.domain.access.consent import Consent, denied_organisations
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.relationship import Relationship, keeps_out, teams_through
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.emergency_access import EMERGENCY_ACCESS, TASKS, emergency_access
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.search.request import SearchRequest, SearchResult

Consents = list[Consent | Unreadable]


def relationship_to(context: RequestContext, patient_id: str) -> Relationship:
    """Asks the server for the user's relationship to a patient.

    Runs three searches at the same time, the same for every id, so that the cost does not reveal whether a patient
    exists. Raises DashboardError where care teams or consents cannot be read. A server that cannot search for emergency
    access grants has none.
    """
    patients = (patient_id,)
    requests = [SearchRequest("CareTeam", patients=patients, fresh=True), emergency_access_search(context, patient_id)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=patients, fresh=True))
    team_answer, grant_answer, *consent_answers = context.fhir.try_all(requests)
    consents = read_consents(rows_or_raise(consent_answers[0])) if consent_answers else []
    teams = read_each(rows_or_raise(team_answer), care_team).values
    relationship = relationship_from(context, patient_id, teams, consents)
    if relationship.relation is Relation.TEAM:
        return relationship
    return relationship_from(context, patient_id, teams, consents, _grants(grant_answer))


def team_relationships_to(context: RequestContext, patient_ids: Sequence[str]) -> dict[str, Relationship]:
    """Asks the server for the user's relationships to several patients through care teams; emergency access is to one.

    Runs two searches at the same time, whatever the number of patients. Raises DashboardError as `relationship_to`.
    """
    patients = tuple(dict.fromkeys(patient_ids))
    requests = [SearchRequest("CareTeam", patients=patients, fresh=True)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=patients, fresh=True))
    answers = [result_or_raise(answer) for answer in context.fhir.try_all(requests)]
    if any(answer.truncated for answer in answers):
        # A consent that did not come may deny.
        return {patient: relationship_to(context, patient) for patient in patients}
    rows: list[dict[str, list[Json]]] = []
    for answer in answers:
        rows.append({patient: [] for patient in patients})
        for row in answer.rows:
            if (about := patient_of(row)) is not None and about.id in rows[-1]:
                rows[-1][about.id].append(row)
    teams, *consents = rows
    return {
        patient: relationship_from(
            context,
            patient,
            read_each(teams[patient], care_team).values,
            read_consents(consents[0][patient]) if consents else [],
        )
        for patient in patients
    }


def relationship_from(
    context: RequestContext,
    patient_id: str,
    teams: Iterable[CareTeam],
    consents: Consents,
    grants: Iterable[EmergencyAccess] = (),
) -> Relationship:
    """Returns the relationship that follows from teams, consents and grants already read.

    Runs one more search, for parent organisations, where a consent denies an organisation.
    """
    patient_teams, on = list(teams), site_day(context.as_of)
    parents = parents_of_organisations(context, patient_teams) if denied_organisations(consents) else {}
    permitting_teams = teams_through(context.viewer, patient_teams, consents, on, parents)
    if permitting_teams:
        return Relationship(Relation.TEAM, tuple(permitting_teams))
    valid_grants = [grant for grant in grants if grant.holds(patient_id, context.me, context.as_of)]
    if valid_grants and not keeps_out(context.viewer, patient_teams, consents, on, parents):
        latest = max(valid_grants, key=lambda grant: grant.until)
        return Relationship(Relation.EMERGENCY_ACCESS, emergency_access=latest)
    return Relationship(Relation.OTHER_TEAM)


def emergency_access_search(context: RequestContext, patient_id: str) -> SearchRequest:
    """The search for the user's own emergency access to a patient."""
    params = (("requester", str(context.me)), ("code", f"{TASKS}|{EMERGENCY_ACCESS}"))
    return SearchRequest("Task", params, (patient_id,), fresh=True)


def read_consents(rows: Iterable[Json]) -> Consents:
    """Reads every consent; one that cannot be read is returned as Unreadable, which denies."""
    readings = read_each(rows, consent)
    return [*readings.values, *readings.unreadable]


def rows_or_raise(answer: SearchResult | DashboardError) -> list[Json]:
    """Returns the rows of an answer, or raises it where it is an error."""
    return result_or_raise(answer).rows


def _grants(answer: SearchResult | DashboardError) -> list[EmergencyAccess]:
    if isinstance(answer, ServerRefused | Unsupported):
        return []
    return read_each(rows_or_raise(answer), emergency_access).values
