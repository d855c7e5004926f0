"""Which patients of the user's teams have a similar name and birth date."""

from datetime import datetime

from dashboard.access.request_context import request_context
from dashboard.audit.audited import unaudited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.names import similar_people
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


@unaudited("says that somebody is alike and not who; asks no server, and of people whom the worklist has shown")
def list_similar_people(
    fhir: FhirServer, user: User, scope: AccessScope, as_of: datetime, team_cache: TeamCache = TEAM_CACHE
) -> frozenset[str]:
    """Returns the ids of the patients who look alike among those held of the user's teams; none while nothing is."""
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_PATIENT)
    data = team_cache.last_data(scope)
    if data is None:
        return frozenset()
    return similar_people(data.patients[pid].person for pid in data.visible(context.viewer, site_day(as_of)))
