"""The place over the cards where guidelines that contradict each other are shown."""

from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared.html import Html


def contradictions_html(page: RecommendationsPage) -> Html | None:
    """The section; None where none contradict each other."""
    return None
