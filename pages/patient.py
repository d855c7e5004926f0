"""Patient: one person on one screen; who it is stays in sight."""

import streamlit as st

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.patient.widget import patient
from dashboard.ui.shared.asked import forget_asked
from dashboard.ui.shared.redraw import PAGE

# How often the page asks for changes by itself.
REFRESH_SECONDS = 60


@st.fragment(run_every=REFRESH_SECONDS, key=PAGE)
def summary() -> None:
    patient(navigation.asked_patient())
    forget_asked()


summary()
