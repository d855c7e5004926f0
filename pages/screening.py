"""Screening: the patients of my teams, who may take part in the pilot, how each stands in it, and changes of that."""

import streamlit as st

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.screening.widget import screening
from dashboard.ui.shared.asked import forget_asked
from dashboard.ui.shared.redraw import PAGE

REFRESH_SECONDS = 30


@st.fragment(run_every=REFRESH_SECONDS, key=PAGE)
def page() -> None:
    screening(navigation.screening_view())
    forget_asked()


page()
