"""Recommendations: what guidelines suggest for this person, from which facts, and what is missing to say more."""

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.recommendations.widget import recommendations

recommendations(navigation.asked_patient())
