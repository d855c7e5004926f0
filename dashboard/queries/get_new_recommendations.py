"""Which recommendations are new since the team last met about a patient, for the agenda of a conference."""

from collections.abc import Mapping
from datetime import date, datetime

from dashboard.access.request_context import request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_recommendations import new_cards
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.new_since import NewSince, without_decided
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.mapping import detected_issue
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.queries.get_recommendations import rules_in_force


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(patients=() if found is None else tuple(found)),
)
def get_new_recommendations(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    library: Library,
    since: Mapping[str, date | None],
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> dict[str, NewSince]:
    """Returns the cards that apply now and did not on a patient's day in `since` (None: all that apply), and the
    contradictions between guidelines, by patient, the most urgent first.

    It asks the server nothing that the worklist has not read, but for what was decided of contradictions; whom the user
    may not see is left out. Raises DashboardError only when there is nothing to show, NotPermitted by role.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_CONFERENCE)
    found = new_cards(context, team_cache, rules_in_force(library), since)
    clashing = tuple(ident for ident, new in found.items() if new.contradictions)
    if not clashing or not fhir.capabilities.serves("DetectedIssue"):
        return found
    [decided] = fhir.try_all([SearchRequest("DetectedIssue", patients=clashing)])
    if isinstance(decided, DashboardError):
        return found  # as if nobody had decided, as the page of the patient says then
    known = read_each(decided.rows, detected_issue.listed).values
    return {
        ident: without_decided(new, [each for each in known if each.patient == Reference("Patient", ident)])
        for ident, new in found.items()
    }
