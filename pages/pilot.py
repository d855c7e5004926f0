"""Pilot: how many patients by region, site and condition, and pseudonyms; for pilot managers, without a name."""

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.pilot.widget import pilot

pilot(navigation.pilot_page())
