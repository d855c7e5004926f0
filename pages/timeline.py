"""Timeline: one patient's whole story, a lane for each condition, measurements under them on the same axis."""

import streamlit as st

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.shared.asked import forget_asked
from dashboard.ui.shared.redraw import PAGE
from dashboard.ui.timeline.widget import timeline

# How often the page asks for changes by itself.
REFRESH_SECONDS = 60


@st.fragment(run_every=REFRESH_SECONDS, key=PAGE)
def story() -> None:
    timeline(navigation.timeline_view())
    forget_asked()


story()
