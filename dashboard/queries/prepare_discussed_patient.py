"""Reads the patient whom a conference discusses next, before anybody asks: nobody waits for the server then."""

from datetime import datetime

from dashboard.access.request_context import request_context
from dashboard.audit.audited import unaudited
from dashboard.cache.discussed_patients import DISCUSSED, DiscussedPatients
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.port import FhirServer
from dashboard.queries.get_discussed_patient import read_parts
from dashboard.queries.get_discussed_recommendations import read_shared
from dashboard.queries.get_recommendations import rules_in_force


@unaudited("reads into memory and shows nobody; what is shown of it goes on record when it is shown")
def prepare_discussed_patient(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    library: Library,
    conference: Conference,
    patient_id: str,
    as_of: datetime,
    credentials: str,
    caches: DiscussedPatients = DISCUSSED,
) -> None:
    """Caches what `get_discussed_patient` and `get_discussed_recommendations` will give. Raises what they raise."""
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    read_parts(context, user, conference, patient_id, credentials, caches)
    read_shared(context, user, rules_in_force(library), conference, patient_id, credentials, caches)
