"""Reads what was shown and answered of guideline rules, and counts it by rule."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import (
    FEEDBACK_FILE,
    RuleFeedback,
    UseOfRules,
    feedback_of_rules,
    use_of_rules,
)
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.stored_file import read_object


def read_rule_use(fhir: FhirServer, rules: Sequence[Rule], data_dir: Path, as_of: datetime) -> UseOfRules:
    """The counts as they may be shown, and those of what other systems reported, kept in the data folder; nobody's role
    is asked here. Raises DashboardError.
    """
    [answer] = fhir.try_all([SearchRequest("GuidanceResponse", fresh=True)])
    if isinstance(answer, DashboardError):
        raise answer
    read = read_each(answer.rows, listed)
    unreadable = len(read.unreadable) + len(answer.left_out)
    feedback, unread = _feedback(rules, data_dir)
    notices = tuple(dict.fromkeys(answer.notices))
    return UseOfRules(use_of_rules(read.values, rules), as_of, unreadable, notices, feedback, unread)


def _feedback(rules: Sequence[Rule], data_dir: Path) -> tuple[tuple[RuleFeedback, ...] | None, int]:
    """The reports; None where their file cannot be read."""
    try:
        counts = read_object(data_dir / FEEDBACK_FILE)
    except (OSError, ValueError):
        return None, 0
    return feedback_of_rules(counts, rules)
