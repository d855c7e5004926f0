"""What the pages read and do, with the user, the server and the moment of view filled in: the only place where the UI
calls queries and actions.

The session has the last value that was read for the page on screen, so that a press on a filter asks no query, and an
unreachable server leaves the last data on screen. It is never shared, and dropped when the user changes or another page
is opened: every request to see a patient goes through the queries, and so on record.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from dashboard.actions.add_task import add_task
from dashboard.actions.comment_on_task import comment_on_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.end_emergency_access import end_emergency_access
from dashboard.actions.export_audit import export_audit
from dashboard.actions.export_counts import export_counts
from dashboard.actions.export_patients import export_patients
from dashboard.actions.note_browser_print import note_browser_print as _note_browser_print
from dashboard.actions.print_patients import print_patients
from dashboard.actions.reassign_task import reassign_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.actions.start_emergency_access import start_emergency_access
from dashboard.actions.tick_own_task import tick_own_task
from dashboard.actions.untick_own_task import untick_own_task
from dashboard.actions.withdraw_task import withdraw_task
from dashboard.audit.audited import viewing_session
from dashboard.cache.lookup import Lookup
from dashboard.cache.pending import READ_PATIENCE, Pending
from dashboard.domain.access.emergency_access import EmergencyReason
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditPage
from dashboard.domain.pilot.counts import PilotCounts
from dashboard.domain.record.care_team import TeamMember
from dashboard.domain.record.views import Notice, PatientMatch, PatientSummary, TaskList, Worklist
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import CannotBeUsedNow
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.queries.find_patient_id import find_patient_id
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
from dashboard.queries.list_emergency_accesses import OpenedInEmergency, list_emergency_accesses
from dashboard.queries.list_similar_people import list_similar_people
from dashboard.queries.list_task_owners import list_task_owners
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id

T = TypeVar("T")

# A press on the page within this time shows the value that the page has; after it, or on opening, the query is asked.
FRESH_SECONDS = 15
# A team that is read within this time is shown when all is there; of any other, first who is on the list.
FIRST_ROWS_SECONDS = 0.6
# A page that nothing is cached for says after this time that the server is silent; the question goes on.
SILENT_SECONDS = 8.0
# A record that its query caches, and whose query asks who may see it: it is asked at nearly every press.
CACHED_SECONDS = 2
# A carer sees a record for as long as the patient consents, and nothing else asks whether that is so.
CARER_SECONDS = 8
# The details of one record are read again when they are opened again, or after so long.
EVENT_SECONDS = 55
# By who asks. Other pages and tabs of the same user see a start or an end after so many seconds, and a run.
_EMERGENCIES: Lookup[AccessScope, tuple[OpenedInEmergency, ...]] = Lookup(500, seconds=4)


@dataclass(frozen=True, slots=True)
class PageValue:
    """A value read for the page on screen: under which access scope and viewing session, of which record, and when."""

    scope: AccessScope
    viewing_session: str
    record: str
    read: datetime
    value: Any


def read_worklist() -> Worklist:
    """The worklist of the user's teams. Its query caches it; the page has no copy. The rows that are there so far come
    after `FIRST_ROWS_SECONDS` where a team is read for the first time.
    """
    with viewing_session(viewing_session_id()):
        return get_worklist(
            session.fhir(),
            session.user(),
            session.scope(),
            session.terminology(),
            session.as_of(),
            wait=FIRST_ROWS_SECONDS,
        )


def read_patient(patient_id: str) -> tuple[PatientSummary, str]:
    """The patient, and why it could not be read anew, as in `read_for_page`."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, session.as_of())
    return read_for_page("patient", patient_id, partial(get_patient, *asked), CACHED_SECONDS)


