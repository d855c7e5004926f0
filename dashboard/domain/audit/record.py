"""Who looked at what, when and why: what is written down of every read, search, write, export and refusal.

A record names people by reference and never says what was read. Its `id` is made with it and stays the same however
often it is sent, so that a server holds it once.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from dashboard.domain.record.people import User
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure

LONGEST_WHY = 1000
LONGEST_QUERY = 2000


class AuditKind(StrEnum):
    """What was done, after the patterns of IHE BALP; break-glass, sign-in and refusal as FHIR and DICOM have them."""

    PATIENT_READ = "patient-read"
    PATIENT_QUERY = "patient-query"
    QUERY = "query"
    CREATE = "create"
    UPDATE = "update"
    EXPORT = "export"
    PRINT = "print"
    EMERGENCY_ACCESS = "break-glass"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    REFUSAL = "refusal"


class AuditOutcome(StrEnum):
    """How it ended. UNKNOWN: the dashboard was cut off in the middle of it, and it may have been done."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One deed of one user at one moment.

    `what` is the name of the question or deed ("get_worklist"). `patients` are those it was about, `entities` what else
    (a Task). `query` is what was asked for, as an address's query; it may hold a name that somebody typed. `why` is the
    user's own reason, for what needs one. `session` tells one sign-in from another and cannot be used to act as it.
    """

    kind: AuditKind
    what: str
    when: datetime
    name: str
    who: Reference | None = None
    subject: str = ""
    roles: tuple[str, ...] = ()
    organization: str = ""
    patients: tuple[Reference, ...] = ()
    entities: tuple[Reference, ...] = ()
    query: str = ""
    why: str = ""
    outcome: AuditOutcome = AuditOutcome.SUCCESS
    detail: str = ""
    session: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        if self.when.tzinfo is None:
            raise ValueError("the moment of a record needs a time zone")
        if self.who is None and not self.subject and not self.name:
            raise ValueError("a record says who it was")
        if len(self.why) > LONGEST_WHY or len(self.query) > LONGEST_QUERY:
            raise ValueError("why or query is too long for a record")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A record as it is read back for administrators: also those that other systems wrote, as far as they say.

    `kind` is None where it cannot be told, `action` FHIR's letter (C, R, U, D, E), `recorder` who wrote it down.
    """

    id: str
    when: datetime
    kind: AuditKind | None
    action: str = ""
    what: str = ""
    name: str = ""
    who: Reference | None = None
    roles: tuple[str, ...] = ()
    patients: tuple[Reference, ...] = ()
    entities: tuple[Reference, ...] = ()
    why: str = ""
    outcome: AuditOutcome = AuditOutcome.SUCCESS
    session: str = ""
    recorder: str = ""


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """How the log does: records not yet on the server, records it refused to take, and what is wrong, if anything."""

    waiting: int = 0
    refused: int = 0
    problem: Failure | None = None


def record_of(
    user: User,
    kind: AuditKind,
    what: str,
    when: datetime,
    *,
    patients: Sequence[Reference] = (),
    entities: Sequence[Reference] = (),
    query: str = "",
    why: str = "",
    outcome: AuditOutcome = AuditOutcome.SUCCESS,
    detail: str = "",
) -> AuditRecord:
    """The record of a user's deed; `why` and `query` are cut to what a record holds."""
    return AuditRecord(
        kind,
        what,
        when,
        user.name or user.role_label or "-",
        who=user.practitioner or user.fhir_user,
        subject=user.subject,
        roles=tuple(str(role) for role in user.roles),
        organization=user.organization,
        patients=tuple(patients),
        entities=tuple(entities),
        query=query[:LONGEST_QUERY],
        why=why.strip()[:LONGEST_WHY],
        outcome=outcome,
        detail=detail,
        session=session_mark(user.session_id),
    )


def session_mark(session_id: str) -> str:
    """A name for a session from which the session's own id cannot be found; "" for none."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16] if session_id else ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records are asked for; empty fields do not filter. Days are of UTC, the last one included."""

    patient: str = ""
    who: Reference | None = None
    kind: AuditKind | None = None
    outcome: AuditOutcome | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records, newest first; `more`: the server has older ones. `unreadable` counts events that make no sense."""

    entries: tuple[AuditEntry, ...]
    more: bool
    fetched: datetime
    unreadable: int = 0
    notices: tuple[Notice, ...] = ()
