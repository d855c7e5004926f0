"""The audit log of this process, and its viewing sessions: from the opening of a page until another is opened.

A page asks again by itself every half minute, and at each press; within one viewing session that is one record of the
same people. Opening the page again, reloading it, or another patient begins a new one.
"""

import secrets

import streamlit as st

from dashboard.audit.audited import install
from dashboard.audit.log import AuditLog
from dashboard.domain.audit.record import AuditStatus
from dashboard.errors import AuditUnavailable
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.settings import Settings

FOLDER = "audit"
_VIEWING_SESSION = "viewing_session"

_log: list[AuditLog] = []


def start_audit(settings: Settings, fhir: HttpFhirServer) -> None:
    """Writes the records of this process to the data folder and sends them with the credentials of `fhir`.

    Where the folder cannot be written nothing is read or done: every query says so.
    """
    install(None)
    _log[:] = [AuditLog(settings.data_dir / FOLDER, fhir)]
    install(_log[0])


def audit_log() -> AuditLog:
    """The log of this process. Raises AuditUnavailable before `start_audit`."""
    if not _log:
        raise AuditUnavailable("audit-not-started")
    return _log[0]


def audit_status() -> AuditStatus:
    """How many records wait, and what is wrong with the log of this process."""
    return _log[0].status() if _log else AuditStatus()


def begin_viewing_session(*page: str) -> None:
    """Begins a new viewing session where what is open (page, patient, user) is not what the last whole run had open."""
    current = st.session_state.get(_VIEWING_SESSION)
    if current is None or current[1] != page:
        st.session_state[_VIEWING_SESSION] = (secrets.token_hex(8), page)


def viewing_session_id() -> str:
    """The id of the current viewing session, "" before the first."""
    current = st.session_state.get(_VIEWING_SESSION)
    return current[0] if current else ""
