"""A link to a patient's page."""

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.press import press


def patient_link(patient_id: str, *content: str | Html, class_: str = "") -> Html:
    """A link that opens a patient in this tab when pressed and in another with the middle button."""
    return h.a(href=f"patient?id={patient_id}", class_=class_ or None, data_act=press("open", id=patient_id))[content]
