"""What the pages read and do, with who asks and since when filled in: the one seam between ui and queries, actions.

What was last read for the page on screen stays in this session, so that a press on a filter asks nobody and an
unreachable server leaves the last data on screen. It is never shared, and dropped when the user changes or another page
is opened: every look at a patient goes through the queries, and so on record.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import streamlit as st

from dashboard.actions.comment_on_task import comment_on_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.export_audit import export_audit
from dashboard.actions.export_counts import export_counts
from dashboard.actions.export_patients import export_patients
from dashboard.actions.reassign_task import reassign_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.actions.start_emergency_access import start_emergency_access
from dashboard.audit.audited import viewing_session
from dashboard.domain.access.emergency_access import EmergencyReason
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditPage
from dashboard.domain.pilot.counts import PilotCounts
from dashboard.domain.record.people import AccessScope, User
from dashboard.domain.record.views import Notice, PatientMatch, PatientSummary, TaskList, Worklist
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerUnavailable
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_audit import get_audit
from dashboard.queries.get_counts import get_counts
from dashboard.queries.get_event import get_event
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_who_looked import get_who_looked
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id

T = TypeVar("T")

# A press on the page within this time shows what was read; after it, or on opening, the server is asked.
FRESH_SECONDS = 15
# A timeline is looked at for minutes, zoomed and stepped through: its page asks for changes by itself once a minute
# (pages/timeline.py), and no press in between waits for the server.
TIMELINE_SECONDS = 55


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing read: for whom, at which look, which, when, and what."""

    scope: AccessScope
    viewing_session: str
    which: str
    read: datetime
    value: Any


def read_worklist() -> Worklist:
    """The worklist of the user's teams. The queries keep it fresh; nothing is kept here."""
    with viewing_session(viewing_session_id()):
        return get_worklist(session.fhir(), session.user(), session.scope(), session.terminology(), session.as_of())


def read_patient(patient_id: str) -> tuple[PatientSummary, str]:
    """The patient, and the code of the error why it could not be read anew ("" when it was): then it is the last that
    this session saw.
    """
    kept = _kept("patient", patient_id)
    if (
        kept is not None
        and kept.value.emergency_access is not None
        and session.as_of() >= kept.value.emergency_access.until
    ):
        kept = None
    if kept is not None and _fresh(kept):
        return kept.value, ""
    try:
        with viewing_session(viewing_session_id()):
            found = get_patient(
                session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, session.as_of()
            )
    except ServerUnavailable as problem:
        if kept is None:
            raise
        return kept.value, problem.code
    _keep("patient", patient_id, found)
    return found, ""


def read_timeline(patient_id: str) -> tuple[Timeline, str]:
    """The patient's timeline, and the code of the error why it could not be read anew ("" when it was): then the last
    of this session.
    """
    kept = _kept("timeline", patient_id)
    if (
        kept is not None
        and kept.value.emergency_access is not None
        and session.as_of() >= kept.value.emergency_access.until
    ):
        kept = None
    if kept is not None and _fresh(kept, TIMELINE_SECONDS):
        return kept.value, ""
    try:
        with viewing_session(viewing_session_id()):
            found = get_timeline(
                session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, session.as_of()
            )
    except ServerUnavailable as problem:
        if kept is None:
            raise
        return kept.value, problem.code
    _keep("timeline", patient_id, found)
    return found, ""


def read_event(patient_id: str, origin: Reference) -> EventDetail:
    """Where an event of the patient's timeline came from, and its record; kept while it is the one that is open."""
    which = f"{patient_id} {origin}"
    kept = _kept("event", which)
    if kept is not None and _fresh(kept, TIMELINE_SECONDS):
        return kept.value  # type: ignore[no-any-return]
    with viewing_session(viewing_session_id()):
        found = get_event(
            session.fhir(),
            session.user(),
            session.scope(),
            session.terminology(),
            patient_id,
            origin,
            session.as_of(),
        )
    _keep("event", which, found)
    return found


def read_tasks() -> TaskList:
    """Tasks of the user and of the user's teams."""
    kept = _kept("tasks", "")
    if kept is not None and _fresh(kept):
        return kept.value  # type: ignore[no-any-return]
    with viewing_session(viewing_session_id()):
        found = get_my_tasks(session.fhir(), session.user(), session.scope(), session.as_of())
    _keep("tasks", "", found)
    return found


def forget_tasks() -> None:
    """After a change: the next look asks the server."""
    st.session_state.pop("kept_tasks", None)


def find(text: str) -> tuple[PatientMatch, ...]:
    """Patients by name, identifier or birth date."""
    with viewing_session(viewing_session_id()):
        return find_patients(session.fhir(), session.user(), session.scope(), text, session.as_of())


def export(who: User, patients: Sequence[str], query: str, make: Callable[[], bytes]) -> bytes:
    """The file, once it is on record. Called when a download is pressed, outside any run: who it is comes along."""
    return export_patients(who, patients, query, make, at=session.as_of())


