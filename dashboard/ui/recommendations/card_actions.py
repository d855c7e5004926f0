"""What can be done with one card."""

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.ui.patient.urgent_html import action_button
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def card_actions(finding: Finding, page: RecommendationsPage) -> Html | None:
    """The buttons under a card; None where the user may change nothing."""
    if not page.may_change:
        return None
    key = finding_key(finding)
    buttons = [action_button(t("Add task"), press("add", card=key), f"add-{key}", finding.advice.summary)]
    return h.div(class_="c3-actions")[buttons]
