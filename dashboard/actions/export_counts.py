"""Hands out the pilot's counts and pseudonyms as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable
from datetime import datetime

from dashboard.domain.access import Action, require
from dashboard.domain.audit import AuditKind
from dashboard.domain.people import User
from dashboard.domain.pilot import PilotCounts
from dashboard.domain.terminology import Terminology
from dashboard.queries.audited import About, audited
from dashboard.queries.get_counts import read_counts
from dashboard.queries.look import Searcher


@audited(AuditKind.EXPORT, lambda asked, made: About(query=f"pilot.{asked['form']}"))
def export_counts(
    gateway: Searcher,
    actor: User,
    terminology: Terminology,
    key: str,
    form: str,
    make: Callable[[PilotCounts], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of what `get_counts` shows, read anew; `form` says which file it is. Raises
    NotPermitted, and AuditUnavailable: then there is no file.
    """
    require(actor.roles, Action.VIEW_COUNTS)
    require(actor.roles, Action.EXPORT)
    return make(read_counts(gateway, actor, terminology, key, at))
