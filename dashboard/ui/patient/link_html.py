"""Links to a patient's page, and to one record of a patient."""

from urllib.parse import urlencode

from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def patient_link(patient_id: str, *content: str | Html, class_: str = "") -> Html:
    """A link that opens a patient in this tab when pressed and in another with the middle button."""
    return h.a(href=f"patient?id={patient_id}", class_=class_ or None, data_act=press("open", id=patient_id))[content]


def survivor_link(patient_id: str) -> Html:
    """A link from a replaced record to the one that replaces it."""
    return patient_link(patient_id, t("Open the record that replaces it"))


def record_link(patient_id: str, origin: Reference) -> Html:
    """A link to the record itself: the timeline, with its entry picked and all that the server holds of it."""
    address = f"timeline?{urlencode({'id': patient_id, 'at': str(origin)})}"
    return h.a(href=address)[t("more in the record")]
