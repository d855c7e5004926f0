"""The page of a patient, or of a carer: the record in plain words, and for the patient who has read it."""

import streamlit as st

from dashboard.domain.access.permissions import Role
from dashboard.domain.record.views import PatientSummary
from dashboard.ui.audit.widget import who_looked
from dashboard.ui.my_record.html import own_banner_html, own_record_html
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime


def my_record(asked: str) -> None:
    """Banner, record, who has read it. `asked` is the address's id, "" for the own record; any other is not found."""
    with error_boundary("my-record"):
        summary, away = read_with_skeleton(lambda: reads.read_own_record(asked), "my-record")
        recheck("my-record", _on_screen((summary, away)), lambda: _on_screen(reads.read_own_record(asked)))
        at = ViewTime(session.as_of(), session.zone())
        as_carer = Role.PATIENT not in session.user().roles
        ident = summary.person.id
        with st.container(key="banner"):
            panel(f"own-banner-{ident}", own_banner_html(summary, at))
        panel(f"own-record-{ident}", own_record_html(summary, at, away, as_carer=as_carer))
        who_looked(ident)


def _on_screen(found: tuple[PatientSummary, str]) -> OnScreen:
    summary, away = found
    return OnScreen(summary.person.id, summary.fetched, away)