def read_timeline(patient_id: str) -> tuple[Timeline, str]:
    """The patient's timeline, and why it could not be read anew, as in `read_for_page`."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, session.as_of())
    return read_for_page("timeline", patient_id, partial(get_timeline, *asked), CACHED_SECONDS)


def read_own_record(patient_id: str) -> tuple[PatientSummary, str]:
    """The record of the patient who has signed in, or of whom the carer who has signed in cares for, and why it could
    not be read anew, as in `read_for_page`. `patient_id` is what the address asks for; "" is the own one.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.as_of(), patient_id)
    seconds = FRESH_SECONDS if Role.PATIENT in asked[1].roles else CARER_SECONDS
    return read_for_page("own", patient_id, partial(get_own_record, *asked), seconds)


def read_pilot() -> tuple[PilotCounts, str]:
    """The pilot in counts, and why they could not be read anew, as in `read_for_page`. No patient's id is in them."""
    asked = (session.fhir(), session.user(), session.terminology(), _pseudonym_key(), session.as_of())
    return read_for_page("pilot", "", partial(get_counts, *asked), first_wait=SILENT_SECONDS)


def read_event(patient_id: str, origin: Reference) -> EventDetail:
    """Where an event of the patient's timeline came from, and its record. Raises CannotBeUsedNow."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, origin)
    query = partial(get_event, *asked, session.as_of())
    return read_for_page("event", f"{patient_id} {origin}", query, EVENT_SECONDS, outlives_server=False)[0]


def read_tasks() -> TaskList:
    """Tasks of the user and of the user's teams. Raises CannotBeUsedNow where none are cached."""
    query = partial(
        get_my_tasks, session.fhir(), session.user(), session.scope(), session.as_of(), wait=FIRST_ROWS_SECONDS
    )
    return read_for_page("tasks", "", query, CACHED_SECONDS, outlives_server=False)[0]


def forget_patient() -> None:
    """After a change to a patient's records: the next reads ask the queries."""
    forget_page_values("patient", "timeline", "tasks", "care-plan", "plan-history", "recommendations")


def forget_page_values(*names: str) -> None:
    """The next reads of these kinds of values ask their queries."""
    for name in names:
        st.session_state.pop(_key(name), None)
        st.session_state.pop(f"pending_{name}", None)


def similar_people() -> frozenset[str]:
    """The patients of the user's teams who have a similar name and birth date; none while no team is held."""
    return list_similar_people(session.fhir(), session.user(), session.scope(), session.as_of())


def task_owners(patient_id: str) -> tuple[TeamMember, ...]:
    """To whom a task about the patient can be given. Raises DashboardError."""
    with viewing_session(viewing_session_id()):
        return list_task_owners(session.fhir(), session.user(), session.scope(), patient_id, session.as_of())


def find(text: str) -> tuple[PatientMatch, ...]:
    """Patients by name, identifier or birth date."""
    with viewing_session(viewing_session_id()):
        return find_patients(
            session.fhir(), session.user(), session.scope(), text, session.as_of(), wait=FIRST_ROWS_SECONDS
        )


