"""The pilot before and after enrolment: the summary of all measures, in which small counts are held back."""

from collections.abc import Callable
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.evaluation.reference_day import reference_day
from dashboard.domain.evaluation.summary import EvaluationSummary
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.server_records import evaluate_server
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.port import FhirServer


@audited(AuditKind.QUERY, lambda arguments, answer: AuditSubject(query="ResearchSubject.evaluation"))
def get_evaluation(
    fhir: FhirServer,
    user: User,
    terminology: Terminology,
    as_of: datetime,
    study_id: str = "",
    progress: Callable[[str], None] = lambda done: None,
) -> EvaluationSummary:
    """The summary; `study_id` says which study, where the server holds several. It reads the records of everybody who
    was enrolled by the end of the last whole quarter, a hundred people at a time: `progress` is told of how many.
    Nobody's row is in it.

    Raises NotPermitted for everybody but pilot managers, DashboardError where anything could not be read.
    """
    require(user.roles, Action.VIEW_COUNTS)
    until = reference_day(site_day(as_of))
    _, found = evaluate_server(fhir, study_id, load_measures(), terminology, until, progress)
    return found.summary
