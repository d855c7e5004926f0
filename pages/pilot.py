"""Pilot: how many patients by region, site and condition, and pseudonyms; for pilot managers, without a name."""

from dashboard.ui import navigation
from dashboard.ui.widgets.pilot import pilot

pilot(navigation.pilot_page())
