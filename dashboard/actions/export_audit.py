"""Hands out the audit as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable, Iterable
from datetime import datetime

from dashboard.domain.access import Action, require
from dashboard.domain.audit import AuditEntry, AuditFilter, AuditKind
from dashboard.domain.people import User
from dashboard.queries.audited import About, audited
from dashboard.queries.get_audit import MOST, read_audit, search_of
from dashboard.queries.load_team_data import Searcher


@audited(
    AuditKind.EXPORT,
    lambda asked, made: About(query="audit.csv?" + "&".join(f"{n}={v}" for n, v in search_of(asked["wanted"]))),
)
def export_audit(
    gateway: Searcher,
    actor: User,
    wanted: AuditFilter,
    make: Callable[[Iterable[AuditEntry]], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of the records that fit, at most `MOST` of them. Raises NotPermitted."""
    require(actor.roles, Action.VIEW_AUDIT)
    require(actor.roles, Action.EXPORT)
    return make(read_audit(gateway, wanted, at, 0, MOST).entries)
