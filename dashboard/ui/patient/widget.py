"""The patient page. Everything on it belongs to the one patient of the address; another one clears it first."""

import streamlit as st

from dashboard.domain.record.views import PatientSummary
from dashboard.errors import UserFacingError
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.html import patient_nav_html

_SHOWN = "patient_shown"


def patient(patient_id: str) -> None:
    """Banner and summary. The keys of the parts carry the id, so that the browser never mixes two patients."""
    # Two places, filled twice: what waits is replaced by what was read.
    with st.container(key="banner"):
        banner = st.empty()
        about = st.empty()
    rechecked = st.container()
    body = st.empty()
    if st.session_state.get(_SHOWN) != patient_id:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = patient_id
        with banner:
            panel("banner-none", waiting_html())
        about.empty()
        with body:
            panel("summary-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("patient"):
        try:
            summary, stale = _read(patient_id)
        except Exception:
            banner.empty()
            about.empty()
            body.empty()
            raise
        with rechecked:
            recheck("patient", _on_screen((summary, stale)), lambda: _on_screen(reads.read_patient(patient_id)))
        at = ViewTime(session.as_of(), session.zone())
        with banner:
            emergency_access = (
                emergency_access_html(summary.emergency_access, at) if summary.emergency_access is not None else None
            )
            shown = banner_html(summary, at, similar=patient_id in reads.similar_people())
            panel(f"banner-{patient_id}", fragment[emergency_access, shown])
        with about:
            panel(f"about-{patient_id}", patient_nav_html(patient_id, "summary"), _on_press)
        with body:
            panel(f"summary-{patient_id}", summary_html(summary, at, stale))


def _on_screen(found: tuple[PatientSummary, str]) -> OnScreen:
    summary, away = found
    return OnScreen((summary.person.id, summary.emergency_access), summary.fetched, away or summary.stale)


def _on_press(pressed: Press) -> None:
    if pressed.get("do") == "timeline":
        navigation.open_timeline(navigation.asked_patient())


def _read(patient_id: str) -> tuple[PatientSummary, str]:
    if not patient_id:
        raise UserFacingError("no-patient-chosen")
    return reads.read_patient(patient_id)


def waiting_html() -> Html:
    """Where the banner will be."""
    return h.div(class_="c3-patientbanner c3-idline c3-quiet", role="status")[h.span[t("Reading the record…")]]
