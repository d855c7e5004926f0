"""History: the past case conferences of my teams by week, or all at which one patient was discussed."""

from dashboard.ui.conference.widget_history import conference_history
from dashboard.ui.navigation import pages as navigation

conference_history(*navigation.history_of())
