"""Reads what was shown and answered of guideline rules, and counts it by rule."""

from datetime import datetime

from dashboard.domain.guidelines.rule_use import UseOfRules, use_of_rules
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


def read_rule_use(fhir: FhirServer, as_of: datetime) -> UseOfRules:
    """The counts as they may be shown; nobody's role is asked here. Raises DashboardError."""
    [answer] = fhir.try_all([SearchRequest("GuidanceResponse", fresh=True)])
    if isinstance(answer, DashboardError):
        raise answer
    read = read_each(answer.rows, listed)
    unreadable = len(read.unreadable) + len(answer.left_out)
    return UseOfRules(use_of_rules(read.values), as_of, unreadable, tuple(dict.fromkeys(answer.notices)))