def export(patients: Sequence[str], query: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """What makes the file, once it is on record and the server was asked again who may see these patients. It is called
    when a download is pressed, outside any run: who it is comes along.
    """
    who, server, scope, codes = session.user(), session.fhir(), session.scope(), session.terminology()
    return lambda: export_patients(server, who, scope, codes, patients, query, make, at=session.as_of())


def printing(patients: Sequence[str], query: str, make: Callable[[User, datetime], bytes]) -> Callable[[], bytes]:
    """What makes the sheets when they are printed, in the same way; `make` is told who prints, and when."""
    who, server, scope, codes = session.user(), session.fhir(), session.scope(), session.terminology()

    def make_now() -> bytes:
        at = session.as_of()
        return print_patients(server, who, scope, codes, patients, query, lambda: make(who, at), at=at)

    return make_now


def note_browser_print(patients: Sequence[str], query: str) -> None:
    """The page on screen, about these patients, was printed by the browser itself. Raises AuditUnavailable."""
    _note_browser_print(session.user(), patients, query, at=session.as_of())


def open_in_emergency(identifier: str, reason: EmergencyReason, words: str) -> str:
    """The id of the patient with exactly this identifier, who may be opened from now on, for a time."""
    minutes = session.process().settings.emergency_access_minutes
    at = session.as_of()
    grant = start_emergency_access(
        session.fhir(), session.user(), identifier, reason, reason=words, at=at, minutes=minutes
    )
    _EMERGENCIES.forget()
    return grant.patient.id


def emergency_accesses() -> tuple[OpenedInEmergency, ...]:
    """Whom the user has opened in an emergency, while that holds. Raises DashboardError.

    Every page shows them, so that none waits for the answer once there was one.
    """
    server, who, scope, at, page = (
        session.fhir(),
        session.user(),
        session.scope(),
        session.as_of(),
        viewing_session_id(),
    )

    def ask() -> tuple[OpenedInEmergency, ...]:
        with viewing_session(page):
            return list_emergency_accesses(server, who, scope, at)

    return tuple(each for each in _EMERGENCIES.get(scope, ask) if at < each.access.until)


def forget_emergency_accesses() -> None:
    """The next `emergency_accesses` asks the server."""
    _EMERGENCIES.forget()


def end_emergency(task_id: str) -> None:
    """Ends the user's own emergency access now; nothing that it opened stays in the session."""
    for name in ("patient", "timeline", "event", "care-plan", "plan-history", "recommendations"):
        st.session_state.pop(_key(name), None)
    end_emergency_access(
        session.fhir(), session.user(), task_id, reason="Emergency access ended by the user", at=session.as_of()
    )
    _EMERGENCIES.forget()


def read_audit(wanted: AuditFilter, first: int, most: int) -> AuditPage:
    """A page of the audit."""
    with viewing_session(viewing_session_id()):
        return get_audit(session.fhir(), session.user(), wanted, session.as_of(), first=first, most=most)


def patient_id_of(identifier: str) -> str:
    """The id of the patient with this identifier, for administrators. Raises DashboardError."""
    with viewing_session(viewing_session_id()):
        return find_patient_id(session.fhir(), session.user(), identifier, session.as_of())


def read_who_looked(patient_id: str) -> AuditPage:
    """The latest looks at a record."""
    with viewing_session(viewing_session_id()):
        return get_who_looked(session.fhir(), session.user(), patient_id, session.as_of())


def pilot_file(who: User, server: HttpFhirServer, form: str, make: Callable[[PilotCounts], bytes]) -> bytes:
    """The counts as a file, once that is on record. Called when a download is pressed, outside any run: who it is and
    with whose token the server is asked come along.
    """
    return export_counts(server, who, session.process().terminology, _pseudonym_key(), form, make, at=session.as_of())


def _pseudonym_key() -> str:
    return session.process().settings.pseudonym_key


def audit_file(who: User, wanted: AuditFilter, make: Callable[[Iterable[AuditEntry]], bytes]) -> bytes:
    """The audit as a file, once that is on record too. Called when a download is pressed, outside any run."""
    return export_audit(session.process().fhir, who, wanted, make, at=session.as_of())


def add(
    patient_id: str, text: str, owner: Reference, owner_name: str, due: date | None, about: Reference | None, why: str
) -> tuple[str, tuple[Notice, ...]]:
    """Adds a task; returns its id and what the user must know about how it was saved."""
    who = session.user()
    saved = add_task(
        session.fhir(), who, patient_id, text, owner, owner_name, due, about, reason=why, at=session.as_of()
    )
    return "".join(task.origin.id for task in saved.values), saved.notices


def withdraw(task_id: str, version: str, reason: str) -> tuple[Notice, ...]:
    """Takes back a task that was added in error; returns what the user must know about how it was saved."""
    return withdraw_task(session.fhir(), session.user(), task_id, version, reason=reason, at=session.as_of()).notices


def complete(task_id: str, version: str) -> tuple[Notice, ...]:
    """Completes a task; returns what the user must know about how it was saved, as the next three do."""
    return complete_task(
        session.fhir(), session.user(), task_id, version, reason="Task completed", at=session.as_of()
    ).notices


def tick(task_id: str, version: str) -> tuple[Notice, ...]:
    """Completes one of the user's own tasks; the next `read_own_record` asks the query. `untick` takes it back."""
    st.session_state.pop(_key("own"), None)
    who, at = session.user(), session.as_of()
    return tick_own_task(session.fhir(), who, task_id, version, reason="Ticked on My record", at=at).notices


def untick(task_id: str, version: str) -> tuple[Notice, ...]:
    st.session_state.pop(_key("own"), None)
    who, at = session.user(), session.as_of()
    return untick_own_task(session.fhir(), who, task_id, version, reason="Tick taken back on My record", at=at).notices


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
        reason=reason,
        at=session.as_of(),
    ).notices


