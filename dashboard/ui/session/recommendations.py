"""Between the page of recommendations and its query, as `reads` is for the other pages."""

from functools import partial

from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.ui.session import session
from dashboard.ui.session.reads import CACHED_SECONDS, read_for_page


def read_recommendations(patient_id: str) -> tuple[Recommendations, str]:
    """What the rules in force come to for the patient, and why it could not be read anew, as in
    `reads.read_for_page`.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    query = partial(get_recommendations, *asked, patient_id, session.as_of())
    return read_for_page("recommendations", patient_id, query, CACHED_SECONDS)
