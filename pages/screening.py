"""Screening: the patients of my teams, who may take part in the pilot, how each stands in it, and changes of that."""

import streamlit as st

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.screening.widget import screening
from dashboard.ui.shared.asked import forget_asked

REFRESH_SECONDS = 30


@st.fragment(run_every=REFRESH_SECONDS)
def page() -> None:
    screening(navigation.screening_view())
    forget_asked()


page()
