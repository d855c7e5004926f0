"""Who looks, at which server, and what every look needs to know of it: consents kept or not, what is part of what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.access.relationship import Viewer
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.people import AccessScope, Organisation, ParentOrganisations, parents_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.mapping.organization import organization
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who looks, on behalf of which organisations, when, with which codes."""

    fhir: FhirServer
    scope: AccessScope
    me: Reference
    terminology: Terminology
    as_of: datetime
    organizations: tuple[Reference, ...] = ()

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.me, self.organizations)


def brings_consents(fhir: FhirServer) -> bool:
    """Whether `_revinclude:iterate=Consent:patient` is known to bring every consent: our tests hold the embedded server
    to it. Another server may leave them out without a word, so it is asked for them again.
    """
    return fhir.capabilities.software == EMBEDDED_SERVER


def keeps_consents(fhir: FhirServer) -> bool:
    """False only where the server says of itself that it knows no Consent: then nobody can have withdrawn there."""
    return bool(fhir.capabilities.serves("Consent"))


def organisations_above(context: RequestContext, teams: Iterable[CareTeam]) -> ParentOrganisations:
    """What the organisations of these teams and of the user are part of, all the way up; one search."""
    wanted = {team.team for team in teams if team.team is not None} | set(context.organizations)
    return parents_of(hierarchy(context, sorted(ref.id for ref in wanted)).values()) if wanted else {}


def hierarchy(context: RequestContext, ids: Sequence[str]) -> dict[str, Organisation]:
    above = ("Organization:partof", "iterate:Organization:partof")
    return organisations_in(one(context, SearchRequest("Organization", (("_id", ",".join(ids)),), include=above)))


def one(context: RequestContext, request: SearchRequest) -> SearchResult:
    return or_raise(context.fhir.try_all([request])[0])


def or_raise(answer: SearchResult | DashboardError) -> SearchResult:
    if isinstance(answer, DashboardError):
        raise answer
    return answer


def organisations_in(result: SearchResult) -> dict[str, Organisation]:
    beside = (*result.rows, *result.included.values())
    rows = (row for row in beside if row.get("resourceType") == "Organization")
    read = (read_one(row, organization) for row in rows)
    return {found.id: found for found in read if isinstance(found, Organisation)}
