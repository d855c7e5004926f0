"""Hands out a file about patients: what leaves the dashboard goes on record before it does."""

from collections.abc import Callable, Sequence
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind


@audited(AuditKind.EXPORT, lambda asked, made: AuditSubject(patients=asked["patients"], query=asked["query"]))
def export_patients(
    actor: User, patients: Sequence[str], query: str, make: Callable[[], bytes], *, at: datetime
) -> bytes:
    """The file that `make` makes, of these Patient ids; `query` says which view of them, and in which form.

    Raises NotPermitted, and AuditUnavailable: then there is no file.
    """
    require(actor.roles, Action.EXPORT, Relation.TEAM)
    return make()
