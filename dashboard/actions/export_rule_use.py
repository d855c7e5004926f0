"""Hands out the counts by rule as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import UseOfRules
from dashboard.evaluation.rule_use import read_rule_use
from dashboard.fhir.port import FhirServer


@audited(AuditKind.EXPORT, lambda asked, made: AuditSubject(query="rules.csv"))
def export_rule_use(
    fhir: FhirServer,
    actor: User,
    rules: Sequence[Rule],
    data_dir: Path,
    make: Callable[[UseOfRules], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of what `get_rule_use` shows, read anew. Raises NotPermitted, DashboardError, and
    AuditUnavailable: then there is no file.
    """
    require(actor.roles, Action.VIEW_RULE_USE)
    require(actor.roles, Action.EXPORT)
    return make(read_rule_use(fhir, rules, data_dir, at))
