"""The patient page. Everything on it belongs to the one patient of the address; another one clears it first."""

import streamlit as st

from dashboard.errors import UserFacingError
from dashboard.ui import reads, session
from dashboard.ui.html import Html, h
from dashboard.ui.presenters.patient_banner_html import banner_html
from dashboard.ui.presenters.patient_html import summary_html
from dashboard.ui.presenters.patient_parts import Moment
from dashboard.ui.widgets.errors import error_boundary
from dashboard.ui.widgets.panel import panel
from dashboard.ui.wording import t

_SHOWN = "patient_shown"


def patient(patient_id: str) -> None:
    """Banner and summary. The keys of the parts carry the id, so that the browser never mixes two patients."""
    # One place, filled twice: what waits is replaced by what was read.
    with st.container(key="banner"):
        banner = st.empty()
    if st.session_state.get(_SHOWN) != patient_id:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = patient_id
        with banner:
            panel("banner-none", _waiting())
    with error_boundary("patient"):
        if not patient_id:
            raise UserFacingError(t("No patient is chosen. Open one from the worklist, or find one with Ctrl+K."))
        with st.skeleton(height=420):
            summary, stale = reads.read_patient(patient_id)
        at = Moment(session.as_of(), session.zone())
        with banner:
            panel(f"banner-{patient_id}", banner_html(summary, at))
        panel(f"summary-{patient_id}", summary_html(summary, at, stale))


def _waiting() -> Html:
    return h("div", h("span", t("Reading the record…")), class_="c3-patientbanner c3-idline c3-quiet", role="status")
