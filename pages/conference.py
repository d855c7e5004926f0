"""Conference: the case conferences of my teams; of one of them the agenda, why each patient is on it, and who comes."""

from dashboard.ui.conference.widget import conference
from dashboard.ui.navigation import pages as navigation

conference(navigation.conference_id())
