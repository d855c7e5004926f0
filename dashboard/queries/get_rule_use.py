"""How often each guideline rule was shown and what teams answered: counts of people, nobody named."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import UseOfRules
from dashboard.evaluation.rule_use import read_rule_use
from dashboard.fhir.port import FhirServer

QUERY: Final = "GuidanceResponse"


@audited(AuditKind.QUERY, lambda arguments, answer: AuditSubject(query=QUERY))
def get_rule_use(fhir: FhirServer, user: User, rules: Sequence[Rule], data_dir: Path, as_of: datetime) -> UseOfRules:
    """The counts as they may be shown; raw numbers do not leave this question.

    Raises NotPermitted for everybody but administrators, DashboardError where the records cannot be read.
    """
    require(user.roles, Action.VIEW_RULE_USE)
    return read_rule_use(fhir, rules, data_dir, as_of)
