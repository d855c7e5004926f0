"""Worklist: the patients of my teams, most urgent first, and why; a tab for my tasks; what conferences ask of me."""

import streamlit as st

from dashboard.ui.conference.widget_coming import coming
from dashboard.ui.emergency_access.widget import emergency_access_list
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.shared.asked import forget_asked
from dashboard.ui.shared.redraw import PAGE
from dashboard.ui.tasks.widget import my_tasks
from dashboard.ui.worklist.widget import patients

# How often the page asks for changes by itself; the queries ask the server only for what changed.
REFRESH_SECONDS = 30


@st.fragment(run_every=REFRESH_SECONDS, key=PAGE)
def worklist() -> None:
    view = navigation.worklist_view()
    emergency_access_list()
    # Above the rows and read after them: they are what the page is opened for.
    above = st.container(gap=None, key="coming_place")
    (my_tasks if view.tab == "tasks" else patients)(view)
    with above:
        coming()
    forget_asked()


worklist()
