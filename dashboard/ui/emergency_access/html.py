"""The banner over a record that is open in an emergency: why, until when, that it is audited and who is notified."""

from dashboard.domain.access.emergency_access import EmergencyAccess, EmergencyReason
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t

REASONS = {
    EmergencyReason.EMERGENCY: mark("Emergency: I treat this patient now"),
    EmergencyReason.ON_CALL: mark("I am on call for this patient's team"),
    EmergencyReason.TRANSFER: mark("The patient comes to me from another team"),
    EmergencyReason.PATIENT_ASKED: mark("The patient asked me to look"),
    EmergencyReason.OTHER: mark("Another reason"),
}


def emergency_access_html(emergency_access: EmergencyAccess, at: ViewTime) -> Html:
    """The banner over a record that is open for a time."""
    reasons = [reason for reason in EmergencyReason if reason.value == emergency_access.reason]
    why = t(REASONS[reasons[0]]) if reasons else ""
    until = emergency_access.until.astimezone(at.zone).strftime("%H:%M")
    return h.div(class_="c3-glass", role="note", aria_label=t("Broken glass"))[
        icon("warn"),
        h.b[t("You look beyond your teams, until {time}.", time=until)],
        h.span[t("The coordinator has been told, and every look is on record.")],
        h.span(class_="c3-sub")[h.bdi[": ".join(part for part in (why, clean(emergency_access.text, 200)) if part)]],
    ]
