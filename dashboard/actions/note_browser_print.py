"""Puts on record that somebody printed a page with the browser's own print, which asks nobody."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind


@audited(AuditKind.PRINT, lambda asked, made: AuditSubject(patients=asked["patients"], query=asked["query"]))
def note_browser_print(actor: User, patients: Sequence[str], query: str, *, at: datetime) -> None:
    """These Patient ids were on the page when its browser began to print it; `query` says which page, and which view.

    It refuses nobody: the sheets may be printed already. Raises AuditUnavailable.
    """
