"""Between the page of recommendations and its query, as `reads` is for the other pages."""

from functools import partial

from dashboard.audit.audited import viewing_session
from dashboard.domain.guidelines.recommendations import Recommendations, TeamCounts
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id
from dashboard.ui.session.reads import CACHED_SECONDS, read_for_page


def read_team_recommendations() -> TeamCounts:
    """How many rules apply to each patient of the worklist, as far as that is computed. Raises DashboardError."""
    with viewing_session(viewing_session_id()):
        asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
        return get_team_recommendations(*asked, session.as_of())


def read_recommendations(patient_id: str) -> tuple[Recommendations, str]:
    """What the rules in force come to for the patient, and why it could not be read anew, as in
    `reads.read_for_page`.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    query = partial(get_recommendations, *asked, patient_id, session.as_of())
    return read_for_page("recommendations", patient_id, query, CACHED_SECONDS)
