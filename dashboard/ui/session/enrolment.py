"""Between the page Enrolment and the queries and actions under it, as `reads` is for the other pages."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.actions.export_enrolment import export_enrolment
from dashboard.domain.access.user import User
from dashboard.domain.pilot.enrolment_rows import EnrolmentList
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.number_list import Number
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.queries.get_enrolment import get_enrolment
from dashboard.queries.list_enrolment import list_enrolment
from dashboard.ui.session import reads, session
from dashboard.ui.session.reads import read_for_page


def read_enrolment(study: str) -> tuple[EnrolmentFigures, str]:
    """The figures of the pilot, and why they could not be read anew, as in `reads.read_for_page`."""
    asked = (session.fhir(), session.user(), session.terminology(), session.as_of(), study)
    return read_for_page("enrolment", study, partial(get_enrolment, *asked), first_wait=reads.SILENT_SECONDS)


def read_list(study: str, number: Number | None = None) -> tuple[EnrolmentList, str]:
    """The people behind the figures, or behind one number, by pseudonym, and why they could not be read anew."""
    key = session.process().settings.pseudonym_key
    asked = (session.fhir(), session.user(), session.terminology(), key, session.as_of(), study, number)
    query = partial(list_enrolment, *asked)
    return read_for_page("enrolment-list", f"{study} {number}", query, first_wait=reads.SILENT_SECONDS)


def has_come() -> bool:
    """Whether what a page said it still waits for has been answered meanwhile: the next run shows it."""
    begun = [st.session_state.get(f"pending_{name}") for name in ("enrolment", "enrolment-list", "pilot")]
    return any(each is not None and each[1].ended for each in begun)


def enrolment_file(
    who: User, server: HttpFhirServer, study: str, form: str, make: Callable[[EnrolmentFigures], bytes]
) -> bytes:
    """The figures as a file, once that is on record. Called when a download is pressed, outside any run: who it is and
    with whose token the server is asked come along.
    """
    return export_enrolment(server, who, session.process().terminology, study, form, make, at=session.as_of())
