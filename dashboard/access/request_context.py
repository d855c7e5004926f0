"""Who asks which server about patients, and what must be known of that server before anybody is shown anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.relationship import Viewer
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.organisation import Organisation, ParentOrganisations, parents_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotPermitted
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.mapping.organization import organization
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The server, the user and the organisations the user works for, the moment of view, and the codes understood."""

    fhir: FhirServer
    scope: AccessScope
    me: Reference
    terminology: Terminology
    as_of: datetime
    organizations: tuple[Reference, ...] = ()

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.me, self.organizations)


def request_context(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    as_of: datetime,
    action: Action = Action.VIEW_WORKLIST,
) -> RequestContext:
    """Returns the context of a user whose role permits the action.

    Raises NotPermitted before the server is asked or anything is taken from a cache. Raises ValueError, a defect, for
    an access scope of another user or another server.
    """
    require(user.roles, action, Relation.TEAM)
    if user.practitioner is None:
        raise NotPermitted("worklist-without-care-team")
    if scope.subject != str(user.practitioner):
        raise ValueError("the access scope belongs to somebody else")
    if scope.server != fhir.base_url:
        raise ValueError("the access scope belongs to another server")
    return RequestContext(fhir, scope, Reference.parse(scope.subject), terminology, as_of, user.organizations)


def includes_every_consent(fhir: FhirServer) -> bool:
    """Whether `_revinclude:iterate=Consent:patient` brings every consent: known of the embedded server, by our tests.

    Another server may leave consents out without saying so, and is asked for them again.
    """
    return fhir.capabilities.software == EMBEDDED_SERVER


def serves_consents(fhir: FhirServer) -> bool:
    """False only where the CapabilityStatement lists no Consent: then nobody can have withdrawn consent there."""
    return bool(fhir.capabilities.serves("Consent"))


def parents_of_organisations(context: RequestContext, teams: Iterable[CareTeam]) -> ParentOrganisations:
    """Returns the parents of the organisations of these teams and of the user, all the way up, from one search."""
    wanted = {team.team for team in teams if team.team is not None} | set(context.organizations)
    if not wanted:
        return {}
    return parents_of(organisations_with_parents(context, sorted(ref.id for ref in wanted)).values())


def organisations_with_parents(context: RequestContext, ids: Sequence[str]) -> dict[str, Organisation]:
    """Returns by id the organisations with these ids and all that they are part of. Raises DashboardError."""
    parents = ("Organization:partof", "iterate:Organization:partof")
    request = SearchRequest("Organization", (("_id", ",".join(ids)),), include=parents)
    return organisations_of(search_or_raise(context, request))


def search_or_raise(context: RequestContext, request: SearchRequest) -> SearchResult:
    """Runs one search. Raises DashboardError when it fails."""
    return result_or_raise(context.fhir.try_all([request])[0])


def result_or_raise(answer: SearchResult | DashboardError) -> SearchResult:
    """Returns the answer, or raises it where it is an error."""
    if isinstance(answer, DashboardError):
        raise answer
    return answer


def organisations_of(result: SearchResult) -> dict[str, Organisation]:
    """Returns by id every Organization in a result, included ones too; one that cannot be read is left out."""
    resources = (*result.rows, *result.included.values())
    rows = (row for row in resources if row.get("resourceType") == "Organization")
    readings = (read_one(row, organization) for row in rows)
    return {reading.id: reading for reading in readings if isinstance(reading, Organisation)}