def open_in_emergency(identifier: str, reason: EmergencyReason, words: str) -> str:
    """The id of the patient with exactly this identifier, who may be opened from now on, for a time."""
    minutes = session.process().settings.emergency_access_minutes
    at = session.as_of()
    grant = start_emergency_access(
        session.fhir(), session.user(), identifier, reason, reason=words, at=at, minutes=minutes
    )
    return grant.patient.id


def read_audit(wanted: AuditFilter, first: int, most: int) -> AuditPage:
    """A page of the audit."""
    with viewing_session(viewing_session_id()):
        return get_audit(session.fhir(), session.user(), wanted, session.as_of(), first=first, most=most)


def read_who_looked(patient_id: str) -> AuditPage:
    """The latest looks at a record."""
    with viewing_session(viewing_session_id()):
        return get_who_looked(session.fhir(), session.user(), patient_id, session.as_of())


def read_pilot() -> tuple[PilotCounts, str]:
    """The pilot in counts, and why they could not be read anew ("" when they were). No patient's id is in them."""
    kept = _kept("pilot", "")
    if kept is not None and _fresh(kept):
        return kept.value, ""
    try:
        with viewing_session(viewing_session_id()):
            found = get_counts(session.fhir(), session.user(), session.terminology(), _pseudonym_key(), session.as_of())
    except ServerUnavailable as problem:
        if kept is None:
            raise
        return kept.value, problem.code
    _keep("pilot", "", found)
    return found, ""


def pilot_file(who: User, server: HttpFhirServer, form: str, make: Callable[[PilotCounts], bytes]) -> bytes:
    """The counts as a file, once that is on record. Called when a download is pressed, outside any run: who it is and
    with whose token the server is asked come along.
    """
    return export_counts(server, who, session.process().terminology, _pseudonym_key(), form, make, at=session.as_of())


def read_own_record(patient_id: str) -> tuple[PatientSummary, str]:
    """The record of the patient who looks, or of whom the carer who looks cares for, and why it could not be read anew
    ("" when it was). `patient_id` is what the address asks for; "" is the own one.
    """
    kept = _kept("own", patient_id)
    if kept is not None and _fresh(kept):
        return kept.value, ""
    try:
        with viewing_session(viewing_session_id()):
            found = get_own_record(
                session.fhir(), session.user(), session.scope(), session.terminology(), session.as_of(), patient_id
            )
    except ServerUnavailable as problem:
        if kept is None:
            raise
        return kept.value, problem.code
    except Exception:
        st.session_state.pop("kept_own", None)
        raise
    _keep("own", patient_id, found)
    return found, ""


def _pseudonym_key() -> str:
    return session.process().settings.pseudonym_key


def audit_file(who: User, wanted: AuditFilter, make: Callable[[Iterable[AuditEntry]], bytes]) -> bytes:
    """The audit as a file, once that is on record too. Called when a download is pressed, outside any run."""
    return export_audit(session.process().fhir, who, wanted, make, at=session.as_of())


def complete(task_id: str, version: str) -> tuple[Notice, ...]:
    """Completes a task; returns what the user must know about how it was saved, as the next three do."""
    return complete_task(
        session.fhir(), session.user(), task_id, version, reason="Task completed", at=session.as_of()
    ).notices


def reopen(task_id: str, version: str) -> tuple[Notice, ...]:
    return reopen_task(
        session.fhir(), session.user(), task_id, version, reason="Task reopened", at=session.as_of()
    ).notices


def reassign(task_id: str, version: str, owner: Reference, owner_name: str, reason: str) -> tuple[Notice, ...]:
    """The dialog lets the reason be left out; the Provenance then says what was done."""
    return reassign_task(
        session.fhir(),
        session.user(),
        task_id,
        version,
        owner=owner,
        owner_name=owner_name,
        reason=reason.strip() or "Task handed on",
        at=session.as_of(),
    ).notices


def comment(task_id: str, version: str, text: str) -> tuple[Notice, ...]:
    return comment_on_task(
        session.fhir(), session.user(), task_id, version, text=text, reason="Comment added", at=session.as_of()
    ).notices


def _kept(name: str, which: str) -> Kept | None:
    kept = st.session_state.get(f"kept_{name}")
    if not isinstance(kept, Kept) or (kept.which, kept.viewing_session) != (which, viewing_session_id()):
        return None
    return kept if kept.scope == session.scope() else None


def _keep(name: str, which: str, value: object) -> None:
    st.session_state[f"kept_{name}"] = Kept(session.scope(), viewing_session_id(), which, session.as_of(), value)


def _fresh(kept: Kept, seconds: float = FRESH_SECONDS) -> bool:
    # With a fixed moment of view nothing ages, and nothing is kept: pictures and tests read each time.
    age = (session.as_of() - kept.read).total_seconds()
    return 0 < age < seconds
