"""The audit log of this process, and what counts as one look: a page that somebody opened, until another is opened.

A page asks again by itself every half minute, and at each press; that is the same look at the same people, and one
record. Opening the page again, reloading it, or another patient is a new look.
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
_LOOK = "audit_look"

_log: list[AuditLog] = []


def start_audit(settings: Settings, fhir: HttpFhirServer) -> None:
    """Keeps the records of this process in the data folder and sends them with the client's credentials.

    Where the folder cannot be written nothing is read or done: every query says so.
    """
    install(None)
    _log[:] = [AuditLog(settings.data_dir / FOLDER, fhir)]
    install(_log[0])


def audit_log() -> AuditLog:
    """The log of this process. Raises AuditUnavailable before it is kept."""
    if not _log:
        raise AuditUnavailable("audit-not-started")
    return _log[0]


def audit_status() -> AuditStatus:
    """How the log of this process does."""
    return _log[0].status() if _log else AuditStatus()


def begin_viewing_session(*page: str) -> None:
    """Called at each whole run with what is open (page, patient, user): a new look where it is another than before."""
    kept = st.session_state.get(_LOOK)
    if kept is None or kept[1] != page:
        st.session_state[_LOOK] = (secrets.token_hex(8), page)


def viewing_session_id() -> str:
    """The name of the look that this session is at."""
    kept = st.session_state.get(_LOOK)
    return kept[0] if kept else ""