def comment(task_id: str, version: str, text: str) -> tuple[Notice, ...]:
    return comment_on_task(
        session.fhir(), session.user(), task_id, version, text=text, reason="Comment added", at=session.as_of()
    ).notices


def read_for_page(
    name: str,
    record: str,
    query: Callable[[], T],
    seconds: float = FRESH_SECONDS,
    outlives_server: bool = True,
    first_wait: float | None = None,
) -> tuple[T, str]:
    """Returns the value that the page has, if it is younger than `seconds`, else what the query gives now.

    name: the kind of value, of which the session has one. record: which one is on screen. query: asks nothing of
    Streamlit, for it runs in a thread of its own where the page has something to show, or where `first_wait` says for
    how many seconds the first answer is waited for: then the page can say at once that the server is silent, and the
    question goes on.

    The second part is the code of the error why the value could not be read anew, "" when it could: while the server
    cannot be used, the last value of this page stays unless `outlives_server` is False; one that is silent is waited
    for a moment and no longer. After any other error the value is dropped: what the user may not see any more must not
    come back because the server is away later.
    """
    last = page_value(name, record)
    if last is not None and 0 < (session.as_of() - last.read).total_seconds() < seconds:
        # With a fixed moment of view no value ages, and each is read again: pictures and tests want that.
        return last.value, ""
    try:
        with viewing_session(viewing_session_id()):
            if last is not None:
                value = wait_in_page(name, last, query, READ_PATIENCE)
            elif first_wait is not None:
                value = wait_in_page(name, (record, session.scope(), viewing_session_id()), query, first_wait)
            else:
                value = query()
    except CannotBeUsedNow as problem:
        if last is None or not outlives_server:
            raise
        return last.value, problem.code
    except Exception:
        st.session_state.pop(_key(name), None)
        raise
    st.session_state[_key(name)] = PageValue(session.scope(), viewing_session_id(), record, session.as_of(), value)
    return value, ""


def wait_in_page(name: str, of: object, query: Callable[[], T], patience: float) -> T:
    """What the query gives, if it does within these seconds: `of` is what it is to replace, or of what it is the first
    answer. It asks nothing of Streamlit, for it runs in a thread of its own. Raises ServerUnavailable while it goes on.
    """
    begun = st.session_state.get(f"pending_{name}")
    if begun is None or (begun[0] is not of and begun[0] != of):
        begun = st.session_state[f"pending_{name}"] = (of, Pending(query, patience))
    try:
        value: T = begun[1].result()
    finally:
        if begun[1].ended:
            st.session_state.pop(f"pending_{name}", None)
    return value


def page_value(name: str, record: str) -> PageValue | None:
    """The page's value of this record, unless it is of another scope, another viewing session, or of an emergency
    access that has ended.
    """
    last = st.session_state.get(_key(name))
    if not isinstance(last, PageValue) or (last.record, last.viewing_session) != (record, viewing_session_id()):
        return None
    if last.scope != session.scope():
        return None
    access = getattr(last.value, "emergency_access", None)
    return None if access is not None and session.as_of() >= access.until else last


def _key(name: str) -> str:
    return f"page_{name}"
