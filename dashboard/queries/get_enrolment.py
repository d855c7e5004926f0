"""The figures of the pilot as they may be shown: steps, curve, losses, completeness, work of the teams."""

from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.enrolment_figures import FIGURES_CACHE
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.port import FhirServer


@audited(AuditKind.QUERY, lambda arguments, answer: AuditSubject(query="ResearchSubject?_summary=count"))
def get_enrolment(
    fhir: FhirServer, user: User, terminology: Terminology, as_of: datetime, study_id: str = ""
) -> EnrolmentFigures:
    """The pilot as it stands; `study_id` says which, where the server holds several. Raw numbers do not leave this
    question: small ones are held back (`dashboard.domain.pilot.enrolment_disclosure`).

    Raises NotPermitted for everybody but pilot managers, DashboardError where the funnel cannot be counted.
    """
    require(user.roles, Action.VIEW_COUNTS)
    return FIGURES_CACHE.figures(read_enrolment(fhir, study_id, terminology, as_of))
