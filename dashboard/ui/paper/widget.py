"""The button that prints: the sheets of what is on screen as a PDF, on record before they are made."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import streamlit as st

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.user import User
from dashboard.paper.document import Document
from dashboard.paper.pdf import pdf_file
from dashboard.ui.session import reads, session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


class Opened(Protocol):
    """A record as a page has it: a summary, or a timeline."""

    @property
    def emergency_access(self) -> EmergencyAccess | None: ...


def print_button(
    page: str,
    patients: Sequence[str],
    query: str,
    make: Callable[[User, ViewTime], Document],
    *,
    may_not: str = "",
    stretch: bool = False,
) -> None:
    """A button beside the exports of a page (`worklist` ...). `query` says which view of it, for the record. `make` is
    told who prints and when. `may_not` is the sentence why it cannot be printed here.
    """
    sheets_button(page, t("Print (PDF)"), patients, query, make, may_not=may_not, stretch=stretch)


def sheets_button(
    page: str,
    label: str,
    patients: Sequence[str],
    query: str,
    make: Callable[[User, ViewTime], Document],
    *,
    may_not: str = "",
    stretch: bool = False,
) -> None:
    """The button alone, for what is printed in another form than the page; otherwise as `print_button`."""
    at = ViewTime(session.as_of(), session.zone())

    def sheets(who: User, now: datetime) -> bytes:
        return pdf_file(make(who, ViewTime(now, at.zone)))

    st.download_button(
        label,
        data=when_pressed(reads.printing(patients, f"{page}.pdf?{query}", sheets)),
        file_name=f"{page}-{at.as_of.astimezone(at.zone):%Y%m%d-%H%M}.pdf",
        mime="application/pdf",
        key=f"print_{page}",
        icon=":material/print:",
        help=may_not or t("A4 sheets as a PDF, with who and which page on each. It goes on the audit record."),
        on_click="ignore",
        disabled=bool(may_not),
        width="stretch" if stretch else "content",
    )


def why_not(record: Opened) -> str:
    """The sentence why a record cannot be printed; "" where it can: emergency access is for reading."""
    if record.emergency_access is None:
        return ""
    return t("A record that is open by emergency access is for reading: it cannot be printed or exported.")
