"""Conference, live: one patient at a time on a shared screen; everybody who opens it follows whoever presents."""

from dashboard.ui.conference.widget_live import conference_live
from dashboard.ui.navigation import pages as navigation

conference_live(navigation.conference_id())
