"""Reads the evaluation of the pilot for its section, as `dashboard.ui.session.reads` reads for the pages."""

from collections.abc import Callable
from functools import partial

from dashboard.domain.evaluation.summary import EvaluationSummary
from dashboard.queries.get_evaluation import get_evaluation
from dashboard.ui.session import session
from dashboard.ui.session.reads import forget_page_values, page_value, read_for_page


def read_evaluation(study: str, progress: Callable[[str], None]) -> EvaluationSummary:
    """The pilot before and after enrolment, read anew; `progress` is told how far. Raises DashboardError."""
    asked = (session.fhir(), session.user(), session.terminology(), session.as_of())
    query = partial(get_evaluation, *asked, study, progress=progress)
    forget_page_values("evaluation")
    return read_for_page("evaluation", study, query)[0]


def shown_evaluation(study: str) -> EvaluationSummary | None:
    """The evaluation that this page computed last; asks nothing."""
    last = page_value("evaluation", study)
    return None if last is None else last.value
