"""The audit record of one read, search, write, export or refusal: who, what, when, about whom and why.

A record names people by reference and holds nothing of what was read. Its `id` is made with it and stays the same
however often it is sent, so that a server stores it once.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from dashboard.domain.access.user import User
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure

LONGEST_WHY = LONGEST_REASON + 100
"""Of an emergency access the record has the kind of reason and then the user's words, none of them cut off."""
LONGEST_QUERY = 2000


class AuditKind(StrEnum):
    """What was done, after the patterns of IHE BALP; emergency access, sign-in and refusal after FHIR and DICOM."""

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
    """How it ended. UNKNOWN: the dashboard was interrupted, and the change may have been made."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What one user did at one moment.

    `what` is the name of the query or action ("get_worklist"). `patients` are the patients it concerned, `entities`
    other resources (a Task). `query` is the search, written as the query part of an address; it may hold a name that
    somebody typed. `why` is the user's own reason, where one is needed. `session` distinguishes sign-ins and cannot be
    used to act as one.
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
            raise ValueError("a record needs a user")
        if len(self.why) > LONGEST_WHY or len(self.query) > LONGEST_QUERY:
            raise ValueError("why or query is too long for a record")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A record as it is read back for administrators, including records that other systems wrote.

    `kind` is None where it cannot be determined, `action` is FHIR's letter (C, R, U, D, E), `recorder` is the system
    that wrote the record. Where several searches of one question are one entry, `searches` counts them and `since` is
    when the first was made.
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
    since: datetime | None = None
    searches: int = 1


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """The state of the log: records not yet on the server, records the server refused, and the problem,
    if any.
    """

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
    """Returns the record of what a user did; `why` and `query` are cut to the length that a record holds."""
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
    """Returns a hash that stands for a session and does not reveal its id; "" for no session."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16] if session_id else ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records to read; empty fields do not filter. Days are those of the sites, the last one included."""

    patient: str = ""
    who: Reference | None = None
    kind: AuditKind | None = None
    outcome: AuditOutcome | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records, newest first. `more`: the server has older ones. `unreadable` counts events that could not be read.
    `total` is how many records fit in all, None where the server does not say, or counts what does not fit.
    """

    entries: tuple[AuditEntry, ...]
    more: bool
    fetched: datetime
    unreadable: int = 0
    notices: tuple[Notice, ...] = ()
    total: int | None = None


ONE_QUESTION_SECONDS: Final = 60.0
"""Searches of one user no further apart are one question, typed letter by letter; our own choice."""


def joined_searches(entries: Iterable[AuditEntry]) -> tuple[AuditEntry, ...]:
    """Returns the entries, newest first as they come, with the searches of one question as one entry: the latest, with
    all patients that any of them showed and how many there were.

    A page that finds people while somebody types records every answer before it shows it.
    """
    joined: list[AuditEntry] = []
    for entry in entries:
        last = joined[-1] if joined else None
        if last is not None and _same_question(last, entry):
            patients = tuple(dict.fromkeys((*last.patients, *entry.patients)))
            joined[-1] = replace(last, patients=patients, since=entry.when, searches=last.searches + entry.searches)
        else:
            joined.append(entry)
    return tuple(joined)


def _same_question(later: AuditEntry, earlier: AuditEntry) -> bool:
    """Whether both are successful searches for a person by one user in one session, soon after each other."""
    gap = ((later.since or later.when) - earlier.when).total_seconds()
    return (
        later.what == earlier.what == "find_patients"
        and (later.who, later.session, later.name) == (earlier.who, earlier.session, earlier.name)
        and later.outcome is earlier.outcome is AuditOutcome.SUCCESS
        and 0 <= gap <= ONE_QUESTION_SECONDS
    )
