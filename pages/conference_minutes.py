"""Minutes: who was at a case conference, and of each patient what was said and decided, by whom until when."""

from dashboard.ui.conference.widget_minutes import conference_minutes
from dashboard.ui.navigation import pages as navigation

conference_minutes(navigation.conference_id())
