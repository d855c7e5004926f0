"""Enrolment: how the pilot stands against its target, and the patients in care; for pilot managers, without a name."""

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.pilot.evaluation_widget import evaluation_section
from dashboard.ui.pilot.widget import enrolment

view = navigation.enrolment_view()
enrolment(view)
evaluation_section(view)
