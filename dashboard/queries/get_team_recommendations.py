"""How many guideline rules apply to each patient of the user's teams, for the worklist."""

from datetime import datetime

from dashboard.access.request_context import request_context
from dashboard.audit.audited import unaudited
from dashboard.cache.cache import Start, start_thread
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_recommendations import team_counts
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.guidelines.recommendations import TeamCounts
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.port import FhirServer
from dashboard.queries.get_recommendations import rules_in_force


@unaudited("counts what the worklist has read of the same patients, and that is on record")
def get_team_recommendations(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    library: Library,
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
    start: Start = start_thread,
) -> TeamCounts:
    """Returns the counts that are known of the patients of the worklist, and of whom they are still being computed.

    It asks the server nothing that the worklist has not read. Where that is not read yet, what there is so far is
    given. Raises DashboardError only when there is nothing to show.
    """
    context = request_context(fhir, user, scope, terminology, as_of)
    return team_counts(context, team_cache, rules_in_force(library), start)
