"""Sign-ins on record: begun, ended (by whom or what), and refused for want of a role."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dashboard.audit.audited import record_event
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome, AuditRecord, record_of, session_mark
from dashboard.errors import DashboardError
from dashboard.web.sessions import Ended, sessions

_log = logging.getLogger("dashboard.pages")


def record_sign_ins(now: Callable[[], datetime]) -> None:
    """From now on every sign-in of this process is put on record; one that cannot be is no sign-in."""

    def begun(who: object) -> None:
        if isinstance(who, User):
            record_event(record_of(who, AuditKind.SIGN_IN, "sign_in", now()))

    def ended(who: object, why: Ended) -> None:
        if isinstance(who, User):
            try:
                record_event(record_of(who, AuditKind.SIGN_OUT, "sign_out", now(), detail=why.value))
            except DashboardError:
                # Whoever signs out is out, on record or not.
                _log.log(logging.ERROR, "a sign-out could not be put on record")

    sessions().listen(begun, ended)


def record_refusal(claims: Mapping[str, Any], session_id: str, at: datetime) -> None:
    """Somebody whom the provider knows and whom nothing lets in. Raises AuditUnavailable."""
    values = [claims.get(name) for name in ("name", "iss", "sub")]
    name, issuer, subject = (each[:255] if isinstance(each, str) else "" for each in values)
    record = AuditRecord(
        AuditKind.REFUSAL,
        "sign_in",
        at,
        name or subject or "-",
        subject=f"{issuer}|{subject}",
        outcome=AuditOutcome.REFUSED,
        detail="NotPermitted",
        session=session_mark(session_id),
    )
    record_event(record)
