"""Between the pages of minutes and the queries and actions under them, as `reads` is for the other pages."""

from collections.abc import Mapping
from functools import partial

from dashboard.actions.file_minutes import file_minutes
from dashboard.actions.send_minutes_back import send_minutes_back
from dashboard.actions.sign_minutes import sign_minutes
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.paper.pdf import pdf_file
from dashboard.queries.get_minutes import get_minutes
from dashboard.ui.paper.minutes_document import patient_minutes_document
from dashboard.ui.session import conferences, session
from dashboard.ui.session.reads import CACHED_SECONDS, forget_page_values, read_for_page
from dashboard.ui.shared.view_time import ViewTime


def read_minutes(ident: str) -> tuple[MinutesView, str]:
    """The minutes of a conference, and why they could not be read anew, as in `reads.read_for_page`."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), ident, session.as_of())
    return read_for_page("minutes", ident, partial(get_minutes, *asked), CACHED_SECONDS)


def forget() -> None:
    """After a change: the next reads ask the queries."""
    forget_page_values("minutes")
    conferences.forget()


def sign(ident: str, version: str, seen: Mapping[Reference, str]) -> tuple[Notice, ...]:
    """Signs the minutes that were seen; returns what the user must know about how they were saved, as the others do.
    Raises DashboardError, as they do.
    """
    return sign_minutes(
        session.fhir(), session.user(), ident, version, seen, reason="Minutes signed", at=session.as_of()
    ).notices


def send_back(ident: str, text: str) -> tuple[Notice, ...]:
    """Sends the minutes back for correction."""
    return send_minutes_back(
        session.fhir(), session.user(), ident, text, reason="Sent back for correction", at=session.as_of()
    ).notices


def write_entry(ident: str, patient_id: str, kind: EntryKind, text: str) -> tuple[Notice, ...]:
    """Writes what was discussed, or a correction, into the patient's note."""
    reason = "Correction of the minutes" if kind is EntryKind.CORRECTION else "Minutes of a conference"
    return write_conference_note(
        session.fhir(), session.user(), ident, patient_id, kind, text, reason=reason, at=session.as_of()
    ).notices


def file(view: MinutesView, line: PatientMinutes) -> tuple[Notice, ...]:
    """Files the patient's sheet in the record."""
    who, at = session.user(), ViewTime(session.as_of(), session.zone())
    return file_minutes(
        session.fhir(),
        who,
        view.conference.origin.id,
        line.patient.id,
        line.note.version if line.note is not None else "",
        lambda: pdf_file(patient_minutes_document(view, line, who, at, filed=True)),
        reason="Minutes signed",
        at=at.as_of,
    ).notices
