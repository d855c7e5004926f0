"""Which resources of a patient's shared plan become others while the plan is on screen."""

from datetime import datetime
from typing import Final

from dashboard.access.request_context import request_context
from dashboard.audit.audited import unaudited
from dashboard.cache.change_feed import CHANGE_FEED, ChangeFeed, Following
from dashboard.cache.open_patient import follow_patient
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology

FOLLOWED: Final = ("CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest", "CareTeam")
"""The types that are edited with a plan. Medicines and appointments are changed elsewhere, and read with the page."""
FOLLOW_SECONDS: Final = 1.5
"""Between two polls for one patient: with a page that looks once a second, others' changes are there within 3 s."""


@unaudited("names resources and their versions; what they say is read through a query that is on record")
def follow_plan(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    patient_id: str,
    as_of: datetime,
    feed: ChangeFeed = CHANGE_FEED,
    team_cache: TeamCache = TEAM_CACHE,
) -> Following:
    """Follows the plan of a patient whom the user has just opened, from now on: one poll of the server for all who
    follow. Asks nothing itself.

    Raises NotFound for all other patients, NotPermitted for roles without care teams.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_PATIENT)
    return follow_patient(context, user, patient_id, FOLLOWED, team_cache.access, FOLLOW_SECONDS, feed)
